//! Changes of a running cohort's plan, terms and publication.

use futures_util::future::join_all;
use sea_orm::{EntityTrait, QueryFilter};

use super::world::{BEFORE, WEEK_1, WEEK_2, World, at, new_cohort};
use crate::acts::{
    Moved, PlanChange, Publication, ReplanRefusal, Terms, TermsRefusal, change_terms, open_cohort, replan, set_publication,
};
use crate::catalogue::model::{Cohort, KeyChange, KeyRefusal, Need, Shift, Verdict};
use crate::catalogue::{cohort, cohort_modules};
use crate::db::Txn;
use crate::db::rows::audit::audit_events;
use crate::enrolment::{self, HoldRefusal};
use crate::kernel::ids::{EnrolmentId, ReadingId, UserId};
use crate::kernel::time::Time;
use crate::kernel::{Actor, Currency, Money};
use crate::readings::{NewReading, Rights, add_reading};
use crate::schedule::model::{Access, CivilSlot, LockReason};
use crate::schedule::short_of_readings;

type Who = (UserId, EnrolmentId);

async fn change(world: &World, seen: i32, change: PlanChange) -> Result<Moved, ReplanRefusal> {
    let work = async |txn: &Txn| replan(txn, &world.plans, world.cohort.id, seen, change.clone()).await;
    world.db.write(Actor::Operator, work).await
}

async fn rekey(world: &World, seen: i32, week: u32, keys: KeyChange) -> Result<Moved, ReplanRefusal> {
    let (module, _) = world.module(week).await;
    change(world, seen, PlanChange::Keys { module, change: keys }).await
}

fn attach(reading: ReadingId) -> KeyChange {
    KeyChange::Attach { reading, need: Need::Required, why: "It shows how.".parse().unwrap() }
}

/// A reading with nothing to read.
async fn unready(world: &World) -> ReadingId {
    let new = NewReading {
        title: "To come".to_owned(),
        author: None,
        author_role: None,
        publisher: "Example Journal".to_owned(),
        published_on: None,
        url: None,
        language: "en".parse().unwrap(),
        licence: None,
        photo_credit: None,
        summary: None,
        body: None,
        rights: Rights::LinkOnly,
        minutes: 5,
    };
    world.db.write(Actor::Operator, async |txn| add_reading(txn, new.clone()).await).await.unwrap().id
}

async fn access(world: &World, who: Who, week: u32, now: &str) -> Access {
    let (module, _) = world.module(week).await;
    world.place(who).await.inputs.access(module, at(now)).unwrap()
}

#[tokio::test]
async fn a_required_reading_that_is_not_ready_closes_the_week_to_newcomers_alone() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    world.time(WEEK_1);
    let reading = unready(&world).await;
    assert_eq!(rekey(&world, 1, 1, attach(reading)).await.unwrap(), Moved::To { revision: 2 });
    let late = world.enrol(2).await;
    assert_eq!(access(&world, who, 1, WEEK_1).await, Access::Open { since: at(WEEK_1) });
    let why = vec![LockReason::RequiredReadingsNotReady { missing: 1 }];
    assert_eq!(access(&world, late, 1, WEEK_1).await, Access::Locked { why, opens_at: None, scheduled_for: at(WEEK_1) });

    let snapshot = world.db.snapshot().await.unwrap();
    let short = short_of_readings(&snapshot, &world.plans, at(WEEK_1)).await.unwrap();
    let told: Vec<_> = short.iter().map(|week| (week.position, week.missing.clone(), week.required)).collect();
    assert_eq!(told, [(1, vec![reading], 2)]);
    drop(snapshot);
    rekey(&world, 2, 1, KeyChange::Detach { reading }).await.unwrap();
    assert!(access(&world, late, 1, WEEK_1).await.is_open());
    let snapshot = world.db.snapshot().await.unwrap();
    assert!(short_of_readings(&snapshot, &world.plans, at(WEEK_1)).await.unwrap().is_empty());
    let over = "2027-02-15T00:00:00Z";
    assert!(short_of_readings(&snapshot, &world.plans, at(over)).await.unwrap().is_empty());
}

#[tokio::test]
async fn detaching_a_read_reading_closes_nothing_and_keeps_what_was_read() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    let end = "2027-02-14T00:00:00Z";
    world.time(end);
    for week in 1..=6 {
        world.mark(who, week, 0).await.unwrap();
    }
    let complete = async || {
        let inputs = world.place(who).await.inputs;
        matches!(inputs.plan.completion(&inputs.facts, at(end)), Verdict::Met { .. })
    };
    assert!(complete().await);
    let (module, readings) = world.module(2).await;
    // Week three waits for week two's required readings.
    rekey(&world, 1, 2, KeyChange::Detach { reading: readings[0] }).await.unwrap();
    let place = world.place(who).await;
    assert!(place.inputs.facts.read.contains_key(&(module, readings[0])), "what was read stays on record");
    assert!(complete().await && place.inputs.decide(at(end)).iter().all(|decided| decided.access.is_open()));

    // Required anew, unread by them: the course is complete no more, and no week closes.
    rekey(&world, 2, 2, KeyChange::Restate { reading: readings[1], need: Need::Required, why: "Now.".parse().unwrap() })
        .await
        .unwrap();
    assert!(!complete().await);
    assert!(access(&world, who, 3, end).await.is_open());
    world.mark(who, 2, 0).await.unwrap();
    assert!(complete().await);
}

#[tokio::test]
async fn each_change_is_a_revision_told_with_before_and_after() {
    let world = World::new().await;
    let (module, readings) = world.module(1).await;
    rekey(&world, 1, 1, KeyChange::Move { reading: readings[1], to: Shift::Up }).await.unwrap();
    let same = KeyChange::Move { reading: readings[1], to: Shift::Up };
    assert_eq!(rekey(&world, 2, 1, same).await.unwrap(), Moved::Unchanged);
    let to = CivilSlot { day_offset: 1, time: Time::constant(10, 30, 0, 0) };
    change(&world, 2, PlanChange::Release { module, to }).await.unwrap();
    let snapshot = world.db.snapshot().await.unwrap();
    let modules = cohort_modules(&snapshot, world.cohort.id).await.unwrap();
    let order: Vec<_> = modules[0].readings.iter().map(|key| (key.reading, key.position, key.required)).collect();
    assert_eq!(order, [(readings[1], 1, false), (readings[0], 2, true)]);
    let of_cohort = audit_events::Entity::find().filter(audit_events::COLUMN.subject_id.eq(world.cohort.id.to_string()));
    let events = of_cohort.all(&*snapshot).await.unwrap();
    let mut told: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["cohort.opened", "cohort.published", "cohort.readings_changed", "release.moved"]);
    let rekeyed = events.iter().find(|event| event.kind == "cohort.readings_changed").unwrap();
    assert_eq!((rekeyed.before["revision"].as_i64(), rekeyed.after["revision"].as_i64()), (Some(1), Some(2)));
    assert_eq!(rekeyed.before["readings"][0]["reading"], readings[0].to_string());
    assert_eq!(rekeyed.after["readings"][0]["reading"], readings[1].to_string());
}

#[tokio::test]
async fn what_was_made_for_an_older_plan_or_makes_no_sense_is_refused() {
    let world = World::new().await;
    let (_, readings) = world.module(1).await;
    let there = rekey(&world, 1, 1, attach(readings[0])).await;
    assert!(matches!(there, Err(ReplanRefusal::Keys(KeyRefusal::There))));
    let nobodys = rekey(&world, 1, 1, attach(ReadingId(uuid::Uuid::nil()))).await;
    assert!(matches!(nobodys, Err(ReplanRefusal::NoSuchReading)));
    rekey(&world, 1, 1, KeyChange::Detach { reading: readings[1] }).await.unwrap();
    let stale = rekey(&world, 1, 1, KeyChange::Detach { reading: readings[0] }).await;
    assert!(matches!(stale, Err(ReplanRefusal::Stale { revision: 2 })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_changes_made_on_one_revision_one_is_made() {
    let world = World::new().await;
    let (module, _) = world.module(2).await;
    let edits = (0..20i8).map(|minute| {
        let to = CivilSlot { day_offset: 8, time: Time::constant(10, minute, 0, 0) };
        change(&world, 1, PlanChange::Release { module, to })
    });
    let made: Vec<_> = join_all(edits).await;
    assert_eq!(made.iter().filter(|made| matches!(made, Ok(Moved::To { revision: 2 }))).count(), 1);
    assert_eq!(made.iter().filter(|made| matches!(made, Err(ReplanRefusal::Stale { revision: 2 }))).count(), 19);
}

async fn publish(world: &World, cohort: &Cohort, seen: i32, to: Publication) -> Result<Cohort, TermsRefusal> {
    world.db.write(Actor::Operator, async |txn: &Txn| set_publication(txn, cohort.id, seen, to).await).await
}

#[tokio::test]
async fn a_cohort_takes_nobody_before_it_is_published_and_hides_from_nobody_who_has_a_seat() {
    let world = World::new().await;
    let (user, _) = world.enrol(1).await;
    let open = async |txn: &Txn| open_cohort(txn, world.course, new_cohort("second")).await;
    let second = world.db.write(Actor::Operator, open).await.unwrap();
    assert_eq!(second.published_at, None);
    let hold = async || {
        let name: crate::kernel::PersonName = "Demo Student 01".parse().unwrap();
        let work = async |txn: &Txn| enrolment::hold_seat(txn, second.id, user, name.clone(), 3).await;
        world.db.write(Actor::User(user), work).await
    };
    assert!(matches!(hold().await, Err(HoldRefusal::NoSuchCohort)));
    assert!(matches!(publish(&world, &second, 7, Publication::Public).await, Err(TermsRefusal::Stale { revision: 1 })));
    let public = publish(&world, &second, 1, Publication::Public).await.unwrap();
    assert_eq!((public.published_at, public.revision), (Some(at(BEFORE)), 2));
    assert_eq!(publish(&world, &second, 2, Publication::Public).await.unwrap(), public, "once is enough");
    let hidden = publish(&world, &second, 2, Publication::StaffOnly).await.unwrap();
    assert_eq!((hidden.published_at, hidden.revision), (None, 3));
    publish(&world, &second, 3, Publication::Public).await.unwrap();
    hold().await.unwrap();
    let taken = publish(&world, &second, 4, Publication::StaffOnly).await;
    assert!(matches!(taken, Err(TermsRefusal::SeatsTaken { taken: 1 })));

    let open = async |txn: &Txn| open_cohort(txn, world.course, new_cohort("third")).await;
    let third = world.db.write(Actor::Operator, open).await.unwrap();
    world.time("2027-03-01T00:00:00Z");
    assert!(matches!(publish(&world, &third, 1, Publication::Public).await, Err(TermsRefusal::WindowOver)));
}

#[tokio::test]
async fn terms_change_but_never_below_what_was_sold() {
    let world = World::new().await;
    let now = async || cohort(&world.db.snapshot().await.unwrap(), world.cohort.id).await.unwrap().unwrap();
    let before = now().await;
    let terms =
        Terms { capacity: 5, prices: Money::new(100, Currency::EUR).into(), window: before.window, instructors: Vec::new() };
    let set = async |seen: i32, terms: Terms| {
        let work = async |txn: &Txn| change_terms(txn, world.cohort.id, seen, terms.clone()).await;
        world.db.write(Actor::Operator, work).await
    };
    let after = set(1, terms.clone()).await.unwrap();
    assert_eq!((after.capacity, after.prices.clone(), after.revision), (5, Money::new(100, Currency::EUR).into(), 2));
    assert_eq!(set(2, terms.clone()).await.unwrap(), after, "the same terms are no change");
    assert_eq!(now().await, after);

    let (user, _) = world.enrol(1).await;
    world.enrol(2).await;
    let fewer = Terms { capacity: 1, ..terms.clone() };
    assert!(matches!(set(2, fewer).await, Err(TermsRefusal::CapacityBelowTaken { taken: 2 })));
    let student = Terms { instructors: vec![user], ..terms.clone() };
    assert!(matches!(set(2, student).await, Err(TermsRefusal::NotAnInstructor(one)) if one == user));
    assert!(matches!(set(1, terms.clone()).await, Err(TermsRefusal::Stale { revision: 2 })));
    assert_eq!(set(2, Terms { capacity: 2, ..terms.clone() }).await.unwrap().capacity, 2);
    let dearer = Terms { capacity: 2, prices: Money::new(101, Currency::EUR).into(), ..terms };
    assert_eq!(set(3, dearer).await.unwrap().prices, Money::new(101, Currency::EUR).into());
    world.time(WEEK_2);
    assert_eq!(now().await.revision, 4);
}
