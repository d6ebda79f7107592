//! Asking the gateway about a card attempt, also about one of which it is not known whether the gateway ever heard.

use sea_orm::DbErr;

use super::model::{CardAttempt, CardState, Payment};
use super::settling::{self, Bank, SettleError};
use super::{checkout, store};
use crate::db::Txn;
use crate::gateway::GatewayError;
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Actor, Timestamp};
use crate::services::Services;

/// The gateway takes no end of a page that is nearer ("Create a Checkout Session", `expires_at`).
const LEAST: SignedDuration = SignedDuration::from_mins(30);

/// How the gateway is asked about an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Look,
    /// And nobody may pay it any more.
    Expire,
}

/// What is known of an attempt once the gateway was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Settled,
    /// The gateway refuses it, now that its page would end so soon: it has none for this key, and will have none.
    NeverBegun {
        key: String,
    },
}

/// Asks the gateway about one card attempt, and settles what it says.
///
/// An attempt whose creation had no answer is created again under its key: that tells whether there is a session, and can make
/// one only while its hold lasts, for the gateway takes no end that is less than half an hour ahead. One that is refused has failed,
/// unless it is only looked for and [`is_renewable`]: then it is as if it had not been begun, and whoever wants to pay makes it anew.
pub(super) async fn settle_attempt(services: &Services, actor: Actor, payment: &Payment, ask: Ask) -> Result<Asked, SettleError> {
    let Some(attempt) = payment.card() else { return Ok(Asked::Settled) };
    let session = match &attempt.session {
        Some(session) => session.clone(),
        None => {
            let order = store::order(&*services.db.snapshot().await?, payment.order).await?;
            let Some(order) = order else { return Ok(Asked::Settled) };
            match services.gateway.create_session(&checkout::request(services, &order, payment, attempt)).await {
                Ok(session) => session.id,
                Err(error) if ask == Ask::Look && refuses(&error) && is_renewable(attempt, services.clocks.service()) => {
                    tracing::info!(payment = %payment.id, error = %error, "the gateway has no page for a payment attempt");
                    return Ok(Asked::NeverBegun { key: attempt.key.clone() });
                }
                Err(error) => return not_created(services, actor, payment, error).await.map(|()| Asked::Settled),
            }
        }
    };
    let answer = match ask {
        Ask::Look => services.gateway.session(&session).await,
        Ask::Expire => services.gateway.expire_session(&session).await,
    };
    // Whatever goes wrong here, the page is there and may be paid: no error is the end of it.
    settling::hear(services, actor, answer?, Bank::Silent).await?;
    Ok(Asked::Settled)
}

/// Whether the gateway says no to just this request.
fn refuses(error: &GatewayError) -> bool {
    matches!(error, GatewayError::Refused { .. }) && !error.is_of_another_request()
}

/// Whether an attempt that the gateway refused may be made anew, in its own place: its page would not be over, and the gateway, if the
/// first request reaches it late, refuses it for its age.
pub(super) fn is_renewable(attempt: &CardAttempt, now: Timestamp) -> bool {
    let is_open = attempt.session.is_none() && attempt.state == CardState::Preparing;
    is_open && now < attempt.expires_at && attempt.expires_at < shifted(now, LEAST)
}

/// Marks an attempt as failed if the answer to its creation means that nobody can pay it, and passes the error on otherwise.
///
/// A refusal means that, unless it tells of another request under the same key, and so does any lack of an answer once the page that
/// was asked for would be over. Money that came all the same is told by its notification, which names the attempt.
pub(super) async fn not_created(
    services: &Services,
    actor: Actor,
    payment: &Payment,
    error: GatewayError,
) -> Result<(), SettleError> {
    let is_over = payment.card().is_some_and(|attempt| attempt.expires_at <= services.clocks.service());
    let is_final = match error {
        GatewayError::Refused { .. } => refuses(&error) || is_over,
        GatewayError::NotFound => true,
        GatewayError::OutcomeUnknown(_) => is_over,
        GatewayError::Unavailable(_) => false,
    };
    if !is_final {
        return Err(error.into());
    }
    tracing::error!(payment = %payment.id, error = %error, "the gateway refused a payment attempt");
    let reason = error.to_string();
    Ok(services.db.write(actor, async |txn| fail(txn, payment, reason).await).await?)
}

async fn fail(txn: &Txn, asked: &Payment, reason: String) -> Result<(), DbErr> {
    store::order_for_update(txn, asked.order).await?;
    // As it is now that nobody else can settle it.
    let Some(before) = store::payment(txn, asked.id).await? else { return Ok(()) };
    let (Some(attempt), Some(asked)) = (before.card(), asked.card()) else { return Ok(()) };
    // A session that became known meanwhile may be paid, and so may one that is asked for anew, under another key.
    if attempt.session.is_some() || !attempt.state.is_unfinished() || attempt.key != asked.key {
        return Ok(());
    }
    settling::save_attempt(txn, &before, CardAttempt { state: CardState::Failed { reason }, ..attempt.clone() }).await
}
