//! Who has completed a cohort.

use crate::enrolment::{Enrolment, EnrolmentState};
use crate::kernel::Timestamp;
use crate::kernel::ids::ReadingId;
use crate::schedule::model::Inputs;

/// Whether a student has earned a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Eligibility {
    /// Every required reading of every module was read as its module asks, the last at `at`.
    Complete { at: Timestamp },
    /// What is missing, never nothing, in the weeks' order.
    Incomplete(Vec<Missing>),
    /// The course requires no reading: there is no evidence to certify.
    NothingRequired,
    /// The seat is held, lapsed or cancelled.
    NotEnrolled,
}

/// The required readings of a week that are not read, or not reflected upon where that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub week: u32,
    pub title: String,
    /// In reading order.
    pub readings: Vec<ReadingId>,
}

/// Decides at `now`, on the inputs of this enrolment. It says what the cohort's completion rule says, and of what is missing, what.
pub fn eligibility(enrolment: &Enrolment, inputs: &Inputs, now: Timestamp) -> Eligibility {
    if !matches!(enrolment.state, EnrolmentState::Enrolled { .. }) {
        return Eligibility::NotEnrolled;
    }
    let (mut missing, mut last) = (Vec::new(), None);
    for module in inputs.plan.modules() {
        let mut unread = Vec::new();
        for key in module.required() {
            match inputs.facts.read_at(module, key.reading, now) {
                Some(at) => last = last.max(Some(at)),
                None => unread.push(key.reading),
            }
        }
        if !unread.is_empty() {
            missing.push(Missing { week: module.position, title: module.title.clone(), readings: unread });
        }
    }
    match (missing.is_empty(), last) {
        (false, _) => Eligibility::Incomplete(missing),
        (true, Some(at)) => Eligibility::Complete { at },
        (true, None) => Eligibility::NothingRequired,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalogue::model::{Unmet, Verdict};
    use crate::kernel::ids::UserId;
    use crate::schedule::model::testing::{after, any_inputs, any_seconds, cohort_id, start_of, student};

    fn enrolment() -> Enrolment {
        let name = "Demo Student 03".parse().unwrap();
        Enrolment::held(student(), cohort_id(), UserId(uuid::Uuid::from_u128(1)), name, Timestamp::UNIX_EPOCH)
    }

    fn enrolled() -> Enrolment {
        enrolment().confirm(Timestamp::UNIX_EPOCH).unwrap()
    }

    proptest! {
        #[test]
        fn it_is_the_completion_rule_and_names_what_is_missing((sample, inputs) in any_inputs(), seconds in any_seconds()) {
            let now = after(start_of(&sample), seconds);
            match (eligibility(&enrolled(), &inputs, now), inputs.plan.completion(&inputs.facts, now)) {
                (Eligibility::Complete { at }, verdict) => {
                    prop_assert_eq!(verdict, Verdict::Met { at: Some(at) });
                    prop_assert!(at <= now, "completed in the future");
                }
                (Eligibility::NothingRequired, verdict) => prop_assert_eq!(verdict, Verdict::Met { at: None }),
                (Eligibility::Incomplete(missing), verdict) => {
                    let unmet = missing.iter().map(|week| {
                        Unmet::RequiredReadingsUnread { module: week.week, unread: u32::try_from(week.readings.len()).unwrap() }
                    });
                    prop_assert_eq!(verdict, Verdict::Unmet(unmet.collect()));
                }
                (Eligibility::NotEnrolled, _) => prop_assert!(false, "an enrolled student is not enrolled"),
            }
            prop_assert_eq!(eligibility(&enrolment(), &inputs, now), Eligibility::NotEnrolled);
        }

        #[test]
        fn who_has_completed_has_for_ever((sample, inputs) in any_inputs(), early in any_seconds(), late in any_seconds()) {
            let at = |seconds: i64| after(start_of(&sample), seconds);
            let decided = |seconds| eligibility(&enrolled(), &inputs, at(seconds));
            let (early, late) = (early.min(late), early.max(late));
            if let Eligibility::Complete { at } = decided(early) {
                prop_assert_eq!(decided(late), Eligibility::Complete { at });
            }
        }
    }
}
