//! Whatever the gateway says, in whatever order and how often: the end is the same, and no money is lost or believed too easily.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::enrolment::model::{HOLD, Room};
use crate::kernel::ids::{EnrolmentId, OrderId, PaymentId, UserId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Currency, Money, Timestamp};
use crate::pricing::model::Quote;

const TOTAL: Money = Money::new(650_000, Currency::INR);

fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn order() -> Order {
    let line = OrderLine {
        id: Uuid::from_u128(1),
        enrolment: Some(EnrolmentId(Uuid::from_u128(2))),
        description: "Demo Course".to_owned(),
        quantity: 1,
        unit: TOTAL,
        total: TOTAL,
    };
    Order {
        id: OrderId(Uuid::from_u128(3)),
        number: "L-000001".parse().unwrap(),
        user: UserId(Uuid::from_u128(4)),
        state: OrderState::Open,
        quote: Quote::untaxed(TOTAL),
        buyer: Buyer {
            name: "Demo Student 01".parse().unwrap(),
            email: "demo.01@example.org".parse().unwrap(),
            country: "IN".parse().unwrap(),
            address: "1 Example Street".parse().unwrap(),
            postal_code: Some("110001".parse().unwrap()),
            state: None,
            gstin: None,
        },
        lines: vec![line],
        created_at: start(),
    }
}

fn payment(number: usize) -> Payment {
    let attempt = CardAttempt {
        customer: None,
        key: format!("key-{number}"),
        expires_at: shifted(start(), SignedDuration::from_mins(31)),
        session: Some(format!("cs_{number}")),
        intent: None,
        state: CardState::Open { url: "https://example.org/pay".to_owned() },
    };
    let id = PaymentId(Uuid::from_u128(100 + number as u128));
    Payment { id, order: order().id, amount: TOTAL, means: Means::Card(attempt), created_at: start() }
}

fn said(number: usize, says: Says) -> Said {
    Said {
        session: format!("cs_{number}"),
        says,
        amount: Some(TOTAL),
        live: false,
        is_payment: true,
        order: Some(order().id),
        payment: Some(payment(number).id),
        intent: None,
    }
}

/// The rows that a settlement changes, and a reading of its decisions: what the verb does in the database.
#[derive(Debug, Clone, PartialEq)]
struct World {
    order: Order,
    seat: Seat,
    payments: Vec<Payment>,
    queue: std::collections::BTreeMap<usize, Reason>,
    /// What goes back by rule.
    returned: std::collections::BTreeMap<usize, Reason>,
}

impl World {
    fn new(attempts: usize) -> Self {
        let seat = Seat::Held { until: shifted(start(), HOLD) };
        Self {
            order: order(),
            seat,
            payments: (0..attempts).map(payment).collect(),
            queue: Default::default(),
            returned: Default::default(),
        }
    }

    fn hear(&mut self, number: usize, said: &Said, room: Room, now: Timestamp) -> Decision {
        let known = self.payments[number].clone();
        let facts = Facts {
            order: &self.order,
            seat: self.seat,
            payment: &known,
            attempt: known.card().unwrap(),
            payments: &self.payments,
            live: false,
            kept_until: None,
            now,
        };
        let settlement = settle(&facts, said);
        if let Means::Card(attempt) = &mut self.payments[number].means {
            attempt.state = settlement.state;
        }
        match settlement.decision {
            Decision::Enrol | Decision::Reseat => {
                self.order = self.order.clone().pay(now).unwrap();
                self.seat = Seat::Enrolled;
            }
            Decision::KeepForBank { until } => self.seat = Seat::Held { until },
            Decision::Lapse => {
                self.order = self.order.clone().lapse(now).unwrap();
                self.seat = Seat::Lapsed(room);
            }
            Decision::Refund(reason) => {
                assert!(self.returned.insert(number, reason).is_none(), "it goes back twice");
            }
            Decision::Queue(reason) => {
                self.queue.entry(number).or_insert(reason);
            }
            Decision::Wait | Decision::Nothing => {}
        }
        settlement.decision
    }

    /// What must not depend on the order of the news: which of two payments came second may.
    fn end(&self) -> (&'static str, String, Vec<&'static str>, usize, usize) {
        let states = self.payments.iter().map(Payment::state_word).collect();
        (self.order.state.word(), format!("{:?}", self.seat), states, self.queue.len(), self.returned.len())
    }
}

/// What can truly become of a session, as the news that may come of it.
fn history() -> impl Strategy<Value = Vec<Says>> {
    let open = || Says::Open { url: "https://example.org/pay".to_owned() };
    prop_oneof![
        Just(vec![open()]),
        Just(vec![open(), Says::Expired]),
        Just(vec![open(), Says::Paid]),
        Just(vec![open(), Says::Processing]),
        Just(vec![open(), Says::Processing, Says::Paid]),
        Just(vec![open(), Says::Processing, Says::Refused]),
    ]
}

/// Which session, and what the gateway says of it.
type News = Vec<(usize, Says)>;

/// How many sessions; their news once, and twice, in any order.
fn news() -> impl Strategy<Value = (usize, News, News)> {
    proptest::collection::vec(history(), 1..4).prop_flat_map(|histories| {
        let attempts = histories.len();
        let all: News = histories
            .into_iter()
            .enumerate()
            .flat_map(|(number, says)| says.into_iter().map(move |says| (number, says)))
            .collect();
        let repeated: Vec<_> = all.iter().chain(&all).cloned().collect();
        (Just(attempts), Just(all).prop_shuffle(), Just(repeated).prop_shuffle())
    })
}

fn anything() -> impl Strategy<Value = (Says, bool, i64, bool)> {
    let says = prop_oneof![
        Just(Says::Open { url: String::new() }),
        Just(Says::Processing),
        Just(Says::Refused),
        Just(Says::Expired),
        Just(Says::Paid)
    ];
    (says, prop::bool::weighted(0.2), prop_oneof![4 => Just(650_000i64), 1 => Just(1i64)], prop::bool::weighted(0.9))
}

fn room() -> impl Strategy<Value = Room> {
    prop_oneof![Just(Room::Free), Just(Room::Full), Just(Room::SeatedElsewhere)]
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_give_the_same_end(
        (attempts, once, twice) in news(), room in room(), minutes in prop_oneof![0i64..31, 33i64..60],
    ) {
        let now = shifted(start(), SignedDuration::from_mins(minutes));
        let (mut one, mut other) = (World::new(attempts), World::new(attempts));
        for (number, says) in once {
            one.hear(number, &said(number, says), room, now);
        }
        for (number, says) in twice {
            other.hear(number, &said(number, says), room, now);
        }
        prop_assert_eq!(one.end(), other.end());
    }

    #[test]
    fn every_payment_ends_enrolled_sent_back_or_in_the_queue_and_only_the_right_money_enrols(
        facts in proptest::collection::vec((0usize..3, anything()), 1..20), room in room(), minutes in 0i64..60,
    ) {
        let now = shifted(start(), SignedDuration::from_mins(minutes));
        let mut world = World::new(3);
        let mut enrolled_by = None;
        for (number, (says, live, minor, ours)) in facts {
            let amount = Some(Money::new(minor, Currency::INR));
            let order = ours.then(|| order().id);
            let right = !live && minor == TOTAL.minor && ours;
            let is_paid = says == Says::Paid;
            let word = Said { live, amount, order, ..said(number, says) };
            match world.hear(number, &word, room, now) {
                Decision::Enrol | Decision::Reseat => {
                    prop_assert!(is_paid && right && enrolled_by.is_none());
                    enrolled_by = Some(number);
                }
                _ => {
                    let kept = enrolled_by == Some(number) || world.queue.contains_key(&number);
                    prop_assert!(!is_paid || kept || world.returned.contains_key(&number));
                }
            }
        }
        prop_assert_eq!(world.seat == Seat::Enrolled, enrolled_by.is_some());
        let captured = world.payments.iter().filter(|payment| payment.is_captured()).count();
        prop_assert!(captured <= world.queue.len() + world.returned.len() + usize::from(enrolled_by.is_some()));
    }

    #[test]
    fn hearing_it_again_changes_nothing((says, live, minor, ours) in anything(), room in room(), minutes in 0i64..60) {
        let now = shifted(start(), SignedDuration::from_mins(minutes));
        let amount = Some(Money::new(minor, Currency::INR));
        let word = Said { live, amount, order: ours.then(|| order().id), ..said(0, says) };
        let mut world = World::new(1);
        world.hear(0, &word, room, now);
        let once = world.clone();
        world.hear(0, &word, room, now);
        prop_assert_eq!(once, world);
    }
}

#[test]
fn late_and_odd_money_is_sent_back_or_queued_as_the_table_says() {
    let paid_for = |order: OrderState, seat: Seat| {
        let mut world = World::new(1);
        (world.order.state, world.seat) = (order, seat);
        let decision = world.hear(0, &said(0, Says::Paid), Room::Full, start());
        (decision, world.payments[0].state_word())
    };
    let (open, lapsed) = (OrderState::Open, OrderState::Lapsed { at: start() });
    let held = Seat::Held { until: shifted(start(), HOLD) };
    let cases = [
        (OrderState::Cancelled { at: start() }, Seat::Cancelled, Reason::OrderCancelled),
        (OrderState::Paid { at: start() }, Seat::Enrolled, Reason::PaidTwice),
        (lapsed, Seat::Lapsed(Room::Full), Reason::SeatGone),
        (lapsed, Seat::Lapsed(Room::SeatedElsewhere), Reason::SeatedElsewhere),
        (open, Seat::Enrolled, Reason::AlreadyEnrolled),
        (open, Seat::Cancelled, Reason::EnrolmentCancelled),
    ];
    for (order, seat, reason) in cases {
        assert_eq!(paid_for(order, seat), (Decision::Refund(reason), "captured"), "{reason:?}");
        assert_eq!(reason.answer(), Answer::Refund);
    }
    assert_eq!(paid_for(open, Seat::None), (Decision::Queue(Reason::NothingToEnrol), "captured"));
    assert_eq!(paid_for(open, held).0, Decision::Enrol);
    assert_eq!(paid_for(lapsed, Seat::Lapsed(Room::Free)).0, Decision::Reseat, "a seat that is free is given");
}

#[test]
fn money_that_is_not_what_was_asked_for_is_kept_as_it_came() {
    let came = |word: Said| {
        let mut world = World::new(1);
        world.hear(0, &word, Room::Free, start());
        (world.payments[0].state_word(), world.payments[0].received())
    };
    let short = Money::new(1, Currency::INR);
    assert_eq!(came(Said { amount: Some(short), ..said(0, Says::Paid) }), ("mismatched", Some(short)));
    assert_eq!(came(Said { amount: None, ..said(0, Says::Paid) }), ("mismatched", None), "a currency that is not ours");
    assert_eq!(came(Said { order: None, ..said(0, Says::Paid) }), ("mismatched", Some(TOTAL)));
    assert_eq!(came(Said { live: true, ..said(0, Says::Paid) }), ("failed", None), "no money of ours");
    assert_eq!(came(Said { amount: Some(short), ..said(0, Says::Processing) }), ("failed", None), "it has not come yet");
}

#[test]
fn a_bank_that_decides_keeps_the_seat_and_one_that_refuses_gives_it_back_to_the_hold() {
    let mut world = World::new(1);
    let now = shifted(start(), SignedDuration::from_mins(5));
    let limit = shifted(start(), BANK_LIMIT);
    assert_eq!(world.hear(0, &said(0, Says::Processing), Room::Free, now), Decision::KeepForBank { until: limit });
    let hold = shifted(start(), HOLD);
    assert_eq!(world.hear(0, &said(0, Says::Refused), Room::Free, now), Decision::KeepForBank { until: hold });
    let late = shifted(start(), SignedDuration::from_hours(48));
    let mut world = World::new(1);
    world.hear(0, &said(0, Says::Processing), Room::Free, now);
    assert_eq!(world.hear(0, &said(0, Says::Refused), Room::Free, late), Decision::Lapse);
}
