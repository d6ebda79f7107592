//! What is owed, by whom, for what.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::identity::model::Country;
use crate::kernel::ids::{EnrolmentId, OrderId, UserId};
use crate::kernel::random::Randomness;
use crate::kernel::text::{TextError, several_lines, single_line};
use crate::kernel::{EmailAddress, Money, PersonName, Timestamp};
use crate::organisation::model::{Gstin, StateCode};
use crate::pricing::model::{Place, Quote};

/// The number that people read out and quote: `L-7K3M9Q`, in Crockford's base 32, which has no letter that looks like a digit.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderNumber(String);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS: usize = 6;

/// The text is no order's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an order number")]
pub struct NotANumber;

impl OrderNumber {
    /// A random one. Whether it is still free is the database's to say.
    pub fn new(random: &Randomness) -> Self {
        let digit = |byte: u8| char::from(ALPHABET[usize::from(byte % 32)]);
        Self(format!("L-{}", random.bytes::<DIGITS>().into_iter().map(digit).collect::<String>()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrderNumber {
    type Err = NotANumber;

    /// Reads a number as it was written down: in either case, with `O`, `I` and `L` for the digits they look like.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let upper = text.trim().to_ascii_uppercase();
        let digits = upper.strip_prefix("L-").ok_or(NotANumber)?.replace('O', "0").replace(['I', 'L'], "1");
        let fits = digits.len() == DIGITS && digits.bytes().all(|byte| ALPHABET.contains(&byte));
        if fits { Ok(Self(format!("L-{digits}"))) } else { Err(NotANumber) }
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! address_part {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                $parse(text).map(Self)
            }
        }

        /// An address in a debug print would reach a log.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

address_part! {
    /// Street and town, as on an envelope: up to 300 characters over several lines.
    PostalAddress, |text| several_lines(text, 300)
}

address_part! {
    /// A postal code of any country: one line of up to 16 characters, in capitals.
    PostalCode, |text| single_line(text, 16).map(|code| code.to_uppercase())
}

/// Whom the receipt names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    pub name: PersonName,
    pub email: EmailAddress,
    pub country: Country,
    pub address: PostalAddress,
    /// Some countries have none.
    pub postal_code: Option<PostalCode>,
    /// Of an address in India (CGST circular 242/36/2024: it is recorded of every buyer).
    pub state: Option<StateCode>,
    /// The registration that the invoice names; its State decides where the supply is.
    pub gstin: Option<Gstin>,
}

impl Buyer {
    /// What of it decides taxes.
    pub fn place(&self) -> Place {
        Place { country: self.country, state: self.state, gstin: self.gstin.clone() }
    }
}

/// One line of an order. The line, not the order, names the enrolment it pays for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    pub id: Uuid,
    pub enrolment: Option<EnrolmentId>,
    pub description: String,
    pub quantity: i32,
    pub unit: Money,
    pub total: Money,
}

/// Where an order stands (service time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    Open,
    Paid {
        at: Timestamp,
    },
    /// The hold that it was to pay for ended.
    Lapsed {
        at: Timestamp,
    },
    Cancelled {
        at: Timestamp,
    },
}

impl OrderState {
    /// A stable word for the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid { .. } => "paid",
            Self::Lapsed { .. } => "lapsed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

/// What a person owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub number: OrderNumber,
    pub user: UserId,
    pub state: OrderState,
    pub quote: Quote,
    pub buyer: Buyer,
    pub lines: Vec<OrderLine>,
    pub created_at: Timestamp,
}

/// The order's state does not allow the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the order is not open")]
pub struct NotOpen;

impl Order {
    /// The enrolment that it pays for.
    pub fn enrolment(&self) -> Option<EnrolmentId> {
        self.lines.iter().find_map(|line| line.enrolment)
    }

    /// What is bought, in one line.
    pub fn description(&self) -> &str {
        self.lines.first().map_or("", |line| &line.description)
    }

    /// The same with another quote: so long as nobody pays it.
    ///
    /// # Errors
    /// [`NotOpen`].
    pub fn requote(self, quote: Quote) -> Result<Self, NotOpen> {
        let OrderState::Open = self.state else { return Err(NotOpen) };
        Ok(Self { quote, ..self })
    }

    /// The money is there. A lapsed order may be paid after all.
    ///
    /// # Errors
    /// [`NotOpen`] for one that is paid or cancelled.
    pub fn pay(mut self, at: Timestamp) -> Result<Self, NotOpen> {
        match self.state {
            OrderState::Open | OrderState::Lapsed { .. } => {
                self.state = OrderState::Paid { at };
                Ok(self)
            }
            OrderState::Paid { .. } | OrderState::Cancelled { .. } => Err(NotOpen),
        }
    }

    /// What it was to pay for is given up, paid or not.
    ///
    /// # Errors
    /// [`NotOpen`] for one that lapsed or was cancelled before.
    pub fn cancel(mut self, at: Timestamp) -> Result<Self, NotOpen> {
        match self.state {
            OrderState::Open | OrderState::Paid { .. } => {
                self.state = OrderState::Cancelled { at };
                Ok(self)
            }
            OrderState::Lapsed { .. } | OrderState::Cancelled { .. } => Err(NotOpen),
        }
    }

    /// The hold ended unpaid.
    ///
    /// # Errors
    /// [`NotOpen`].
    pub fn lapse(mut self, at: Timestamp) -> Result<Self, NotOpen> {
        let OrderState::Open = self.state else { return Err(NotOpen) };
        self.state = OrderState::Lapsed { at };
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_as_people_write_it() {
        let random = Randomness::from_seed(3);
        for _ in 0..200 {
            let number = OrderNumber::new(&random);
            assert_eq!(number.as_str().parse(), Ok(number.clone()));
            assert_eq!(number.as_str().to_lowercase().parse(), Ok(number));
        }
        assert_eq!("l-7k3mol".parse::<OrderNumber>().map(|n| n.to_string()), Ok("L-7K3M01".to_owned()));
        for wrong in ["", "L-", "L-7K3M9", "L-7K3M9QQ", "7K3M9Q", "L-7K3M9U", "L-7K3M9é"] {
            assert_eq!(wrong.parse::<OrderNumber>(), Err(NotANumber), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_kept_out_of_debug_prints() {
        let address: PostalAddress = "1 High Street\r\nExample Town".parse().unwrap();
        assert_eq!(address.as_str(), "1 High Street\nExample Town");
        assert_eq!(format!("{address:?}"), "PostalAddress(…)");
        assert_eq!(" ab1  2cd ".parse::<PostalCode>().unwrap().as_str(), "AB1 2CD");
        assert!("1\n2".parse::<PostalCode>().is_err());
    }
}
