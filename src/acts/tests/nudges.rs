use sea_orm::{EntityTrait, QueryFilter};

use super::world::{BEFORE, World, at};
use crate::db::rows::audit::audit_events;
use crate::db::rows::mail::State;
use crate::kernel::ids::UserId;
use crate::kernel::{Actor, Timestamp};
use crate::reminders::model::{MailGroup, Wish};
use crate::reminders::{self, TURNED_OFF};
use crate::schedule::model::CivilSlot;

/// Kind and week, state and due moment of each nudge, by kind and week.
async fn nudges(world: &World) -> Vec<(String, State, Timestamp)> {
    let mut letters = world.letters().await;
    letters.retain(|row| !matches!(row.kind.as_str(), "module_released" | "release_moved"));
    let named = |row: &crate::db::rows::mail::Model| format!("{} {}", row.kind, row.dedupe_key.rsplit(':').next().unwrap());
    let mut nudges: Vec<_> = letters.iter().map(|row| (named(row), row.state, row.due_at.into())).collect();
    nudges.sort_by(|a, b| a.0.cmp(&b.0));
    nudges
}

async fn prefer(world: &World, user: UserId, wanted: bool) {
    let write = async |txn: &crate::db::Txn| match wanted {
        true => reminders::turn_on(txn, user, MailGroup::Nudges).await,
        false => reminders::turn_off(txn, user, MailGroup::Nudges).await,
    };
    world.db.write(Actor::User(user), write).await.unwrap();
    world.plan().await;
}

fn states(nudges: &[(String, State, Timestamp)], state: State) -> Vec<&str> {
    nudges.iter().filter(|row| row.1 == state).map(|row| row.0.as_str()).collect()
}

#[tokio::test]
async fn enrolling_plans_every_nudge_of_six_weeks() {
    let world = World::new().await;
    world.enrol(1).await;
    world.plan().await;
    let planned = nudges(&world).await;
    // Week 3 waits for the readings of week 2: it has nothing to read until then.
    let expected = [
        "cohort_starts 1",
        "fallen_behind 2",
        "fallen_behind 3",
        "fallen_behind 4",
        "fallen_behind 5",
        "fallen_behind 6",
        "readings_unread 1",
        "readings_unread 2",
        "readings_unread 4",
        "readings_unread 5",
    ];
    assert_eq!(states(&planned, State::Pending), expected);
    assert_eq!(
        (planned[0].2, planned[1].2, planned[6].2),
        (at("2027-01-03T03:30:00Z"), at("2027-01-14T03:30:00Z"), at("2027-01-09T03:30:00Z"))
    );
}

#[tokio::test]
async fn planning_costs_as_many_statements_for_many_students_as_for_one() {
    let world = World::new().await;
    let plan = async || {
        let before = world.db.statements();
        let work = async |txn: &crate::db::Txn| reminders::plan_touched(txn, &world.plans).await;
        world.db.write(Actor::Operator, work).await.unwrap();
        world.db.statements() - before
    };
    world.enrol(1).await;
    plan().await;
    world.enrol(2).await;
    let one = plan().await;
    for number in 3..=30 {
        world.enrol(number).await;
    }
    assert_eq!(plan().await, one);
    assert_eq!(nudges(&world).await.len(), 300);
}

#[tokio::test]
async fn a_moved_release_moves_the_nudges_that_wait() {
    let world = World::new().await;
    world.enrol(1).await;
    world.plan().await;
    let (second, _) = world.module(2).await;
    let slot = CivilSlot { day_offset: 9, time: crate::kernel::time::Time::constant(9, 0, 0, 0) };
    let work = async |txn: &crate::db::Txn| crate::acts::move_release(txn, &world.plans, world.cohort.id, second, slot).await;
    world.db.write(Actor::Operator, work).await.unwrap();
    world.plan().await;
    let moved = nudges(&world).await;
    let due = |name: &str| moved.iter().find(|row| row.0 == name).unwrap().2;
    assert_eq!(due("readings_unread 1"), at("2027-01-11T03:30:00Z"));
    assert_eq!(due("fallen_behind 2"), at("2027-01-16T03:30:00Z"));
    assert_eq!(due("fallen_behind 3"), at("2027-01-21T03:30:00Z"));
    assert_eq!(states(&moved, State::Pending).len(), 10);
}

#[tokio::test]
async fn what_is_turned_off_is_held_back_with_its_reason_and_on_brings_back_what_lies_ahead() {
    let world = World::new().await;
    let (user, _) = world.enrol(1).await;
    world.enrol(2).await;
    world.plan().await;
    world.time(BEFORE);
    prefer(&world, user, false).await;
    let held = nudges(&world).await;
    assert_eq!((states(&held, State::Suppressed).len(), states(&held, State::Pending).len()), (10, 10));
    let reasons = world.letters().await.into_iter().filter(|row| row.state == State::Suppressed);
    assert!(reasons.map(|row| row.last_error).all(|reason| reason.as_deref() == Some(TURNED_OFF)));
    assert_eq!(world.waiting().await.len(), 10, "course news is another wish");
    // Again: nothing changes, nothing is recorded.
    prefer(&world, user, false).await;
    assert_eq!(nudges(&world).await, held);

    world.time("2027-01-15T00:00:00Z");
    prefer(&world, user, true).await;
    let mut back = world.letters().await;
    back.retain(|row| row.user_id == Some(user) && row.kind != "module_released");
    for row in back {
        let ahead = Timestamp::from(row.due_at) >= at("2027-01-15T00:00:00Z");
        assert_eq!(row.state, if ahead { State::Pending } else { State::Suppressed }, "{}", row.dedupe_key);
        assert_eq!(row.last_error.is_none(), ahead);
    }
    let snapshot = world.db.snapshot().await.unwrap();
    let wish = reminders::wishes(&snapshot, user).await.unwrap().nudges;
    assert_eq!(wish, Wish::On { since: at("2027-01-15T00:00:00Z") });
    let events = audit_events::Entity::find().filter(audit_events::COLUMN.kind.eq("user.mail_preference_changed"));
    let events = events.all(&*snapshot).await.unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!((&events[0].before["mail"], &events[0].after["mail"]), (&"on".into(), &"off".into()));
}
