//! The books of a program under test.

use lectern::kernel::time::{SignedDuration, shifted};
use lectern::ledger::{Account, balances};
use lectern::payment::checking::check;

use super::app::TestApp;

/// Every entry balances, and what is booked is what happened.
pub async fn are_right(app: &TestApp) {
    let verdict = check(&app.services().db.snapshot().await.unwrap()).await.unwrap();
    let faults: Vec<_> = verdict.faults.iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "the books are wrong: {faults:#?}");
}

/// What an account holds by now, in all currencies' minor units; a debit is positive.
pub async fn held(app: &TestApp, account: Account) -> i64 {
    let until = shifted(app.now(), SignedDuration::from_secs(1));
    let all = balances(&app.services().db.snapshot().await.unwrap(), until, until).await.unwrap();
    all.iter().filter(|of| of.account == account).map(|of| of.closing().minor).sum()
}
