//! A seat is paid for.

use sea_orm::DbErr;
use serde::Deserialize;

use super::{Frame, message, payload, render};
use crate::db::Snapshot;
use crate::documents::{self, Document};
use crate::kernel::ids::{EnrolmentId, OrderId};
use crate::kernel::{PersonName, ShownTime};
use crate::learning::{self, Place};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::organisation::RefundRule;
use crate::payment::model::{Means, Payment};
use crate::schedule::Plans;
use crate::services::Services;
use crate::{enrolment, identity, payment};

/// `emails/enrolment_confirmed`.
#[derive(Debug)]
pub struct EnrolmentConfirmed {
    plans: Plans,
}

impl EnrolmentConfirmed {
    /// Writes from `plans`, which many letters share: a release has one for each student.
    pub fn new(plans: Plans) -> Self {
        Self { plans }
    }
}

/// What settlement posts.
#[derive(Debug, Deserialize)]
struct Payload {
    enrolment: EnrolmentId,
    /// A free seat has none.
    order: Option<OrderId>,
}

message!("enrolment_confirmed/subject.txt", "enrolment_confirmed/text.txt", "enrolment_confirmed/html.html", {
    frame: Frame,
    name: String,
    certificate_name: String,
    course: String,
    cohort: String,
    first_opens: ShownTime,
    first_open_since: Option<ShownTime>,
    bought: Option<Bought>,
});

/// What was paid, and by which order.
#[derive(Debug)]
struct Bought {
    order_number: String,
    /// Nothing where a coupon left nothing to pay.
    paid: Option<String>,
    reference: String,
    refund_rule: String,
    documents: Vec<Paper>,
}

/// A receipt or an invoice, and where it is.
#[derive(Debug)]
struct Paper {
    name: &'static str,
    number: String,
    href: String,
}

async fn bought(snapshot: &Snapshot, frame: &Frame, order: OrderId, rule: RefundRule) -> Result<Option<Bought>, DbErr> {
    let Some(order) = payment::order(snapshot, order).await? else { return Ok(None) };
    let settled = payment::settled_by(snapshot, order.id).await?;
    let paper = |document: Document| Paper {
        name: document.kind.name(),
        number: document.number.to_string(),
        href: format!("{}/orders/{}/documents/{}", frame.origin, document.order, document.id),
    };
    Ok(Some(Bought {
        order_number: order.number.to_string(),
        paid: (order.quote.total.minor > 0).then(|| order.quote.total.to_string()),
        reference: settled.first().map(reference).unwrap_or_default(),
        refund_rule: rule.promise(),
        documents: documents::of_order(snapshot, order.id).await?.into_iter().map(paper).collect(),
    }))
}

impl Composer for EnrolmentConfirmed {
    const KIND: &'static str = "enrolment_confirmed";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let Payload { enrolment, order } = payload(letter)?;
        let snapshot = services.db.snapshot().await?;
        let gone = || Ok(Composed::Cancel("the enrolment has ended since".to_owned()));
        let Some(seat) = enrolment::enrolment(&snapshot, enrolment).await? else { return gone() };
        let Some(person) = identity::person(&snapshot, seat.user).await? else { return gone() };
        let Some(place) = learning::access(&snapshot, &self.plans, person.id, enrolment).await? else { return gone() };
        let cohort = place.inputs.plan.cohort();
        let (first_opens, open) = first_week(&place, services, &person)?;
        let frame = Frame::load(services, &snapshot).await?;
        let bought = match order {
            Some(order) => bought(&snapshot, &frame, order, cohort.refund_rule).await?,
            None => None,
        };
        let values = Values {
            name: person.name.as_str().to_owned(),
            certificate_name: place.enrolment.certificate_name.as_str().to_owned(),
            course: cohort.course_title.clone(),
            cohort: cohort.name.clone(),
            first_open_since: open.then(|| first_opens.clone()),
            first_opens,
            bought,
            frame,
        };
        values.send(Some(person.name.clone()))
    }
}

/// When week one opens (or opened), and whether it is open now.
fn first_week(place: &Place, services: &Services, person: &identity::Person) -> Result<(ShownTime, bool), ComposeFailure> {
    let now = services.clocks.service();
    let plan = &place.inputs.plan;
    let planned = plan.planned().next().ok_or_else(|| ComposeFailure::GiveUp("the cohort has no weeks".to_owned()))?;
    let access = place.inputs.access(planned.module.id, now);
    let open = access.as_ref().is_some_and(crate::schedule::model::Access::is_open);
    let moment = access.and_then(|access| access.moment()).unwrap_or_else(|| plan.instant(planned.release));
    Ok((ShownTime::new(moment, &person.zone), open))
}

/// The bank's reference, where there is one that its payer knows.
fn reference(payment: &Payment) -> String {
    match &payment.means {
        Means::Offline(received) => received.reference.as_str().to_owned(),
        Means::Card(_) => String::new(),
    }
}
