//! What admins do to letters, and how they find them.

use sea_orm::{EntityTrait, Iterable, QueryFilter, QueryTrait};
use serde_json::json;

use super::desk::*;
use super::letters::*;
use super::{Class, Post, post, store};
use crate::audit;
use crate::db::rows::mail as row;
use crate::jobs::lease::WORKER;
use crate::kernel::ids::LetterId;
use crate::kernel::time::SignedDuration;
use crate::services::Services;
use crate::testing::{Bench, START, plan, scans};

#[test]
fn acts_follow_from_state_and_class() {
    use LetterAct::{Drop, Release, Retry};
    use LetterState as S;
    for state in S::iter() {
        assert_eq!(acts_for(state, Class::Secret, 1), &[], "a code: {state:?}");
        let same = acts_for(state, Class::Transactional, 0) == acts_for(state, Class::Reminder, 0);
        assert_eq!(same, !matches!(state, S::InDoubt | S::Expired), "{state:?}");
    }
    let of = |state| acts_for(state, Class::Transactional, 0);
    assert_eq!((of(S::Pending), of(S::Held), of(S::Dead)), (&[Drop][..], &[Release, Drop][..], &[Retry, Drop][..]));
    assert_eq!((of(S::InDoubt), of(S::Expired)), (&[Retry, Drop][..], &[Retry][..]));
    assert_eq!(acts_for(S::InDoubt, Class::Reminder, 1), &[Retry], "it counts as sent");
    assert_eq!(acts_for(S::Pending, Class::Transactional, 2), &[Retry, Drop], "it need not wait");
    for over in [S::Leased, S::Sent, S::Suppressed, S::Cancelled] {
        assert_eq!(of(over), &[], "{over:?}");
    }
    assert_eq!(acts_for(S::Expired, Class::Reminder, 0), &[], "its planner brings it back");
}

#[test]
fn every_state_has_a_word_that_reads_back() {
    for state in LetterState::iter() {
        assert_eq!(state_of_word(&state_word(state)), Some(state));
    }
    assert_eq!((state_of_word(""), state_of_word("DEAD")), (None, None));
}

async fn recorded(services: &Services) -> Vec<audit::Entry> {
    let conn = services.db.snapshot().await.unwrap();
    audit::search(&conn, &audit::Wanted::default(), None, 9).await.unwrap()
}

/// A letter in this state, as if it had come there.
async fn put(services: &Services, key: &str, to: &str, class: Class, state: LetterState) -> LetterId {
    let post_it = Post {
        dedupe_key: key.to_owned(),
        kind: "hello",
        class,
        user: None,
        recipient: to.parse().unwrap(),
        payload: json!({}),
        due_at: START,
        not_after: Some(START),
        priority: 5,
    };
    let placed = services.db.write(WORKER, async |txn| {
        post(txn, post_it).await?;
        let letter = row::Entity::find_by_dedupe_key(key).one(&**txn).await?.unwrap();
        let changed = row::ActiveModel {
            id: sea_orm::Set(letter.id),
            state: sea_orm::Set(state),
            attempts: sea_orm::Set(3),
            last_error: sea_orm::Set(Some("refused at RCPT TO: 550".to_owned())),
            data_started_at: sea_orm::Set(Some(START.into())),
            rendered: sea_orm::Set(Some(b"Subject: Kept\r\n\r\nWords.\r\n".to_vec())),
            ..Default::default()
        };
        sea_orm::ActiveModelTrait::update(changed, &**txn).await?;
        Ok::<_, sea_orm::DbErr>(letter.id)
    });
    placed.await.unwrap()
}

async fn stored(services: &Services, id: LetterId) -> row::Model {
    row::Entity::find_by_id(id).one(&*services.db.snapshot().await.unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_dead_letter_waits_again_with_its_bytes_and_it_is_noted() {
    for bench in Bench::each().await {
        let services = &bench.services;
        let id = put(services, "one", "demo.03@example.net", Class::Transactional, LetterState::Dead).await;
        services.db.write(WORKER, async |txn| retry(txn, id, None).await).await.unwrap();
        let waiting = stored(services, id).await;
        assert_eq!((waiting.state, waiting.attempts, waiting.retry_at), (LetterState::Pending, 0, None));
        assert_eq!((waiting.not_after, waiting.data_started_at), (None, None), "nothing ends it by itself");
        assert!(waiting.rendered.is_some());
        let again = services.db.write(WORKER, async |txn| retry(txn, id, None).await).await;
        assert!(matches!(again, Err(LetterRefusal::NotNow)));
        let events = recorded(services).await;
        assert_eq!(events.len(), 1, "a refusal changes nothing");
        assert_eq!((events[0].kind.as_str(), &events[0].subject), ("letter.retried", &id.to_string()));
        assert_eq!((&events[0].before["state"], &events[0].after["state"]), (&json!("dead"), &json!("pending")));
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_letter_that_waits_to_be_tried_again_is_tried_now_and_its_doubt_stays() {
    for bench in Bench::each().await {
        let services = &bench.services;
        let id = put(services, "one", "demo.03@example.net", Class::Transactional, LetterState::Pending).await;
        let later = async |txn: &crate::db::Txn| {
            let waits = row::ActiveModel {
                id: sea_orm::Set(id),
                retry_at: sea_orm::Set(Some(crate::kernel::time::shifted(START, SignedDuration::from_hours(1)).into())),
                ..Default::default()
            };
            sea_orm::ActiveModelTrait::update(waits, &**txn).await
        };
        services.db.write(WORKER, later).await.unwrap();
        services.db.write(WORKER, async |txn| retry(txn, id, Some("The server is back")).await).await.unwrap();
        let waiting = stored(services, id).await;
        assert_eq!((waiting.state, waiting.attempts, waiting.retry_at), (LetterState::Pending, 3, None));
        assert!(waiting.data_started_at.is_some(), "an earlier attempt may have reached its reader");
        let events = recorded(services).await;
        assert_eq!(events[0].personal, Some(json!({ "reason": "The server is back" })));
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_dropped_reminder_is_not_brought_back_and_the_reason_is_kept_apart() {
    for bench in Bench::each().await {
        let services = &bench.services;
        for (key, class, after) in
            [("one", Class::Transactional, LetterState::Cancelled), ("two", Class::Reminder, LetterState::Suppressed)]
        {
            let id = put(services, key, "demo.03@example.net", class, LetterState::Held).await;
            services.db.write(WORKER, async |txn| drop_letter(txn, id, "Written by hand").await).await.unwrap();
            let gone = stored(services, id).await;
            assert_eq!((gone.state, gone.last_error.as_deref()), (after, Some("dropped: Written by hand")));
        }
        let held = put(services, "three", "demo.03@example.net", Class::Reminder, LetterState::Held).await;
        services.db.write(WORKER, async |txn| release(txn, held).await).await.unwrap();
        assert_eq!(stored(services, held).await.state, LetterState::Pending);
        let events = recorded(services).await;
        let reason = Some(json!({ "reason": "Written by hand" }));
        let dropped = events.iter().filter(|event| event.kind == "letter.dropped" && event.personal == reason);
        let released = events.iter().filter(|event| event.kind == "letter.released" && event.personal.is_none());
        assert_eq!((events.len(), dropped.count(), released.count()), (3, 2, 1));
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_letter_in_a_workers_hand_is_left_alone() {
    for bench in Bench::each().await {
        let services = &bench.services;
        let id = put(services, "one", "demo.03@example.net", Class::Transactional, LetterState::Pending).await;
        let taken = services.db.write(WORKER, async |txn| store::claim(txn, 1).await).await.unwrap();
        assert_eq!(taken.len(), 1);
        let before = stored(services, id).await;
        let dropped = services.db.write(WORKER, async |txn| drop_letter(txn, id, "Too late").await).await;
        assert!(matches!(dropped, Err(LetterRefusal::InHand)));
        let retried = services.db.write(WORKER, async |txn| retry(txn, id, None).await).await;
        assert!(matches!(retried, Err(LetterRefusal::InHand)));
        assert_eq!(stored(services, id).await, before);
        let nobodys = LetterId(uuid::Uuid::from_u128(1));
        let none = services.db.write(WORKER, async |txn| release(txn, nobodys).await).await;
        assert!(matches!(none, Err(LetterRefusal::NoSuchLetter)));
        bench.finish().await;
    }
}

#[tokio::test]
async fn letters_are_found_by_address_kind_and_state_newest_first() {
    for bench in Bench::each().await {
        let services = &bench.services;
        let mut ids = Vec::new();
        for (number, to) in ["a_b@example.net", "axb@example.net", "a_b2@example.net"].into_iter().enumerate() {
            ids.push(put(services, &number.to_string(), to, Class::Reminder, LetterState::Dead).await);
            bench.pass(SignedDuration::from_secs(1));
        }
        let conn = services.db.snapshot().await.unwrap();
        let found = async |filter: LetterFilter, before| {
            letters(&conn, &filter, before, 2).await.unwrap().into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let by = |prefix: &str| LetterFilter { recipient: Some(prefix.to_owned()), ..LetterFilter::default() };
        assert_eq!(found(LetterFilter::default(), None).await, [ids[2], ids[1]]);
        assert_eq!(found(LetterFilter::default(), Some(ids[1])).await, [ids[0]]);
        assert_eq!(found(by("A_B"), None).await, [ids[2], ids[0]], "a low line is a low line");
        assert_eq!(found(by("%"), None).await, []);
        let sent = LetterFilter { state: Some(LetterState::Sent), ..LetterFilter::default() };
        assert_eq!(found(sent, None).await, []);
        let kind = LetterFilter { kind: Some("hello".to_owned()), state: Some(LetterState::Dead), ..by("axb") };
        assert_eq!(found(kind, None).await, [ids[1]]);
        drop(conn);
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_code_shows_no_bytes_and_waits_for_nobody() {
    for bench in Bench::each().await {
        let services = &bench.services;
        let code = put(services, "code", "demo.03@example.net", Class::Secret, LetterState::Dead).await;
        put(services, "doubt", "demo.03@example.net", Class::Reminder, LetterState::InDoubt).await;
        let receipt = put(services, "receipt", "demo.03@example.net", Class::Transactional, LetterState::InDoubt).await;
        let conn = services.db.snapshot().await.unwrap();
        assert_eq!(letter(&conn, code).await.unwrap().unwrap().written, Written::Never, "whatever the row holds");
        let kept = letter(&conn, receipt).await.unwrap().unwrap().written;
        assert!(matches!(&kept, Written::Kept { subject, text } if subject == "Kept" && text.contains("Words.")), "{kept:?}");
        let waiting: Vec<_> = troubled_letters(&conn, 9).await.unwrap().into_iter().map(|row| row.id).collect();
        assert_eq!((waiting, count_troubled(&conn).await.unwrap()), (vec![receipt], 1));
        let counts = LetterCounts { in_doubt: 1, dead_codes: 1, ..LetterCounts::default() };
        assert_eq!(letter_counts(&conn).await.unwrap(), counts, "a mistyped address alarms nobody");
        drop(conn);
        bench.finish().await;
    }
}

#[tokio::test]
async fn what_is_unfinished_is_counted_by_state_and_what_was_sent_is_not() {
    for bench in Bench::each().await {
        let services = &bench.services;
        use LetterState::{Dead, Held, InDoubt, Leased, Pending, Sent};
        for (number, state) in [Pending, Pending, Leased, Held, Dead, InDoubt, Sent].into_iter().enumerate() {
            put(services, &number.to_string(), "demo.03@example.net", Class::Transactional, state).await;
        }
        let conn = services.db.snapshot().await.unwrap();
        let counts = LetterCounts { pending: 2, leased: 1, held: 1, dead: 1, in_doubt: 1, dead_codes: 0 };
        assert_eq!(letter_counts(&conn).await.unwrap(), counts);
        assert_eq!(count_troubled(&conn).await.unwrap(), counts.held + counts.dead + counts.in_doubt);
        drop(conn);
        bench.finish().await;
    }
}

#[tokio::test]
async fn no_list_or_count_of_the_outbox_reads_it_through() {
    let bench = Bench::sqlite().await;
    let any = LetterFilter::default;
    let before = Some(LetterId(uuid::Uuid::from_u128(9)));
    let hello = || Some("hello".to_owned());
    let begins = |prefix: &str| LetterFilter { recipient: Some(prefix.to_owned()), ..any() };
    let filters = [
        (begins("demo.03"), "idx_outbox_recipient_id"),
        (LetterFilter { kind: hello(), state: Some(LetterState::Sent), ..begins("d") }, "idx_outbox_recipient_id"),
        (LetterFilter { kind: hello(), ..any() }, "idx_outbox_kind_id"),
        (LetterFilter { state: Some(LetterState::Sent), ..any() }, "outbox_ended (state=?"),
        (LetterFilter { state: Some(LetterState::Pending), ..any() }, "outbox_waiting (state=?"),
        (LetterFilter { kind: hello(), state: Some(LetterState::Dead), ..any() }, "outbox_ended_kind (kind=? AND state=?"),
    ];
    for (filter, index) in filters {
        for before in [None, before] {
            let query = page(&filter, before, 50).into_query();
            assert_eq!(scans(&bench, query.clone()).await, Vec::<String>::new(), "{filter:?}");
            let steps = plan(&bench, query).await;
            assert!(steps.iter().any(|step| step.contains(index)), "{filter:?}: {steps:?}");
        }
    }
    // Partial indexes may be read whole: they hold only what is unfinished.
    for which in unfinished() {
        let steps = plan(&bench, row::Entity::find().filter(which).into_query()).await;
        assert!(steps[0].contains("USING INDEX outbox_"), "no partial index: {steps:?}");
    }
    bench.finish().await;
}
