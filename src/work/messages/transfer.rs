//! What the mails of a transfer have in common: whose order it is, and how it is paid.

use serde::Deserialize;

use super::{Frame, payload};
use crate::db::Snapshot;
use crate::documents::{self, Document, Kind};
use crate::enrolment::{self, EnrolmentState};
use crate::identity::{self, Person};
use crate::kernel::ids::OrderId;
use crate::kernel::{ShownTime, Timestamp};
use crate::mail::{ComposeFailure, Letter};
use crate::organisation::{self, Organisation};
use crate::payment::{self, Order, Transfer, TransferWay};
use crate::services::Services;

/// What a change of a transfer posts.
#[derive(Debug, Deserialize)]
struct Payload {
    order: OrderId,
}

/// A transfer as it stands when its mail is written.
pub(super) struct Found {
    pub order: Order,
    pub transfer: Transfer,
    pub person: Person,
    pub organisation: Organisation,
    /// Until when the seat is held; none where it is held no longer.
    pub until: Option<Timestamp>,
    pub proforma: Option<Document>,
    pub frame: Frame,
}

/// The transfer that a letter is about; none if there is nobody to write to.
pub(super) async fn find(services: &Services, letter: &Letter) -> Result<Option<Found>, ComposeFailure> {
    let Payload { order } = payload(letter)?;
    let snapshot = services.db.snapshot().await?;
    let Some(order) = payment::order(&snapshot, order).await? else { return Ok(None) };
    let Some(transfer) = payment::transfer(&snapshot, order.id).await? else { return Ok(None) };
    let Some(person) = identity::person(&snapshot, order.user).await? else { return Ok(None) };
    let until = held_until(&snapshot, &order, services.clocks.service()).await?;
    let documents = documents::of_order(&snapshot, order.id).await?;
    let proforma = documents.into_iter().find(|document| document.kind == Kind::Proforma);
    let organisation = organisation::current(&snapshot).await?;
    let frame = Frame::load(services, &snapshot).await?;
    Ok(Some(Found { order, transfer, person, organisation, until, proforma, frame }))
}

async fn held_until(snapshot: &Snapshot, order: &Order, now: Timestamp) -> Result<Option<Timestamp>, ComposeFailure> {
    let Some(id) = order.enrolment() else { return Ok(None) };
    let seat = enrolment::enrolment(snapshot, id).await?;
    Ok(match seat.map(|seat| seat.state) {
        Some(EnrolmentState::Held { until, .. }) if until > now => Some(until),
        _ => None,
    })
}

impl Found {
    /// What is typed into a bank's form or an app, with what it is.
    pub(super) fn details(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![("Amount", self.order.quote.total.to_string()), ("Reference to give", self.order.number.to_string())];
        match (self.transfer.way, &self.organisation.bank, &self.organisation.upi) {
            (TransferWay::BankTransfer, Some(bank), _) => rows.extend([
                ("Account name", bank.account_name.to_string()),
                ("Account number", bank.account_number.to_string()),
                ("IFSC", bank.ifsc.to_string()),
                ("Bank", format!("{}, {}", bank.bank, bank.branch)),
            ]),
            (TransferWay::Upi, _, Some(upi)) => rows.push(("UPI ID", upi.to_string())),
            _ => {}
        }
        rows
    }

    /// The order's page, where the reference is told.
    pub(super) fn link(&self) -> String {
        format!("{}/orders/{}", self.frame.origin, self.order.id)
    }

    /// Where the pro-forma invoice is; empty if there is none.
    pub(super) fn proforma_link(&self) -> String {
        let href = |document: &Document| format!("{}/documents/{}", self.link(), document.id);
        self.proforma.as_ref().map(href).unwrap_or_default()
    }

    pub(super) fn shown(&self, at: Timestamp) -> ShownTime {
        ShownTime::new(at, &self.person.zone)
    }
}
