//! Codes that make a seat cheaper, and when one may be used.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::quote::{share, step};
use crate::kernel::ids::{CohortId, CouponId, OrderId, UserId};
use crate::kernel::random::Randomness;
use crate::kernel::text::text_type;
use crate::kernel::{Currency, Money, Timestamp};

text_type! {
    /// What a student types: letters and digits, kept in capitals without the hyphens and spaces of its writing.
    Code
}

/// The text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter 4 to 32 letters and digits, or leave it empty for a code of ours")]
pub struct NotACode;

/// Crockford's base 32, which has no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Five bits each: 60 bits in all.
const DIGITS: usize = 12;

impl Code {
    /// A random one, which nobody guesses.
    pub fn new(random: &Randomness) -> Self {
        let digit = |byte: u8| char::from(ALPHABET[usize::from(byte % 32)]);
        Self(random.bytes::<DIGITS>().into_iter().map(digit).collect())
    }
}

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let kept = text.chars().filter(|c| !matches!(c, ' ' | '-')).take(33).collect::<String>().to_ascii_uppercase();
        let fits = (4..=32).contains(&kept.len()) && kept.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(Self(kept)) } else { Err(NotACode) }
    }
}

/// A code in a log would be a code given away.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// A part of a price in hundredths of a per cent: more than nothing, at most all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentage(u16);

/// The text is no percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a percentage above 0 and up to 100, like 20 or 12.5")]
pub struct NotAPercentage;

impl Percentage {
    /// # Errors
    /// [`NotAPercentage`] for nothing, and for more than all.
    pub fn new(basis_points: u16) -> Result<Self, NotAPercentage> {
        if (1..=10_000).contains(&basis_points) { Ok(Self(basis_points)) } else { Err(NotAPercentage) }
    }

    pub fn basis_points(self) -> u16 {
        self.0
    }
}

impl FromStr for Percentage {
    type Err = NotAPercentage;

    fn from_str(text: &str) -> Result<Self, NotAPercentage> {
        let rate = text.parse::<crate::organisation::model::Rate>().map_err(|_| NotAPercentage)?;
        Self::new(rate.basis_points())
    }
}

/// In per cent, without the sign and without needless zeros.
impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:02}", self.0 / 100, self.0 % 100);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// What a coupon takes off the listed price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// Of prices in this currency alone, where one is given.
    Percent(Percentage, Option<Currency>),
    Amount(Money),
}

impl Discount {
    /// The currency that a price must be in.
    pub fn currency(&self) -> Option<Currency> {
        match self {
            Self::Percent(_, currency) => *currency,
            Self::Amount(amount) => Some(amount.currency),
        }
    }

    /// What is taken off a price of the right currency: never more than the price.
    pub fn off(&self, list: Money) -> Money {
        let minor = match self {
            Self::Percent(part, _) => share(list.minor, part.0.into(), 10_000, list.currency),
            Self::Amount(amount) => amount.minor,
        };
        Money::new(minor.min(list.minor), list.currency)
    }
}

/// `20 %`, `₹500.00`.
impl fmt::Display for Discount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(part, _) => write!(f, "{part} %"),
            Self::Amount(amount) => write!(f, "{amount}"),
        }
    }
}

/// How often a coupon can be used: absent is without limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    pub total: Option<u32>,
    pub per_person: Option<u32>,
}

/// A coupon to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCoupon {
    /// One of ours is made where none is given.
    pub code: Option<Code>,
    pub discount: Discount,
    /// The only cohort that it is for.
    pub cohort: Option<CohortId>,
    /// The moment from which it can be used (service time).
    pub opens: Option<Timestamp>,
    /// The first moment at which it cannot be used any more (service time).
    pub closes: Option<Timestamp>,
    pub limits: Limits,
}

/// Why there can be no such coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CouponError {
    #[error("Enter an amount above nothing")]
    NoDiscount,
    /// As prices do.
    #[error("In {0} the last decimal must be 0")]
    LastDecimal(Currency),
    #[error("It must end after it begins")]
    Window,
}

impl NewCoupon {
    /// Whether it makes sense.
    ///
    /// # Errors
    /// [`CouponError`].
    pub fn check(&self) -> Result<(), CouponError> {
        if let Discount::Amount(amount) = self.discount {
            if amount.minor <= 0 {
                return Err(CouponError::NoDiscount);
            }
            if amount.minor % step(amount.currency) != 0 {
                return Err(CouponError::LastDecimal(amount.currency));
            }
        }
        match (self.opens, self.closes) {
            (Some(opens), Some(closes)) if closes <= opens => Err(CouponError::Window),
            _ => Ok(()),
        }
    }
}

/// A code with what it does and where its use ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    pub id: CouponId,
    pub code: Code,
    pub discount: Discount,
    pub cohort: Option<CohortId>,
    pub opens: Option<Timestamp>,
    pub closes: Option<Timestamp>,
    pub limits: Limits,
    pub created_at: Timestamp,
    /// Since when an admin has ended it.
    pub stopped_at: Option<Timestamp>,
}

/// What a coupon is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase {
    pub order: OrderId,
    pub user: UserId,
    pub cohort: CohortId,
    /// The listed price.
    pub list: Money,
}

/// How often a coupon is used already: in orders that are paid, or open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    pub total: u32,
    pub of_person: u32,
}

impl Coupon {
    /// Whether it can be used for a purchase at service time `now`, after so many uses. Why not is not told: each refusal is as
    /// good as a guess that failed.
    pub fn covers(&self, purchase: &Purchase, uses: Uses, now: Timestamp) -> bool {
        let under = |limit: Option<u32>, used: u32| limit.is_none_or(|limit| used < limit);
        self.stopped_at.is_none()
            && self.opens.is_none_or(|opens| opens <= now)
            && self.closes.is_none_or(|closes| now < closes)
            && self.cohort.is_none_or(|cohort| cohort == purchase.cohort)
            && self.discount.currency().is_none_or(|currency| currency == purchase.list.currency)
            && under(self.limits.total, uses.total)
            && under(self.limits.per_person, uses.of_person)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn coupon() -> Coupon {
        Coupon {
            id: CouponId(Uuid::from_u128(1)),
            code: "SPRING27".parse().unwrap(),
            discount: Discount::Percent("20".parse().unwrap(), Some(Currency::INR)),
            cohort: Some(CohortId(Uuid::from_u128(2))),
            opens: Some(at("2027-01-01T00:00:00Z")),
            closes: Some(at("2027-02-01T00:00:00Z")),
            limits: Limits { total: Some(2), per_person: Some(1) },
            created_at: at("2026-12-01T00:00:00Z"),
            stopped_at: None,
        }
    }

    fn purchase() -> Purchase {
        Purchase {
            order: OrderId(Uuid::from_u128(3)),
            user: UserId(Uuid::from_u128(4)),
            cohort: CohortId(Uuid::from_u128(2)),
            list: Money::new(650_000, Currency::INR),
        }
    }

    #[test]
    fn a_coupon_covers_what_it_is_for_within_its_window_and_limits() {
        let (now, none) = (at("2027-01-15T00:00:00Z"), Uses::default());
        assert!(coupon().covers(&purchase(), none, now));
        assert!(coupon().covers(&purchase(), Uses { total: 1, of_person: 0 }, at("2027-01-01T00:00:00Z")));
        let cases = [
            (coupon(), purchase(), Uses { total: 2, of_person: 0 }, now),
            (coupon(), purchase(), Uses { total: 1, of_person: 1 }, now),
            (coupon(), purchase(), none, at("2026-12-31T23:59:59Z")),
            (coupon(), purchase(), none, at("2027-02-01T00:00:00Z")),
            (coupon(), Purchase { cohort: CohortId(Uuid::nil()), ..purchase() }, none, now),
            (coupon(), Purchase { list: Money::new(12_000, Currency::USD), ..purchase() }, none, now),
            (Coupon { stopped_at: Some(now), ..coupon() }, purchase(), none, now),
        ];
        for (number, (coupon, purchase, uses, now)) in cases.into_iter().enumerate() {
            assert!(!coupon.covers(&purchase, uses, now), "case {number}");
        }
    }

    #[test]
    fn a_discount_is_a_part_or_an_amount_and_never_more_than_the_price() {
        let off = |discount: Discount, minor, currency| discount.off(Money::new(minor, currency)).minor;
        let part = |text: &str| Discount::Percent(text.parse().unwrap(), None);
        assert_eq!(off(part("12.5"), 9_999, Currency::INR), 1_250);
        assert_eq!(off(part("33"), 12_340, Currency::KWD), 4_070);
        assert_eq!(off(part("100"), 650_000, Currency::INR), 650_000);
        assert_eq!(off(Discount::Amount(Money::new(700_000, Currency::INR)), 650_000, Currency::INR), 650_000);
        assert_eq!((part("12.50").to_string(), part("100").to_string()), ("12.5 %".to_owned(), "100 %".to_owned()));
        for bad in ["0", "0.00", "100.01", "-1", ""] {
            assert_eq!(bad.parse::<Percentage>(), Err(NotAPercentage), "{bad:?}");
        }
    }

    #[test]
    fn a_coupon_that_makes_no_sense_is_refused() {
        let new = NewCoupon {
            code: None,
            discount: Discount::Amount(Money::new(1_005, Currency::KWD)),
            cohort: None,
            opens: None,
            closes: None,
            limits: Limits::default(),
        };
        assert_eq!(new.check(), Err(CouponError::LastDecimal(Currency::KWD)));
        let nothing = NewCoupon { discount: Discount::Amount(Money::new(0, Currency::INR)), ..new.clone() };
        assert_eq!(nothing.check(), Err(CouponError::NoDiscount));
        let amount = Discount::Amount(Money::new(1, Currency::INR));
        let moment = Some(at("2027-01-01T00:00:00Z"));
        let never = NewCoupon { discount: amount, opens: moment, closes: moment, ..new };
        assert_eq!(never.check(), Err(CouponError::Window));
    }

    #[test]
    fn a_code_of_ours_carries_sixty_bits_and_reads_back_as_people_write_it() {
        let random = Randomness::from_seed(7);
        let codes: BTreeSet<Code> = (0..2_000).map(|_| Code::new(&random)).collect();
        assert_eq!(codes.len(), 2_000);
        assert!(codes.iter().all(|code| code.as_str().len() == 12));
        let letters: BTreeSet<u8> = codes.iter().flat_map(|code| code.as_str().bytes()).collect();
        assert_eq!(letters.len(), 32, "each place is one of thirty-two: 12 * 5 bits");
        assert_eq!(" spring-2027 ".parse::<Code>().unwrap().as_str(), "SPRING2027");
        assert_eq!(format!("{:?}", Code::new(&random)), "Code(…)");
    }

    proptest! {
        #[test]
        fn any_text_is_a_code_or_refused_but_never_panics(text: String) {
            if let Ok(code) = text.parse::<Code>() {
                prop_assert_eq!(code.as_str().parse::<Code>(), Ok(code.clone()));
            }
        }
    }
}
