//! The parameters of a new session: Stripe's form encoding, read once into a purchase that can be paid.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::shapes::ApiError;
use crate::kernel::text::single_line;
use crate::kernel::time::shifted;
use crate::kernel::{Currency, EmailAddress, Money, Timestamp};

/// Stripe's limits on `expires_at`, from the session's creation.
const SOONEST: SignedDuration = SignedDuration::from_mins(30);
const LATEST: SignedDuration = SignedDuration::from_hours(24);
/// Stripe takes eight digits of minor units.
const MOST: i64 = 99_999_999;

/// The least that Stripe charges, in minor units; where it names nothing, the least that a card network can.
fn least(currency: Currency) -> i64 {
    match currency {
        Currency::INR | Currency::EUR | Currency::USD | Currency::JPY => 50,
        Currency::GBP => 30,
        Currency::KWD => 10,
    }
}

/// What is bought, and all that the merchant said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Purchase {
    pub(super) amount: Money,
    /// The lines' names.
    pub(super) lines: Vec<String>,
    pub(super) email: Option<EmailAddress>,
    /// Instead of a mail address.
    #[serde(default)]
    pub(super) customer: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) intent_description: Option<String>,
    pub(super) intent_metadata: BTreeMap<String, String>,
    /// `auto` or `required`.
    pub(super) billing_address: String,
    pub(super) success_url: String,
    pub(super) cancel_url: Option<String>,
    pub(super) expires_at: Timestamp,
}

/// A form's fields by their full names, such as `line_items[0][quantity]`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    pub(super) fn parse(form: &[u8]) -> Result<Self, ApiError> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(form)
            .map_err(|_| ApiError::invalid("", None, "The request's body is not form-encoded."))?;
        let mut params = BTreeMap::new();
        for (name, value) in pairs {
            if params.insert(name.clone(), value).is_some() {
                return Err(ApiError::invalid(&name, None, "The parameter is given twice."));
            }
        }
        Ok(Self(params))
    }

    /// The same for the same parameters in whatever order: a client may shuffle the keys of its maps.
    pub(super) fn fingerprint(&self, path: &str) -> String {
        let parameters = serde_json::to_vec(&(path, &self.0)).expect("a map of texts is JSON");
        Sha256::digest(parameters).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Takes a parameter out; an empty one counts as not given.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    pub(super) fn require(&mut self, name: &str) -> Result<String, ApiError> {
        self.take(name).ok_or_else(|| ApiError::invalid(name, "parameter_missing", &format!("Missing required param: {name}.")))
    }

    fn take_url(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let Some(text) = self.take(name) else { return Ok(None) };
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(text)),
            _ => Err(ApiError::invalid(name, "url_invalid", "Not a valid URL.")),
        }
    }

    pub(super) fn take_text(&mut self, name: &str, max: usize) -> Result<Option<String>, ApiError> {
        let invalid = |_| ApiError::invalid(name, None, &format!("Invalid text, at most {max} characters."));
        self.take(name).map(|text| single_line(&text, max).map_err(invalid)).transpose()
    }

    pub(super) fn take_whole(&mut self, name: &str) -> Result<i64, ApiError> {
        let text = self.require(name)?;
        text.parse().map_err(|_| ApiError::invalid(name, "parameter_invalid_integer", &format!("Invalid integer: {name}.")))
    }

    /// Takes the items of a list, `name[0]`, `name[1]` and so on.
    pub(super) fn take_list(&mut self, name: &str) -> Vec<String> {
        (0..).map_while(|index| self.take(&format!("{name}[{index}]"))).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Stripe's limits: 50 keys of 40 characters, values of 500.
    pub(super) fn take_metadata(&mut self, prefix: &str) -> Result<BTreeMap<String, String>, ApiError> {
        let start = format!("{prefix}[");
        let names: Vec<String> = self.0.keys().filter(|name| name.starts_with(&start)).cloned().collect();
        let mut metadata = BTreeMap::new();
        for name in names {
            let value = self.0.remove(&name).unwrap_or_default();
            let key = name[start.len()..].trim_end_matches(']');
            if key.is_empty() || key.contains(['[', ']']) || key.chars().count() > 40 || value.chars().count() > 500 {
                return Err(ApiError::invalid(&name, None, "Invalid metadata."));
            }
            metadata.insert(key.to_owned(), value);
        }
        if metadata.len() > 50 {
            return Err(ApiError::invalid(prefix, None, "At most 50 metadata keys."));
        }
        Ok(metadata)
    }

    /// Whatever no one took is not Stripe's, or not built here: to ignore it would hide the difference.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(ApiError::invalid(name, "parameter_unknown", &format!("Received unknown parameter: {name}."))),
        }
    }

    pub(super) fn into_purchase(mut self, now: Timestamp) -> Result<Purchase, ApiError> {
        if self.require("mode")? != "payment" {
            return Err(ApiError::invalid("mode", None, "The practice gateway knows the mode payment only."));
        }
        let (amount, lines) = self.take_lines()?;
        let purchase = Purchase {
            amount,
            lines,
            email: self.take_email("customer_email")?,
            customer: self.take("customer"),
            reference: self.take_text("client_reference_id", 200)?,
            metadata: self.take_metadata("metadata")?,
            intent_description: self.take_text("payment_intent_data[description]", 1000)?,
            intent_metadata: self.take_metadata("payment_intent_data[metadata]")?,
            billing_address: self.take_billing_address()?,
            success_url: self
                .take_url("success_url")?
                .ok_or_else(|| ApiError::invalid("success_url", "parameter_missing", "Missing required param: success_url."))?,
            cancel_url: self.take_url("cancel_url")?,
            expires_at: self.take_expiry(now)?,
        };
        self.finish()?;
        if purchase.email.is_some() && purchase.customer.is_some() {
            let message = "You may only specify one of these parameters: customer, customer_email.";
            return Err(ApiError::invalid("customer", None, message));
        }
        Ok(purchase)
    }

    pub(super) fn take_email(&mut self, name: &str) -> Result<Option<EmailAddress>, ApiError> {
        let invalid = |_| ApiError::invalid(name, "email_invalid", "Invalid email address.");
        self.take(name).map(|email| email.parse().map_err(invalid)).transpose()
    }

    fn take_billing_address(&mut self) -> Result<String, ApiError> {
        match self.take("billing_address_collection") {
            None => Ok("auto".to_owned()),
            Some(word) if word == "auto" || word == "required" => Ok(word),
            Some(_) => Err(ApiError::invalid("billing_address_collection", None, "Must be auto or required.")),
        }
    }

    fn take_expiry(&mut self, now: Timestamp) -> Result<Timestamp, ApiError> {
        const NAME: &str = "expires_at";
        if !self.has(NAME) {
            return Ok(shifted(now, LATEST));
        }
        let seconds = self.take_whole(NAME)?;
        // Stripe counts in whole seconds, from the second of the creation.
        let ahead = SignedDuration::from_secs(seconds.saturating_sub(now.as_second()));
        match Timestamp::from_second(seconds) {
            Ok(at) if (SOONEST..=LATEST).contains(&ahead) => Ok(at),
            _ => {
                let message =
                    "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.";
                Err(ApiError::invalid(NAME, None, message))
            }
        }
    }

    fn take_lines(&mut self) -> Result<(Money, Vec<String>), ApiError> {
        let mut total: Option<Money> = None;
        let mut names = Vec::new();
        while self.0.keys().any(|name| name.starts_with(&format!("line_items[{}]", names.len()))) {
            let prefix = format!("line_items[{}]", names.len());
            let (name, amount) = self.take_line(&prefix)?;
            names.push(name);
            let mixed = |_| ApiError::invalid(&prefix, None, "All lines must be of one currency.");
            total = Some(total.map_or(Ok(amount), |sum| sum.checked_add(amount)).map_err(mixed)?);
        }
        let total =
            total.ok_or_else(|| ApiError::invalid("line_items", "parameter_missing", "Missing required param: line_items."))?;
        match total.minor {
            minor if minor < least(total.currency) => {
                Err(ApiError::invalid("line_items", "amount_too_small", "The total amount is too small."))
            }
            ..=MOST => Ok((total, names)),
            _ => Err(ApiError::invalid("line_items", "amount_too_large", "The total amount is too large.")),
        }
    }

    fn take_line(&mut self, prefix: &str) -> Result<(String, Money), ApiError> {
        let data = format!("{prefix}[price_data]");
        let currency_name = format!("{data}[currency]");
        let currency: Currency =
            self.require(&currency_name)?.parse().map_err(|_| ApiError::invalid(&currency_name, None, "Invalid currency."))?;
        let amount_name = format!("{data}[unit_amount]");
        let unit = self.take_whole(&amount_name)?;
        let quantity_name = format!("{prefix}[quantity]");
        let quantity = self.take_whole(&quantity_name)?;
        let name_name = format!("{data}[product_data][name]");
        let name = self.take_text(&name_name, 250)?.ok_or_else(|| {
            ApiError::invalid(&name_name, "parameter_missing", &format!("Missing required param: {name_name}."))
        })?;
        // Of three-decimal currencies the last digit must be 0: the card networks have two decimals.
        if unit < 0 || (currency.decimals() == 3 && unit % 10 != 0) {
            return Err(ApiError::invalid(&amount_name, "parameter_invalid_integer", "Invalid amount for this currency."));
        }
        let minor = (1..=MOST).contains(&quantity).then(|| unit.checked_mul(quantity)).flatten();
        let minor = minor.ok_or_else(|| ApiError::invalid(&quantity_name, "parameter_invalid_integer", "Invalid quantity."))?;
        Ok((name, Money::new(minor, currency)))
    }
}
