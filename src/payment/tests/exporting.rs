//! What is sold abroad says what it is worth in rupees, and waits for a rate without holding up anybody; and what is taken back too
//! late for the tax says so.

use super::documents::{documents_of, name_seller, register, said};
use super::paying_out::in_dollars;
use super::*;
use crate::documents::model::{ExchangeRate, Export, Supply};
use crate::documents::{self, Document, Kind};
use crate::kernel::{Currency, Money};
use crate::ledger::{Account, balances};
use crate::organisation::model::ExportTerms;
use crate::payment::checking::check;

async fn registered(bench: Bench) -> Stage {
    let stage = Stage::on(bench, 3).await;
    name_seller(&stage, "Example Journal (demonstration)").await;
    register(&stage, ExportTerms::WithTax).await;
    stage
}

/// Pays the order by card.
async fn pay(stage: &Stage, user: UserId, order: &Order) {
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    stage.settle(&stage.sessions(order.id).await[0]).await;
    stage.work().await;
}

/// Enters what a unit of the currency is worth in rupees from this day on.
pub(super) async fn enter(stage: &Stage, currency: Currency, from: &str, rate: &str) {
    let rate =
        ExchangeRate { currency, from: from.parse().unwrap(), rate: rate.parse().unwrap(), source: "Example rate".to_owned() };
    stage.services.db.write(SYSTEM, async |txn| enter_rate(txn, &rate).await).await.unwrap();
    stage.work().await;
}

async fn waiting(stage: &Stage, order: &Order) -> (u64, Option<Lacking>) {
    let snapshot = stage.services.db.snapshot().await.unwrap();
    let order = crate::payment::order(&snapshot, order.id).await.unwrap().unwrap();
    let lacking = lacking_document(&snapshot, &order).await.unwrap();
    (documents::count_awaited(&snapshot).await.unwrap(), lacking)
}

fn rupees(document: &Document) -> (i64, i64, String) {
    let Supply::Export(Export { rupees: Some(rupees), .. }) = &document.facts.supply else { panic!("{document:?}") };
    (rupees.value.minor, rupees.tax.unwrap().minor, rupees.rate.clone())
}

#[tokio::test]
async fn an_export_waits_for_the_rate_of_its_day_and_its_student_does_not() {
    for bench in Bench::each().await {
        let stage = registered(bench).await;
        let (user, order) = in_dollars(&stage, 10_000).await;
        pay(&stage, user, &order).await;
        assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
        assert_eq!(documents_of(&stage, &order).await, []);
        let (count, lacking) = waiting(&stage, &order).await;
        let Some(Lacking::Rate(awaited)) = lacking else { panic!("{lacking:?}") };
        assert_eq!((count, awaited.currency, awaited.supplied_on.to_string().as_str()), (1, Currency::USD, "2027-01-04"));
        // Of another currency; of a day after; of so long before that it is the rate of another time.
        enter(&stage, Currency::EUR, "2027-01-01", "98.1").await;
        enter(&stage, Currency::USD, "2027-01-05", "84").await;
        enter(&stage, Currency::USD, "2026-12-03", "82").await;
        assert_eq!((waiting(&stage, &order).await.0, documents_of(&stage, &order).await.len()), (1, 0));

        enter(&stage, Currency::USD, "2027-01-01", "83.5").await;
        let [invoice] = documents_of(&stage, &order).await.try_into().unwrap();
        assert_eq!((waiting(&stage, &order).await, invoice.kind), ((0, None), Kind::TaxInvoice));
        // US$100.00 and 18 per cent of it.
        assert_eq!(rupees(&invoice), (835_000, 150_300, "83.5".to_owned()));
        let text = said(&documents::pdf(&stage.services, invoice.id).await.unwrap());
        for words in ["Valueinrupees₹8,350.00", "Taxinrupees₹1,503.00", "1USD=83.5INR,from1January2027,Examplerate"] {
            assert!(text.contains(words), "no {words:?} in {text}");
        }
        // A rate that is corrected later changes nothing that was handed out.
        enter(&stage, Currency::USD, "2027-01-01", "90").await;
        assert_eq!(documents_of(&stage, &order).await, [invoice]);
        let rates = documents::rates(&stage.services.db.snapshot().await.unwrap(), 10).await.unwrap();
        assert_eq!(rates.iter().map(|rate| rate.of.rate.to_string()).collect::<Vec<_>>(), ["84", "98.1", "90", "82"]);
        assert_eq!(check(&stage.services.db.snapshot().await.unwrap()).await.unwrap().faults, []);
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn an_export_whose_rate_is_entered_before_has_its_invoice_at_once_and_credit_in_proportion() {
    let stage = registered(Bench::sqlite().await).await;
    enter(&stage, Currency::USD, "2027-01-01", "83.5").await;
    let (user, order) = in_dollars(&stage, 11_800).await;
    pay(&stage, user, &order).await;
    assert_eq!(documents_of(&stage, &order).await.len(), 1);
    let intent = stage.services.gateway.session(&stage.sessions(order.id).await[0]).await.unwrap().intent.unwrap();
    stage.practice.refund(&intent, Some(5_900)).unwrap();
    stage.pass(5);
    sweep(&stage.services).await.unwrap();
    stage.work().await;
    let note = documents_of(&stage, &order).await.pop().unwrap();
    assert_eq!((note.kind, rupees(&note)), (Kind::CreditNote, (417_500, 75_150, "83.5".to_owned())));
}

/// What an account holds.
async fn held(stage: &Stage, account: Account) -> i64 {
    let until = crate::kernel::time::shifted(stage.services.clocks.service(), SignedDuration::from_secs(1));
    let all = balances(&stage.services.db.snapshot().await.unwrap(), crate::testing::START, until).await.unwrap();
    all.iter().filter(|of| of.account == account).map(|of| of.closing().minor).sum()
}

#[tokio::test]
async fn what_goes_back_after_thirty_november_is_credited_without_tax() {
    for bench in Bench::each().await {
        let stage = registered(bench).await;
        let (user, order) = stage.ordered(1).await;
        pay(&stage, user, &order).await;
        let [invoice] = documents_of(&stage, &order).await.try_into().unwrap();
        assert_eq!((invoice.kind, invoice.facts.sums.taxes.len()), (Kind::TaxInvoice, 1));
        let (tax, total) = (order.quote.tax().minor, order.quote.total);
        assert_eq!(held(&stage, Account::TaxPayable).await, -tax);
        let deadline = async || {
            let snapshot = stage.services.db.snapshot().await.unwrap();
            tax_deadline(&snapshot, order.id, stage.services.clocks.service()).await.unwrap().is_some()
        };
        assert!(!deadline().await, "there is time");
        let payment = payments_of_order(&stage.services.db.snapshot().await.unwrap(), order.id).await.unwrap().remove(0);
        // Half of it in the year itself, half on 1 December after it.
        let half = Money::new(total.minor / 2, total.currency);
        let send = async |amount: Money, reference: &str| {
            let wanted = Wanted { payment: payment.id, amount, back: Back::ByHand, note: "Kindness".to_owned() };
            let sent = Sent { method: Method::BankTransfer, reference: reference.parse().unwrap() };
            let work = async |txn: &Txn| {
                let refund = request_refund(txn, order.id, wanted.clone()).await?;
                record_sent(txn, refund.id, sent.clone()).await
            };
            stage.services.db.write(SYSTEM, work).await.unwrap();
        };
        send(half, "UTR 1").await;
        assert_eq!(held(&stage, Account::TaxPayable).await, -tax / 2);
        stage.bench.pass(SignedDuration::from_hours(24 * 332));
        assert!(deadline().await, "it is over");
        send(Money::new(total.minor - half.minor, total.currency), "UTR 2").await;
        let notes: Vec<Document> =
            documents_of(&stage, &order).await.into_iter().filter(|document| document.kind == Kind::CreditNote).collect();
        let told: Vec<_> = notes
            .iter()
            .map(|note| (note.facts.sums.taxes.len(), note.facts.credits.as_ref().unwrap().tax_until.map(|day| day.to_string())))
            .collect();
        assert_eq!(told, [(1, None), (0, Some("2027-11-30".to_owned()))]);
        assert_eq!(held(&stage, Account::TaxPayable).await, -tax / 2, "the tax stays paid");
        assert_eq!(held(&stage, Account::Receivable).await, 0);
        let text = said(&documents::pdf(&stage.services, notes[1].id).await.unwrap());
        assert!(text.contains("Notreduced:issuedafter30November2027(CGSTActs.34(2))"), "{text}");
        assert_eq!(check(&stage.services.db.snapshot().await.unwrap()).await.unwrap().faults, []);
        stage.bench.finish().await;
    }
}
