//! What is done on hearing of something at the gateway that is neither a Checkout Session nor a refund: it is asked about, and what is new is booked.

use super::fees;
use super::settling::SettleError;
use super::store;
use super::{disputing, paying_out};
use crate::gateway::{About, GatewayError};
use crate::services::Services;

/// Asks about what a notification is about; tells what was odd about it.
///
/// # Errors
/// [`SettleError`]; it may be repeated.
pub(super) async fn hear(services: &Services, about: &About) -> Result<Option<&'static str>, SettleError> {
    let heard = match about {
        About::Session(_) | About::Refund { .. } => return Ok(None),
        About::Dispute { id, .. } => disputing::hear(services, id).await.map(|()| None),
        About::Payout(id) => {
            let heard = paying_out::hear(services, id).await;
            heard.map(|booked| (!booked).then_some("about a payout in a currency that the books do not know"))
        }
        About::Charge { intent, .. } => charge(services, intent.as_deref()).await.map(|()| None),
    };
    match heard {
        Err(SettleError::Gateway(GatewayError::NotFound)) => Ok(Some("about something that the gateway does not know")),
        heard => heard,
    }
}

/// What a charge did to the balance may be known now. One of money that is not booked is none of ours, or is told again.
async fn charge(services: &Services, intent: Option<&str>) -> Result<(), SettleError> {
    let Some(intent) = intent else { return Ok(()) };
    let payment = store::booked_of_intent(&*services.db.snapshot().await?, intent).await?;
    match payment {
        Some(payment) => fees::learn(services, payment.id).await,
        None => Ok(()),
    }
}
