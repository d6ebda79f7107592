//! What is set, what is missing, and where to set it.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde::Deserialize;

use crate::organisation::model::{Missing, Policy, PolicyKind, TaxRegistration};
use crate::organisation::{self, Organisation};
use crate::web::Problem;
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};

#[derive(Template)]
#[template(path = "web/pages/settings/index.html")]
struct Page<'a> {
    view: &'a View,
    saved: bool,
    missing: Vec<Advice>,
    rows: Vec<Row>,
}

/// Something to see to.
struct Advice {
    path: &'static str,
    words: String,
}

/// A section and how it stands.
struct Row {
    path: &'static str,
    name: &'static str,
    /// The look of a state, if it is one, and the words.
    state: (&'static str, String),
}

/// What the address says was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Flash {
    done: String,
}

/// The index.
pub(super) async fn show(
    view: View,
    _: Admin,
    PageSnapshot(conn): PageSnapshot,
    flash: Result<Query<Flash>, QueryRejection>,
) -> Result<Response, Problem> {
    let own = organisation::current(&conn).await?;
    let saved = flash.is_ok_and(|Query(flash)| flash.done == "saved");
    let missing = own.missing().into_iter().map(advice).collect();
    page(&Page { view: &view, saved, missing, rows: rows(&own, view.cards) })
}

fn advice(missing: Missing) -> Advice {
    let (path, words) = match missing {
        Missing::Identity => (
            "/staff/settings/identity",
            "Your legal name and address are not set: students must be able to see who sells the course.".to_owned(),
        ),
        Missing::Officer => (
            "/staff/settings/officer",
            "No grievance officer is named: the contact page must say who answers complaints.".to_owned(),
        ),
        Missing::Signers => {
            ("/staff/settings/signers", "Nobody signs certificates yet: name somebody before you issue any.".to_owned())
        }
        Missing::Review(kind) => (
            policy_path(kind),
            format!("{}: this is the text that came with the program. Read it and make it yours.", kind.title()),
        ),
    };
    Advice { path, words }
}

fn policy_path(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Terms => "/staff/settings/terms",
        PolicyKind::Privacy => "/staff/settings/privacy",
        PolicyKind::Refunds => "/staff/settings/refunds",
    }
}

fn rows(own: &Organisation, cards: bool) -> Vec<Row> {
    let set = |words: String| ("", words);
    let unset = |words: &str| ("wait", words.to_owned());
    let row = |path, name, state| Row { path, name, state };
    let identity = own.identity.as_ref().map(|identity| set(identity.legal_name.to_string()));
    let officer = own.officer.as_ref().map(|officer| set(officer.name.to_string()));
    let ways: Vec<&str> =
        [own.bank.as_ref().map(|_| "Bank account"), own.upi.as_ref().map(|_| "UPI")].into_iter().flatten().collect();
    let payee = match (ways.is_empty(), cards) {
        (true, true) => set("Card only".to_owned()),
        (true, false) => unset("Nobody can pay: no card is taken, and no account is set"),
        (false, _) => set(ways.join(" and ")),
    };
    let names: Vec<&str> = own.signers.iter().map(|signer| signer.name.as_str()).collect();
    let signers = if names.is_empty() { unset("Nobody") } else { set(names.join(", ")) };
    let sender = own.sender().map_or_else(|| unset("No name set"), |name| set(name.to_owned()));
    let logo = own.logo.as_ref().map_or(("", "None".to_owned()), |logo| set(format!("{} × {} pixels", logo.width, logo.height)));
    let mut rows = vec![
        row("/staff/settings/identity", "Name and address", identity.unwrap_or_else(|| unset("Not set"))),
        row("/staff/settings/officer", "Grievance officer", officer.unwrap_or_else(|| unset("Not set"))),
        row("/staff/settings/tax", "Tax registration", set(tax(&own.tax))),
        row("/staff/settings/rates", "Rates of exchange", ("", "For the invoices of exports".to_owned())),
        row("/staff/settings/bank", "Bank and UPI", payee),
        row("/staff/settings/signers", "Certificate signers", signers),
        row("/staff/settings/logo", "Logo", logo),
        row("/staff/settings/mail", "Mail", sender),
        row("/staff/settings/waitlist", "Waitlist", set(format!("A seat is offered for {}", own.offer_length.words()))),
    ];
    let approval = own.approval.above.map_or("One admin is enough".to_owned(), |above| format!("Two admins above {above}"));
    rows.push(row("/staff/settings/approval", "Refunds by two admins", set(approval)));
    rows.extend(PolicyKind::ALL.map(|kind| row(policy_path(kind), kind.title(), policy(own.policy(kind)))));
    rows
}

fn tax(tax: &TaxRegistration) -> String {
    match tax {
        TaxRegistration::Unregistered => "Not registered".to_owned(),
        TaxRegistration::RegisteredInIndia { gstin, .. } => format!("GSTIN {gstin}, {}", gstin.state().name()),
        TaxRegistration::Elsewhere { label, rate, .. } => format!("{label}, {rate} %"),
    }
}

fn policy(policy: &Policy) -> (&'static str, String) {
    match policy {
        Policy::Shipped => ("wait", "Not yet reviewed".to_owned()),
        Policy::Reviewed(own) => ("done", format!("Reviewed, revision {}", own.revision)),
    }
}
