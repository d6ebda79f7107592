//! An enrolment has ended: its student or an admin cancelled it, or all that was paid went back.

use serde::Deserialize;

use super::refund::how;
use super::{Frame, message, payload, render};
use crate::catalogue;
use crate::kernel::ids::{EnrolmentId, OrderId};
use crate::kernel::{Money, PersonName};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::payment::Way;
use crate::services::Services;
use crate::{enrolment, identity, payment};

/// `emails/enrolment_cancelled`.
#[derive(Debug)]
pub struct EnrolmentCancelled;

/// What cancelling posts.
#[derive(Debug, Deserialize)]
struct Payload {
    enrolment: EnrolmentId,
    /// The order of which money goes back, and how much; neither where nothing does.
    order: Option<OrderId>,
    back: Option<Money>,
}

/// What goes back.
struct Returned {
    order_number: String,
    amount: String,
    how: &'static str,
}

message!("enrolment_cancelled/subject.txt", "enrolment_cancelled/text.txt", "enrolment_cancelled/html.html", {
    frame: Frame,
    name: String,
    course: String,
    cohort: String,
    back: Option<Returned>,
});

impl Composer for EnrolmentCancelled {
    const KIND: &'static str = crate::payment::CANCELLED;

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let Payload { enrolment: id, order, back } = payload(letter)?;
        let snapshot = services.db.snapshot().await?;
        let gone = || Ok(Composed::Cancel("the enrolment or its student is gone".to_owned()));
        let Some(seat) = enrolment::enrolment(&snapshot, id).await? else { return gone() };
        let Some(person) = identity::person(&snapshot, seat.user).await? else { return gone() };
        let Some(cohort) = catalogue::cohort(&snapshot, seat.cohort).await? else { return gone() };
        let back = match order.zip(back) {
            Some((order, back)) => returned(&snapshot, order, back).await?,
            None => None,
        };
        let values = Values {
            frame: Frame::load(services, &snapshot).await?,
            name: person.name.as_str().to_owned(),
            course: cohort.course_title,
            cohort: cohort.name,
            back,
        };
        values.send(Some(person.name))
    }
}

async fn returned(conn: &crate::db::Conn, order: OrderId, back: Money) -> Result<Option<Returned>, sea_orm::DbErr> {
    let Some(order) = payment::order(conn, order).await? else { return Ok(None) };
    let refunds = payment::refunds_of_order(conn, order.id).await?;
    let way = refunds.last().map_or(&Way::ByHand { sent: None }, |refund| &refund.way);
    Ok(Some(Returned { order_number: order.number.to_string(), amount: back.to_string(), how: how(way) }))
}
