//! Every type of column keeps its value, and instants order as instants, on both databases.

use jiff::Timestamp;
use jiff::civil::date;
use lectern::db::columns::{CivilDate, UtcTime};
use lectern::db::rows::{audit::audit_events, identity::users, jobs, payment::gateway_events, readings::readings};
use lectern::kernel::ids::{AuditId, JobId, LeaseToken, ReadingId, UserId};
use migrations::{Migrator, MigratorTrait};
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseConnection, IntoActiveModel, QueryOrder, QuerySelect};
use serde_json::json;

use crate::support::database::{Scratch, postgres_url, sqlite};

#[tokio::test]
async fn on_sqlite_values_are_kept_and_instants_ordered() -> Result<(), DbErr> {
    let conn = sqlite().await?;
    Migrator::up(&conn, None).await?;
    assert_values_are_kept(&conn).await?;
    assert_instants_are_ordered(&conn).await
}

#[tokio::test]
async fn on_postgres_values_are_kept_and_instants_ordered() -> Result<(), DbErr> {
    let Some(url) = postgres_url() else { return Ok(()) };
    let scratch = Scratch::create(&url).await?;
    Migrator::up(&scratch.conn, None).await?;
    assert_values_are_kept(&scratch.conn).await?;
    assert_instants_are_ordered(&scratch.conn).await?;
    scratch.remove().await
}

#[test]
fn an_instant_is_cut_to_the_microsecond_before_it() {
    for (nanos, micros) in [(1_999, 1), (-1, -1), (-1_000, -1), (-1_001, -2)] {
        let cut = Timestamp::from(UtcTime::from(Timestamp::from_nanosecond(nanos).unwrap()));
        assert_eq!(cut, Timestamp::from_microsecond(micros).unwrap());
    }
    assert_eq!(Timestamp::from(UtcTime::from(Timestamp::MIN)), Timestamp::MIN);
}

/// The instant so many microseconds after a whole second.
fn at(micros: i64) -> UtcTime {
    Timestamp::from_microsecond(1_800_000_000_000_000 + micros).expect("an instant of 2027").into()
}

async fn assert_values_are_kept(conn: &DatabaseConnection) -> Result<(), DbErr> {
    let user = users::Model {
        id: UserId(Uuid::from_u128(1)),
        email: "student@example.org".to_owned(),
        name: "Demo Student 01".to_owned(),
        zone: "Asia/Kolkata".to_owned(),
        country: None,
        role: users::Role::Instructor,
        created_at: at(250),
        disabled_at: Some(at(0)),
        last_seen_at: Some(at(7)),
    };
    assert_eq!(user.clone().into_active_model().insert(conn).await?, user);
    assert_eq!(users::Entity::find_by_email("student@example.org").one(conn).await?, Some(user.clone()));
    let found = users::Entity::find().filter(users::COLUMN.role.eq(users::Role::Instructor)).one(conn).await?;
    assert_eq!(found, Some(user.clone()));
    assert_eq!(users::Entity::find_by_id(user.id).one(conn).await?, Some(user));

    let reading = readings::Model {
        version: 1,
        ready_since: None,
        id: ReadingId(Uuid::from_u128(2)),
        slug: "example".to_owned(),
        title: "An example".to_owned(),
        author: None,
        author_role: None,
        publisher: "Example Journal".to_owned(),
        published_on: Some(CivilDate::from(date(2026, 2, 28))),
        url: None,
        language: "en".to_owned(),
        licence: None,
        photo_credit: None,
        summary: None,
        body: Some("One paragraph.\n\nAnother.".to_owned()),
        body_sha256: None,
        rights: readings::Rights::LinkOnly,
        minutes: 7,
        created_at: at(1),
        updated_at: at(1),
    };
    assert_eq!(reading.clone().into_active_model().insert(conn).await?, reading);
    let later = CivilDate::from(date(2026, 3, 1));
    let found = readings::Entity::find().filter(readings::COLUMN.published_on.lt(later)).one(conn).await?;
    assert_eq!(found, Some(reading));
    assert_other_values_are_kept(conn).await
}

async fn assert_other_values_are_kept(conn: &DatabaseConnection) -> Result<(), DbErr> {
    let event = gateway_events::Model {
        id: "evt_example".to_owned(),
        kind: "example".to_owned(),
        body: vec![0, 255, 10],
        live: false,
        received_at: at(999_999),
        processed_at: None,
        seen_at: None,
        error: None,
    };
    assert_eq!(event.clone().into_active_model().insert(conn).await?, event);
    assert_eq!(gateway_events::Entity::find().filter(gateway_events::COLUMN.live.eq(false)).one(conn).await?, Some(event));

    let entry = audit_events::Model {
        id: AuditId(Uuid::from_u128(3)),
        at: at(3),
        actor_kind: "system".to_owned(),
        actor_id: None,
        actor_token: None,
        kind: "example.created".to_owned(),
        subject_id: "exm_1".to_owned(),
        before: Json::Null,
        after: json!({ "seats": [1, 2], "name": "é" }),
        personal: None,
    };
    assert_eq!(entry.clone().into_active_model().insert(conn).await?, entry);
    assert_eq!(audit_events::Entity::find().one(conn).await?, Some(entry));
    Ok(())
}

async fn assert_instants_are_ordered(conn: &DatabaseConnection) -> Result<(), DbErr> {
    // In order: no fraction, microseconds, whole milliseconds, milliseconds and more, the next second, years away.
    let micros = [-30_000_000_000_000, -1, 0, 1, 999, 1_000, 1_001, 100_000, 100_001, 999_999, 1_000_000, 90_000_000_000_000];
    for (place, &micros) in micros.iter().enumerate().rev() {
        let job = jobs::Model {
            id: JobId(Uuid::from_u128(place as u128)),
            kind: "example".to_owned(),
            payload: json!({}),
            dedupe_key: None,
            due_at: at(micros),
            retry_at: None,
            state: jobs::State::Pending,
            attempts: 0,
            lease_token: Some(LeaseToken(Uuid::from_u128(9))),
            lease_until: None,
            last_error: None,
            created_at: at(0),
        };
        assert_eq!(job.clone().into_active_model().insert(conn).await?, job);
    }
    let due = |rows: Vec<jobs::Model>| rows.into_iter().map(|job| job.due_at).collect::<Vec<_>>();
    let all = micros.map(at);
    assert_eq!(due(jobs::Entity::find().order_by_asc(jobs::COLUMN.due_at).all(conn).await?), all);
    for (place, &bound) in all.iter().enumerate() {
        let until = jobs::Entity::find().filter(jobs::COLUMN.due_at.lte(bound)).order_by_asc(jobs::COLUMN.due_at);
        assert_eq!(due(until.all(conn).await?), all[..=place]);
        let same = jobs::Entity::find().filter(jobs::COLUMN.due_at.eq(bound));
        assert_eq!(due(same.all(conn).await?), [bound]);
    }
    let held = jobs::Entity::find().filter(jobs::COLUMN.lease_token.eq(LeaseToken(Uuid::from_u128(9)))).count(conn).await?;
    assert_eq!(held, all.len() as u64);
    let least: Option<Option<UtcTime>> =
        jobs::Entity::find().select_only().column_as(jobs::COLUMN.due_at.min(), "least").into_tuple().one(conn).await?;
    assert_eq!(least.flatten(), Some(all[0]));
    Ok(())
}
