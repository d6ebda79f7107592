//! The verbs of factors and accounts, on both databases; and what happens when many try at once.

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Statement};
use serde_json::Value;
use totp_rs::{Builder, Secret};

use super::*;
use crate::db::rows::identity::{recovery_codes, second_factors};
use crate::kernel::Actor;
use crate::kernel::time::SignedDuration;
use crate::testing::Bench;

const WRITER: Actor = Actor::Operator;

fn keys() -> FactorKeys {
    FactorKeys::new(&"a secret of the tests, thirty-two bytes".into())
}

async fn person(bench: &Bench, email: &str, role: Role) -> Person {
    let (email, name) = (email.parse().unwrap(), "Demo Person".parse().unwrap());
    let made = async |txn: &Txn| create_person(txn, &email, name, Zone::UTC, role).await;
    bench.services.db.write(WRITER, made).await.unwrap()
}

async fn signed_in(bench: &Bench, person: &Person) -> SignedIn {
    let start = async |txn: &Txn| start_session(txn, person, None).await;
    let token = bench.services.db.write(WRITER, start).await.unwrap();
    let conn = bench.services.db.snapshot().await.unwrap();
    session(&conn, &token.hash(), bench.services.clocks.machine()).await.unwrap().unwrap()
}

/// The code that the app shows `steps` steps from now.
fn code(bench: &Bench, secret: &TotpSecret, steps: i64) -> String {
    let secret = Secret::try_from_base32(secret.groups().replace(' ', "")).unwrap();
    let seconds = bench.services.clocks.machine().as_second() + 30 * steps;
    Builder::new().with_secret(secret).build().unwrap().generate(u64::try_from(seconds).unwrap()).to_string()
}

/// Gives a person a factor, by its first code: the secret, and the recovery codes.
async fn factor_of(bench: &Bench, signed_in: &SignedIn) -> (TotpSecret, Vec<RecoveryCode>) {
    let (db, keys, person) = (&bench.services.db, keys(), signed_in.person.id);
    db.write(WRITER, async |txn| offer_factor(txn, &keys, person).await).await.unwrap();
    let now = bench.services.clocks.machine();
    let secret = offered_factor(&db.snapshot().await.unwrap(), &keys, person, now).await.unwrap().unwrap();
    let first = code(bench, &secret, 0);
    let accepted = db.write(WRITER, async |txn| accept_factor(txn, &keys, signed_in, &first).await).await.unwrap();
    let Accepted::InUse(codes) = accepted else { panic!("{accepted:?}") };
    (secret, codes)
}

async fn answer(bench: &Bench, person: &Person, typed: &str) -> FactorAnswer {
    let keys = keys();
    let judge = async |txn: &Txn| answer_factor(txn, &keys, person, typed).await;
    bench.services.db.write(WRITER, judge).await.unwrap()
}

/// How many events of a kind the log has.
async fn count(bench: &Bench, kind: &str) -> usize {
    let conn = bench.services.db.for_migrations();
    let query = format!("SELECT kind FROM audit_events WHERE kind = '{kind}'");
    conn.query_all_raw(Statement::from_string(conn.get_database_backend(), query)).await.unwrap().len()
}

#[tokio::test]
async fn a_factor_is_in_use_from_its_first_code_on_and_each_step_counts_once() {
    for bench in Bench::each().await {
        let admin = person(&bench, "admin@example.org", Role::Admin).await;
        assert_eq!(answer(&bench, &admin, "123456").await, FactorAnswer::NoFactor);
        let here = signed_in(&bench, &admin).await;
        signed_in(&bench, &admin).await;
        let (secret, codes) = factor_of(&bench, &here).await;
        assert_eq!(codes.len(), RecoveryCode::COUNT);
        let conn = bench.services.db.snapshot().await.unwrap();
        let left = sessions_of(&conn, admin.id, Role::Admin, bench.services.clocks.machine()).await.unwrap();
        assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [here.session], "others end");
        // Neither the secret nor a code is in the rows.
        let row = second_factors::Entity::find_by_id(admin.id).one(&*conn).await.unwrap().unwrap();
        assert!(!row.sealed.contains(&secret.groups().replace(' ', "")));
        let hashes = recovery_codes::Entity::find().all(&*conn).await.unwrap();
        assert!(hashes.iter().all(|row| codes.iter().all(|code| !row.code_hash.contains(&code.to_string().replace('-', "")))));
        drop(conn);

        // The first code took its step with it.
        assert_eq!(answer(&bench, &admin, &code(&bench, &secret, 0)).await, FactorAnswer::Replayed);
        assert_eq!(answer(&bench, &admin, &code(&bench, &secret, 1)).await, FactorAnswer::Right);
        assert_eq!(answer(&bench, &admin, &code(&bench, &secret, 1)).await, FactorAnswer::Replayed);
        bench.pass(SignedDuration::from_secs(60));
        assert_eq!(answer(&bench, &admin, &code(&bench, &secret, 0)).await, FactorAnswer::Right);
        assert_eq!(answer(&bench, &admin, &code(&bench, &secret, -1)).await, FactorAnswer::Replayed, "an older step");
        assert_eq!(count(&bench, "user.second_factor_refused").await, 3);
        bench.finish().await;
    }
}

#[tokio::test]
async fn wrong_codes_are_counted_and_five_make_a_pause() {
    for bench in Bench::each().await {
        let admin = person(&bench, "admin@example.org", Role::Admin).await;
        let here = signed_in(&bench, &admin).await;
        let (secret, codes) = factor_of(&bench, &here).await;
        bench.pass(SignedDuration::from_secs(30));
        for left in [4, 3, 2, 1] {
            assert_eq!(answer(&bench, &admin, "nonsense").await, FactorAnswer::Wrong { left });
        }
        assert!(matches!(answer(&bench, &admin, "nonsense").await, FactorAnswer::Locked { .. }));
        // Nor is a right one judged, of either kind.
        for right in [code(&bench, &secret, 0), codes[0].to_string()] {
            assert!(matches!(answer(&bench, &admin, &right).await, FactorAnswer::Locked { .. }));
        }
        bench.pass(SignedDuration::from_mins(15));
        assert_eq!(answer(&bench, &admin, &code(&bench, &secret, 0)).await, FactorAnswer::Right);
        assert_eq!(answer(&bench, &admin, "nonsense").await, FactorAnswer::Wrong { left: 4 }, "a right one starts anew");
        assert_eq!(count(&bench, "user.second_factor_refused").await, 6);
        bench.finish().await;
    }
}

#[tokio::test]
async fn one_code_typed_twenty_times_at_once_is_right_once() {
    for bench in Bench::each().await {
        let admin = person(&bench, "admin@example.org", Role::Admin).await;
        let here = signed_in(&bench, &admin).await;
        let (secret, codes) = factor_of(&bench, &here).await;
        bench.pass(SignedDuration::from_secs(30));
        let right = async |typed: &str| {
            let answers = join_all((0..20).map(|_| answer(&bench, &admin, typed))).await;
            answers.into_iter().filter(|answer| *answer == FactorAnswer::Right).count()
        };
        assert_eq!(right(&code(&bench, &secret, 0)).await, 1, "the app's code");
        assert_eq!(right(&codes[3].to_string()).await, 1, "a recovery code");
        assert_eq!(count(&bench, "user.recovery_code_used").await, 1);
        bench.finish().await;
    }
}

#[tokio::test]
async fn recovery_codes_are_used_once_and_renewed_whole() {
    for bench in Bench::each().await {
        let admin = person(&bench, "admin@example.org", Role::Admin).await;
        let here = signed_in(&bench, &admin).await;
        let (_, old) = factor_of(&bench, &here).await;
        assert_eq!(answer(&bench, &admin, &old[0].to_string().to_uppercase()).await, FactorAnswer::Right);
        assert_eq!(answer(&bench, &admin, &old[0].to_string()).await, FactorAnswer::Wrong { left: 4 });
        let keys = keys();
        let renew = async |txn: &Txn| renew_codes(txn, &keys, &admin).await;
        let new = bench.services.db.write(WRITER, renew).await.unwrap().unwrap();
        assert_eq!(answer(&bench, &admin, &old[1].to_string()).await, FactorAnswer::Wrong { left: 3 });
        assert_eq!(answer(&bench, &admin, &new[1].to_string()).await, FactorAnswer::Right);
        let conn = bench.services.db.snapshot().await.unwrap();
        assert_eq!(factor(&conn, admin.id).await.unwrap().unwrap().codes_left, 9);
        drop(conn);
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_sign_in_that_waits_is_no_session_and_ends_with_the_factor() {
    for bench in Bench::each().await {
        let admin = person(&bench, "admin@example.org", Role::Admin).await;
        let here = signed_in(&bench, &admin).await;
        let (secret, _) = factor_of(&bench, &here).await;
        bench.pass(SignedDuration::from_secs(30));
        let db = &bench.services.db;
        let browser = BrowserToken::new(&bench.services.random).hash();
        let stranger = BrowserToken::new(&bench.services.random).hash();
        let enter = async || {
            let entered = db.write(Actor::Visitor, async |txn| enter(txn, &admin, &browser, Value::Null, None).await).await;
            let Entered::FactorFirst(waiting) = entered.unwrap() else { panic!("signed in by half of it") };
            waiting
        };
        let finish = async |waiting, browser: &TokenHash, typed: String| {
            let keys = keys();
            let finish = async |txn: &Txn| finish_sign_in(txn, &keys, waiting, browser, &typed, None).await;
            db.write(Actor::Visitor, finish).await.unwrap()
        };
        let waiting = enter().await;
        assert!(matches!(finish(waiting, &stranger, code(&bench, &secret, 0)).await, Finished::Dead));
        assert!(matches!(finish(waiting, &browser, "000".into()).await, Finished::NotYet(FactorAnswer::Wrong { left: 4 })));
        assert!(matches!(finish(waiting, &browser, code(&bench, &secret, 0)).await, Finished::SignedIn { .. }));
        assert!(matches!(finish(waiting, &browser, code(&bench, &secret, 1)).await, Finished::Dead), "it is finished once");
        let (late, cut) = (enter().await, enter().await);
        bench.pass(SignedDuration::from_mins(10));
        assert!(matches!(finish(late, &browser, code(&bench, &secret, 0)).await, Finished::Dead), "out of time");
        db.write(WRITER, async |txn| remove_factor(txn, &admin).await).await.unwrap();
        assert!(matches!(finish(cut, &browser, code(&bench, &secret, 0)).await, Finished::Dead));
        let conn = db.snapshot().await.unwrap();
        assert!(sessions_of(&conn, admin.id, Role::Admin, bench.services.clocks.machine()).await.unwrap().is_empty());
        drop(conn);
        bench.finish().await;
    }
}

#[tokio::test]
async fn an_admin_always_stays_even_if_each_removes_the_other_at_once() {
    for bench in Bench::each().await {
        let admins = [person(&bench, "one@example.org", Role::Admin).await, person(&bench, "two@example.org", Role::Admin).await];
        let db = &bench.services.db;
        let demote = async |by: UserId, of: UserId| {
            db.write(Actor::User(by), async |txn| change_role(txn, of, Role::Instructor).await).await
        };
        let (one, two) = (admins[0].id, admins[1].id);
        assert!(matches!(demote(one, one).await, Err(PersonRefusal::Yourself)), "nobody changes their own role");
        let both = join_all([demote(one, two), demote(two, one)]).await;
        assert_eq!(both.iter().filter(|done| done.is_ok()).count(), 1, "{both:?}");
        assert!(both.iter().any(|done| matches!(done, Err(PersonRefusal::LastAdmin))), "{both:?}");
        let conn = db.snapshot().await.unwrap();
        let left: Vec<_> = staff(&conn).await.unwrap().into_iter().filter(|account| account.person.role == Role::Admin).collect();
        assert_eq!(left.len(), 1);
        drop(conn);
        let disabled = db.write(WRITER, async |txn| disable(txn, left[0].person.id).await).await;
        assert!(matches!(disabled, Err(PersonRefusal::LastAdmin)));
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_disabled_account_has_no_session_and_a_corrected_address_is_one_persons_alone() {
    for bench in Bench::each().await {
        let student = person(&bench, "before@example.org", Role::Student).await;
        person(&bench, "taken@example.org", Role::Student).await;
        let teacher = person(&bench, "teacher@example.org", Role::Instructor).await;
        let db = &bench.services.db;
        signed_in(&bench, &student).await;
        let correct = async |of: UserId, email: &str| {
            let email = email.parse().unwrap();
            db.write(WRITER, async |txn| correct_email(txn, of, &email).await).await
        };
        assert!(matches!(correct(student.id, "before@example.org").await, Err(PersonRefusal::SameEmail)));
        assert!(matches!(correct(student.id, "taken@example.org").await, Err(PersonRefusal::EmailTaken)));
        assert!(matches!(correct(teacher.id, "other@example.org").await, Err(PersonRefusal::NotAStudent)));
        correct(student.id, "After@example.org").await.unwrap();
        let is_signed_in = async || {
            let conn = db.snapshot().await.unwrap();
            !sessions_of(&conn, student.id, Role::Student, bench.services.clocks.machine()).await.unwrap().is_empty()
        };
        assert!(!is_signed_in().await);
        let found = person_by_email(&db.snapshot().await.unwrap(), &"after@example.org".parse().unwrap()).await.unwrap();
        assert_eq!(found.map(|person| person.id), Some(student.id));

        signed_in(&bench, &student).await;
        db.write(WRITER, async |txn| disable(txn, student.id).await).await.unwrap();
        assert!(!is_signed_in().await);
        db.write(WRITER, async |txn| enable(txn, student.id).await).await.unwrap();
        assert!(!is_signed_in().await, "enabling signs nobody in");
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_confirmation_lasts_ten_minutes_under_a_new_token() {
    for bench in Bench::each().await {
        let admin = person(&bench, "admin@example.org", Role::Admin).await;
        let db = &bench.services.db;
        let first = db.write(WRITER, async |txn| start_session(txn, &admin, None).await).await.unwrap();
        let found = async |token: &BrowserToken| {
            let conn = db.snapshot().await.unwrap();
            session(&conn, &token.hash(), bench.services.clocks.machine()).await.unwrap()
        };
        let is_confirmed = async |token: &BrowserToken| {
            found(token).await.is_some_and(|signed_in| signed_in.is_confirmed(bench.services.clocks.machine()))
        };
        bench.pass(SignedDuration::from_secs(599));
        assert!(is_confirmed(&first).await, "signing in counts");
        bench.pass(SignedDuration::from_secs(1));
        assert!(!is_confirmed(&first).await);
        let here = found(&first).await.unwrap();
        let confirm = async |txn: &Txn| confirm_session(txn, admin.id, here.session).await;
        let second = db.write(WRITER, confirm).await.unwrap().unwrap();
        assert!(is_confirmed(&second).await && found(&first).await.is_none());
        db.write(WRITER, async |txn| end_all(txn, admin.id).await).await.unwrap();
        let late = db.write(WRITER, async |txn| confirm_session(txn, admin.id, here.session).await).await;
        assert!(matches!(late, Ok::<_, DbErr>(None)), "a session that has ended is not confirmed");
        bench.finish().await;
    }
}

#[tokio::test]
async fn an_account_is_found_by_beginnings_of_its_name_and_address_and_no_table_is_read_through() {
    use crate::search::{Scope, Start, Terms, start};
    use crate::testing::scans;
    use sea_orm::QueryTrait;

    for bench in Bench::each().await {
        person(&bench, "student03@example.org", Role::Student).await;
        person(&bench, "editor@example.org", Role::Instructor).await;
        let conn = bench.services.db.snapshot().await.unwrap();
        let found = async |text: &str, limit| {
            let accounts = accounts_found(&conn, &Terms::parse(text), limit).await.unwrap();
            accounts.into_iter().map(|account| account.person.email.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found("DEM stud", 9).await, ["student03@example.org"]);
        assert_eq!(found("demo exam", 9).await.len(), 2);
        assert_eq!(found("demo", 1).await.len(), 1);
        assert_eq!(found("nobody", 9).await, Vec::<String>::new());
        drop(conn);
        bench.finish().await;
    }
    let bench = Bench::sqlite().await;
    person(&bench, "student03@example.org", Role::Student).await;
    let terms = Terms::parse("demo exam");
    let conn = bench.services.db.snapshot().await.unwrap();
    let few = start(&conn, Scope::People, &terms).await.unwrap();
    drop(conn);
    for begin in [few, Start::Anywhere] {
        let query = store::people::found_query(&terms, &begin, 9).into_query();
        assert_eq!(scans(&bench, query).await, Vec::<String>::new());
    }
    bench.finish().await;
}
