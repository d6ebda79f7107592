use migrations::{Migrator, MigratorTrait};
use sea_orm::DbErr;

use super::*;
use crate::db::rows::search as words;
use crate::enrolment::testing::{SYSTEM, cohort_of, name, student_of};
use crate::identity::Person;
use crate::kernel::time::SignedDuration;
use crate::kernel::{Currency, Money};
use crate::payment::{self, Buyer, Method, Offline, Order};
use crate::testing::{Bench, scans, tried_a_few_times};
use crate::{enrolment, identity};

/// Holds a seat for a new student and places its order.
async fn hold(bench: &Bench, cohort: CohortId, number: u32) -> Order {
    let db = &bench.services.db;
    let user = student_of(db, number).await;
    bench.pass(SignedDuration::from_secs(7));
    let placed = db.write(SYSTEM, async |txn| {
        let person: Person = identity::person(txn, user).await?.unwrap();
        let held = enrolment::hold_seat(txn, cohort, user, name(number), 3).await.unwrap();
        let buyer = Buyer {
            name: person.name,
            email: person.email,
            country: "IN".parse().unwrap(),
            address: "1 Example Street".parse().unwrap(),
            postal_code: None,
            state: None,
            gstin: None,
        };
        Ok::<_, DbErr>(payment::place_order(txn, &held, "A seat", buyer).await.unwrap())
    });
    placed.await.unwrap()
}

async fn pay(bench: &Bench, order: &Order) {
    let offline = Offline {
        method: Method::Upi,
        reference: format!("UTR{}", order.number.as_str()).parse().unwrap(),
        amount: Money::new(650_000, Currency::INR),
        received_on: "2027-01-04".parse().unwrap(),
    };
    bench.services.db.write(SYSTEM, async |txn| payment::record_offline(txn, order.id, offline).await).await.unwrap();
}

async fn found(bench: &Bench, filter: &Filter) -> (Vec<String>, Total) {
    let conn = bench.services.db.snapshot().await.unwrap();
    let prepared = prepare(&conn, filter).await.unwrap();
    let page = prepared.page(&conn, None, 100).await.unwrap();
    let numbers = page.rows.iter().map(|row| row.name.trim_start_matches("Demo Student 0").to_owned());
    (numbers.collect(), prepared.total(&conn).await.unwrap())
}

fn words_of(text: &str) -> Filter {
    Filter { terms: Terms::parse(text), ..Filter::default() }
}

#[tokio::test]
async fn an_enrolment_is_found_by_the_beginnings_of_its_words_on_each_database() {
    for bench in Bench::each().await {
        let cohort = cohort_of(&bench.services.db, 30).await;
        let mut orders = Vec::new();
        for number in 11..=14 {
            orders.push(hold(&bench, cohort, number).await);
        }
        let numbers = async |text: &str| found(&bench, &words_of(text)).await.0;
        assert_eq!(numbers("").await, ["14", "13", "12", "11"]);
        assert_eq!(numbers("STUD 012").await, ["12"]);
        assert_eq!(numbers("demo.student.013@exam").await, ["13"]);
        assert_eq!(numbers(orders[3].number.as_str()).await, ["14"]);
        assert_eq!(numbers(&orders[0].number.as_str().to_lowercase()[2..5]).await, ["11"]);
        assert_eq!(numbers("tudent").await, Vec::<String>::new());
        assert_eq!(numbers("%").await.len(), 4, "what is no word asks for nothing");
        bench.finish().await;
    }
}

#[tokio::test]
async fn filters_narrow_the_list_and_its_total() {
    for bench in Bench::each().await {
        let (cohort, other) = (cohort_of(&bench.services.db, 30).await, cohort_of(&bench.services.db, 30).await);
        let first = hold(&bench, cohort, 11).await;
        pay(&bench, &first).await;
        hold(&bench, cohort, 12).await;
        hold(&bench, other, 13).await;
        let all = Filter::default;
        assert_eq!(found(&bench, &all()).await, (vec!["13".into(), "12".into(), "11".into()], Total::Exactly(3)));
        let offline = Filter { funding: Some(Funding::Offline), ..all() };
        assert_eq!(found(&bench, &offline).await, (vec!["11".into()], Total::Exactly(1)));
        let held = Filter { state: Some(State::Held), cohort: Some(cohort), ..all() };
        assert_eq!(found(&bench, &held).await, (vec!["12".into()], Total::Exactly(1)));
        let both = Filter { funding: Some(Funding::Unpaid), ..words_of("demo 013") };
        assert_eq!(found(&bench, &both).await, (vec!["13".into()], Total::Exactly(1)));
        let none = Filter { funding: Some(Funding::Paid), ..words_of("demo") };
        assert_eq!(found(&bench, &none).await, (Vec::new(), Total::Exactly(0)));
        let conn = bench.services.db.snapshot().await.unwrap();
        let row = prepare(&conn, &offline).await.unwrap().page(&conn, None, 5).await.unwrap().rows.remove(0);
        let order = row.order.unwrap();
        assert_eq!((order.id, order.total, order.number), (first.id, first.quote.total, first.number.to_string()));
        drop(conn);
        bench.finish().await;
    }
}

#[tokio::test]
async fn no_search_reads_a_table_through() {
    let bench = Bench::sqlite().await;
    let cohort = cohort_of(&bench.services.db, 30).await;
    hold(&bench, cohort, 11).await;
    let conn = bench.services.db.snapshot().await.unwrap();
    let narrow =
        Filter { cohort: Some(cohort), state: Some(State::Enrolled), funding: Some(Funding::Offline), ..Filter::default() };
    let filters = [
        Filter::default(),
        Filter { funding: Some(Funding::Free), ..Filter::default() },
        Filter { state: Some(State::Lapsed), ..Filter::default() },
        words_of("demo student"),
        words_of("nobody"),
        Filter { terms: Terms::parse("demo"), ..narrow.clone() },
        narrow,
    ];
    for filter in filters {
        let few = prepare(&conn, &filter).await.unwrap();
        let many = prepared(&filter, &Start::Anywhere);
        let before = Some(EnrolmentId(Uuid::max()));
        for prepared in [few, many] {
            let none = Vec::<String>::new();
            for down_to in [None, Some(EnrolmentId(Uuid::nil()))] {
                assert_eq!(scans(&bench, whole(prepared.page_query(before, down_to, 50))).await, none, "{filter:?}");
            }
            assert_eq!(scans(&bench, prepared.end_query(None, 3).into_query()).await, none, "{filter:?}");
            assert_eq!(scans(&bench, prepared.count_query()).await, none, "{filter:?}");
        }
    }
    drop(conn);
    bench.finish().await;
}

#[tokio::test]
async fn a_walked_list_shows_each_that_fits_once_however_few_a_page_looks_through() {
    for bench in Bench::each().await {
        let cohort = cohort_of(&bench.services.db, 30).await;
        for number in 11..=22 {
            hold(&bench, cohort, number).await;
        }
        let conn = bench.services.db.snapshot().await.unwrap();
        for (walked, size) in [(1, 5), (3, 1), (3, 5), (5, 2), (100, 5)] {
            let walk = Prepared { walked: Some(walked), ..prepared(&words_of("demo 02"), &Start::Anywhere) };
            let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
            loop {
                let page = walk.page(&conn, cursor, size).await.unwrap();
                seen.extend(page.rows.iter().map(|row| row.name.clone()));
                (cursor, pages) = (page.next, pages + 1);
                if cursor.is_none() || pages > 20 {
                    break;
                }
            }
            let names = ["Demo Student 022", "Demo Student 021", "Demo Student 020"];
            assert_eq!(seen, names, "{walked} looked through, {size} on a page");
        }
        assert_eq!(prepared(&words_of("demo"), &Start::Anywhere).total(&conn).await.unwrap(), Total::Uncounted);
        drop(conn);
        bench.finish().await;
    }
}

/// How many migrations must go down for that of the words to go.
fn steps() -> u32 {
    let all = Migrator::migrations();
    let at = all.iter().position(|migration| migration.name().contains("000016_search")).unwrap();
    u32::try_from(all.len() - at).unwrap()
}

#[tokio::test]
async fn what_the_migration_fills_in_is_what_the_verbs_write() {
    for bench in Bench::each().await {
        let cohort = cohort_of(&bench.services.db, 30).await;
        let first = hold(&bench, cohort, 11).await;
        pay(&bench, &first).await;
        hold(&bench, cohort, 12).await;
        let rows = async || {
            let conn = bench.services.db.snapshot().await.unwrap();
            let mut words = words::Entity::find().filter(words::Column::Scope.eq(Scope::Enrolments)).all(&*conn).await.unwrap();
            words.sort_by(|one, two| (&one.word, one.subject).cmp(&(&two.word, two.subject)));
            let seats = enrolments::Entity::find().order_by_asc(enrolments::Column::Id).all(&*conn).await.unwrap();
            (words, seats.into_iter().map(|seat| seat.funding).collect::<Vec<_>>())
        };
        let before = rows().await;
        assert_eq!(before.1, [Funding::Offline, Funding::Unpaid]);
        let writer = bench.services.db.for_migrations();
        Migrator::down(writer, Some(steps())).await.unwrap();
        Migrator::up(writer, None).await.unwrap();
        assert_eq!(rows().await, before);
        bench.finish().await;
    }
}

#[test]
fn every_enrolment_is_on_one_page_while_others_enrol() {
    let cases = (1_u64..5, 1_u32..10, 0_u32..3);
    tried_a_few_times(cases, async |(size, before, between)| {
        let bench = Bench::sqlite().await;
        let cohort = cohort_of(&bench.services.db, 1_000).await;
        let mut there = Vec::new();
        for number in 0..before {
            there.extend(hold(&bench, cohort, number).await.enrolment());
        }
        let (mut seen, mut cursor, mut number) = (Vec::new(), None, 500);
        loop {
            let conn = bench.services.db.snapshot().await.unwrap();
            let page = prepare(&conn, &words_of("demo")).await.unwrap().page(&conn, cursor, size).await.unwrap();
            drop(conn);
            seen.extend(page.rows.iter().map(|row| row.enrolment.id));
            for _ in 0..between {
                hold(&bench, cohort, number).await;
                number += 1;
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        seen.reverse();
        assert_eq!(seen, there);
        bench.finish().await;
    });
}
