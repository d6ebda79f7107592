//! Queries of those whom reminders concern; and reminders as letters of the outbox.

use std::collections::BTreeMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::model::{Existing, Intent, IntentKey, IntentKind, IntentState, MailGroup, Recipient, Standing, Wish, Wishes};
use crate::db::rows::catalogue::cohorts;
use crate::db::rows::enrolment::enrolments::{self, State};
use crate::db::rows::identity::users;
use crate::db::rows::reminders::mail_preferences as preferences;
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::EmailAddress;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId};
use crate::mail::{self, Class, Planned, Post, Stage};

/// Reminders go after what somebody waits for.
const PRIORITY: i32 = 10;

/// Every enrolled student of a cohort.
pub(super) async fn enrolled(conn: &Conn, cohort: CohortId) -> Result<Vec<EnrolmentId>, DbErr> {
    let rows = enrolments::Entity::find()
        .filter(enrolments::COLUMN.cohort_id.eq(cohort))
        .filter(enrolments::COLUMN.state.eq(State::Enrolled))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Every enrolment of these people, in one statement.
pub(super) async fn enrolled_of(conn: &Conn, people: &[UserId]) -> Result<Vec<EnrolmentId>, DbErr> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let rows = enrolments::Entity::find()
        .filter(enrolments::Column::UserId.is_in(people.iter().copied()))
        .filter(enrolments::COLUMN.state.eq(State::Enrolled))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// One enrolment, as far as its mail depends on it.
#[derive(Debug, Clone)]
pub(super) struct Student {
    pub(super) enrolment: EnrolmentId,
    /// The cohort and the revision of its plan.
    pub(super) plan: (CohortId, i32),
    pub(super) recipient: Recipient,
    pub(super) address: EmailAddress,
}

/// These enrolments, with their students and what those wish, and cohorts, in two statements. What was sent is not yet known.
pub(super) async fn students(conn: &Conn, ids: &[EnrolmentId]) -> Result<Vec<Student>, DbErr> {
    let rows = enrolments::Entity::find()
        .filter(enrolments::Column::Id.is_in(ids.iter().copied()))
        .find_also_related(cohorts::Entity)
        .find_also_related(users::Entity)
        .all(conn)
        .await?;
    let people: Vec<_> = rows.iter().map(|(enrolment, ..)| enrolment.user_id).collect();
    let wishes = wishes(conn, &people).await?;
    let student = |(enrolment, cohort, user): (enrolments::Model, Option<cohorts::Model>, Option<users::Model>)| {
        let wishes = wishes.get(&enrolment.user_id).copied().unwrap_or_default();
        Some(to_student(&enrolment, &cohort?, &user?, wishes))
    };
    rows.into_iter().filter_map(student).collect()
}

fn to_student(
    enrolment: &enrolments::Model,
    cohort: &cohorts::Model,
    user: &users::Model,
    wishes: Wishes,
) -> Result<Student, DbErr> {
    let active = enrolment.state == State::Enrolled && user.disabled_at.is_none();
    let recipient = Recipient {
        user: user.id,
        enrolled_at: enrolment.enrolled_at.unwrap_or(enrolment.created_at).into(),
        standing: if active { Standing::Active } else { Standing::Ended },
        zone: user.zone.parse().map_err(|_| corrupt("zone"))?,
        wishes,
        told_behind: Vec::new(),
    };
    let address = user.email.parse().map_err(|_| corrupt("address"))?;
    Ok(Student { enrolment: enrolment.id, plan: (cohort.id, cohort.revision), recipient, address })
}

/// What these people wish; one without an entry wishes all.
pub(super) async fn wishes(conn: &Conn, people: &[UserId]) -> Result<BTreeMap<UserId, Wishes>, DbErr> {
    let rows = preferences::Entity::find().filter(preferences::Column::UserId.is_in(people.iter().copied())).all(conn).await?;
    let mut wishes = BTreeMap::<_, Wishes>::new();
    for row in rows {
        let group: MailGroup = row.mail_group.parse().map_err(|_| corrupt("group of mails"))?;
        let wish = match row.state {
            preferences::State::On => Wish::On { since: row.changed_at.into() },
            preferences::State::Off => Wish::Off,
        };
        let before = wishes.entry(row.user_id).or_default();
        *before = before.with(group, wish);
    }
    Ok(wishes)
}

pub(super) async fn save_wish(txn: &Txn, user: UserId, group: MailGroup, wish: Wish) -> Result<(), DbErr> {
    use preferences::Column as C;
    let row = preferences::ActiveModel {
        user_id: Set(user),
        mail_group: Set(group.word().to_owned()),
        state: Set(match wish {
            Wish::On { .. } => preferences::State::On,
            Wish::Off => preferences::State::Off,
        }),
        changed_at: Set(txn.now().into()),
    };
    let over = OnConflict::columns([C::UserId, C::MailGroup]).update_columns([C::State, C::ChangedAt]).to_owned();
    preferences::Entity::insert(row).on_conflict(over).exec_without_returning(&**txn).await?;
    Ok(())
}

/// Every reminder of these people that the outbox ever held.
pub(super) async fn existing(conn: &Conn, people: &[UserId]) -> Result<Vec<Existing>, DbErr> {
    existing_of(conn, people, &IntentKind::ALL).await
}

/// As [`existing`], of these kinds.
pub(super) async fn existing_of(conn: &Conn, people: &[UserId], kinds: &[IntentKind]) -> Result<Vec<Existing>, DbErr> {
    let kinds: Vec<_> = kinds.iter().map(|kind| kind.word()).collect();
    // A letter that is no intent of ours is left alone: its key keeps another from being made.
    Ok(mail::planned(conn, people, &kinds).await?.into_iter().filter_map(to_existing).collect())
}

fn to_existing(letter: Planned) -> Option<Existing> {
    let key: IntentKey = letter.dedupe_key.parse().ok()?;
    let intent: Intent = serde_json::from_value(letter.payload).ok()?;
    let state = match letter.stage {
        Stage::Waiting => IntentState::Waiting,
        Stage::InFlight => IntentState::InFlight,
        Stage::Sent { at } => IntentState::Sent { at },
        Stage::Cancelled => IntentState::Cancelled,
        Stage::Expired => IntentState::Expired,
        Stage::Suppressed => IntentState::Suppressed,
        Stage::Stopped => IntentState::Stopped,
    };
    Some(Existing { key, state, opens_at: intent.opens_at, due_at: letter.due_at, revision: intent.revision })
}

/// The letter that an intent becomes.
pub(super) fn letter(intent: &Intent, address: &EmailAddress) -> Result<Post, DbErr> {
    Ok(Post {
        dedupe_key: intent.key.to_string(),
        kind: intent.kind().word(),
        class: Class::Reminder,
        user: Some(intent.user),
        recipient: address.clone(),
        payload: serde_json::to_value(intent).map_err(|error| DbErr::Json(error.to_string()))?,
        due_at: intent.due_at,
        not_after: Some(intent.not_after),
        priority: PRIORITY,
    })
}
