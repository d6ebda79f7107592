//! Enrolling somebody free of charge: a seat without an order.

use sea_orm::DbErr;

use super::resend::send_again;
use crate::db::Txn;
use crate::enrolment::{self, Confirmation, EnrolmentState, HoldRefusal, Sending};
use crate::identity::{self, AccountState, CreateRefusal, Person, Role};
use crate::kernel::ids::{CohortId, EnrolmentId, UserId};
use crate::kernel::{EmailAddress, PersonName, Zone};
use crate::payment;

/// Who is enrolled, and why they need not pay.
#[derive(Debug, Clone)]
pub struct FreeSeat {
    pub email: EmailAddress,
    /// As it shall stand on the certificate.
    pub name: PersonName,
    /// Where a new account reads times; a known person keeps theirs.
    pub zone: Zone,
    pub reason: String,
}

/// Why nobody is enrolled.
#[derive(Debug, thiserror::Error)]
pub enum FreeRefusal {
    #[error("the account with this address is disabled")]
    Disabled,
    #[error(transparent)]
    Seat(#[from] HoldRefusal),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Gives a seat of a cohort to the person with this address, whose account is made if it is new, and mails the confirmation.
///
/// # Errors
/// [`FreeRefusal`]; neither account nor seat then.
pub async fn enrol_free(txn: &Txn, cohort: CohortId, seat: FreeSeat) -> Result<(UserId, EnrolmentId), FreeRefusal> {
    let FreeSeat { email, name, zone, reason } = seat;
    let person = student(txn, &email, &name, zone).await?;
    let enrolment = enrolment::give_seat(txn, cohort, person.id, name, &reason).await?;
    confirm_by_mail(txn, &person, enrolment.id, None).await?;
    Ok((person.id, enrolment.id))
}

async fn student(txn: &Txn, email: &EmailAddress, name: &PersonName, zone: Zone) -> Result<Person, FreeRefusal> {
    match identity::account_by_email(txn, email).await? {
        Some(account) if account.state == AccountState::Active => Ok(account.person),
        Some(_) => Err(FreeRefusal::Disabled),
        None => match identity::create_person(txn, email, name.clone(), zone, Role::Student).await {
            Ok(person) => Ok(person),
            Err(CreateRefusal::Exists) => Err(FreeRefusal::Disabled),
            Err(CreateRefusal::Db(error)) => Err(error.into()),
        },
    }
}

/// Mails a student the confirmations of all their enrolments once more; how many.
///
/// # Errors
/// The database's own.
pub async fn confirm_again(txn: &Txn, person: &Person) -> Result<usize, DbErr> {
    let active = enrolment::active_of_user(txn, person.id).await?;
    let enrolled = active.iter().filter(|enrolment| matches!(enrolment.state, EnrolmentState::Enrolled { .. }));
    let mut count = 0;
    for enrolment in enrolled {
        send_again(txn, person, enrolment).await?;
        count += 1;
    }
    Ok(count)
}

/// Posts the enrolment's confirmation; `again` names one beside the first.
pub(super) async fn confirm_by_mail(
    txn: &Txn,
    person: &Person,
    enrolment: EnrolmentId,
    again: Option<String>,
) -> Result<(), DbErr> {
    let orders = payment::orders_of_enrolment(txn, enrolment).await?;
    let (order, recipient) = (orders.first().map(|order| order.id), person.email.clone());
    enrolment::post_confirmation(txn, Confirmation { enrolment, order, user: person.id, recipient, again, sending: Sending::Now })
        .await
}
