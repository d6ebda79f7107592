//! What the mails about money that goes back have in common.

use sea_orm::DbErr;

use crate::catalogue;
use crate::db::Conn;
use crate::enrolment;
use crate::identity::{self, Person};
use crate::kernel::ids::RefundId;
use crate::mail::Composed;
use crate::payment::{self, Order, Refund, Way};

/// A refund with whom and what it is about.
pub(super) struct Found {
    pub(super) refund: Refund,
    pub(super) order: Order,
    pub(super) person: Person,
    pub(super) course: String,
    pub(super) cohort: String,
}

/// Nothing if any of it is gone.
///
/// # Errors
/// The database's own.
pub(super) async fn found(conn: &Conn, id: RefundId) -> Result<Option<Found>, DbErr> {
    let Some(refund) = payment::refund(conn, id).await? else { return Ok(None) };
    let Some(order) = payment::order(conn, refund.order).await? else { return Ok(None) };
    let Some(person) = identity::person(conn, order.user).await? else { return Ok(None) };
    let Some(seat) = order.enrolment() else { return Ok(None) };
    let Some(seat) = enrolment::enrolment(conn, seat).await? else { return Ok(None) };
    let Some(cohort) = catalogue::cohort(conn, seat.cohort).await? else { return Ok(None) };
    Ok(Some(Found { refund, order, person, course: cohort.course_title, cohort: cohort.name }))
}

pub(super) fn gone() -> Composed {
    Composed::Cancel("the refund or its payer is gone".to_owned())
}

/// How the money reaches its payer, as the end of a sentence.
pub(super) fn how(way: &Way) -> &'static str {
    match way {
        Way::Gateway { .. } => "to the card or account that it came from. Banks show it within five to ten working days.",
        Way::ByHand { .. } => "by transfer from our bank. If we do not know your account, we ask you for it first.",
    }
}
