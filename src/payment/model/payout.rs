//! A payout: what the gateway held, sent to the bank; and what it consists of.

use std::str::FromStr;

use crate::kernel::ids::{OrderId, PaymentId};
use crate::kernel::{Money, Timestamp};

/// Where a payout stands. Later in this list is further on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PayoutStanding {
    Pending,
    InTransit,
    Paid,
    /// The bank sent it back, also after it had been paid.
    Failed,
    Canceled,
}

const WORDS: [(PayoutStanding, &str); 5] = [
    (PayoutStanding::Pending, "pending"),
    (PayoutStanding::InTransit, "in_transit"),
    (PayoutStanding::Paid, "paid"),
    (PayoutStanding::Failed, "failed"),
    (PayoutStanding::Canceled, "canceled"),
];

impl PayoutStanding {
    /// A stable word, as stored.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(standing, _)| *standing == self).map_or("", |(_, word)| word)
    }
}

/// The text is no standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownPayoutStanding;

impl FromStr for PayoutStanding {
    type Err = UnknownPayoutStanding;

    fn from_str(text: &str) -> Result<Self, UnknownPayoutStanding> {
        WORDS.iter().find(|(_, word)| *word == text).map(|(standing, _)| *standing).ok_or(UnknownPayoutStanding)
    }
}

/// A payout as the gateway last told of it. All moments are service time but the arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// The gateway's id.
    pub id: String,
    pub amount: Money,
    pub standing: PayoutStanding,
    /// The gateway's word for why the bank sent it back.
    pub failure: Option<String>,
    /// When it should be in the bank.
    pub arrival: Timestamp,
    /// Only of these the gateway says what they consist of.
    pub automatic: bool,
    pub heard_at: Timestamp,
    /// When it was booked as paid.
    pub paid_at: Option<Timestamp>,
    /// When we heard that it failed, or was called off.
    pub failed_at: Option<Timestamp>,
}

impl Payout {
    /// The same after the gateway told again, at `now`; `None` where that is older news, or none. What failed before it was ever paid
    /// was in no bank, and is not booked.
    pub fn told(&self, standing: PayoutStanding, failure: Option<String>, arrival: Timestamp, now: Timestamp) -> Option<Self> {
        if standing <= self.standing {
            return None;
        }
        let is_over = matches!(standing, PayoutStanding::Failed | PayoutStanding::Canceled);
        let paid_at = self.paid_at.or((standing == PayoutStanding::Paid).then_some(now));
        Some(Self { standing, failure, arrival, paid_at, failed_at: is_over.then_some(now), ..self.clone() })
    }

    /// Whether it was in the bank and came back.
    pub fn came_back(&self) -> bool {
        self.paid_at.is_some() && self.failed_at.is_some()
    }

    /// Whether it was on its way to the bank just before this moment.
    pub fn is_on_its_way(&self, at: Timestamp) -> bool {
        let ended = self.paid_at.or(self.failed_at);
        self.heard_at < at && ended.is_none_or(|ended| ended >= at)
    }
}

/// A movement of the balance that is part of a payout, in the currency that the balance is kept in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutLine {
    /// The gateway's id of the balance transaction.
    pub id: String,
    /// The gateway's word, such as `charge` or `refund`.
    pub kind: String,
    /// The gateway's id of what moved the balance.
    pub source: Option<String>,
    /// Below nothing where money left.
    pub amount: Money,
    pub fee: Money,
    pub net: Money,
}

/// What of ours moved the balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A payment came by card.
    Payment(PaymentId),
    /// A bank took or gave back money, or the gateway its fee for that.
    Dispute(PaymentId),
    /// Money of a payment went back to its buyer, or came back to us.
    Refund(PaymentId),
    /// An earlier payout came back.
    Returned { payout: String },
    /// None that we know, or none whose effect is booked yet.
    Unknown,
}

/// A line, what it is of ours, and what the books say of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedLine {
    pub line: PayoutLine,
    pub source: Source,
    pub order: Option<OrderId>,
    /// What it did to the account of the gateway in the books.
    pub booked: Money,
}

impl MatchedLine {
    /// Whether the books say the same, to the smallest unit.
    pub fn is_matched(&self) -> bool {
        self.source != Source::Unknown && self.booked == self.line.net
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::Currency;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn payout() -> Payout {
        Payout {
            id: "po_1".to_owned(),
            amount: Money::new(100, Currency::INR),
            standing: PayoutStanding::Pending,
            failure: None,
            arrival: at(0),
            automatic: true,
            heard_at: at(1),
            paid_at: None,
            failed_at: None,
        }
    }

    #[test]
    fn every_standing_reads_back_from_its_word() {
        for (standing, word) in WORDS {
            assert_eq!((standing.word(), word.parse()), (word, Ok(standing)));
        }
        assert_eq!("".parse::<PayoutStanding>(), Err(UnknownPayoutStanding));
    }

    #[test]
    fn a_payout_is_on_its_way_from_when_we_heard_of_it_until_it_is_paid() {
        let paid = payout().told(PayoutStanding::Paid, None, at(0), at(9)).unwrap();
        let on_its_way: Vec<bool> = [1, 2, 9, 10].iter().map(|second| paid.is_on_its_way(at(*second))).collect();
        assert_eq!(on_its_way, [false, true, true, false]);
    }

    proptest! {
        #[test]
        fn in_whatever_order_it_is_told_it_stands_where_it_is_furthest(told in prop::collection::vec(0_usize..5, 0..12)) {
            let mut known = payout();
            for (moment, index) in (2..).zip(&told) {
                known = known.told(WORDS[*index].0, None, at(0), at(moment)).unwrap_or(known);
            }
            let furthest = told.iter().map(|index| WORDS[*index].0).max().unwrap_or(PayoutStanding::Pending);
            prop_assert_eq!(known.standing, furthest);
            prop_assert_eq!(known.failed_at.is_some(), furthest > PayoutStanding::Paid);
            prop_assert_eq!(known.paid_at.is_some() && !known.came_back(), furthest == PayoutStanding::Paid);
        }
    }
}
