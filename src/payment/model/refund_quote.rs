//! What a student has back on cancelling: the cohort's rule, applied to one enrolment at one moment. Pure.

use crate::kernel::time::Date;
use crate::kernel::{Money, Timestamp, Zone};
use crate::organisation::RefundRule;

/// What the quote is made from.
#[derive(Debug, Clone, Copy)]
pub struct QuoteFacts<'a> {
    /// The cohort's.
    pub rule: RefundRule,
    /// The cohort's first day.
    pub starts_on: Date,
    /// In which the rule's last day ends.
    pub zone: &'a Zone,
    /// Whether a certificate was ever issued for the enrolment.
    pub certified: bool,
    /// What can still go back of what was paid; nothing where nothing was.
    pub paid: Money,
    pub now: Timestamp,
}

/// What goes back, and why not more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundQuote {
    pub amount: Money,
    pub because: Because,
}

/// Why a quote is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// All that was paid, for it is no later than this day.
    InTime { until: Date },
    /// Nothing: this day was the last.
    TooLate { until: Date },
    /// Nothing: there is none after a certificate.
    Certified,
    /// Nothing was paid, or all of it has gone back.
    NothingPaid,
}

/// What a student has back who cancels now. The rule's last day counts in full.
pub fn refund_quote(facts: &QuoteFacts<'_>) -> RefundQuote {
    let until = facts.rule.until(facts.starts_on);
    let nothing = Money::new(0, facts.paid.currency);
    if facts.certified {
        RefundQuote { amount: nothing, because: Because::Certified }
    } else if facts.paid.minor <= 0 {
        RefundQuote { amount: nothing, because: Because::NothingPaid }
    } else if facts.zone.civil(facts.now).date() <= until {
        RefundQuote { amount: facts.paid, because: Because::InTime { until } }
    } else {
        RefundQuote { amount: nothing, because: Because::TooLate { until } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    const PAID: Money = Money::new(650_000, Currency::INR);
    const NOTHING: Money = Money::new(0, Currency::INR);

    fn quote(now: &str, certified: bool, paid: Money) -> RefundQuote {
        let zone = "Asia/Kolkata".parse().unwrap();
        refund_quote(&QuoteFacts {
            rule: RefundRule::default(),
            starts_on: "2027-01-11".parse().unwrap(),
            zone: &zone,
            certified,
            paid,
            now: now.parse().unwrap(),
        })
    }

    #[test]
    fn the_last_day_ends_in_the_cohorts_zone() {
        let until = "2027-01-25".parse().unwrap();
        let in_time = RefundQuote { amount: PAID, because: Because::InTime { until } };
        assert_eq!(quote("2027-01-07T06:00:00Z", false, PAID), in_time);
        assert_eq!(quote("2027-01-25T18:29:59Z", false, PAID), in_time, "one second before midnight in Kolkata");
        let too_late = RefundQuote { amount: NOTHING, because: Because::TooLate { until } };
        assert_eq!(quote("2027-01-25T18:30:00Z", false, PAID), too_late);
    }

    #[test]
    fn a_certificate_ends_the_right_to_a_refund_and_what_was_not_paid_does_not_go_back() {
        let certified = RefundQuote { amount: NOTHING, because: Because::Certified };
        assert_eq!(quote("2027-01-07T06:00:00Z", true, PAID), certified);
        let free = RefundQuote { amount: NOTHING, because: Because::NothingPaid };
        assert_eq!(quote("2027-01-07T06:00:00Z", false, NOTHING), free);
    }
}
