//! What a notification of the gateway is about, fetched and settled. The notification itself is believed in nothing: it only says
//! what to look at.

use sea_orm::DbErr;

use super::returning::{self, Returned};
use super::settling::{self, Bank, SettleError, Settled};
use super::store::StoredEvent;
use super::whose::{Whose, whose};
use super::{disputing, fees, paying_out, strays};
use crate::gateway::{About, GatewayError};
use crate::jobs::lease::WORKER;
use crate::services::Services;

/// The one notification that says more than its session does.
const BANK_REFUSED: &str = "checkout.session.async_payment_failed";
/// The notifications that say that somebody paid, or is about to have paid.
const BRINGS_MONEY: [&str; 2] = ["checkout.session.completed", "checkout.session.async_payment_succeeded"];
/// The notification of a charge that says that some of it went back.
const CHARGE_REFUNDED: &str = "charge.refunded";
const OTHER_MODE: &str = "of the other mode";

/// Settles what a kept notification is about; what was odd about it, if anything was.
///
/// # Errors
/// [`SettleError`]; it may be repeated.
pub(super) async fn process(services: &Services, event: &StoredEvent) -> Result<Option<&'static str>, SettleError> {
    let Some(about) = &event.about else { return Ok(None) };
    let other_mode = event.live != services.gateway.live();
    match about {
        About::Session(session) if event.kind.starts_with("checkout.session.") => {
            if other_mode {
                return Ok(of_other_mode(services, event, session).await?);
            }
            let bank = if event.kind == BANK_REFUSED { Bank::Refused } else { Bank::Silent };
            session_settled(settling::settle_session(services, WORKER, session, bank).await)
        }
        About::Session(_) => Ok(None),
        _ if other_mode => Ok(Some(OTHER_MODE)),
        About::Refund { id, .. } => refund_settled(returning::settle_refund(services, WORKER, id).await),
        About::Dispute { id, .. } => known(disputing::hear(services, id).await.map(|()| None)),
        About::Payout(id) => {
            let booked = paying_out::hear(services, id).await;
            known(booked.map(|booked| (!booked).then_some("about a payout in a currency that the books do not know")))
        }
        About::Charge { intent: Some(intent), .. } => {
            // Older versions of the gateway's interface tell of a refund by its charge alone.
            if event.kind == CHARGE_REFUNDED {
                returning::settle_refunds_of(services, WORKER, intent).await?;
            }
            known(charge(services, intent).await.map(|()| None))
        }
        About::Charge { intent: None, .. } => Ok(None),
    }
}

/// What a charge did to the balance may be known now.
async fn charge(services: &Services, intent: &str) -> Result<(), SettleError> {
    match whose(services, Some(intent)).await? {
        Whose::Payment(payment) => fees::learn(services, payment).await,
        Whose::Stray { session } => strays::learn(services, &session, intent).await,
        Whose::Nobodys => Ok(()),
    }
}

/// What the gateway does not know is odd, and not to be asked about again.
fn known(heard: Result<Option<&'static str>, SettleError>) -> Result<Option<&'static str>, SettleError> {
    match heard {
        Err(SettleError::Gateway(GatewayError::NotFound)) => Ok(Some("about something that the gateway does not know")),
        heard => heard,
    }
}

async fn of_other_mode(services: &Services, event: &StoredEvent, session: &str) -> Result<Option<&'static str>, DbErr> {
    if BRINGS_MONEY.contains(&event.kind.as_str()) {
        services.db.write(WORKER, async |txn| settling::queue_wrong_mode(txn, session, event.live).await).await?;
    }
    Ok(Some(OTHER_MODE))
}

fn session_settled(settled: Result<Settled, SettleError>) -> Result<Option<&'static str>, SettleError> {
    match settled {
        Ok(Settled::Decided { .. }) => Ok(None),
        Ok(Settled::NotOurs) => Ok(Some("about a session that is not ours")),
        Err(SettleError::Gateway(GatewayError::NotFound)) => Ok(Some("about a session that the gateway does not know")),
        Err(error) => Err(error),
    }
}

fn refund_settled(settled: Result<Returned, SettleError>) -> Result<Option<&'static str>, SettleError> {
    match settled {
        Ok(Returned::Known(_) | Returned::Stray) => Ok(None),
        Ok(Returned::NotOurs) => Ok(Some("about a refund of a payment that is not ours")),
        Err(SettleError::Gateway(GatewayError::NotFound)) => Ok(Some("about a refund that the gateway does not know")),
        Err(error) => Err(error),
    }
}
