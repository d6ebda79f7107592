//! A dispute: a buyer who asks their bank for the money back. The gateway tells how it stands; what it did to money follows.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::kernel::ids::{OrderId, PaymentId};
use crate::kernel::{Money, Timestamp};

/// Where a dispute stands. Later in this list is further on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The bank only asks, and no money was taken.
    Inquiry,
    /// The bank asked, and is content. It may still become a dispute.
    InquiryClosed,
    /// Evidence is wanted, by the due date.
    NeedsResponse,
    /// Evidence was handed in, and the bank decides.
    UnderReview,
    /// It was settled before it became one.
    Prevented,
    /// The money is gone.
    Lost,
    /// The money came back, or comes.
    Won,
}

const WORDS: [(Standing, &str); 7] = [
    (Standing::Inquiry, "inquiry"),
    (Standing::InquiryClosed, "inquiry_closed"),
    (Standing::NeedsResponse, "needs_response"),
    (Standing::UnderReview, "under_review"),
    (Standing::Prevented, "prevented"),
    (Standing::Lost, "lost"),
    (Standing::Won, "won"),
];

impl Standing {
    /// A stable word, as stored.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(standing, _)| *standing == self).map_or("", |(_, word)| word)
    }
}

/// The text is no standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownStanding;

impl FromStr for Standing {
    type Err = UnknownStanding;

    fn from_str(text: &str) -> Result<Self, UnknownStanding> {
        WORDS.iter().find(|(_, word)| *word == text).map(|(standing, _)| *standing).ok_or(UnknownStanding)
    }
}

/// A movement of the balance that a dispute made, in the currency that the balance is kept in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// The gateway's id of it.
    pub id: String,
    /// Below nothing where the bank took money.
    pub amount: Money,
    /// What the gateway took for it; below nothing where it gave a fee back.
    pub fee: Money,
}

/// What the gateway says of a dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeFacts {
    pub standing: Standing,
    /// What is disputed, in the currency that was paid; `None` where prices cannot be in it.
    pub amount: Option<Money>,
    /// The gateway's word, such as `fraudulent`.
    pub reason: String,
    /// Evidence that comes later is not looked at.
    pub evidence_due_by: Option<Timestamp>,
    /// All that it did to the balance, oldest first. The gateway only adds to it.
    pub movements: Vec<Movement>,
}

/// A dispute, and what of ours it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The gateway's id.
    pub id: String,
    pub intent: Option<String>,
    pub charge: String,
    /// The money that it is about and its order; none while no such money is booked, and then nothing of the dispute is either.
    pub payment: Option<PaymentId>,
    pub order: Option<OrderId>,
    pub told: DisputeFacts,
    /// Service time.
    pub heard_at: Timestamp,
    /// When an admin said what becomes of the seat, once it was lost.
    pub decided_at: Option<Timestamp>,
}

/// What a dispute did to money, in the currency that was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'a> {
    /// Money was taken (`amount`), or given back where `returned`.
    Moved { movement: &'a Movement, amount: Money, returned: bool },
    /// So much of what was taken counts as gone.
    Lost(Money),
    /// So much of what counted as gone does not any more.
    Regained(Money),
}

impl DisputeFacts {
    /// How far it is. The gateway only ever goes on: what is less far is older news.
    pub fn progress(&self) -> (usize, Standing) {
        (self.movements.len(), self.standing)
    }

    /// How far it is, as part of a name.
    pub fn stage(&self) -> String {
        format!("{}.{}", self.movements.len(), self.standing.word())
    }

    /// What a movement is in the currency that was paid. The first withdrawal takes all that is disputed, and what is moved in another
    /// currency is of the same part.
    fn paid(&self, movement: &Movement) -> Option<Money> {
        let amount = self.amount?;
        if movement.amount.currency == amount.currency {
            return Some(Money::new(movement.amount.minor.saturating_abs(), amount.currency));
        }
        let first = self.movements.iter().find(|movement| movement.amount.minor < 0)?;
        let whole = i128::from(first.amount.minor).abs().max(1);
        let part = i128::from(movement.amount.minor).abs();
        let minor = (2 * i128::from(amount.minor) * part + whole) / (2 * whole);
        Some(Money::new(i64::try_from(minor).ok()?, amount.currency))
    }

    fn sum(&self, returned: bool) -> i64 {
        let these = self.movements.iter().filter(|movement| (movement.amount.minor > 0) == returned);
        these.filter_map(|movement| self.paid(movement)).map(|paid| paid.minor).sum()
    }

    /// What the bank took in all, in the currency that was paid.
    pub fn taken(&self) -> Option<Money> {
        Some(Money::new(self.sum(false), self.amount?.currency))
    }

    /// What it gave back.
    pub fn returned(&self) -> Option<Money> {
        Some(Money::new(self.sum(true), self.amount?.currency))
    }

    /// What is with the bank or the buyer now, in minor units: it cannot go back a second time.
    pub fn away(&self) -> i64 {
        (self.sum(false) - self.sum(true)).max(0)
    }

    /// What counts as gone, in minor units.
    pub fn gone(&self) -> i64 {
        if self.standing == Standing::Lost { self.sum(false) - self.sum(true) } else { 0 }
    }

    /// What happened since `before`, which is booked. Nothing of a dispute in a currency that the books do not know.
    pub fn since(&self, before: Option<&Self>) -> Vec<Step<'_>> {
        let Some(amount) = self.amount else { return Vec::new() };
        let known = before.map_or(0, |before| before.movements.len());
        let moved = |movement| {
            let amount = self.paid(movement)?;
            Some(Step::Moved { movement, amount, returned: movement.amount.minor > 0 })
        };
        let mut steps: Vec<Step<'_>> = self.movements.iter().skip(known).filter_map(moved).collect();
        let more = self.gone() - before.map_or(0, Self::gone);
        match more {
            0 => {}
            1.. => steps.push(Step::Lost(Money::new(more, amount.currency))),
            _ => steps.push(Step::Regained(Money::new(-more, amount.currency))),
        }
        steps
    }

    /// Whether somebody must answer the bank.
    pub fn wants_an_answer(&self) -> bool {
        match self.standing {
            Standing::NeedsResponse => true,
            // An inquiry that was answered has no date any more.
            Standing::Inquiry => self.evidence_due_by.is_some(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    fn movement(id: &str, minor: i64, currency: Currency) -> Movement {
        Movement { id: id.to_owned(), amount: Money::new(minor, currency), fee: Money::new(0, currency) }
    }

    fn told(standing: Standing, movements: Vec<Movement>) -> DisputeFacts {
        let amount = Some(Money::new(6_500, Currency::USD));
        DisputeFacts { standing, amount, reason: "fraudulent".to_owned(), evidence_due_by: None, movements }
    }

    #[test]
    fn every_standing_reads_back_from_its_word() {
        for (standing, word) in WORDS {
            assert_eq!((standing.word(), word.parse()), (word, Ok(standing)));
        }
        assert_eq!("".parse::<Standing>(), Err(UnknownStanding));
    }

    #[test]
    fn what_moved_in_another_currency_is_the_same_part_of_what_was_paid() {
        let half = told(Standing::Lost, vec![movement("a", -542_750, Currency::INR), movement("b", 271_375, Currency::INR)]);
        assert_eq!(half.taken(), Some(Money::new(6_500, Currency::USD)));
        assert_eq!(half.returned(), Some(Money::new(3_250, Currency::USD)));
        let steps = half.since(None);
        assert_eq!(steps.last(), Some(&Step::Lost(Money::new(3_250, Currency::USD))));
        assert_eq!(steps.len(), 3);
    }

    #[test]
    fn what_was_lost_and_then_won_is_regained_and_comes_back() {
        let lost = told(Standing::Lost, vec![movement("a", -6_500, Currency::USD)]);
        let won = told(Standing::Won, vec![movement("a", -6_500, Currency::USD), movement("b", 6_500, Currency::USD)]);
        let whole = Money::new(6_500, Currency::USD);
        let came = Step::Moved { movement: &won.movements[1], amount: whole, returned: true };
        assert_eq!(won.since(Some(&lost)), [came, Step::Regained(whole)]);
        assert!(lost.progress() < won.progress());
        assert_eq!(won.since(Some(&won)), []);
    }

    #[test]
    fn an_answer_is_wanted_until_it_is_given() {
        let due = DisputeFacts { evidence_due_by: Some(Timestamp::UNIX_EPOCH), ..told(Standing::Inquiry, Vec::new()) };
        assert!(due.wants_an_answer() && told(Standing::NeedsResponse, Vec::new()).wants_an_answer());
        for standing in [Standing::Inquiry, Standing::UnderReview, Standing::Won, Standing::Lost, Standing::Prevented] {
            assert!(!told(standing, Vec::new()).wants_an_answer(), "{standing:?}");
        }
    }
}
