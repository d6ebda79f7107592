//! Edits of the template and corrections of the library: who sees them, and who does not.

use futures_util::future::join_all;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};

use super::world::{WEEK_1, WEEK_2, World, at, new_cohort};
use crate::acts::{CorrectRefusal, WhenNeeded, correct_reading, open_cohort};
use crate::catalogue::model::{CourseFacts, KeyChange, ModuleTexts, Need, Shift};
use crate::catalogue::{self, CourseRefusal, EditRefusal};
use crate::db::Txn;
use crate::db::rows::audit::audit_events;
use crate::kernel::Actor;
use crate::kernel::ids::{ModuleId, ReadingId};
use crate::readings::{NewReading, Reading, Rights, readings};
use crate::schedule::model::Access;
use crate::testing::Bench;

async fn write<T, E: From<sea_orm::DbErr>>(world: &World, work: impl AsyncFnOnce(&Txn) -> Result<T, E>) -> Result<T, E> {
    world.db.write(Actor::Operator, work).await
}

fn facts() -> CourseFacts {
    CourseFacts {
        title: "Rewritten course".to_owned(),
        dek: "Rewritten.".to_owned(),
        description: Vec::new(),
        outcomes: Vec::new(),
        questions: Vec::new(),
        hours_min: 1,
        hours_max: 2,
        language: "hi".to_owned(),
    }
}

fn texts(title: &str) -> ModuleTexts {
    ModuleTexts {
        title: title.to_owned(),
        dek: String::new(),
        outcomes: Vec::new(),
        questions: Vec::new(),
        reflection_prompt: Some("What would you strike?".to_owned()),
        waits_for: std::collections::BTreeSet::new(),
    }
}

async fn template(world: &World) -> Vec<crate::catalogue::model::CourseModule> {
    catalogue::course_modules(&world.db.snapshot().await.unwrap(), world.course).await.unwrap()
}

async fn version(world: &World) -> i32 {
    catalogue::course(&world.db.snapshot().await.unwrap(), world.course).await.unwrap().unwrap().version
}

#[tokio::test]
async fn every_edit_of_the_course_leaves_a_running_cohort_as_it_was_and_reaches_the_next() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    world.time(WEEK_2);
    let access = world.place(who).await.inputs.decide(at(WEEK_2));
    let snapshot = world.db.snapshot().await.unwrap();
    let before = catalogue::cohort_modules(&snapshot, world.cohort.id).await.unwrap();
    drop(snapshot);

    let weeks = template(&world).await;
    write(&world, async |txn| catalogue::edit_course(txn, world.course, 1, facts()).await).await.unwrap();
    write(&world, async |txn| catalogue::edit_module(txn, weeks[0].id, 1, texts("Rewritten week")).await).await.unwrap();
    let spare = weeks[5].readings[0].reading;
    let new = KeyChange::Attach { reading: spare, need: Need::Required, why: "New.".parse().unwrap() };
    write(&world, async |txn| catalogue::change_keys(txn, weeks[0].id, 2, new).await).await.unwrap();
    let gone = KeyChange::Detach { reading: weeks[0].readings[0].reading };
    write(&world, async |txn| catalogue::change_keys(txn, weeks[0].id, 3, gone).await).await.unwrap();
    write(&world, async |txn| catalogue::move_module(txn, weeks[0].id, 2, Shift::Down).await).await.unwrap();
    write(&world, async |txn| catalogue::remove_module(txn, weeks[4].id, weeks[4].version).await).await.unwrap();
    let added = version(&world).await;
    write(&world, async |txn| catalogue::add_module(txn, world.course, added).await).await.unwrap();

    let snapshot = world.db.snapshot().await.unwrap();
    assert_eq!(catalogue::cohort_modules(&snapshot, world.cohort.id).await.unwrap(), before);
    let cohort = catalogue::cohort(&snapshot, world.cohort.id).await.unwrap().unwrap();
    assert_eq!(cohort, world.cohort);
    assert_eq!(cohort.course_title, "Example course");
    drop(snapshot);
    assert_eq!(world.place(who).await.inputs.decide(at(WEEK_2)), access);

    let next = write(&world, async |txn| open_cohort(txn, world.course, new_cohort("next")).await).await.unwrap();
    let snapshot = world.db.snapshot().await.unwrap();
    let copied = catalogue::cohort_modules(&snapshot, next.id).await.unwrap();
    let titles: Vec<_> = copied.iter().map(|module| module.title.as_str()).collect();
    assert_eq!(titles, ["Week 2", "Rewritten week", "Week 3", "Week 4", "Week 6", "Week 6"]);
    assert_eq!(copied[1].readings.iter().map(|key| key.reading).collect::<Vec<_>>(), [weeks[0].readings[1].reading, spare]);
    // Week three waited for week two, which is the first now.
    assert_eq!(copied[2].release_rule.modules().into_iter().collect::<Vec<_>>(), [1]);
    assert_eq!((next.course_title.as_str(), copied[1].asks_reflection()), ("Rewritten course", true));
}

#[tokio::test]
async fn an_edit_of_a_version_that_has_passed_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let weeks = template(&world).await;
    let week = weeks[2].id;
    write(&world, async |txn| catalogue::edit_course(txn, world.course, 1, facts()).await).await.unwrap();
    write(&world, async |txn| catalogue::edit_module(txn, week, 1, texts("First")).await).await.unwrap();
    let before = template(&world).await;
    let gone = KeyChange::Detach { reading: weeks[2].readings[0].reading };
    let refused = [
        write(&world, async |txn| catalogue::edit_course(txn, world.course, 1, facts()).await.map(|_| ())).await,
        write(&world, async |txn| catalogue::edit_module(txn, week, 1, texts("Second")).await).await,
        write(&world, async |txn| catalogue::move_module(txn, week, 1, Shift::Up).await).await,
        write(&world, async |txn| catalogue::remove_module(txn, week, 1).await).await,
        write(&world, async |txn| catalogue::add_module(txn, world.course, 1).await.map(|_| ())).await,
        write(&world, async |txn| catalogue::change_keys(txn, week, 1, gone).await).await,
    ];
    assert!(refused.iter().all(|refusal| matches!(refusal, Err(EditRefusal::Stale))), "{refused:?}");
    assert_eq!(template(&world).await, before);
}

#[tokio::test]
async fn of_edits_made_at_once_on_one_version_one_is_made() {
    let world = World::new().await;
    let (week, essay) = (template(&world).await.remove(0), world.module(1).await.1[0]);
    let titles: Vec<String> = (0..6).map(|number| format!("Title {number}")).collect();
    let edit =
        async |title: &String| write(&world, async |txn| catalogue::edit_module(txn, week.id, 1, texts(title)).await).await;
    let done = join_all(titles.iter().map(edit)).await;
    assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1, "{done:?}");
    assert!(done.iter().all(|one| matches!(one, Ok(()) | Err(EditRefusal::Stale))), "{done:?}");
    let links: Vec<String> = (0..6).map(|number| format!("https://example.org/{number}")).collect();
    let done = join_all(links.iter().map(async |link| correct(&world, essay, 1, Some(link), WhenNeeded::Refuse).await)).await;
    let made: Vec<_> = done.iter().filter_map(|one| one.as_ref().ok()).collect();
    assert!(done.iter().all(|one| matches!(one, Ok(_) | Err(CorrectRefusal::Stale))), "{done:?}");
    assert_eq!((made.len(), made[0]), (1, &reading(&world, essay).await));
}

#[tokio::test]
async fn of_first_courses_made_at_once_one_is_made() {
    for bench in Bench::each().await {
        let titles: Vec<String> = (0..6).map(|number| format!("Title {number}")).collect();
        let db = &bench.services.db;
        let make = async |title: &String| {
            db.write(Actor::Operator, async |txn| catalogue::create_first_course(txn, title.clone()).await).await
        };
        let made = join_all(titles.iter().map(make)).await;
        assert_eq!(made.iter().filter(|one| one.is_ok()).count(), 1, "{made:?}");
        assert!(made.iter().all(|one| matches!(one, Ok(_) | Err(CourseRefusal::AlreadyThere))), "{made:?}");
        assert_eq!(catalogue::courses(&db.snapshot().await.unwrap()).await.unwrap().len(), 1);
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_week_never_waits_for_a_later_one_and_the_last_week_stays() {
    let world = World::new().await;
    let weeks = template(&world).await;
    let early = write(&world, async |txn| catalogue::move_module(txn, weeks[2].id, 1, Shift::Up).await).await;
    assert!(matches!(early, Err(EditRefusal::NotBackwards(_))), "{early:?}");
    let ahead = ModuleTexts { waits_for: [2].into(), ..texts("Ahead") };
    let ahead = write(&world, async |txn| catalogue::edit_module(txn, weeks[1].id, 1, ahead).await).await;
    assert!(matches!(ahead, Err(EditRefusal::NotBackwards(_))), "{ahead:?}");
    for _ in 0..5 {
        let last = template(&world).await.pop().unwrap();
        write(&world, async |txn| catalogue::remove_module(txn, last.id, last.version).await).await.unwrap();
    }
    let only = template(&world).await.pop().unwrap();
    let refused = write(&world, async |txn| catalogue::remove_module(txn, only.id, only.version).await).await;
    assert!(matches!(refused, Err(EditRefusal::LastModule)), "{refused:?}");
}

#[tokio::test]
async fn each_edit_is_in_the_audit_log_once_with_before_and_after() {
    let world = World::new().await;
    let week = template(&world).await.remove(0);
    world.time("2027-01-02T01:00:00Z");
    write(&world, async |txn| catalogue::edit_course(txn, world.course, 1, facts()).await).await.unwrap();
    // The same once more is no change.
    write(&world, async |txn| catalogue::edit_course(txn, world.course, 2, facts()).await).await.unwrap();
    world.time("2027-01-02T02:00:00Z");
    write(&world, async |txn| catalogue::edit_module(txn, week.id, 1, texts("New words")).await).await.unwrap();
    world.time("2027-01-02T03:00:00Z");
    let moved = KeyChange::Move { reading: week.readings[1].reading, to: Shift::Up };
    write(&world, async |txn| catalogue::change_keys(txn, week.id, 2, moved).await).await.unwrap();
    let snapshot = world.db.snapshot().await.unwrap();
    let subject = audit_events::COLUMN.subject_id.eq(world.course.to_string());
    let found = audit_events::Entity::find().filter(subject).order_by_asc(audit_events::Column::At).all(&*snapshot).await;
    let found = found.unwrap();
    let kinds: Vec<_> = found.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["course.created", "course.edited", "course.module_edited", "course.readings_keyed"]);
    assert_eq!((&found[1].before["title"], &found[1].after["title"]), (&"Example course".into(), &"Rewritten course".into()));
    assert_eq!((&found[2].before["title"], &found[2].after["title"]), (&"Week 1".into(), &"New words".into()));
    assert_eq!(found[3].before["readings"][0], found[3].after["readings"][1]);
}

async fn reading(world: &World, id: ReadingId) -> Reading {
    readings(&world.db.snapshot().await.unwrap(), &[id]).await.unwrap().remove(0)
}

/// The reading's record once more, with this link.
fn linked(reading: &Reading, url: Option<&str>) -> NewReading {
    NewReading {
        title: reading.title.clone(),
        author: Some("Demo Author 01".to_owned()),
        author_role: None,
        publisher: reading.publisher.clone(),
        published_on: None,
        url: url.map(|url| url.parse().unwrap()),
        language: reading.language.clone(),
        licence: None,
        photo_credit: None,
        summary: None,
        body: None,
        rights: Rights::LinkOnly,
        minutes: reading.minutes,
    }
}

async fn correct(
    world: &World,
    id: ReadingId,
    version: i32,
    url: Option<&str>,
    needed: WhenNeeded,
) -> Result<Reading, CorrectRefusal> {
    let new = linked(&reading(world, id).await, url);
    write(world, async |txn| correct_reading(txn, &world.plans, (id, version), new, needed).await).await
}

async fn access(
    world: &World,
    who: (crate::kernel::ids::UserId, crate::kernel::ids::EnrolmentId),
    module: ModuleId,
    now: &str,
) -> Access {
    world.place(who).await.inputs.access(module, at(now)).unwrap()
}

#[tokio::test]
async fn a_correction_that_takes_a_needed_reading_away_is_asked_about_and_closes_nothing_that_was_open() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    let (first, of_first) = world.module(1).await;
    let (second, of_second) = world.module(2).await;
    world.time(WEEK_1);
    for (id, weeks) in [(of_first[0], 1), (of_second[0], 2)] {
        let refused = correct(&world, id, 1, None, WhenNeeded::Refuse).await;
        let Err(CorrectRefusal::Needed(uses)) = refused else { panic!("{refused:?}") };
        assert_eq!(uses.iter().map(|one| (one.cohort.id, one.position)).collect::<Vec<_>>(), [(world.cohort.id, weeks)]);
        correct(&world, id, 1, None, WhenNeeded::Correct).await.unwrap();
    }
    assert_eq!(access(&world, who, first, WEEK_1).await, Access::Open { since: at(WEEK_1) });
    assert!(!access(&world, who, second, "2027-01-12T00:00:00Z").await.is_open());

    // Given back a day after the release, it opens the module from then on, and not as if it had always been there.
    let later = "2027-01-12T03:30:00Z";
    world.time(later);
    correct(&world, of_second[0], 2, Some("https://example.org/mended"), WhenNeeded::Refuse).await.unwrap();
    assert_eq!(access(&world, who, second, later).await, Access::Open { since: at(later) });
    assert_eq!(access(&world, who, first, later).await, Access::Open { since: at(WEEK_1) });
    world.plan().await;
    assert!(world.waiting().await.iter().all(|(_, due)| *due >= at(WEEK_1)));
}

#[tokio::test]
async fn a_correction_of_the_record_alone_changes_no_access_and_a_stale_one_is_refused() {
    let world = World::new().await;
    let who = world.enrol(1).await;
    let (first, readings) = world.module(1).await;
    world.time(WEEK_1);
    let fixed = correct(&world, readings[0], 1, Some("https://example.org/moved"), WhenNeeded::Refuse).await.unwrap();
    assert_eq!((fixed.version, fixed.author.as_deref()), (2, Some("Demo Author 01")));
    assert_eq!(reading(&world, readings[0]).await, fixed);
    let plan = world.place(who).await.inputs.plan;
    assert_eq!((plan.revision(), plan.card(fixed.id).unwrap().author.as_deref()), (2, Some("Demo Author 01")));
    assert_eq!(access(&world, who, first, WEEK_1).await, Access::Open { since: at(WEEK_1) });
    let stale = correct(&world, readings[0], 1, None, WhenNeeded::Correct).await;
    assert!(matches!(stale, Err(CorrectRefusal::Stale)), "{stale:?}");
    // An optional reading may lose its link without a question: nothing waits for it.
    correct(&world, readings[1], 1, None, WhenNeeded::Refuse).await.unwrap();
    assert_eq!(access(&world, who, first, WEEK_1).await, Access::Open { since: at(WEEK_1) });
}
