//! Any history of a waitlist: never above capacity, nobody skipped, no seat offered twice.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::kernel::Zone;

const LENGTH: SignedDuration = SignedDuration::from_mins(10);

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

fn wait(place: i32) -> Wait {
    let id = Uuid::from_u128(u128::try_from(place).unwrap());
    Wait { id: id.into(), cohort: id.into(), user: id.into(), place, state: WaitState::Waiting, joined_at: at(0) }
}

fn offered(place: i32, until: i64) -> Wait {
    Wait { state: WaitState::Offered { at: at(0), until: at(until) }, ..wait(place) }
}

fn standing(capacity: u32, seated: u32, now: i64) -> Standing {
    Standing { capacity, seated, phase: Phase::Open, now: at(now), length: LENGTH }
}

fn changes(line: &[Wait], standing: &Standing) -> Vec<(i32, &'static str)> {
    tend(line, standing).iter().map(|step| (step.after.place, step.after.state.word())).collect()
}

#[test]
fn free_seats_go_to_the_first_who_wait_and_open_offers_keep_theirs() {
    let line = [offered(1, 30), wait(2), wait(3), wait(4)];
    assert_eq!(changes(&line, &standing(5, 2, 20)), [(2, "offered"), (3, "offered")]);
    assert_eq!(changes(&line, &standing(5, 4, 20)), []);
    assert_eq!(changes(&line, &standing(3, 9, 20)), [], "an overfull cohort offers nothing");
}

#[test]
fn an_offer_ends_at_its_moment_and_its_seat_goes_to_the_next() {
    let line = [offered(1, 30), wait(2), wait(3)];
    assert_eq!(changes(&line, &standing(3, 2, 29)), []);
    assert_eq!(changes(&line, &standing(3, 2, 30)), [(1, "lapsed"), (2, "offered")]);
    let steps = tend(&line, &standing(3, 2, 30));
    assert_eq!(steps[1].after.state, WaitState::Offered { at: at(30), until: at(40) });
    assert!(!line[0].has_an_offer(at(30)) && line[0].has_an_offer(at(29)));
}

#[test]
fn when_it_is_over_who_waits_is_let_go_and_an_offer_stays_good() {
    let line = [offered(1, 30), wait(2), wait(3)];
    let over = Standing { phase: Phase::Over, ..standing(9, 0, 20) };
    assert_eq!(changes(&line, &over), [(2, "closed"), (3, "closed")]);
    let ahead = Standing { phase: Phase::Ahead, ..standing(9, 0, 20) };
    assert_eq!(changes(&line, &ahead), []);
}

#[test]
fn it_ends_when_enrolment_closes_or_the_cohort_starts_whichever_is_first() {
    let terms = |closes, starts| SeatTerms {
        capacity: 1,
        opens_at: at(10),
        closes_at: at(closes),
        starts_at: at(starts),
        zone: Zone::UTC,
        published_at: Some(at(0)),
    };
    assert_eq!(terms(20, 30).waitlist(at(9)), Phase::Ahead);
    assert_eq!(terms(20, 30).waitlist(at(10)), Phase::Open);
    assert_eq!(terms(20, 30).waitlist(at(20)), Phase::Over);
    assert_eq!(terms(30, 20).waitlist(at(20)), Phase::Over);
    assert_eq!(SeatTerms { published_at: None, ..terms(20, 30) }.waitlist(at(10)), Phase::Ahead);
    let due = |line: &[Wait], now| next_due(line, &terms(20, 30), at(now));
    assert_eq!(due(&[offered(1, 15), wait(2)], 12), Some(at(15)));
    assert_eq!(due(&[offered(1, 25), wait(2)], 12), Some(at(20)));
    assert_eq!((due(&[wait(2)], 5), due(&[], 5)), (Some(at(10)), None));
}

#[test]
fn what_is_over_changes_no_more() {
    let (id, left) = (Uuid::from_u128(9), wait(1).leave(at(1)).unwrap());
    assert_eq!(left.clone().accept(id.into(), at(2)), Err(NotLive));
    assert_eq!(left.leave(at(2)), Err(NotLive));
    let taken = offered(1, 30).accept(id.into(), at(2)).unwrap();
    assert_eq!(taken.state, WaitState::Accepted { enrolment: id.into(), at: at(2) });
    assert!(!taken.state.takes_a_seat() && offered(1, 30).state.takes_a_seat() && !wait(1).state.takes_a_seat());
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Join,
    /// Of the live waits, one is left.
    Leave(usize),
    /// The first with an offer takes it.
    Accept,
    /// A seat is given up.
    Free,
    Raise,
    /// Somebody who comes by wants a seat.
    ComeBy,
    Pass(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Join),
        1 => (0..8_usize).prop_map(Act::Leave),
        2 => Just(Act::Accept),
        3 => Just(Act::Free),
        1 => Just(Act::Raise),
        2 => Just(Act::ComeBy),
        2 => (1..12_i64).prop_map(Act::Pass),
    ]
}

/// A cohort and its waitlist, by the model alone.
struct World {
    capacity: u32,
    seated: u32,
    now: i64,
    line: Vec<Wait>,
    /// Places in the order in which they were offered a seat.
    offers: Vec<i32>,
}

impl World {
    fn tend(&mut self) {
        for Step { after, .. } in tend(&self.line, &standing(self.capacity, self.seated, self.now)) {
            if after.state.takes_a_seat() {
                self.offers.push(after.place);
            }
            let wait = self.line.iter_mut().find(|wait| wait.id == after.id).unwrap();
            *wait = after;
        }
        self.line.retain(|wait| wait.state.is_live());
    }

    fn offered(&self) -> u32 {
        u32::try_from(self.line.iter().filter(|wait| wait.state.takes_a_seat()).count()).unwrap()
    }

    fn act(&mut self, act: Act, place: i32) {
        match act {
            Act::Join => self.line.push(wait(place)),
            Act::Leave(which) if which < self.line.len() => drop(self.line.remove(which)),
            Act::Accept => {
                if let Some(which) = self.line.iter().position(|wait| wait.has_an_offer(at(self.now))) {
                    self.line.remove(which);
                    self.seated += 1;
                }
            }
            Act::Free => self.seated = self.seated.saturating_sub(1),
            Act::Raise => self.capacity += 1,
            Act::ComeBy if self.seated + self.offered() < self.capacity => self.seated += 1,
            Act::Pass(minutes) => self.now += minutes,
            Act::Leave(_) | Act::ComeBy => {}
        }
        self.tend();
    }
}

proptest! {
    #[test]
    fn no_history_oversells_skips_or_offers_twice(acts in proptest::collection::vec(act(), 0..60)) {
        let mut world = World { capacity: 3, seated: 3, now: 0, line: Vec::new(), offers: Vec::new() };
        for (place, act) in (1..).zip(acts) {
            world.act(act, place);
            prop_assert!(world.seated + world.offered() <= world.capacity, "oversold");
            let waits = world.line.iter().any(|wait| wait.state == WaitState::Waiting);
            prop_assert!(!waits || world.seated + world.offered() == world.capacity, "a seat is free while somebody waits");
            let last_offer = world.line.iter().rposition(|wait| wait.state.takes_a_seat());
            let first_wait = world.line.iter().position(|wait| wait.state == WaitState::Waiting);
            prop_assert!(last_offer.zip(first_wait).is_none_or(|(offer, wait)| offer < wait), "somebody was skipped");
            let again = tend(&world.line, &standing(world.capacity, world.seated, world.now));
            prop_assert_eq!(again, Vec::<Step>::new());
        }
        prop_assert!(world.offers.is_sorted_by(|one, next| one < next), "offers in the order of joining, each once");
    }
}
