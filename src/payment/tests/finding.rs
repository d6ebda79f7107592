//! What the books have wrong is found, whatever it is: a case for each kind of fault. And what a receipt says of money that waited.

use super::books::{PRICE, everything, faults, paid_twice, transferred};
use super::documents::{documents_of, name_seller};
use super::*;
use crate::documents::Kind;
use crate::gateway::practice::Deed;
use crate::kernel::{Currency, Money};
use crate::ledger;
use crate::payment::checking::Fault;

/// The kind of a fault, and how many kinds there are: a new one has no case in the test below until it has a place here.
const fn kind(fault: &Fault) -> &'static str {
    match fault {
        Fault::Ledger(ledger::Fault::Unbalanced { .. }) => "unbalanced",
        Fault::Ledger(ledger::Fault::UnknownAccount { .. }) => "unknown account",
        Fault::Payment(_) => "payment",
        Fault::NoSuchMoney { .. } => "no such money",
        Fault::Order(_) => "order",
        Fault::Fee(_) => "fee",
        Fault::Dispute(_) => "dispute",
        Fault::Payout(_) => "payout",
        Fault::Refund(_) => "refund",
        Fault::CreditNote(_) => "credit note",
    }
}

/// Every kind, and what it says of itself.
const KINDS: [(&str, &str); 10] = [
    ("payment", "is not booked as it was captured"),
    ("no such money", "is booked, and no such money came"),
    ("order", "is paid and not booked as it was invoiced"),
    ("fee", "what the gateway kept of the payment"),
    ("dispute", "are not booked as the gateway told"),
    ("payout", "is not booked as the gateway told"),
    ("refund", "is not booked as its money went"),
    ("credit note", "is not booked"),
    ("unbalanced", "is out of balance by 1 minor units of INR"),
    ("unknown account", "names the account \"nowhere\""),
];

/// Something wrong by hand, what is found of it, and how it is mended; what cannot be mended comes last.
const SPOILT: [(&str, &[&str], &str); 9] = [
    (
        "UPDATE payments SET amount_minor = amount_minor + 1 WHERE method = 'cash'",
        &["payment"],
        "UPDATE payments SET amount_minor = amount_minor - 1 WHERE method = 'cash'",
    ),
    (
        "UPDATE payments SET received_minor = received_minor + 1",
        &["payment"],
        "UPDATE payments SET received_minor = received_minor - 1",
    ),
    (
        "UPDATE orders SET tax_minor = 1 WHERE state = 'paid'",
        &["order", "order", "order", "order"],
        "UPDATE orders SET tax_minor = 0",
    ),
    ("UPDATE refunds SET amount_minor = amount_minor + 1", &["refund"], "UPDATE refunds SET amount_minor = amount_minor - 1"),
    (
        "UPDATE gateway_charges SET fee_minor = fee_minor + 1",
        &["fee", "fee", "fee"],
        "UPDATE gateway_charges SET fee_minor = fee_minor - 1",
    ),
    ("UPDATE disputes SET taken_minor = taken_minor + 1", &["dispute"], "UPDATE disputes SET taken_minor = taken_minor - 1"),
    ("UPDATE payouts SET amount_minor = amount_minor + 1", &["payout"], "UPDATE payouts SET amount_minor = amount_minor - 1"),
    ("UPDATE payments SET state = 'failed' WHERE state = 'mismatched'", &[], ""),
    ("DELETE FROM payment_exceptions", &["no such money"], ""),
];

#[tokio::test]
async fn each_kind_of_fault_is_found_and_says_what_it_is() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 6).await;
        name_seller(&stage, "Example Journal (demonstration)").await;
        everything(&stage).await;
        paid_twice(&stage).await;
        let conn = stage.services.db.for_migrations();
        let run = async |sql: &str| sea_orm::ConnectionTrait::execute_unprepared(conn, sql).await.unwrap();
        let first = payments_of_order(&stage.services.db.snapshot().await.unwrap(), first_by_card(&stage).await).await.unwrap();
        let disputed = stage.practice.dispute(first[0].card().unwrap().intent.as_ref().unwrap()).unwrap();
        crate::payment::disputing::hear(&stage.services, &disputed).await.unwrap();
        let payout = stage.practice.pay_out().unwrap();
        stage.practice.deed(&payout, Deed::PayoutArrives).unwrap();
        crate::payment::paying_out::hear(&stage.services, &payout).await.unwrap();
        assert_eq!(faults(&stage).await, []);

        let mut said = Vec::new();
        let mut found = async |what: &str, expected: &[&str]| {
            let faults = faults(&stage).await;
            assert_eq!(faults.iter().map(kind).collect::<Vec<_>>(), expected, "{what}: {faults:?}");
            said.extend(faults.iter().map(|fault| (kind(fault), fault.to_string())));
        };
        for (spoil, expected, mend) in SPOILT {
            run(spoil).await;
            found(spoil, expected).await;
            if !mend.is_empty() {
                run(mend).await;
                found(mend, &[]).await;
            }
        }
        // A credit note that was issued, and nothing else.
        let paid = first[0].order;
        let total = Money::new(100, Currency::INR);
        let issue = async |txn: &Txn| issue_credit_note(txn, paid, "alone".to_owned(), total, "By hand").await;
        let note = stage.services.db.write(SYSTEM, issue).await.unwrap().expect("the order has a receipt");
        found("a note", &["no such money", "credit note"]).await;
        run("INSERT INTO ledger_postings SELECT id, 9, 'nowhere', 'INR', 1 FROM ledger_entries WHERE kind = 'payout'").await;
        found("a posting", &["unbalanced", "unknown account", "no such money", "credit note"]).await;

        for (kind, words) in KINDS {
            assert!(
                said.iter().any(|(found, told)| *found == kind && told.contains(words)),
                "{kind} does not say {words:?}: {said:#?}"
            );
        }
        assert!(said.iter().any(|(_, told)| *told == format!("the credit note {} is not booked", note.number)), "{said:#?}");
        stage.bench.finish().await;
    }
}

/// The order that was paid by card, once.
async fn first_by_card(stage: &Stage) -> OrderId {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
    let captured = payments::Entity::find().filter(payments::Column::State.eq(payments::State::Captured));
    let cards = captured.filter(payments::Column::Method.eq(payments::Method::Card)).order_by_asc(payments::Column::Id);
    cards.one(&*stage.services.db.snapshot().await.unwrap()).await.unwrap().unwrap().order_id
}

#[tokio::test]
async fn a_receipt_says_what_settled_the_order_and_nothing_of_money_that_waits_in_the_queue() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 3).await;
        name_seller(&stage, "Example Journal (demonstration)").await;
        let (user, order) = stage.ordered(1).await;
        let url = stage.page(user, order.id).await.unwrap();
        stage.press(&url, "pay").await;
        stage.tamper(order.id, PRICE + 1).await;
        let session = stage.sessions(order.id).await.remove(0);
        assert_eq!(stage.settle(&session).await, Decision::Queue(Reason::AmountDiffers));
        assert_eq!(documents_of(&stage, &order).await, [], "what waits is no sale");
        stage.work().await;

        transferred(&stage, &order, "UTR 1", Method::BankTransfer).await;
        stage.work().await;
        let [receipt] = documents_of(&stage, &order).await.try_into().unwrap();
        let paid: Vec<_> =
            receipt.facts.paid.iter().map(|paid| (paid.by.as_str(), paid.reference.as_deref(), paid.amount)).collect();
        assert_eq!((receipt.kind, paid), (Kind::Receipt, vec![("Bank transfer", Some("UTR1"), order.quote.total)]));
        assert_eq!(receipt.facts.sums.total, order.quote.total);
        // Once the money that waited went back, no credit note follows: it had bought nothing.
        let waited = payments_of_order(&stage.services.db.snapshot().await.unwrap(), order.id).await.unwrap();
        let waited = waited.iter().find(|payment| payment.card().is_some()).unwrap();
        stage.practice.refund(waited.card().unwrap().intent.as_ref().unwrap(), None).unwrap();
        stage.pass(3);
        sweep(&stage.services).await.unwrap();
        stage.work().await;
        assert_eq!(documents_of(&stage, &order).await, [receipt]);
        assert_eq!(stage.refunds(order.id).await, [("succeeded", PRICE, model::Cause::Dashboard)]);
        assert_eq!(stage.stands(order.id).await.0, "paid");
        assert_eq!(faults(&stage).await, []);
        stage.bench.finish().await;
    }
}
