//! Whose the money of an intent is. What becomes of money (a refund, a dispute, its charge) may be told before the money itself, and is
//! booked after it: whoever hears of it has the money settled first.

use super::settling::{self, Bank, SettleError};
use super::{store, strays};
use crate::gateway::GatewayError;
use crate::jobs::lease::WORKER;
use crate::kernel::ids::PaymentId;
use crate::services::Services;

/// Whose money it is that is booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    /// A payment of ours.
    Payment(PaymentId),
    /// It came by this session, which no attempt of ours asked for.
    Stray { session: String },
    /// None that is in our books.
    Nobodys,
}

/// Whose the money of an intent is; where no such money is booked, the gateway is asked for its session, and that is settled.
///
/// # Errors
/// [`SettleError`]; it may be repeated.
pub(super) async fn whose(services: &Services, intent: Option<&str>) -> Result<Whose, SettleError> {
    let Some(intent) = intent else { return Ok(Whose::Nobodys) };
    if let Some(payment) = store::booked_of_intent(&*services.db.snapshot().await?, intent).await? {
        return Ok(Whose::Payment(payment.id));
    }
    let session = match services.gateway.session_of(intent).await {
        Err(GatewayError::NotFound) => None,
        answer => answer?,
    };
    let Some(session) = session else { return Ok(Whose::Nobodys) };
    let id = session.id.clone();
    settling::hear(services, WORKER, session, Bank::Silent).await?;
    let snapshot = services.db.snapshot().await?;
    if let Some(payment) = store::booked_of_intent(&snapshot, intent).await? {
        return Ok(Whose::Payment(payment.id));
    }
    Ok(if strays::is_booked(&snapshot, &id).await? { Whose::Stray { session: id } } else { Whose::Nobodys })
}
