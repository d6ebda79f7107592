//! Entries in the database: once, for ever, and looked through.

use sea_orm::{ConnectionTrait, DbErr};

use super::*;
use crate::db::Txn;
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Actor, Component, Currency, Money};
use crate::testing::{Bench, START};

const SYSTEM: Actor = Actor::System(Component::Worker);

fn rupees(minor: i64) -> Money {
    Money::new(minor, Currency::INR)
}

fn moved(key: &str, debit: Account, credit: Account, amount: Money) -> Entry {
    let two = vec![Posting::debit(debit, amount), Posting::credit(credit, amount)];
    Entry::new(key.to_owned(), "test", Refs::default(), two).unwrap()
}

async fn book(bench: &Bench, entry: Entry) -> bool {
    bench.services.db.write(SYSTEM, async |txn: &Txn| post(txn, entry).await).await.unwrap()
}

/// Account, opening, debits, credits, closing, in minor units.
async fn over(bench: &Bench, days: [i64; 2]) -> Vec<(&'static str, &'static str, [i64; 4])> {
    let at = |day| shifted(START, SignedDuration::from_hours(24 * day));
    let snapshot = bench.services.db.snapshot().await.unwrap();
    let found = balances(&snapshot, at(days[0]), at(days[1])).await.unwrap();
    let row = |of: Balance| {
        let all = [of.opening, of.debits, of.credits, of.closing()];
        (of.account.word(), of.opening.currency.code(), all.map(|money| money.minor))
    };
    found.into_iter().map(row).collect()
}

#[tokio::test]
async fn a_fact_is_booked_once_under_its_key() {
    for bench in Bench::each().await {
        assert!(book(&bench, moved("a", Account::Bank, Account::Receivable, rupees(5))).await);
        assert!(!book(&bench, moved("a", Account::Bank, Account::Receivable, rupees(7))).await);
        assert!(book(&bench, Entry::new("b".to_owned(), "test", Refs::default(), vec![]).unwrap()).await);
        assert_eq!(over(&bench, [0, 1]).await, [("receivable", "INR", [0, 0, 5, -5]), ("bank", "INR", [0, 5, 0, 5])]);
        let snapshot = bench.services.db.snapshot().await.unwrap();
        assert_eq!((count(&snapshot).await.unwrap(), first_at(&snapshot).await.unwrap()), (2, Some(START)));
        drop(snapshot);
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_month_opens_as_the_one_before_closed() {
    for bench in Bench::each().await {
        book(&bench, moved("a", Account::Bank, Account::Receivable, rupees(5))).await;
        book(&bench, moved("b", Account::Bank, Account::Suspense, Money::new(40, Currency::JPY))).await;
        bench.pass(SignedDuration::from_hours(24));
        book(&bench, moved("c", Account::Receivable, Account::Bank, rupees(2))).await;
        assert_eq!(
            over(&bench, [0, 1]).await,
            [
                ("receivable", "INR", [0, 0, 5, -5]),
                ("bank", "INR", [0, 5, 0, 5]),
                ("bank", "JPY", [0, 40, 0, 40]),
                ("suspense", "JPY", [0, 0, 40, -40]),
            ],
            "the moment at which a month ends is the next one's"
        );
        assert_eq!(
            over(&bench, [1, 2]).await,
            [
                ("receivable", "INR", [-5, 2, 0, -3]),
                ("bank", "INR", [5, 0, 2, 3]),
                ("bank", "JPY", [40, 0, 0, 40]),
                ("suspense", "JPY", [-40, 0, 0, -40]),
            ]
        );
        bench.finish().await;
    }
}

#[tokio::test]
async fn the_database_refuses_to_change_what_is_booked_and_the_check_sees_what_is_added_by_hand() {
    for bench in Bench::each().await {
        book(&bench, moved("a", Account::Bank, Account::Receivable, rupees(5))).await;
        let conn = bench.services.db.for_migrations();
        for statement in [
            "UPDATE ledger_postings SET amount_minor = 1",
            "UPDATE ledger_entries SET kind = 'other'",
            "DELETE FROM ledger_postings",
            "DELETE FROM ledger_entries",
        ] {
            let refused = conn.execute_unprepared(statement).await.unwrap_err();
            assert!(refused.to_string().contains("the ledger never changes"), "{statement}: {refused}");
        }
        assert_eq!(found(&bench).await, Ok(vec![]));
        conn.execute_unprepared("INSERT INTO ledger_postings SELECT id, 3, 'nowhere', 'INR', 4 FROM ledger_entries")
            .await
            .unwrap();
        let found = found(&bench).await.unwrap();
        assert_eq!(
            found,
            [
                Fault::Unbalanced { key: "a".to_owned(), currency: "INR".to_owned(), minor: 4 },
                Fault::UnknownAccount { key: "a".to_owned(), account: "nowhere".to_owned() }
            ]
        );
        assert_eq!(found[0].to_string(), "a is out of balance by 4 minor units of INR");
        bench.finish().await;
    }
}

async fn found(bench: &Bench) -> Result<Vec<Fault>, DbErr> {
    check(&*bench.services.db.snapshot().await?).await
}
