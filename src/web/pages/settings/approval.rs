//! Above which amount a refund waits for a second admin.

use serde::Deserialize;

use super::form::{Field, Section};
use crate::kernel::{Currency, Money};
use crate::organisation::Organisation;
use crate::organisation::model::{Approval, Change};
use crate::web::form::FieldErrors;
use crate::web::pages::CURRENCIES;

/// [`CURRENCIES`], as a choice.
const CHOICES: [(&str, &str); CURRENCIES.len()] = {
    let mut choices = [("", ""); CURRENCIES.len()];
    let mut at = 0;
    while at < CURRENCIES.len() {
        choices[at] = (CURRENCIES[at].code(), CURRENCIES[at].code());
        at += 1;
    }
    choices
};

/// The limit as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    above: String,
    currency: String,
}

impl Section for Input {
    const PATH: &'static str = "/staff/settings/approval";
    const TITLE: &'static str = "Refunds by two admins";
    const DEK: &'static str = "Above a limit, a refund that one admin asks for is sent only once another agrees. Refunds that a rule or a student’s own cancellation gives need nobody’s word.";

    fn known(organisation: &Organisation) -> Self {
        let above = organisation.approval.above;
        Self {
            above: above.map(Money::decimal).unwrap_or_default(),
            currency: above.map_or(Currency::INR, |above| above.currency).code().to_owned(),
        }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        let above = Field::line("above", "Above which amount", &self.above, 24).optional();
        let currency = Field::choice("currency", "In which currency", &self.currency, &CHOICES);
        vec![
            above.hint("Leave it empty, and one admin is enough for every refund."),
            currency.hint("Once there is a limit, refunds in any other currency always need two."),
        ]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let currency = errors.parse("currency", self.currency.parse::<Currency>().map_err(|_| "Choose a currency"));
        if self.above.trim().is_empty() {
            return currency.map(|_| Change::Approval(Approval::default())).ok_or(errors);
        }
        let currency_of = currency.unwrap_or(Currency::INR);
        let above = Money::parse(&self.above, currency_of).map_err(|_| format!("Enter an amount in {currency_of}, like 5000.00"));
        let above = errors.parse("above", above);
        currency.zip(above).map(|(_, above)| Change::Approval(Approval { above: Some(above) })).ok_or(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_limit_turns_it_off_and_a_bad_one_is_refused() {
        let read = |above: &str| Input { above: above.into(), currency: "INR".into() }.read();
        assert_eq!(read(" "), Ok(Change::Approval(Approval::default())));
        let above = Some(Money::new(500_000, Currency::INR));
        assert_eq!(read("5,000"), Ok(Change::Approval(Approval { above })));
        assert_eq!(read("much").unwrap_err().of("above"), Some("Enter an amount in INR, like 5000.00"));
        let unknown = Input { above: "1".into(), currency: "XXX".into() }.read().unwrap_err();
        assert_eq!(unknown.of("currency"), Some("Choose a currency"));
    }
}
