use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::world::{BEFORE, WEEK_1, WEEK_2, WEEK_3, World, at};
use crate::acts::{MoveRefusal, Moved, move_release};
use crate::db::rows::jobs;
use crate::db::rows::mail::{self as outbox, State};
use crate::kernel::Actor;
use crate::kernel::ids::ModuleId;
use crate::kernel::time::{SignedDuration, Time, shifted};
use crate::reminders::eligible;
use crate::reminders::model::{CancelReason, Intent, SendDecision};
use crate::schedule::model::{Access, CivilSlot};

fn week(number: i64) -> crate::kernel::Timestamp {
    shifted(at(WEEK_1), SignedDuration::from_hours(24 * 7 * (number - 1)))
}

/// What the outbox holds while module 3 waits for work: one reminder for each other module, at its release.
fn five() -> Vec<(String, crate::kernel::Timestamp)> {
    [1, 2, 4, 5, 6].map(|number| (number.to_string(), week(number))).to_vec()
}

fn slot(day_offset: i32, hour: i8) -> CivilSlot {
    CivilSlot { day_offset, time: Time::constant(hour, 0, 0, 0) }
}

async fn set_state(world: &World, week: u32, state: State) {
    let set = outbox::Entity::update_many()
        .col_expr(outbox::Column::State, Expr::value(state))
        .filter(outbox::COLUMN.dedupe_key.like(format!("module_released:%:{week}")));
    world.db.write(Actor::Operator, async |txn| set.exec(&**txn).await).await.unwrap();
}

async fn shift(world: &World, module: ModuleId, to: CivilSlot) -> Result<Moved, MoveRefusal> {
    let work = async |txn: &crate::db::Txn| move_release(txn, &world.plans, world.cohort.id, module, to).await;
    world.db.write(Actor::Operator, work).await
}

#[tokio::test]
async fn enrolling_puts_a_reminder_at_every_release_that_only_time_keeps_back() {
    let world = World::new().await;
    world.enrol(1).await;
    world.plan().await;
    assert_eq!(world.waiting().await, five());
    let row = world.mail().await.remove(0);
    let intent: Intent = serde_json::from_value(row.payload).unwrap();
    assert_eq!((row.kind.as_str(), row.class, intent.opens_at), ("module_released", outbox::Class::Reminder, at(WEEK_1)));
    assert_eq!((row.recipient.as_str(), row.not_after.map(Into::into)), ("student1@example.org", Some(week(2))));
}

#[tokio::test]
async fn planning_again_changes_nothing() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    world.plan().await;
    let before = world.letters().await;
    let touch = crate::kernel::Touch::Enrolment(who.1);
    world.db.write(Actor::Operator, async |txn| crate::audit::touch(txn, touch).await).await.unwrap();
    let cohort = crate::kernel::Touch::Cohort(world.cohort.id);
    world.db.write(Actor::Operator, async |txn| crate::audit::touch(txn, cohort).await).await.unwrap();
    world.plan().await;
    assert_eq!(world.letters().await, before);
}

#[tokio::test]
async fn a_module_that_waits_for_work_gets_its_reminder_once_the_work_is_done() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    world.plan().await;
    world.time(WEEK_2);
    world.mark(who, 2, 0).await.unwrap();
    world.plan().await;
    assert!(world.waiting().await.contains(&("3".to_owned(), at(WEEK_3))));

    let late = world.enrol(2).await;
    world.time("2027-01-19T00:00:00Z");
    world.mark(late, 2, 0).await.unwrap();
    world.plan().await;
    let now = world.waiting().await.into_iter().filter(|row| *row == ("3".to_owned(), at("2027-01-19T00:00:00Z")));
    assert_eq!(now.count(), 1, "it is open at once, and the mail is due at once");
}

#[tokio::test]
async fn a_moved_release_moves_the_waiting_mail_and_leaves_what_is_on_its_way() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    world.plan().await;
    set_state(&world, 4, State::Leased).await;
    let (second, _) = world.module(2).await;
    let (fourth, _) = world.module(4).await;
    assert_eq!(shift(&world, second, slot(9, 10)).await.unwrap(), Moved::To { revision: 2 });
    assert_eq!(shift(&world, second, slot(9, 10)).await.unwrap(), Moved::Unchanged);
    assert_eq!(shift(&world, fourth, slot(30, 9)).await.unwrap(), Moved::To { revision: 3 });
    world.plan().await;
    let moved = at("2027-01-13T04:30:00Z");
    let expected = vec![("1".to_owned(), week(1)), ("2".to_owned(), moved), ("5".to_owned(), week(5)), ("6".to_owned(), week(6))];
    assert_eq!(world.waiting().await, expected);
    let mail = world.mail().await;
    let on_its_way = mail.iter().find(|row| row.state == State::Leased).unwrap();
    assert_eq!(crate::kernel::Timestamp::from(on_its_way.due_at), week(4));

    let intent: Intent = serde_json::from_value(on_its_way.payload.clone()).unwrap();
    let snapshot = world.db.snapshot().await.unwrap();
    let decided = eligible(&snapshot, &world.plans, &intent, week(4)).await.unwrap();
    assert_eq!(decided, SendDecision::Postpone(at("2027-02-03T03:30:00Z")));
    let opens = world.place(who).await.inputs.access(second, at(BEFORE)).unwrap();
    assert_eq!(opens.moment(), Some(moved));
}

#[tokio::test]
async fn what_was_open_stays_open_when_its_release_is_moved_later() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    world.plan().await;
    world.time("2027-01-05T00:00:00Z");
    set_state(&world, 1, State::Sent).await;
    let (first, _) = world.module(1).await;
    shift(&world, first, slot(20, 9)).await.unwrap();
    world.plan().await;
    let now = at("2027-01-05T00:00:00Z");
    assert_eq!(world.place(who).await.inputs.access(first, now), Some(Access::Open { since: at(WEEK_1) }));
    let newcomer = world.enrol(2).await;
    let locked = world.place(newcomer).await.inputs.access(first, now).unwrap();
    assert_eq!(locked.moment(), Some(at("2027-01-24T03:30:00Z")));
    let notices = world.mail().await.into_iter().filter(|row| row.kind == "release_moved").count();
    assert_eq!(notices, 0, "nothing was closed, so nothing is to be told");
}

#[tokio::test]
async fn a_cohorts_touch_reaches_every_student_over_several_runs() {
    let world = World::new().await;
    for number in 1..=203 {
        world.enrol(number).await;
    }
    world.plan().await;
    let (sixth, _) = world.module(6).await;
    shift(&world, sixth, slot(40, 9)).await.unwrap();
    let run = async || {
        let work = async |txn: &crate::db::Txn| crate::reminders::plan_touched(txn, &world.plans).await;
        world.db.write(Actor::Operator, work).await.unwrap();
        let moved = at("2027-02-13T03:30:00Z");
        world.waiting().await.iter().filter(|row| **row == ("6".to_owned(), moved)).count()
    };
    assert_eq!(run().await, 200);
    let snapshot = world.db.snapshot().await.unwrap();
    let asked = jobs::Entity::find().filter(jobs::COLUMN.kind.eq("reminders.plan")).all(&*snapshot).await.unwrap();
    assert_eq!(asked.len(), 1);
    drop(snapshot);
    assert_eq!(run().await, 203);
}

#[tokio::test]
async fn an_ended_enrolments_mail_is_cancelled() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    world.plan().await;
    let intent: Intent = serde_json::from_value(world.mail().await.remove(0).payload).unwrap();
    let set = crate::db::rows::enrolment::enrolments::Entity::update_many()
        .col_expr(
            crate::db::rows::enrolment::enrolments::Column::State,
            Expr::value(crate::db::rows::enrolment::enrolments::State::Cancelled),
        )
        .filter(crate::db::rows::enrolment::enrolments::COLUMN.id.eq(who.1));
    let work = async |txn: &crate::db::Txn| {
        set.exec(&**txn).await?;
        crate::audit::touch(txn, crate::kernel::Touch::Enrolment(who.1)).await
    };
    world.db.write(Actor::Operator, work).await.unwrap();
    let snapshot = world.db.snapshot().await.unwrap();
    let decided = eligible(&snapshot, &world.plans, &intent, at(WEEK_1)).await.unwrap();
    assert_eq!(decided, SendDecision::Cancel(CancelReason::EnrolmentEnded));
    drop(snapshot);
    world.plan().await;
    assert_eq!(world.waiting().await, []);
}
