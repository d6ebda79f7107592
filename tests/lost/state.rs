//! How it stands with somebody's order in the end: here, in the books, in their mailbox, at the gateway. Without what is of the moment.

use std::collections::BTreeMap;

use lectern::db::Conn;
use lectern::db::rows::documents::{document_pdfs, documents};
use lectern::db::rows::enrolment::enrolments;
use lectern::db::rows::ledger::{ledger_entries, ledger_postings};
use lectern::db::rows::mail;
use lectern::db::rows::payment::{
    gateway_charges, gateway_customers, gateway_events, orders, payment_exceptions, payments, refunds,
};
use lectern::kernel::ids::OrderId;
use lectern::payment::checking::check;
use lectern::work;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::stories::Who;
use crate::support::app::TestApp;

/// All of it, a line each; what has no order is sorted.
pub async fn of(app: &TestApp, who: &Who) -> Vec<String> {
    let conn = app.services().db.snapshot().await.unwrap();
    let mut lines: Vec<_> =
        check(&conn).await.unwrap().faults.iter().map(|fault| format!("wrong in the books: {fault}")).collect();
    lines.extend(work::outstanding(app.services()).await.unwrap().iter().map(|left| format!("left undone: {left:?}")));
    let unheard = gateway_events::Entity::find().filter(gateway_events::Column::ProcessedAt.is_null());
    lines.push(format!("{} notifications not dealt with", unheard.count(&*conn).await.unwrap()));
    let orders = orders::Entity::find().filter(orders::Column::UserId.eq(who.user)).all(&*conn).await.unwrap();
    for order in &orders {
        lines.push(format!("order {:?} {}", order.state, order.total_minor));
        lines.extend(money(&conn, order.id).await);
        lines.extend(paper(&conn, order.id).await);
    }
    let seats = enrolments::Entity::find().filter(enrolments::Column::UserId.eq(who.user)).all(&*conn).await.unwrap();
    lines.extend(seats.iter().map(|seat| format!("seat {:?} {:?}, extended {}", seat.state, seat.funding, seat.extensions)));
    let asked = gateway_customers::Entity::find().filter(gateway_customers::Column::UserId.eq(who.user)).all(&*conn);
    lines.extend(asked.await.unwrap().iter().map(|asked| format!("customer {}", asked.customer_id.is_some())));
    let letters = mail::Entity::find().filter(mail::Column::UserId.eq(who.user)).all(&*conn).await.unwrap();
    lines.extend(letters.iter().map(|letter| format!("letter {} {:?}", letter.kind, letter.state)));
    drop(conn);
    lines.extend(mailbox(app, who, &orders).await);
    lines.extend(gateway(app, &orders).await);
    lines.sort();
    lines
}

/// Payments, refunds, the queue and the books of an order.
async fn money(conn: &Conn, order: OrderId) -> Vec<String> {
    let mut lines = vec![];
    for row in payments::Entity::find().filter(payments::Column::OrderId.eq(order)).all(conn).await.unwrap() {
        lines.push(format!("payment {:?} {:?} {}", row.method, row.state, row.amount_minor));
        let charge = gateway_charges::Entity::find_by_id(row.id).one(conn).await.unwrap();
        lines.extend(charge.map(|charge| format!("charge {:?} less {:?}", charge.amount_minor, charge.fee_minor)));
        lines.extend(booked(conn, Condition::all().add(ledger_entries::Column::PaymentId.eq(row.id))).await);
    }
    for row in refunds::Entity::find().filter(refunds::Column::OrderId.eq(order)).all(conn).await.unwrap() {
        lines.push(format!("refund {:?} {:?} {:?} {} {}", row.state, row.way, row.origin, row.cause, row.amount_minor));
    }
    for row in payment_exceptions::Entity::find().filter(payment_exceptions::Column::OrderId.eq(order)).all(conn).await.unwrap() {
        lines.push(format!("queued {} {}", row.reason, row.resolved_at.is_some()));
    }
    let of_order = ledger_entries::Column::OrderId.eq(order);
    let alone = Condition::all().add(of_order).add(ledger_entries::Column::PaymentId.is_null());
    lines.extend(booked(conn, alone).await);
    lines
}

async fn booked(conn: &Conn, which: Condition) -> Vec<String> {
    let mut lines = vec![];
    for entry in ledger_entries::Entity::find().filter(which).all(conn).await.unwrap() {
        let postings = ledger_postings::Entity::find().filter(ledger_postings::Column::EntryId.eq(entry.id));
        let told: BTreeMap<_, _> =
            postings.all(conn).await.unwrap().into_iter().map(|row| (row.position, (row.account, row.amount_minor))).collect();
        lines.push(format!("booked {} {:?}", entry.kind, told.values().collect::<Vec<_>>()));
    }
    lines
}

/// The documents of an order, and whether they can be read.
async fn paper(conn: &Conn, order: OrderId) -> Vec<String> {
    let mut lines = vec![];
    for row in documents::Entity::find().filter(documents::Column::OrderId.eq(order)).all(conn).await.unwrap() {
        let pdf = document_pdfs::Entity::find_by_id(row.id).one(conn).await.unwrap();
        let total = &row.facts["sums"]["total"];
        lines.push(format!("document {:?} {total}, pdf {}", row.kind, pdf.is_some()));
    }
    lines
}

/// The mails that arrived, each once by its Message-ID: one that was in doubt may have come again.
async fn mailbox(app: &TestApp, who: &Who, orders: &[orders::Model]) -> Vec<String> {
    let mut subjects = BTreeMap::new();
    for mail in app.mails_to(&who.email).await {
        let id = mail.headers.iter().find(|(name, _)| name == "Message-ID").expect("a Message-ID").1.clone();
        let subject = orders.iter().fold(mail.subject, |subject, order| subject.replace(&order.number, "L-"));
        subjects.insert(id, subject);
    }
    subjects.into_values().map(|subject| format!("mail {subject}")).collect()
}

/// What the gateway says of the orders' pages: how each ended, what was captured, and what went back.
async fn gateway(app: &TestApp, orders: &[orders::Model]) -> Vec<String> {
    let mut lines = vec![];
    for session in listed(app, "v1/checkout/sessions?limit=100").await {
        if !orders.iter().any(|order| session["client_reference_id"] == order.id.to_string()) {
            continue;
        }
        lines.push(format!("page {} {} {}", session["status"], session["payment_status"], session["amount_total"]));
        let Some(intent) = session["payment_intent"].as_str() else { continue };
        let charge = app.services().gateway.charge_of(intent).await.unwrap();
        lines.extend(charge.map(|charge| format!("captured {:?}", charge.amount)));
        for refund in app.services().gateway.refunds_of(intent).await.unwrap() {
            lines.push(format!("went back {:?} {:?}", refund.amount, refund.status));
        }
    }
    lines
}

async fn listed(app: &TestApp, path: &str) -> Vec<Value> {
    let gateway = &app.services().settings.gateway;
    let url = gateway.base_url.join(path).unwrap();
    let answer = app.client().get(url).bearer_auth(gateway.secret_key.expose_secret()).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["data"].as_array().unwrap().clone()
}
