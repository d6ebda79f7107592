//! Money at the gateway that is no payment of ours: it stands in Suspense under its session, and an admin looks at it. What the gateway
//! keeps of it and what goes back is booked all the same, for it is in the same account.

use sea_orm::DbErr;
use serde_json::json;

use super::books::{self, CAPTURED, Came};
use super::model::{Exception, PaymentEvent, Reason};
use super::settling::SettleError;
use super::{booking, store};
use crate::db::{Conn, Txn};
use crate::gateway::{GatewayError, GatewayRefund, RefundStatus};
use crate::jobs::lease::WORKER;
use crate::services::Services;
use crate::{audit, ledger};

/// How many sessions a sweep asks about.
const AGAIN: u32 = 20;

/// Whether the money of a session is booked as such.
pub(super) async fn is_booked(conn: &Conn, session: &str) -> Result<bool, DbErr> {
    ledger::is_booked(conn, &Came::Session(session).key(CAPTURED)).await
}

/// Asks the gateway what it kept of the money of a session, and books it, once; what it does not say yet is asked again by the sweep.
///
/// # Errors
/// [`SettleError`]; it may be repeated.
pub(super) async fn learn(services: &Services, session: &str, intent: &str) -> Result<(), SettleError> {
    let came = Came::Session(session);
    if ledger::is_booked(&*services.db.snapshot().await?, &came.key("fee")).await? {
        return Ok(());
    }
    let charge = services.gateway.charge_of(intent).await?;
    let told = charge.and_then(|charge| Some((charge.amount?, charge.balance?)));
    let Some((paid, balance)) = told else { return Ok(()) };
    Ok(services.db.write(WORKER, async |txn| booking::kept(txn, came, paid, &balance).await).await?)
}

/// Asks about those of which it is not known what the gateway kept. A gateway that is away is left alone until the next sweep.
pub(super) async fn ask_again(services: &Services) -> Result<(), DbErr> {
    let expected = store::strays_without_fee(&*services.db.snapshot().await?, AGAIN).await?;
    for session in expected {
        match learn_of_session(services, &session).await {
            Ok(()) => {}
            Err(SettleError::Db(error)) => return Err(error),
            Err(SettleError::Gateway(GatewayError::NotFound)) => {}
            Err(SettleError::Gateway(error)) => {
                tracing::warn!(session, error = %error, "the fee of money that is not ours could not be asked about");
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn learn_of_session(services: &Services, session: &str) -> Result<(), SettleError> {
    match services.gateway.session(session).await?.intent {
        Some(intent) => learn(services, session, &intent).await,
        None => Ok(()),
    }
}

/// Books what the gateway says of a refund of such money. One that failed had left, and came back: both are booked, so that older news
/// that comes late changes nothing.
pub(super) async fn returned(txn: &Txn, told: &GatewayRefund) -> Result<(), DbErr> {
    let Some(amount) = told.amount else { return Ok(()) };
    booking::book(txn, books::stray_refunded(&told.id, amount)).await?;
    let why = match &told.status {
        RefundStatus::Pending | RefundStatus::RequiresAction | RefundStatus::Succeeded => return Ok(()),
        RefundStatus::Failed { reason } => reason.as_str(),
        RefundStatus::Canceled => "taken back at the gateway",
    };
    booking::book(txn, books::stray_refund_failed(&told.id, amount)).await?;
    let exception = Exception {
        id: txn.new_id(),
        order: None,
        payment: None,
        gateway_reference: Some(told.id.clone()),
        reason: Reason::RefundFailed,
        detail: json!({ "amount": amount, "why": why }),
        created_at: txn.now(),
    };
    if store::insert_exception(txn, &format!("refund:{}", told.id), &exception).await? {
        tracing::warn!(refund = told.id, why, "a refund of money that is not ours did not reach its payer");
        audit::record(txn, &PaymentEvent::Queued(&exception)).await?;
    }
    Ok(())
}
