//! Money: whole minor units of a currency, checked arithmetic, no floats.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A currency that prices may be in. The number of decimals is ISO 4217's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Currency {
    INR,
    EUR,
    GBP,
    USD,
    JPY,
    KWD,
}

/// The text is not a currency on the allowed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an accepted currency: {0:?}")]
pub struct UnknownCurrency(pub String);

impl Currency {
    /// The ISO 4217 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::INR => "INR",
            Self::EUR => "EUR",
            Self::GBP => "GBP",
            Self::USD => "USD",
            Self::JPY => "JPY",
            Self::KWD => "KWD",
        }
    }

    /// How many decimals the major unit has: 0 for yen, 2 for rupees, 3 for Kuwaiti dinars.
    pub const fn decimals(self) -> u32 {
        match self {
            Self::JPY => 0,
            Self::KWD => 3,
            Self::INR | Self::EUR | Self::GBP | Self::USD => 2,
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::INR => "₹",
            Self::EUR => "€",
            Self::GBP => "£",
            Self::USD => "US$",
            Self::JPY => "¥",
            Self::KWD => "KWD\u{a0}",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// Reads an ISO 4217 code in either case (Stripe writes them small).
    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        [Self::INR, Self::EUR, Self::GBP, Self::USD, Self::JPY, Self::KWD]
            .into_iter()
            .find(|currency| currency.code().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownCurrency(text.chars().take(8).collect()))
    }
}

/// An amount of money in minor units (paise, cents) of one currency.
///
/// Shown for its currency: `₹6,500.00`, with Indian digit groups for rupees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Whole minor units.
    pub minor: i64,
    pub currency: Currency,
}

/// Why two amounts do not add up, or a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("amounts of different currencies")]
    MixedCurrencies,
    #[error("amount out of range")]
    OutOfRange,
    #[error("not an amount of this currency")]
    NotAnAmount,
}

impl Money {
    /// `minor` minor units of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// # Errors
    /// [`MoneyError::MixedCurrencies`], or [`MoneyError::OutOfRange`] beyond `i64`.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// # Errors
    /// As [`Money::checked_add`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(self, other: Self, operation: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies);
        }
        let minor = operation(self.minor, other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The amount as a program reads it: `6500.00`, with a point and the currency's decimals, without sign of currency or groups.
    pub fn decimal(self) -> String {
        let decimals = self.currency.decimals() as usize;
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let minus = if self.minor < 0 { "-" } else { "" };
        if fraction.is_empty() { format!("{minus}{whole}") } else { format!("{minus}{whole}.{fraction}") }
    }

    /// Reads an amount as a person types it: `6500`, `6,500.00`, `₹ 6,500`.
    ///
    /// # Errors
    /// [`MoneyError::NotAnAmount`] for anything else, also for more decimals than the currency has.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let text = text.trim();
        let text = text.strip_prefix(currency.sign().trim_end()).or_else(|| text.strip_prefix(currency.code())).unwrap_or(text);
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let whole: String = whole.chars().filter(|&c| c != ',').collect();
        let decimals = currency.decimals() as usize;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(&whole) || !digits(fraction) || fraction.len() > decimals {
            return Err(MoneyError::NotAnAmount);
        }
        let padded = format!("{whole}{fraction:0<decimals$}");
        padded.parse().map(|minor| Self::new(minor, currency)).map_err(|_| MoneyError::OutOfRange)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10u64.pow(self.currency.decimals());
        let (whole, fraction) = (self.minor.unsigned_abs() / unit, self.minor.unsigned_abs() % unit);
        let minus = if self.minor < 0 { "\u{2212}" } else { "" };
        write!(f, "{minus}{}{}", self.currency.sign(), grouped(whole, self.currency))?;
        match self.currency.decimals() {
            0 => Ok(()),
            decimals => write!(f, ".{fraction:0width$}", width = decimals as usize),
        }
    }
}

/// Digit groups: three by three, but in rupees two by two above the first three (12,34,567).
fn grouped(whole: u64, currency: Currency) -> String {
    let digits = whole.to_string();
    let upper = if currency == Currency::INR { 2 } else { 3 };
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && (left == 3 || (left > 3 && (left - 3).is_multiple_of(upper))) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_shown_for_their_currency() {
        let shown = |minor, currency| Money::new(minor, currency).to_string();
        assert_eq!(shown(650_000, Currency::INR), "₹6,500.00");
        assert_eq!(shown(123_456_789, Currency::INR), "₹12,34,567.89");
        assert_eq!(shown(123_456_789, Currency::USD), "US$1,234,567.89");
        assert_eq!(shown(1_234, Currency::JPY), "¥1,234");
        assert_eq!(shown(1_234, Currency::KWD), "KWD\u{a0}1.234");
        assert_eq!(shown(-5, Currency::EUR), "\u{2212}€0.05");
    }

    #[test]
    fn amounts_are_told_to_programs() {
        let told = |minor, currency| Money::new(minor, currency).decimal();
        assert_eq!(told(650_000, Currency::INR), "6500.00");
        assert_eq!(
            (told(5, Currency::INR), told(-5, Currency::INR), told(0, Currency::KWD)),
            ("0.05".into(), "-0.05".into(), "0.000".into())
        );
        assert_eq!((told(1_234, Currency::JPY), told(1_234, Currency::KWD)), ("1234".to_owned(), "1.234".to_owned()));
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let read = |text| Money::parse(text, Currency::INR).map(|money| money.minor);
        assert_eq!(read("6500"), Ok(650_000));
        assert_eq!(read(" ₹6,500.5 "), Ok(650_050));
        assert_eq!(read("INR 6,500.00"), Ok(650_000));
        for wrong in ["", "-1", "1.234", "1e3", "6500 USD", "."] {
            assert_eq!(read(wrong), Err(MoneyError::NotAnAmount), "{wrong:?}");
        }
        assert_eq!(read("99999999999999999999"), Err(MoneyError::OutOfRange));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(minor in 0i64..i64::MAX, which in 0usize..6) {
            let currency = [Currency::INR, Currency::EUR, Currency::GBP, Currency::USD, Currency::JPY, Currency::KWD][which];
            let money = Money::new(minor, currency);
            prop_assert_eq!(Money::parse(&money.to_string(), currency), Ok(money));
        }

        #[test]
        fn adding_then_taking_away_changes_nothing(a: i32, b: i32) {
            let (a, b) = (Money::new(a.into(), Currency::INR), Money::new(b.into(), Currency::INR));
            prop_assert_eq!(a.checked_add(b).and_then(|sum| sum.checked_sub(b)), Ok(a));
        }
    }
}
