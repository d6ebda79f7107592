//! How many required readings are read is kept beside each seat; it is what counting them comes to, whatever happens.

use futures_util::future::join_all;
use migrations::{Migrator, MigratorTrait};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::world::World;
use crate::acts::{PlanChange, replan};
use crate::catalogue::model::{KeyChange, Need};
use crate::db::Txn;
use crate::db::rows::enrolment::enrolments;
use crate::kernel::Actor;
use crate::kernel::ids::EnrolmentId;
use crate::learning::{self, Marked};

const END: &str = "2027-02-14T00:00:00Z";

/// What is kept of each seat, by their students' names.
async fn kept(world: &World) -> Vec<i32> {
    let snapshot = world.db.snapshot().await.unwrap();
    let rows = enrolments::Entity::find().order_by_asc(enrolments::Column::CertificateName).all(&*snapshot).await.unwrap();
    rows.into_iter().map(|row| row.required_read).collect()
}

/// What counting comes to, by the plan of now.
async fn counted(world: &World) -> Vec<i32> {
    let snapshot = world.db.snapshot().await.unwrap();
    let ids = enrolments::Entity::find().order_by_asc(enrolments::Column::CertificateName).all(&*snapshot).await.unwrap();
    let ids: Vec<EnrolmentId> = ids.into_iter().map(|row| row.id).collect();
    let modules = crate::catalogue::cohort_modules(&snapshot, world.cohort.id).await.unwrap();
    let read = learning::required_read_by_week(&snapshot, &modules, &ids).await.unwrap();
    let sum = |id| read.get(id).map_or(0, |weeks| weeks.values().sum::<u32>());
    ids.iter().map(|id| i32::try_from(sum(id)).unwrap()).collect()
}

async fn restate(world: &World, seen: i32, week: u32, place: usize, need: Need) {
    let (module, readings) = world.module(week).await;
    let change = KeyChange::Restate { reading: readings[place], need, why: "It shows how.".parse().unwrap() };
    let change = PlanChange::Keys { module, change };
    let work = async |txn: &Txn| replan(txn, &world.plans, world.cohort.id, seen, change.clone()).await;
    world.db.write(Actor::Operator, work).await.unwrap();
}

#[tokio::test]
async fn what_is_kept_is_what_is_read_and_required_now() {
    let world = World::new().await;
    let (first, second) = (world.enrol(1).await, world.enrol(2).await);
    world.time(END);
    for week in 1..=3 {
        world.mark(first, week, 0).await.unwrap();
        world.mark(first, week, 1).await.unwrap();
    }
    world.mark(second, 1, 0).await.unwrap();
    assert_eq!(kept(&world).await, [3, 1]);
    assert_eq!(world.mark(second, 1, 0).await.unwrap(), Marked::Before);
    assert_eq!(kept(&world).await, [3, 1]);

    restate(&world, 1, 2, 1, Need::Required).await;
    assert_eq!(kept(&world).await, [4, 1]);
    restate(&world, 2, 1, 0, Need::Optional).await;
    assert_eq!(kept(&world).await, [3, 0]);
    world.mark(second, 2, 1).await.unwrap();
    assert_eq!(kept(&world).await, [3, 1]);
    assert_eq!(counted(&world).await, [3, 1]);

    let rekeyed = kept(&world).await;
    let writer = world.db.for_migrations();
    let all = Migrator::migrations();
    let at = all.iter().position(|migration| migration.name().contains("staff_lists")).unwrap();
    Migrator::down(writer, Some(u32::try_from(all.len() - at).unwrap())).await.unwrap();
    Migrator::up(writer, None).await.unwrap();
    assert_eq!(kept(&world).await, rekeyed, "the migration counts what was there before it");
}

#[tokio::test]
async fn of_twenty_who_mark_one_reading_one_is_counted() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    world.time(END);
    let marked = join_all((0..20).map(|_| world.mark(who, 1, 0))).await;
    assert_eq!(marked.into_iter().filter(|marked| matches!(marked, Ok(Marked::Now))).count(), 1);
    assert_eq!(kept(&world).await, [1]);
}

#[tokio::test]
async fn who_marks_while_the_plan_changes_is_counted_by_the_new_plan() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    world.time(END);
    world.mark(who, 1, 0).await.unwrap();
    // As if a change of the plan had been counted between the look at the plan and the mark.
    let later = enrolments::Entity::update_many()
        .col_expr(enrolments::Column::CountedAt, Expr::value(9))
        .col_expr(enrolments::Column::RequiredRead, Expr::col(enrolments::Column::RequiredRead).add(5))
        .filter(enrolments::Column::Id.eq(who.1));
    later.exec(world.db.for_migrations()).await.unwrap();
    world.mark(who, 2, 0).await.unwrap();
    assert_eq!(kept(&world).await, [2]);

    let many = join_all((1..=3).map(|week| world.mark(who, week, 1)));
    let changes = async {
        for seen in 1..=4 {
            let need = if seen % 2 == 1 { Need::Required } else { Need::Optional };
            restate(&world, seen, 2, 1, need).await;
        }
    };
    tokio::join!(many, changes);
    assert_eq!(kept(&world).await, counted(&world).await);
}
