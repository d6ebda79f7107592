//! What the gateway kept of each card payment, and into what it changed the money: asked once the money is there, until it is told.

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::books::Came;
use super::settling::SettleError;
use super::{booking, store};
use crate::db::Txn;
use crate::gateway::{GatewayCharge, GatewayError};
use crate::jobs::lease::WORKER;
use crate::jobs::{self, Job, JobFailure};
use crate::kernel::Timestamp;
use crate::kernel::ids::PaymentId;
use crate::services::Services;

/// How many payments a sweep asks about.
const AGAIN: u64 = 50;

/// Asks the gateway what it kept of a payment, and books it.
#[derive(Debug, Serialize, Deserialize)]
pub struct FetchFee {
    pub payment: PaymentId,
}

impl Job for FetchFee {
    const KIND: &'static str = "payment.fetch_fee";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.payment))
    }

    /// No answer, or none yet, is no failure: the sweep asks again, and so does the notification that the charge has changed.
    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        match learn(services, self.payment).await {
            Ok(()) => Ok(()),
            Err(SettleError::Gateway(error)) => {
                tracing::info!(payment = %self.payment, error = %error, "the fee of a payment is not known yet");
                Ok(())
            }
            Err(SettleError::Db(error)) => Err(error.into()),
        }
    }
}

/// Money came by card, and is booked: what the gateway keeps of it will be asked.
pub(super) async fn expect(txn: &Txn, payment: PaymentId) -> Result<(), DbErr> {
    store::expect_charge(txn, payment).await?;
    jobs::enqueue(txn, &FetchFee { payment }).await
}

/// Asks about a payment whose fee is not known.
///
/// # Errors
/// [`SettleError`]; it is asked again.
pub(super) async fn learn(services: &Services, payment: PaymentId) -> Result<(), SettleError> {
    let intent = {
        let snapshot = services.db.snapshot().await?;
        if !store::is_expected(&snapshot, payment).await? {
            return Ok(());
        }
        let payment = store::payment(&snapshot, payment).await?;
        payment.as_ref().and_then(|payment| payment.card()?.intent.clone())
    };
    let charge = match &intent {
        Some(intent) => match services.gateway.charge_of(intent).await {
            Err(GatewayError::NotFound) => None,
            answer => answer?,
        },
        None => None,
    };
    Ok(services.db.write(WORKER, async |txn| note(txn, payment, charge.as_ref()).await).await?)
}

/// Books what the gateway says of a payment's charge, once; what it does not say yet is asked again.
async fn note(txn: &Txn, payment: PaymentId, charge: Option<&GatewayCharge>) -> Result<(), DbErr> {
    let told = charge.and_then(|charge| Some((charge, charge.amount?, charge.balance.as_ref()?)));
    let Some((charge, paid, balance)) = told else { return store::charge_asked(txn, payment).await };
    if !store::charge_known(txn, payment, charge, balance).await? {
        return Ok(());
    }
    booking::kept(txn, Came::Payment(payment), paid, balance).await
}

/// Asks about those that nothing told of since `limit` (service time). A gateway that is away is left alone until the next sweep.
pub(super) async fn ask_again(services: &Services, limit: Timestamp) -> Result<(), DbErr> {
    let expected = store::expected_charges(&*services.db.snapshot().await?, limit, AGAIN).await?;
    for payment in expected {
        match learn(services, payment).await {
            Ok(()) => {}
            Err(SettleError::Db(error)) => return Err(error),
            Err(SettleError::Gateway(error)) => {
                tracing::warn!(payment = %payment, error = %error, "the fee of a payment could not be asked about");
                // Another comes first next time, should it be this one alone that there is no answer about.
                return services.db.write(WORKER, async |txn| store::charge_asked(txn, payment).await).await;
            }
        }
    }
    Ok(())
}
