//! Receipts and invoices of orders: numbered without a gap, frozen, and set afterwards.

use futures_util::future::join_all;
use sea_orm::ConnectionTrait;

use super::*;
use crate::documents::model::{Spelling, testing};
use crate::documents::{self, Calendar, Document, Draft, Kind, PdfRefusal};
use crate::kernel::time::Date;
use crate::organisation;
use crate::organisation::model::{Change, ExportTerms, Identity, TaxRegistration, TransferHold};

/// What is not this many is a gap.
const ISSUED: usize = 300;

pub(super) async fn change(stage: &Stage, change: Change) {
    stage.services.db.write(SYSTEM, async |txn| organisation::change(txn, change).await).await.unwrap();
}

pub(super) async fn name_seller(stage: &Stage, legal_name: &str) {
    let identity = Identity {
        legal_name: legal_name.parse().unwrap(),
        short_name: "Example Journal".parse().unwrap(),
        address: "1 Example Street\nExample Town 000000".parse().unwrap(),
        contact: "office@example.org".parse().unwrap(),
        phone: None,
    };
    change(stage, Change::Identity(identity)).await;
}

/// Registers the seller for tax in India.
pub(super) async fn register(stage: &Stage, export: ExportTerms) {
    let (gstin, sac) = ("29ABCDE1234F1ZW".parse().unwrap(), "999293".parse().unwrap());
    change(stage, Change::Tax(TaxRegistration::RegisteredInIndia { gstin, sac, export })).await;
}

/// A seller with this name, and an order that nobody has paid.
async fn selling(bench: Bench) -> (Stage, Order) {
    let stage = Stage::on(bench, 3).await;
    name_seller(&stage, "Example Journal (demonstration)").await;
    let (_, order) = stage.ordered(1).await;
    (stage, order)
}

async fn transfer(stage: &Stage, order: &Order, reference: &str) {
    let offline = Offline {
        method: Method::BankTransfer,
        reference: reference.parse().unwrap(),
        amount: order.quote.total,
        received_on: "2027-01-03".parse::<Date>().unwrap(),
    };
    stage.services.db.write(SYSTEM, async |txn| record_offline(txn, order.id, offline).await).await.unwrap();
}

pub(super) async fn documents_of(stage: &Stage, order: &Order) -> Vec<Document> {
    documents::of_order(&stage.services.db.snapshot().await.unwrap(), order.id).await.unwrap()
}

/// The words of a PDF, without white space: a document's spacing is its own.
pub(super) fn said(bytes: &[u8]) -> String {
    bare(&pdf_extract::extract_text_from_mem(bytes).unwrap())
}

fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

fn draft(order: &Order, key: usize) -> Draft {
    let key = format!("test:{key}");
    let calendar = Calendar::IndianFinancialYear;
    Draft { key, kind: Kind::TaxInvoice, order: order.id, calendar, facts: testing::within_state() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_hundred_issued_at_once_have_no_gap_though_others_are_rolled_back() {
    for bench in Bench::each().await {
        let (stage, order) = selling(bench).await;
        let db = &stage.services.db;
        // Every fourth is issued, and then its transaction fails.
        let one = async |key: usize| {
            let work = async |txn: &Txn| {
                let issued = documents::issue(txn, draft(&order, key)).await?;
                if key % 4 == 3 { Err(sea_orm::DbErr::Custom("rolled back".to_owned())) } else { Ok(issued) }
            };
            db.write(SYSTEM, work).await.ok()
        };
        let issued = join_all((0..ISSUED / 3 * 4).map(one)).await;
        let mut numbers: Vec<String> = issued.into_iter().flatten().map(|document| document.number.to_string()).collect();
        numbers.sort_unstable();
        let wanted: Vec<String> = (1..=ISSUED).map(|place| format!("TI/2627/{place:05}")).collect();
        assert_eq!(numbers, wanted);
        let stored = documents_of(&stage, &order).await;
        assert_eq!(stored.len(), ISSUED);
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn each_kind_and_each_year_counts_by_itself_and_a_key_is_one_document() {
    let (stage, order) = selling(Bench::sqlite().await).await;
    let issue = async |key: usize, kind: Kind, calendar: Calendar| {
        let draft = Draft { kind, calendar, ..draft(&order, key) };
        let issued = stage.services.db.write(SYSTEM, async |txn| documents::issue(txn, draft).await).await;
        issued.unwrap().number.to_string()
    };
    let indian = Calendar::IndianFinancialYear;
    assert_eq!(issue(1, Kind::TaxInvoice, indian).await, "TI/2627/00001");
    assert_eq!(issue(1, Kind::TaxInvoice, indian).await, "TI/2627/00001", "one key is one document");
    assert_eq!(issue(2, Kind::CreditNote, indian).await, "CN/2627/00001");
    assert_eq!(issue(3, Kind::TaxInvoice, indian).await, "TI/2627/00002");
    assert_eq!(issue(4, Kind::TaxInvoice, Calendar::CalendarYear).await, "TI/2027/00001");
    stage.bench.pass(SignedDuration::from_hours(24 * 90));
    assert_eq!(issue(5, Kind::TaxInvoice, indian).await, "TI/2728/00001");
    assert_eq!(issue(6, Kind::TaxInvoice, Calendar::CalendarYear).await, "TI/2027/00002");
}

#[tokio::test]
async fn who_pays_gets_one_receipt_that_stays_as_it_was() {
    for bench in Bench::each().await {
        let (stage, order) = selling(bench).await;
        transfer(&stage, &order, "UTR 0001").await;
        let [receipt] = documents_of(&stage, &order).await.try_into().unwrap();
        assert_eq!((receipt.kind, receipt.number.as_str()), (Kind::Receipt, "RC/2627/00001"));
        assert_eq!(receipt.facts.sums.total, order.quote.total);
        assert_eq!(receipt.facts.paid[0].reference.as_deref(), Some("UTR0001"));
        assert_eq!(receipt.facts.buyer.address, ["1 Example Street", "Example Town", "110001", "India"]);
        assert!(receipt.facts.seller.registration.is_none() && receipt.facts.sums.taxes.is_empty());

        // Set from what was frozen, whatever the seller is called by then: on demand, and by the job.
        name_seller(&stage, "Another Name (demonstration)").await;
        let set = documents::pdf(&stage.services, receipt.id).await.unwrap();
        stage.work().await;
        assert_eq!(documents::pdf(&stage.services, receipt.id).await.unwrap(), set);
        let text = said(&set);
        for words in ["Receipt", "RC/2627/00001", "Example Journal", "₹6,500.00", "UTR0001"] {
            assert!(text.contains(&bare(words)), "no {words:?} in {text}");
        }
        for words in ["Another Name", "Tax invoice", "Bill of supply", "GSTIN"] {
            assert!(!text.contains(&bare(words)), "{words:?} is in {text}");
        }
        let conn = stage.services.db.for_migrations();
        for statement in [
            "UPDATE documents SET number = 'RC/2627/00002'",
            "UPDATE documents SET facts = facts",
            "DELETE FROM documents",
            "UPDATE document_pdfs SET bytes = bytes",
            "DELETE FROM document_pdfs",
            "DELETE FROM document_series",
        ] {
            let refused = conn.execute_unprepared(statement).await.unwrap_err().to_string();
            assert!(refused.contains("a document never changes"), "{statement}: {refused}");
        }
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn a_card_that_is_settled_twice_has_one_receipt() {
    let (stage, order) = selling(Bench::sqlite().await).await;
    let url = stage.page(order.user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let session = stage.sessions(order.id).await.remove(0);
    assert_eq!((stage.settle(&session).await, stage.settle(&session).await), (Decision::Enrol, Decision::Nothing));
    stage.work().await;
    let [receipt] = documents_of(&stage, &order).await.try_into().unwrap();
    assert_eq!((receipt.facts.paid[0].by.as_str(), receipt.facts.paid[0].amount), ("Card", order.quote.total));
}

#[tokio::test]
async fn a_seller_without_a_name_is_no_reason_not_to_enrol_and_the_receipt_comes_later() {
    let stage = Stage::new(1).await;
    let (_, order) = stage.ordered(1).await;
    transfer(&stage, &order, "A").await;
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
    stage.pass(24 * 60);
    stage.work().await;
    assert_eq!(documents_of(&stage, &order).await, []);
    name_seller(&stage, "Example Journal (demonstration)").await;
    stage.pass(24 * 60);
    stage.work().await;
    let [receipt] = documents_of(&stage, &order).await.try_into().unwrap();
    assert_eq!((receipt.number.as_str(), receipt.issued_on.to_string().as_str()), ("RC/2627/00001", "2027-01-06"));
}

#[tokio::test]
async fn a_registered_seller_gives_a_receipt_for_what_was_quoted_without_tax() {
    let (stage, order) = selling(Bench::sqlite().await).await;
    register(&stage, ExportTerms::default()).await;
    transfer(&stage, &order, "A").await;
    let [receipt] = documents_of(&stage, &order).await.try_into().unwrap();
    assert_eq!((receipt.kind, receipt.facts.sums.taxes.len()), (Kind::Receipt, 0));
    assert_eq!(receipt.facts.seller.registration.unwrap().number, "29ABCDE1234F1ZW");
    documents::pdf(&stage.services, receipt.id).await.unwrap();
}

#[tokio::test]
async fn a_name_without_letters_in_the_font_enrols_and_waits_for_its_spelling() {
    let stage = Stage::new(1).await;
    name_seller(&stage, "Example Journal (demonstration)").await;
    let user = student_of(&stage.services.db, 1).await;
    let place = async |txn: &Txn| {
        let held = enrolment::hold_seat(txn, stage.cohort, user, name(1), 2).await.unwrap();
        let buyer = Buyer { name: "डेमो छात्र".parse().unwrap(), ..buyer(1) };
        place_order(txn, &held, "Demo Course, Demo Cohort", buyer).await
    };
    let order = stage.services.db.write(SYSTEM, place).await.unwrap();
    transfer(&stage, &order, "A").await;
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
    let db = &stage.services.db;
    let waiting = async || documents::waiting(&db.snapshot().await.unwrap(), 10).await.unwrap();
    let [receipt] = waiting().await.try_into().unwrap();
    let characters = receipt.waiting.clone().unwrap().characters;
    assert!(characters.contains(&'ड') && !characters.contains(&'D'), "{characters:?}");
    assert!(matches!(documents::pdf(&stage.services, receipt.id).await, Err(PdfRefusal::Unprintable(_))));
    assert_eq!(documents::count_waiting(&db.snapshot().await.unwrap()).await.unwrap(), 1);

    let spelling = || vec![Spelling { text: "डेमो छात्र".to_owned(), printed: "Demo Chhatra".to_owned() }];
    db.write(SYSTEM, async |txn| documents::spell(txn, receipt.id, spelling()).await).await.unwrap();
    stage.work().await;
    assert_eq!(waiting().await, []);
    let bytes = documents::pdf(&stage.services, receipt.id).await.unwrap();
    assert!(said(&bytes).contains(&bare("Demo Chhatra")));
    let [kept] = documents_of(&stage, &order).await.try_into().unwrap();
    assert_eq!(kept.facts.buyer.name, "डेमो छात्र");
    let late = db.write(SYSTEM, async |txn| documents::spell(txn, receipt.id, spelling()).await).await;
    assert!(matches!(late, Err(documents::SpellRefusal::Set)), "what was handed out changes");
}

#[tokio::test]
async fn a_pro_forma_invoice_says_where_the_money_goes_and_is_issued_once() {
    let (stage, order) = selling(Bench::sqlite().await).await;
    let until = Some("2027-01-11".parse().unwrap());
    let issue = async || stage.services.db.write(SYSTEM, async |txn| issue_proforma(txn, order.id, until).await).await.unwrap();
    assert_eq!(issue().await, None, "there is no way to pay");
    change(
        &stage,
        Change::Payee { bank: None, upi: Some("example.journal@exbank".parse().unwrap()), hold: TransferHold::default() },
    )
    .await;
    let proforma = issue().await.unwrap();
    assert_eq!((proforma.kind, proforma.number.as_str()), (Kind::Proforma, "PI/2627/00001"));
    assert_eq!(issue().await.unwrap(), proforma);
    let bytes = documents::pdf(&stage.services, proforma.id).await.unwrap();
    let text = said(&bytes);
    assert!(text.contains("example.journal@exbank") && text.contains(&bare("not a tax document")), "{text}");
    // It is paid all the same, and has a receipt beside.
    stage.pass(1);
    transfer(&stage, &order, "A").await;
    let kinds: Vec<Kind> = documents_of(&stage, &order).await.iter().map(|document| document.kind).collect();
    assert_eq!(kinds, [Kind::Proforma, Kind::Receipt]);
}

#[tokio::test]
async fn a_credit_note_names_the_receipt_and_takes_back_a_part_of_it_once() {
    let (stage, order) = selling(Bench::sqlite().await).await;
    let half = crate::kernel::Money::new(order.quote.total.minor / 2, order.quote.total.currency);
    let credit = async || {
        let work = async |txn: &Txn| issue_credit_note(txn, order.id, "refund:1".to_owned(), half, "Cancelled in time").await;
        stage.services.db.write(SYSTEM, work).await.unwrap()
    };
    assert_eq!(credit().await, None, "nothing was invoiced yet");
    transfer(&stage, &order, "A").await;
    let note = credit().await.unwrap();
    assert_eq!(credit().await.unwrap(), note);
    assert_eq!((note.kind, note.number.as_str(), note.facts.sums.total), (Kind::CreditNote, "CN/2627/00001", half));
    let text = said(&documents::pdf(&stage.services, note.id).await.unwrap());
    for words in ["Credit note", "RC/2627/00001 of 4 January 2027", "₹3,250.00", "Cancelled in time"] {
        assert!(text.contains(&bare(words)), "no {words:?} in {text}");
    }
}

#[tokio::test]
async fn an_order_that_was_paid_before_documents_were_issued_gets_its_receipt_by_an_admins_act_once() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 3).await;
        let (_, order) = stage.ordered(1).await;
        let lacking = async || {
            let snapshot = stage.services.db.snapshot().await.unwrap();
            let order = crate::payment::order(&snapshot, order.id).await.unwrap().unwrap();
            lacking_document(&snapshot, &order).await.unwrap()
        };
        assert_eq!(lacking().await, None, "nothing is paid");
        transfer(&stage, &order, "UTR 0001").await;
        assert_eq!(lacking().await, Some(Lacking::Seller));
        // The job that was to issue it is gone, or never was.
        stage.services.db.write(SYSTEM, async |txn| crate::jobs::lose_all(txn).await).await.unwrap();
        name_seller(&stage, "Example Journal (demonstration)").await;
        assert_eq!((lacking().await, documents_of(&stage, &order).await.len()), (Some(Lacking::Nothing), 0));
        stage.pass(24 * 60 * 40);
        for _ in 0..2 {
            stage.services.db.write(SYSTEM, async |txn| issue_document(txn, order.id).await).await.unwrap();
        }
        let [receipt] = documents_of(&stage, &order).await.try_into().unwrap();
        assert_eq!((lacking().await, receipt.number.as_str()), (None, "RC/2627/00001"));
        assert_eq!(
            (receipt.issued_on.to_string().as_str(), receipt.facts.paid[0].on.to_string().as_str()),
            ("2027-02-13", "2027-01-03")
        );
        stage.bench.finish().await;
    }
}
