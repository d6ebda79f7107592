//! Reading the log: newest first, a page at a time.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::Value;
use uuid::Uuid;

use crate::db::Conn;
use crate::db::rows::audit::audit_events as row;
use crate::kernel::ids::{AuditId, TokenId, UserId, least_at};
use crate::kernel::{Subject, Timestamp};
use crate::search::{self as words, Scope, Start, Terms};

/// The kind of the entry that a restore leaves. What makes it is of a floor above; here it is only looked for.
pub const RESTORED: &str = "program.restored";

/// One entry as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: AuditId,
    /// Service time.
    pub at: Timestamp,
    /// A word of [`Actor::kind`](crate::kernel::Actor::kind).
    pub actor_kind: String,
    pub actor: Option<UserId>,
    /// By which the person acted, where a program did it for them.
    pub token: Option<TokenId>,
    /// A word of an [`Event`](crate::kernel::Event).
    pub kind: String,
    /// The outside form of an id, which says of what.
    pub subject: String,
    pub before: Value,
    pub after: Value,
    /// Names and addresses: for admins alone.
    pub personal: Option<Value>,
}

/// Which entries are looked for; what is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub actor: Option<UserId>,
    pub subject: Option<String>,
    pub kind: Option<String>,
    /// Of the reason that was given.
    pub reason: Terms,
    /// Not before this (service time).
    pub from: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
}

fn entry(row: row::Model) -> Entry {
    Entry {
        id: row.id,
        at: row.at.into(),
        actor_kind: row.actor_kind,
        actor: row.actor_id.map(UserId),
        token: row.actor_token,
        kind: row.kind,
        subject: row.subject_id,
        before: row.before,
        after: row.after,
        personal: row.personal,
    }
}

/// Entries older than `before`, newest first, at most `limit`.
///
/// # Errors
/// The database's own.
pub async fn search(conn: &Conn, wanted: &Wanted, before: Option<AuditId>, limit: u64) -> Result<Vec<Entry>, DbErr> {
    let start = words::start(conn, Scope::Log, &wanted.reason).await?;
    Ok(query(wanted, &start, before, limit).all(conn).await?.into_iter().map(entry).collect())
}

/// Ids are of their moments: a range of time, the order and the cursor are one range of the same index.
fn query(wanted: &Wanted, start: &Start, before: Option<AuditId>, limit: u64) -> Select<row::Entity> {
    let until = wanted.until.map_or(Uuid::max(), least_at);
    let end = before.map_or(until, |before| before.0.min(until));
    let which = Condition::all()
        .add(row::COLUMN.id.lt(AuditId(end)))
        .add(row::COLUMN.id.gte(AuditId(wanted.from.map_or(Uuid::nil(), least_at))))
        .add_option(wanted.actor.map(|actor| row::COLUMN.actor_id.eq(actor.0)))
        .add_option(wanted.subject.as_ref().map(|subject| row::COLUMN.subject_id.eq(subject.as_str())))
        .add_option(wanted.kind.as_ref().map(|kind| row::COLUMN.kind.eq(kind.as_str())));
    let id = Expr::col((row::Entity, row::Column::Id));
    row::Entity::find().filter(which.add(wanted.reason.fit(start, &id))).order_by_desc(row::Column::Id).limit(limit)
}

/// When the database was last restored from a backup, in service time: another program may have acted on these rows until then.
///
/// # Errors
/// The database's own.
pub async fn restored_at(conn: &Conn) -> Result<Option<Timestamp>, DbErr> {
    let (subject, kind) = (Some(Subject::Program.id()), Some(RESTORED.to_owned()));
    let restores = query(&Wanted { subject, kind, ..Wanted::default() }, &Start::Anywhere, None, 1);
    Ok(restores.one(conn).await?.map(|row| row.at.into()))
}

/// The newest entries about any of these subjects, newest first, at most `limit`.
///
/// # Errors
/// The database's own.
pub async fn of_subjects(conn: &Conn, subjects: &[String], limit: u64) -> Result<Vec<Entry>, DbErr> {
    let theirs = row::Entity::find().filter(row::Column::SubjectId.is_in(subjects.iter().map(String::as_str)));
    Ok(theirs.order_by_desc(row::Column::Id).limit(limit).all(conn).await?.into_iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use sea_orm::QueryTrait;
    use serde_json::json;

    use super::*;
    use crate::audit::record;
    use crate::kernel::time::SignedDuration;
    use crate::kernel::{Actor, Event};
    use crate::testing::{Bench, scans, tried_a_few_times};

    struct Told(UserId, &'static str, &'static str);

    impl Event for Told {
        fn kind(&self) -> &'static str {
            self.1
        }

        fn subject(&self) -> Subject {
            Subject::User(self.0)
        }

        fn after(&self) -> Value {
            json!({})
        }

        fn reason(&self) -> Option<&str> {
            Some(self.2)
        }
    }

    const TOLD: &str = "user.registered";
    const OTHER: &str = "user.details_changed";

    async fn tell(bench: &Bench, by: Actor, event: Told) {
        bench.services.db.write(by, async |txn| record(txn, &event).await).await.unwrap();
        bench.pass(SignedDuration::from_secs(60));
    }

    #[tokio::test]
    async fn the_log_is_searched_by_each_of_its_sides() {
        for bench in Bench::each().await {
            let (one, two) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
            tell(&bench, Actor::Operator, Told(one, TOLD, "The bank was late")).await;
            let noon = bench.services.clocks.service();
            tell(&bench, Actor::User(two), Told(one, OTHER, "Illness in the family")).await;
            tell(&bench, Actor::User(two), Told(two, TOLD, "")).await;
            let snapshot = bench.services.db.snapshot().await.unwrap();
            let found = async |wanted: Wanted| {
                let found = search(&snapshot, &wanted, None, 10).await.unwrap();
                found.into_iter().map(|entry| (entry.subject == one.to_string(), entry.kind)).collect::<Vec<_>>()
            };
            let (first, second, third) = ((true, TOLD.to_owned()), (true, OTHER.to_owned()), (false, TOLD.to_owned()));
            let none = Wanted::default;
            assert_eq!(found(none()).await, [third.clone(), second.clone(), first.clone()]);
            assert_eq!(found(Wanted { actor: Some(two), ..none() }).await, [third.clone(), second.clone()]);
            assert_eq!(found(Wanted { subject: Some(one.to_string()), ..none() }).await, [second.clone(), first.clone()]);
            assert_eq!(found(Wanted { kind: Some(TOLD.into()), ..none() }).await, [third.clone(), first.clone()]);
            assert_eq!(found(Wanted { reason: Terms::parse("LATE bank"), ..none() }).await, std::slice::from_ref(&first));
            assert_eq!(found(Wanted { reason: Terms::parse("late illness"), ..none() }).await, []);
            assert_eq!(found(Wanted { until: Some(noon), ..none() }).await, [first]);
            assert_eq!(found(Wanted { from: Some(noon), actor: Some(two), kind: Some(OTHER.into()), ..none() }).await, [second]);
            drop(snapshot);
            bench.finish().await;
        }
    }

    #[tokio::test]
    async fn no_search_of_the_log_reads_it_through() {
        let bench = Bench::sqlite().await;
        let snapshot = bench.services.db.snapshot().await.unwrap();
        let few = words::start(&snapshot, Scope::Log, &Terms::parse("late bank")).await.unwrap();
        drop(snapshot);
        assert_ne!(few, Start::Anywhere);
        let some = Wanted { actor: Some(UserId(Uuid::nil())), ..Wanted::default() };
        let wanted = [
            Wanted::default(),
            Wanted { subject: Some("enr_1".into()), ..Wanted::default() },
            Wanted { kind: Some(TOLD.into()), reason: Terms::parse("late bank"), ..some.clone() },
            some,
        ];
        for wanted in wanted {
            for start in [Start::Anywhere, few.clone()] {
                assert_eq!(
                    scans(&bench, query(&wanted, &start, None, 50).into_query()).await,
                    Vec::<String>::new(),
                    "{wanted:?}"
                );
            }
        }
        bench.finish().await;
    }

    #[test]
    fn every_entry_is_on_one_page_while_others_come() {
        let cases = (1_u64..5, 1_usize..12, 0_usize..3);
        tried_a_few_times(cases, async |(size, before, between)| {
            let bench = Bench::sqlite().await;
            let user = UserId(Uuid::from_u128(1));
            for _ in 0..before {
                tell(&bench, Actor::Operator, Told(user, TOLD, "")).await;
            }
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let snapshot = bench.services.db.snapshot().await.unwrap();
                let found = search(&snapshot, &Wanted::default(), cursor, size).await.unwrap();
                drop(snapshot);
                let Some(last) = found.last() else { break };
                cursor = Some(last.id);
                seen.extend(found.into_iter().map(|entry| entry.id));
                for _ in 0..between {
                    tell(&bench, Actor::Operator, Told(user, OTHER, "")).await;
                }
            }
            let mut once = seen.clone();
            once.dedup();
            assert_eq!((seen.len(), once.len()), (before, before));
            bench.finish().await;
        });
    }
}
