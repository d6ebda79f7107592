//! What an export is worth in rupees: by the rate that an admin enters for the day of the supply.
//!
//! The law leaves the rate to the accounts: for services it is the one that generally accepted accounting principles give for the
//! date of the time of supply (CGST Rules, rule 34(2)). These allow the rate of the day, or one that comes near it, such as the
//! average of a week or of a month (Accounting Standard 11, paragraphs 9 and 10). So a rate holds from its day on until the next one,
//! and for no longer than a month: what is older is the rate of another time.

use std::fmt;
use std::str::FromStr;

use crate::kernel::ids::{OrderId, UserId};
use crate::kernel::shown::plain_date;
use crate::kernel::time::{Date, SignedDuration};
use crate::kernel::{Currency, Money, Timestamp};

use super::{Export, Facts, Rupees, Supply};

/// Of how many days a rate is that an average of a month may stand for, its first included.
const GOOD_FOR: i32 = 31;
/// An invoice is issued within so many days of the supply (CGST Rules, rule 47).
const INVOICE_WITHIN: i64 = 30;
/// Digits after the point that a rate may have.
const PLACES: u32 = 6;
/// Above this, a rate is a slip of the pen: no currency that prices are in is worth as much.
const MOST: u64 = 10_000;

/// Rupees for one unit of another currency, in millionths of a rupee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RupeeRate(u64);

/// The text is no such rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Enter how many rupees one unit is worth, like 98.1234: more than 0, at most {MOST}, with up to {PLACES} digits after the point"
)]
pub struct NotARupeeRate;

impl FromStr for RupeeRate {
    type Err = NotARupeeRate;

    fn from_str(text: &str) -> Result<Self, NotARupeeRate> {
        let text = text.trim();
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole, 5) || !digits(part, PLACES as usize) {
            return Err(NotARupeeRate);
        }
        let unit = 10_u64.pow(PLACES);
        let millionths: u64 = format!("{whole}{part:0<6}").parse().map_err(|_| NotARupeeRate)?;
        if (1..=MOST * unit).contains(&millionths) { Ok(Self(millionths)) } else { Err(NotARupeeRate) }
    }
}

/// Without the zeros at its end: `98.1234`.
impl fmt::Display for RupeeRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.pow(PLACES);
        let (whole, part) = (self.0 / unit, format!("{:06}", self.0 % unit));
        match part.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            part => write!(f, "{whole}.{part}"),
        }
    }
}

impl RupeeRate {
    /// `amount` in rupees, to the nearest paisa, halves up.
    pub fn of(self, amount: Money) -> Money {
        let scale = 10_i128.pow(PLACES + amount.currency.decimals() - Currency::INR.decimals().min(amount.currency.decimals()));
        // Paise for a minor unit: rupees × 100 / 10^decimals.
        let up = 10_i128.pow(Currency::INR.decimals().saturating_sub(amount.currency.decimals()));
        let paise = i128::from(amount.minor) * i128::from(self.0) * up;
        let rounded = (2 * paise + scale).div_euclid(2 * scale);
        Money::new(i64::try_from(rounded).unwrap_or(i64::MAX), Currency::INR)
    }
}

/// A rate as an admin has entered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeRate {
    pub currency: Currency,
    /// The first day, in India, for which it holds.
    pub from: Date,
    pub rate: RupeeRate,
    /// Where it is from, such as `FBIL reference rate`.
    pub source: String,
}

/// A rate with who entered it, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnteredRate {
    pub of: ExchangeRate,
    /// Service time.
    pub at: Timestamp,
    pub by: Option<UserId>,
}

impl ExchangeRate {
    /// Whether it may be used for a supply of this day, unless a later one holds.
    pub fn holds_on(&self, day: Date) -> bool {
        (0..GOOD_FOR).contains(&(day - self.from).get_days())
    }
}

/// A paid export whose invoice waits for a rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    pub order: OrderId,
    pub currency: Currency,
    /// The time of supply: the day on which the money came (CGST Act s.13(2)(a)), for no invoice was before it.
    pub supplied_on: Date,
    /// Service time.
    pub since: Timestamp,
}

impl Awaited {
    /// The time of supply in words.
    pub fn day(&self) -> String {
        plain_date(self.supplied_on)
    }

    /// The last day on which the invoice is issued in time (CGST Rules, rule 47).
    pub fn due_on(&self) -> Date {
        self.supplied_on.saturating_add(SignedDuration::from_hours(24 * INVOICE_WITHIN))
    }
}

impl Facts {
    /// The currency whose rate the document wants: that of an export which is not in rupees, and does not say its value in them.
    pub fn wants_rate(&self) -> Option<Currency> {
        let wants = matches!(&self.supply, Supply::Export(Export { rupees: None, .. })) && self.sums.total.minor != 0;
        Some(self.sums.total.currency).filter(|currency| wants && *currency != Currency::INR)
    }

    /// With what an export is worth in rupees by this rate.
    #[must_use]
    pub fn in_rupees(self, rate: &ExchangeRate) -> Self {
        let Supply::Export(export) = self.supply else { return self };
        let tax = Money::new(self.sums.total.minor - self.sums.taxable.minor, self.sums.total.currency);
        let rupees = Rupees {
            value: rate.rate.of(self.sums.taxable),
            tax: Some(rate.rate.of(tax)),
            rate: rate.rate.to_string(),
            from: Some(rate.from),
            source: Some(rate.source.clone()),
        };
        Self { supply: Supply::Export(Export { rupees: Some(rupees), ..export }), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::model::testing;

    fn rate(text: &str) -> RupeeRate {
        text.parse().unwrap()
    }

    #[test]
    fn a_rate_is_read_and_written_in_one_way() {
        for (text, shown) in [("98.1234", "98.1234"), (" 98.10 ", "98.1"), ("0.575", "0.575"), ("271", "271"), ("10000", "10000")]
        {
            assert_eq!(rate(text).to_string(), shown);
        }
        for wrong in ["", "0", "0.000000", "-1", "1,5", "98.1234567", ".5", "5.", "10000.000001", "100000", "९८", "1e2"] {
            assert_eq!(wrong.parse::<RupeeRate>(), Err(NotARupeeRate), "{wrong}");
        }
    }

    #[test]
    fn an_amount_is_worth_the_nearest_paisa_whatever_decimals_its_currency_has() {
        let of = |text: &str, minor, currency| rate(text).of(Money::new(minor, currency)).minor;
        assert_eq!(of("98.1234", 9_000, Currency::EUR), 883_111);
        // 1.234 dinars at 271.5; 1,500 yen at 0.575.
        assert_eq!(of("271.5", 1_234, Currency::KWD), 33_503);
        assert_eq!(of("0.575", 1_500, Currency::JPY), 86_250);
        // Half a paisa goes up, less goes down.
        assert_eq!((of("0.5", 1, Currency::USD), of("0.49", 1, Currency::USD)), (1, 0));
        assert_eq!(of("85", 0, Currency::USD), 0);
    }

    #[test]
    fn a_rate_holds_from_its_day_for_a_month_and_not_before() {
        let of = ExchangeRate {
            currency: Currency::EUR,
            from: "2027-01-04".parse().unwrap(),
            rate: rate("98.1234"),
            source: "FBIL".to_owned(),
        };
        let holds = |day: &str| of.holds_on(day.parse().unwrap());
        assert_eq!(
            [holds("2027-01-03"), holds("2027-01-04"), holds("2027-02-03"), holds("2027-02-04")],
            [false, true, true, false]
        );
    }

    #[test]
    fn an_invoice_is_due_within_thirty_days_of_the_supply() {
        let awaited = Awaited {
            order: OrderId(uuid::Uuid::nil()),
            currency: Currency::EUR,
            supplied_on: "2027-01-04".parse().unwrap(),
            since: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(awaited.due_on().to_string(), "2027-02-03");
    }

    #[test]
    fn only_an_export_in_another_currency_wants_a_rate_and_has_its_value_by_it() {
        for facts in testing::all() {
            assert_eq!(facts.wants_rate(), None, "{:?}", facts.supply);
        }
        let of = ExchangeRate {
            currency: Currency::EUR,
            from: "2027-01-04".parse().unwrap(),
            rate: rate("98.1234"),
            source: "FBIL".to_owned(),
        };
        let mut facts = testing::export(crate::documents::model::Declaration::WithTax);
        let Supply::Export(export) = &mut facts.supply else { panic!("no export") };
        export.rupees = None;
        assert_eq!(facts.wants_rate(), Some(Currency::EUR));
        let told = facts.in_rupees(&of);
        assert_eq!(told.wants_rate(), None);
        let Supply::Export(Export { rupees: Some(rupees), .. }) = told.supply else { panic!("no value") };
        assert_eq!((rupees.value.minor, rupees.tax.unwrap().minor, rupees.rate.as_str()), (883_111, 158_960, "98.1234"));
        let domestic = testing::within_state();
        assert_eq!(domestic.clone().in_rupees(&of), domestic);
    }
}
