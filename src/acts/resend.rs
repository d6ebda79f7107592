//! Sends a confirmation once more.

use sea_orm::DbErr;

use crate::acts::enrol_free::confirm_by_mail;
use crate::audit;
use crate::db::Txn;
use crate::enrolment::model::EnrolmentEvent;
use crate::enrolment::{Enrolment, EnrolmentState};
use crate::identity::Person;
use crate::kernel::ids::EnrolmentId;
use crate::{enrolment, identity};

/// Why nothing is sent.
#[derive(Debug, thiserror::Error)]
pub enum ResendRefusal {
    #[error("the student is not enrolled")]
    NotEnrolled,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Posts a new letter of confirmation, to the address that the student has now. One that is still on its way is left alone.
///
/// # Errors
/// [`ResendRefusal`].
pub async fn resend_confirmation(txn: &Txn, id: EnrolmentId) -> Result<(), ResendRefusal> {
    let student = enrolment::enrolment_for_update(txn, id).await?.ok_or(ResendRefusal::NotEnrolled)?;
    let EnrolmentState::Enrolled { .. } = student.state else { return Err(ResendRefusal::NotEnrolled) };
    let person = identity::person(txn, student.user).await?.ok_or(ResendRefusal::NotEnrolled)?;
    Ok(send_again(txn, &person, &student).await?)
}

/// One more letter of confirmation, on record.
pub(super) async fn send_again(txn: &Txn, person: &Person, enrolment: &Enrolment) -> Result<(), DbErr> {
    audit::record(txn, &EnrolmentEvent::ConfirmationResent(enrolment)).await?;
    confirm_by_mail(txn, person, enrolment.id, Some(txn.random().uuid(txn.now()).to_string())).await
}
