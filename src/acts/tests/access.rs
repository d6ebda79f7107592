use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, Set};

use super::world::{BEFORE, WEEK_1, WEEK_2, World, at, new_cohort};
use crate::acts::{OpenRefusal, Timetable, open_cohort};
use crate::catalogue;
use crate::db::rows::audit::touches;
use crate::db::rows::catalogue::course_modules;
use crate::db::rows::schedule::overrides;
use crate::kernel::Actor;
use crate::kernel::ids::{EnrolmentId, UserId};
use crate::learning::model::MarkRefusal;
use crate::learning::{MarkReadRefusal, Marked, ReadingSheet, Sheet, access, module_page, reading_page};
use crate::schedule::model::{Access, LockReason};

#[tokio::test]
async fn a_cohort_owns_copies_that_edits_of_the_course_never_touch() {
    let world = World::new().await;
    let before = {
        let snapshot = world.db.snapshot().await.unwrap();
        catalogue::cohort_modules(&snapshot, world.cohort.id).await.unwrap()
    };
    let template = catalogue::course_modules(&world.db.snapshot().await.unwrap(), world.course).await.unwrap();
    assert_eq!(before.len(), 6);
    for (copy, module) in before.iter().zip(&template) {
        assert_ne!(copy.id, module.id);
        assert_eq!(*copy, module.copied_for(world.cohort.id, copy.id));
    }
    let edit = course_modules::Entity::update_many().col_expr(course_modules::Column::Title, Expr::value("Rewritten"));
    world.db.write(Actor::Operator, async |txn| edit.exec(&**txn).await).await.unwrap();
    let after = catalogue::cohort_modules(&world.db.snapshot().await.unwrap(), world.cohort.id).await.unwrap();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_cohort_is_refused_an_address_that_is_taken_and_a_timetable_that_does_not_fit() {
    let world = World::new().await;
    let open = async |new| world.db.write(Actor::Operator, async |txn| open_cohort(txn, world.course, new).await).await;
    assert!(matches!(open(new_cohort("example-cohort")).await, Err(OpenRefusal::SlugTaken)));
    let mut short = new_cohort("short");
    short.timetable = Timetable::Slots(Vec::new());
    assert!(matches!(open(short).await, Err(OpenRefusal::TimetableMismatch { modules: 6, slots: 0 })));
    let mut taught = new_cohort("taught");
    taught.instructors = vec![world.enrol(1).await.0];
    assert!(matches!(open(taught).await, Err(OpenRefusal::NotAnInstructor(_))));
}

#[tokio::test]
async fn a_module_page_costs_one_statement_beside_the_session() {
    let world = World::new().await;
    let (user, enrolment) = world.enrol(1).await;
    world.time(WEEK_1);
    world.place((user, enrolment)).await;
    let snapshot = world.db.snapshot().await.unwrap();
    let before = world.db.statements();
    let page = module_page(&snapshot, &world.plans, user, enrolment, 1, at(WEEK_1)).await.unwrap().unwrap();
    assert_eq!(world.db.statements() - before, 1);
    let Sheet::Open { since, readings } = page.sheet else { panic!("locked") };
    assert_eq!(since, at(WEEK_1));
    let titles: Vec<_> = readings.iter().map(|reading| reading.card.title.as_str()).collect();
    assert_eq!(titles, ["Week 1 reading 1", "Week 1 reading 2"]);
    assert_eq!(page.progress.modules[0].minutes_left, 10);
}

#[tokio::test]
async fn a_locked_module_gives_no_reading_and_a_strangers_place_is_not_found() {
    let world = World::new().await;
    let (user, enrolment) = world.enrol(1).await;
    let (other, _) = world.enrol(2).await;
    let snapshot = world.db.snapshot().await.unwrap();
    let page = module_page(&snapshot, &world.plans, user, enrolment, 1, at(BEFORE)).await.unwrap().unwrap();
    let Sheet::Locked(Access::Locked { why, opens_at, .. }) = page.sheet else { panic!("open") };
    assert_eq!((why, opens_at), (vec![LockReason::NotYetTime], Some(at(WEEK_1))));
    let slug = "week-1-reading-1".parse().unwrap();
    let locked = reading_page(&snapshot, &world.plans, user, enrolment, (1, &slug), at(BEFORE)).await.unwrap().unwrap();
    assert!(matches!(locked.sheet, ReadingSheet::Locked(_)));
    let open = reading_page(&snapshot, &world.plans, user, enrolment, (1, &slug), at(WEEK_1)).await.unwrap().unwrap();
    assert!(matches!(open.sheet, ReadingSheet::Open(open) if open.reading.title == "Week 1 reading 1"));
    let elsewhere = "week-2-reading-1".parse().unwrap();
    assert!(reading_page(&snapshot, &world.plans, user, enrolment, (1, &elsewhere), at(WEEK_1)).await.unwrap().is_none());
    assert!(access(&snapshot, &world.plans, other, enrolment).await.unwrap().is_none());
    let nobody = EnrolmentId(uuid::Uuid::from_u128(1));
    assert!(access(&snapshot, &world.plans, user, nobody).await.unwrap().is_none());
}

#[tokio::test]
async fn marking_costs_three_statements_and_touches_only_when_a_module_waited_for_it() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    assert!(matches!(world.mark(who, 1, 0).await, Err(MarkReadRefusal::Refused(MarkRefusal::Locked(_)))));
    let stranger = (UserId(uuid::Uuid::from_u128(1)), who.1);
    assert!(matches!(world.mark(stranger, 1, 0).await, Err(MarkReadRefusal::NotEnrolled)));
    world.plan().await;
    world.time(WEEK_2);
    let touched = async || touches::Entity::find().all(&*world.db.snapshot().await.unwrap()).await.unwrap().len();
    let (module, readings) = world.module(1).await;
    let before = world.db.statements();
    let mark = async |txn: &crate::db::Txn| {
        crate::learning::mark_read(txn, &world.plans, who, (module, readings[0]), " A thought. ").await
    };
    assert_eq!(world.db.write(Actor::User(who.0), mark).await.unwrap(), Marked::Now);
    assert_eq!((world.db.statements() - before, touched().await), (3, 0));
    assert_eq!(world.mark(who, 1, 0).await.unwrap(), Marked::Before);
    assert_eq!(world.mark(who, 2, 1).await.unwrap(), Marked::Now);
    assert_eq!(touched().await, 0, "an optional reading opens nothing");
    assert_eq!(world.mark(who, 2, 0).await.unwrap(), Marked::Now);
    assert_eq!(touched().await, 1);

    let progress = world.place(who).await.progress(at(WEEK_2));
    assert_eq!((progress.modules[0].read(), progress.modules[1].read()), (1, 2));
    let snapshot = world.db.snapshot().await.unwrap();
    let slug = "week-1-reading-1".parse().unwrap();
    let page = reading_page(&snapshot, &world.plans, who.0, who.1, (1, &slug), at(WEEK_2)).await.unwrap().unwrap();
    let ReadingSheet::Open(open) = page.sheet else { panic!("locked") };
    assert_eq!((open.read_at, open.reflection.as_deref()), (Some(at(WEEK_2)), Some("A thought.")));
}

#[tokio::test]
async fn an_override_bears_on_its_student_or_on_all() {
    let world = World::new().await;
    let (one, two) = (world.enrol(1).await, world.enrol(2).await);
    let (first, _) = world.module(1).await;
    let (second, _) = world.module(2).await;
    let insert = async |enrolment, module, civil: &str| {
        world
            .db
            .write(Actor::Operator, async |txn| {
                let row = overrides::ActiveModel {
                    id: Set(txn.new_id()),
                    cohort_id: Set(world.cohort.id),
                    enrolment_id: Set(enrolment),
                    module_id: Set(module),
                    opens_at_civil: Set(civil.to_owned()),
                    reason: Set("Asked for".to_owned()),
                    created_by: Set(Some(one.0)),
                    created_at: Set(txn.now().into()),
                };
                row.insert(&**txn).await.map(|_| ())
            })
            .await
            .unwrap();
    };
    insert(None, second, "2027-01-10T09:00:00").await;
    insert(Some(one.1), first, "2027-01-05T09:00").await;
    let opens = async |who, module| world.place(who).await.inputs.access(module, at(BEFORE)).unwrap().moment();
    assert_eq!(opens(one, first).await, Some(at("2027-01-05T03:30:00Z")));
    assert_eq!(opens(two, first).await, Some(at(WEEK_1)));
    assert_eq!(opens(one, second).await, Some(at("2027-01-10T03:30:00Z")));
    assert_eq!(opens(two, second).await, Some(at("2027-01-10T03:30:00Z")));
    let place = world.place(one).await;
    let own = place.inputs.overrides.iter().find(|change| change.enrolment.is_some()).unwrap();
    assert_eq!((own.reason.as_str(), own.created_by), ("Asked for", Some(one.0)));
    assert_eq!((place.inputs.revision(first), place.inputs.overrides.len()), (2, 2));
}

#[tokio::test]
async fn a_plan_is_loaded_once_for_each_revision() -> Result<(), DbErr> {
    let world = World::new().await;
    let snapshot = world.db.snapshot().await?;
    let first = world.plans.get(&snapshot, world.cohort.id, 1).await?;
    let before = world.db.statements();
    let again = world.plans.get(&snapshot, world.cohort.id, 1).await?;
    assert_eq!((world.db.statements() - before, first.id()), (0, again.id()));
    // Asked for a revision that is not the stored one, it answers what is stored.
    assert_eq!(world.plans.get(&snapshot, world.cohort.id, 9).await?.revision(), 1);
    Ok(())
}
