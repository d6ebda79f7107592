//! A corrected address: who is told, and what goes where.

use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};
use serde_json::Value;

use crate::db::Txn;
use crate::db::rows::mail as letters;
use crate::identity::{Person, Role, correct_email, create_person};
use crate::kernel::{Actor, Zone};
use crate::mail::{self, Class, Post};
use crate::testing::Bench;

const WRITER: Actor = Actor::Operator;

async fn student(bench: &Bench, email: &str) -> Person {
    let (email, name) = (email.parse().unwrap(), "Demo Student".parse().unwrap());
    let made = async |txn: &Txn| create_person(txn, &email, name, Zone::UTC, Role::Student).await;
    bench.services.db.write(WRITER, made).await.unwrap()
}

#[tokio::test]
async fn each_corrected_address_is_told_that_it_is_no_longer_its_persons() {
    for bench in Bench::each().await {
        let student = student(&bench, "a@example.org").await;
        let db = &bench.services.db;
        for email in ["b@example.org", "a@example.org", "c@example.org"] {
            let email = email.parse().unwrap();
            db.write(WRITER, async |txn| correct_email(txn, student.id, &email).await).await.unwrap();
        }
        let conn = db.snapshot().await.unwrap();
        let letters = letters::Entity::find().filter(letters::COLUMN.user_id.eq(student.id)).all(&*conn).await.unwrap();
        let to = |notice: &str| {
            let ours = letters.iter().filter(|letter| letter.payload["notice"] == notice);
            let mut to: Vec<_> = ours.map(|letter| letter.recipient.as_str()).collect();
            to.sort_unstable();
            to
        };
        assert_eq!(to("email_before"), ["a@example.org", "a@example.org", "b@example.org"]);
        assert_eq!(to("email_now"), ["c@example.org"; 3], "nobody else is told that it is theirs");
        drop(conn);
        bench.finish().await;
    }
}

#[tokio::test]
async fn what_did_not_go_to_the_old_address_goes_to_the_new_one_and_what_may_have_stays() {
    use letters::State::{Dead, InDoubt, Pending, Sent};
    for bench in Bench::each().await {
        let student = student(&bench, "before@example.org").await;
        let db = &bench.services.db;
        let begun = Some(bench.services.clocks.machine().into());
        let cases = [
            ("waits", Pending, None, true),
            ("refused", Dead, begun, true),
            ("begun", Pending, begun, false),
            ("doubt", InDoubt, begun, false),
            ("sent", Sent, begun, false),
        ];
        let put = async |txn: &Txn| {
            for (key, state, data_started_at, _) in cases {
                let letter = Post {
                    dedupe_key: key.to_owned(),
                    kind: "welcome",
                    class: Class::Transactional,
                    user: Some(student.id),
                    recipient: student.email.clone(),
                    payload: Value::Null,
                    due_at: txn.now(),
                    not_after: None,
                    priority: 5,
                };
                mail::post(txn, letter).await?;
                let id = letters::Entity::find_by_dedupe_key(key).one(&**txn).await?.unwrap().id;
                let rendered = Set(Some(b"Subject: Kept".to_vec()));
                let row = letters::ActiveModel {
                    id: Set(id),
                    state: Set(state),
                    data_started_at: Set(data_started_at),
                    rendered,
                    ..Default::default()
                };
                row.update(&**txn).await?;
            }
            Ok::<_, DbErr>(())
        };
        db.write(WRITER, put).await.unwrap();
        let after = "after@example.org".parse().unwrap();
        db.write(WRITER, async |txn| correct_email(txn, student.id, &after).await).await.unwrap();
        let conn = db.snapshot().await.unwrap();
        for (key, _, _, moves) in cases {
            let letter = letters::Entity::find_by_dedupe_key(key).one(&*conn).await.unwrap().unwrap();
            let to = if moves { "after@example.org" } else { "before@example.org" };
            assert_eq!((letter.recipient.as_str(), letter.rendered.is_none()), (to, moves), "{key}");
        }
        drop(conn);
        bench.finish().await;
    }
}
