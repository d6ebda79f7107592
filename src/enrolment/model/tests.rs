//! Holds that are extended, ended and given after all.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::kernel::time::shifted;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

fn held() -> Enrolment {
    let id = Uuid::from_u128(1);
    Enrolment::held(id.into(), id.into(), id.into(), "Demo Student 01".parse().unwrap(), at(0))
}

#[test]
fn a_hold_is_extended_twice_and_never_shortened_by_it() {
    let once = held().extend(at(10)).unwrap();
    assert_eq!(once.state, EnrolmentState::Held { until: shifted(at(0), HOLD), extensions: 1 });
    let twice = once.extend(at(60)).unwrap();
    assert_eq!(twice.state, EnrolmentState::Held { until: at(60), extensions: 2 });
    assert_eq!(twice.extend(at(90)), Err(NotAllowed::ExtendedTooOften));
}

#[test]
fn a_window_holds_its_start_and_not_its_end() {
    let terms =
        SeatTerms { capacity: 1, opens_at: at(1), closes_at: at(2), starts_at: at(3), zone: Zone::UTC, published_at: None };
    assert_eq!(terms.window(at(0)), Window::NotOpenYet { opens_at: at(1) });
    assert_eq!(terms.window(at(1)), Window::Open);
    assert_eq!(terms.window(at(2)), Window::Closed { closed_at: at(2) });
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Extend,
    Keep,
    Confirm,
    Reseat,
    Lapse,
    Cancel,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Extend),
        Just(Step::Keep),
        Just(Step::Confirm),
        Just(Step::Reseat),
        Just(Step::Lapse),
        Just(Step::Cancel)
    ]
}

proptest! {
    #[test]
    fn an_enrolled_seat_ends_by_cancelling_alone_and_a_lapsed_one_is_never_held_again(steps in proptest::collection::vec(step(), 0..12)) {
        let mut now = held();
        for (minute, step) in (1..).zip(steps) {
            let before = now.clone();
            let next = match step {
                Step::Extend => now.extend(at(minute)),
                Step::Keep => now.keep(at(minute)),
                Step::Confirm => now.confirm(at(minute)),
                Step::Reseat => now.reseat(at(minute)),
                Step::Lapse => now.lapse(at(minute)),
                Step::Cancel => now.cancel(at(minute)),
            };
            now = next.unwrap_or_else(|_| before.clone());
            match before.state {
                EnrolmentState::Cancelled { .. } => prop_assert_eq!(&now, &before),
                EnrolmentState::Enrolled { .. } => {
                    let cancelled = matches!((now.state, step), (EnrolmentState::Cancelled { .. }, Step::Cancel));
                    prop_assert!(now == before || cancelled);
                }
                EnrolmentState::Lapsed { .. } => {
                    let held = matches!(now.state, EnrolmentState::Held { .. });
                    prop_assert!(!held);
                }
                EnrolmentState::Held { .. } => {}
            }
        }
    }
}
