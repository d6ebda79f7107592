//! Paying without a card: the way that a student chose, until when their seat is kept for it, and what they told us of it. Pure.

use std::str::FromStr;

use serde_json::{Value, json};

use super::{Method, Reference};
use crate::kernel::ids::OrderId;
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Currency, Event, Subject, Timestamp};
use crate::organisation::Organisation;
use crate::organisation::model::TransferHold;

/// The shortest that a seat is kept for a transfer: one that is ordered in the evening is there on the next day.
const LEAST: SignedDuration = SignedDuration::from_hours(24);
/// How long a seat is kept for money that its student says to have sent, from when they said so. Admins are reminded every
/// morning; who made a reference up does not keep a seat for ever.
const LOOKED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long before the end of the hold a student is reminded.
const REMINDED: SignedDuration = SignedDuration::from_hours(24);

/// A way to pay that a student can choose instead of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferWay {
    BankTransfer,
    Upi,
}

/// The text names no way that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Choose how you pay")]
pub struct NotAWay;

impl FromStr for TransferWay {
    type Err = NotAWay;

    fn from_str(text: &str) -> Result<Self, NotAWay> {
        [Self::BankTransfer, Self::Upi].into_iter().find(|way| way.word() == text).ok_or(NotAWay)
    }
}

/// The text is nothing by which a bank knows a transfer. Each says what to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAUtr {
    #[error("Enter the UTR as your bank shows it: 12 to 22 letters and digits")]
    Bank,
    #[error("Enter the 12 digits that your UPI app shows as UTR or UPI reference")]
    Upi,
}

impl TransferWay {
    /// How money that came so is recorded.
    pub const fn method(self) -> Method {
        match self {
            Self::BankTransfer => Method::BankTransfer,
            Self::Upi => Method::Upi,
        }
    }

    /// A stable word for forms and the audit log.
    pub const fn word(self) -> &'static str {
        self.method().word()
    }

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BankTransfer => "Bank transfer",
            Self::Upi => "UPI",
        }
    }

    /// For people, within a sentence: "pay by …".
    pub const fn in_a_sentence(self) -> &'static str {
        match self {
            Self::BankTransfer => "bank transfer",
            Self::Upi => "UPI",
        }
    }

    /// The ways in which an amount of this currency can be paid: an account at a bank in India and UPI take rupees.
    pub fn offered(organisation: &Organisation, currency: Currency) -> Vec<Self> {
        if currency != Currency::INR {
            return Vec::new();
        }
        let upi = organisation.upi.as_ref().map(|_| Self::Upi);
        let bank = organisation.bank.as_ref().map(|_| Self::BankTransfer);
        upi.into_iter().chain(bank).collect()
    }

    /// A reference as it was copied from a bank's page or an app, in capitals and without spaces and hyphens. A bank's UTR has 16
    /// characters by NEFT and 22 by RTGS, the number of an IMPS or UPI transfer has 12 digits.
    ///
    /// # Errors
    /// [`NotAUtr`].
    pub fn read(self, text: &str) -> Result<Reference, NotAUtr> {
        let refusal = match self {
            Self::BankTransfer => NotAUtr::Bank,
            Self::Upi => NotAUtr::Upi,
        };
        let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let fits = match self {
            Self::BankTransfer => (12..=22).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            Self::Upi => bare.len() == 12 && bare.bytes().all(|byte| byte.is_ascii_digit()),
        };
        // Twelve letters are a word, and no bank's number.
        let fits = fits && bare.bytes().any(|byte| byte.is_ascii_digit());
        if fits { bare.parse().map_err(|_| refusal) } else { Err(refusal) }
    }
}

/// The reference under which a student says to have paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub reference: Reference,
    /// When they first said so (service time).
    pub at: Timestamp,
}

/// The way that a student chose for an order. All times are service time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    pub order: OrderId,
    pub way: TransferWay,
    pub chosen_at: Timestamp,
    /// Until when the seat was kept when the first way was chosen: another choice does not keep it longer.
    pub chosen_until: Timestamp,
    /// Until when the seat is kept for it, whatever becomes of a payment page.
    pub held_until: Timestamp,
    pub told: Option<Told>,
    /// The last reference under which an admin found no money, and when.
    pub declined: Option<Told>,
}

/// Until when a seat is kept that is held until `held_until` and whose student chooses a transfer at `now`.
///
/// Never past the cohort's first day: from then on an unpaid seat is one that somebody else could have begun with. Where that day
/// is nearer than a day, or over (a cohort may take enrolments after its start), a day all the same, or nobody could pay so. Never
/// shorter than the hold was.
pub fn kept_until(hold: TransferHold, starts_at: Timestamp, held_until: Timestamp, now: Timestamp) -> Timestamp {
    shifted(now, hold.duration()).min(starts_at.max(shifted(now, LEAST))).max(held_until)
}

impl Transfer {
    /// The first choice for an order.
    pub fn chosen(order: OrderId, way: TransferWay, until: Timestamp, now: Timestamp) -> Self {
        Self { order, way, chosen_at: now, chosen_until: until, held_until: until, told: None, declined: None }
    }

    /// The student says that they paid under `reference`. The seat is kept until an admin has looked, at most for a week from the
    /// first word; a corrected reference keeps it no longer.
    #[must_use]
    pub fn tell(self, reference: Reference, now: Timestamp) -> Self {
        match self.told {
            Some(told) => Self { told: Some(Told { reference, ..told }), ..self },
            None => {
                let held_until = self.held_until.max(shifted(now, LOOKED_FOR));
                Self { told: Some(Told { reference, at: now }), held_until, ..self }
            }
        }
    }

    /// An admin found no money under the reference. The seat is kept as long as it was before it was told, and for a day at least,
    /// so that the student can answer. Nothing changes where nothing is told.
    #[must_use]
    pub fn decline(self, now: Timestamp) -> Self {
        let Some(told) = self.told else { return self };
        let held_until = self.chosen_until.max(shifted(now, LEAST));
        Self { told: None, declined: Some(Told { at: now, ..told }), held_until, ..self }
    }

    /// When the student is to be reminded; none where the hold is so short that the mail with the details is reminder enough.
    pub fn reminder(&self) -> Option<Timestamp> {
        let at = shifted(self.chosen_until, -REMINDED);
        (at >= shifted(self.chosen_at, LEAST)).then_some(at)
    }
}

/// What the audit log hears of transfers.
#[derive(Debug, Clone, Copy)]
pub enum TransferEvent<'a> {
    /// A way was chosen; before it another, where there was one.
    Chosen { before: Option<&'a Transfer>, after: &'a Transfer },
    /// The student said under which reference they paid.
    Told { before: &'a Transfer, after: &'a Transfer },
    /// An admin found no money under it.
    Declined { before: &'a Transfer, after: &'a Transfer },
}

impl TransferEvent<'_> {
    const fn after_of(&self) -> &Transfer {
        match self {
            Self::Chosen { after, .. } | Self::Told { after, .. } | Self::Declined { after, .. } => after,
        }
    }
}

impl Event for TransferEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Chosen { .. } => "order.transfer_chosen",
            Self::Told { .. } => "order.transfer_told",
            Self::Declined { .. } => "order.transfer_declined",
        }
    }

    fn subject(&self) -> Subject {
        Subject::Order(self.after_of().order)
    }

    fn before(&self) -> Value {
        match self {
            Self::Chosen { before, .. } => before.map_or(Value::Null, told),
            Self::Told { before, .. } | Self::Declined { before, .. } => told(before),
        }
    }

    fn after(&self) -> Value {
        told(self.after_of())
    }
}

fn told(transfer: &Transfer) -> Value {
    let reference = transfer.told.as_ref().map(|told| told.reference.as_str());
    json!({ "way": transfer.way.word(), "kept_until": transfer.held_until, "reference": reference })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hours(from: Timestamp, hours: i64) -> Timestamp {
        shifted(from, SignedDuration::from_hours(hours))
    }

    fn chosen(until: Timestamp, now: Timestamp) -> Transfer {
        Transfer::chosen(OrderId(uuid::Uuid::nil()), TransferWay::Upi, until, now)
    }

    #[test]
    fn a_reference_is_read_as_it_was_copied_or_refused_with_what_to_look_for() {
        for (text, read) in [
            ("hdfcr5 2027 0104 0012 3456", "HDFCR52027010400123456"),
            ("exmpn52027010412", "EXMPN52027010412"),
            ("EXMP-R5-2027-0104-0012-34", "EXMPR520270104001234"),
            ("412345678901", "412345678901"),
        ] {
            assert_eq!(TransferWay::BankTransfer.read(text).unwrap().as_str(), read, "{text}");
        }
        for wrong in
            ["", "12345678901", "EXMPN5202701041212345678", "EXMPN5/2027-010412", "ABCDEFGHIJKL", "１２３４５６７８９０１２"]
        {
            assert_eq!(TransferWay::BankTransfer.read(wrong), Err(NotAUtr::Bank), "{wrong}");
        }
        assert_eq!(TransferWay::Upi.read(" 4123 4567-8901 ").unwrap().as_str(), "412345678901");
        for wrong in ["", "41234567890", "4123456789012", "41234567890A", "EXMPN52027010412"] {
            assert_eq!(TransferWay::Upi.read(wrong), Err(NotAUtr::Upi), "{wrong}");
        }
    }

    #[test]
    fn a_seat_is_kept_for_some_days_but_not_past_the_start_and_for_a_day_at_least() {
        let (now, start) = (at("2027-01-04T03:30:00Z"), at("2027-01-10T18:30:00Z"));
        let held = shifted(now, SignedDuration::from_mins(32));
        let kept = |start, held| kept_until(TransferHold::default(), start, held, now);
        assert_eq!(kept(start, held), at("2027-01-07T03:30:00Z"));
        assert_eq!(kept(at("2027-01-06T18:30:00Z"), held), at("2027-01-06T18:30:00Z"), "the cohort starts before");
        for near in ["2027-01-04T18:30:00Z", "2026-12-28T18:30:00Z"] {
            assert_eq!(kept(at(near), held), at("2027-01-05T03:30:00Z"), "it starts today, or has started");
        }
        assert_eq!(kept(start, hours(now, 24 * 7)), hours(now, 24 * 7), "a bank that decides keeps it longer");
    }

    #[test]
    fn told_money_keeps_the_seat_for_a_week_and_money_that_is_not_there_for_a_day() {
        let now = at("2027-01-04T03:30:00Z");
        let until = hours(now, 72);
        let told = chosen(until, now).tell("412345678901".parse().unwrap(), hours(now, 1));
        assert_eq!(told.held_until, hours(now, 1 + 7 * 24));
        let corrected = told.clone().tell("412345678902".parse().unwrap(), hours(now, 50));
        assert_eq!((corrected.held_until, &corrected.told.as_ref().unwrap().at), (told.held_until, &hours(now, 1)));
        let early = told.clone().decline(hours(now, 2));
        assert_eq!((early.held_until, early.told.clone()), (until, None), "as long as it was kept before");
        assert_eq!(early.declined.unwrap().reference.as_str(), "412345678901");
        assert_eq!(told.decline(hours(now, 71)).held_until, hours(now, 71 + 24));
        let untold = chosen(until, now);
        assert_eq!(untold.clone().decline(hours(now, 71)), untold);
    }

    #[test]
    fn a_reminder_goes_a_day_before_the_end_of_a_hold_that_is_longer_than_two() {
        let now = at("2027-01-04T03:30:00Z");
        assert_eq!(chosen(hours(now, 72), now).reminder(), Some(hours(now, 48)));
        assert_eq!(chosen(hours(now, 48), now).reminder(), Some(hours(now, 24)));
        assert_eq!(chosen(hours(now, 47), now).reminder(), None);
    }

    proptest! {
        #[test]
        fn a_hold_is_never_shortened_and_never_endless(days in 1_u8..=14, start in -60_i64..600, held in 0_i64..200, said in 0_i64..300) {
            let now = at("2027-01-04T03:30:00Z");
            let until = kept_until(TransferHold::new(days).unwrap(), hours(now, start), hours(now, held), now);
            prop_assert!(until >= hours(now, held));
            prop_assert!(until <= hours(now, held.max(start.max(24))) && until <= hours(now, held.max(24 * i64::from(days))));
            let told = chosen(until, now).tell("412345678901".parse().unwrap(), hours(now, said));
            prop_assert!(told.held_until >= until && told.held_until <= until.max(hours(now, said + 7 * 24)));
            prop_assert!(told.decline(hours(now, said + 1)).held_until >= until);
        }

        #[test]
        fn what_is_read_is_read_the_same_again(text in "[ -~]{0,30}") {
            for way in [TransferWay::BankTransfer, TransferWay::Upi] {
                if let Ok(read) = way.read(&text) {
                    prop_assert_eq!(way.read(read.as_str()), Ok(read));
                }
            }
        }
    }
}
