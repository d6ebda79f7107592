//! Two pairs of eyes: above which amount a refund waits for a second admin.

use crate::kernel::Money;

/// Which refunds that an admin asks for must be agreed to by another. Those that a rule or the student's own cancellation asks for
/// need nobody's word: their rules are stated beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Approval {
    /// None: no refund must.
    pub above: Option<Money>,
}

impl Approval {
    /// Whether a refund of this amount must be agreed to. In another currency than the limit's, every one must: without a rate of
    /// exchange nobody can say that it is small.
    pub fn is_needed(self, amount: Money) -> bool {
        match self.above {
            None => false,
            Some(above) => amount.currency != above.currency || amount.minor > above.minor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    #[test]
    fn more_than_the_limit_waits_and_so_does_every_other_currency() {
        let rupees = |minor| Money::new(minor, Currency::INR);
        let approval = Approval { above: Some(rupees(500_000)) };
        assert!(!approval.is_needed(rupees(500_000)));
        assert!(approval.is_needed(rupees(500_001)));
        assert!(approval.is_needed(Money::new(1, Currency::USD)));
        assert!(!Approval::default().is_needed(rupees(i64::MAX)), "off until somebody sets it");
    }
}
