//! As whom the gateway knows a buyer: a customer with name and address, made before their first payment page. An export's payment must
//! bear them (Stripe, "Accept international payments from India").
//!
//! The request and its idempotency key come from what is stored, so that a lost answer is asked for again and one customer comes of it.

use sea_orm::DbErr;

use super::model::{Buyer, Order};
use super::settling::SettleError;
use super::store;
use crate::db::Txn;
use crate::gateway::{CustomerAddress, CustomerRequest, GatewayError};
use crate::kernel::Actor;
use crate::kernel::ids::OrderId;
use crate::kernel::time::{SignedDuration, shifted};
use crate::services::Services;

/// For so long a customer is asked for under one key. The gateway keeps an error of its own under it for a day, and nobody shall wait so long
/// to pay; a customer too many owes nothing.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// As whom a buyer pays.
pub(super) enum PaysAs {
    /// The gateway's id of the customer.
    Customer(String),
    /// The gateway makes no customer of them; they can pay all the same.
    Nobody,
    /// The gateway must be asked first, for the buyer of this order, who is the same.
    Ask { order: Box<Order>, key: String },
}

/// As whom the buyer of an order pays. Orders of a person with the same buyer share one customer: the oldest that was asked for.
pub(super) async fn pays_as(txn: &Txn, order: &Order, live: bool) -> Result<PaysAs, DbErr> {
    let asked = store::customers_of(txn, order.user, live).await?;
    let ids: Vec<_> = asked.iter().map(|asked| asked.order).collect();
    let orders = store::orders(txn, &ids).await?;
    for asked in asked {
        let Some(first) = orders.get(&asked.order).filter(|first| first.buyer == order.buyer) else { continue };
        return Ok(match asked.customer {
            Some(customer) => PaysAs::Customer(customer),
            None if asked.is_refused => PaysAs::Nobody,
            None if asked.since <= shifted(txn.now(), -PATIENCE) => {
                let key = key(txn, first.id, live);
                store::renew_customer(txn, first.id, live, &key).await?;
                PaysAs::Ask { order: Box::new(first.clone()), key }
            }
            None => PaysAs::Ask { order: Box::new(first.clone()), key: asked.key },
        });
    }
    let key = key(txn, order.id, live);
    store::insert_customer(txn, order, live, &key).await?;
    Ok(PaysAs::Ask { order: Box::new(order.clone()), key })
}

fn key(txn: &Txn, order: OrderId, live: bool) -> String {
    let mode = if live { "live" } else { "test" };
    format!("customer-{order}-{mode}-{}", txn.now().as_second())
}

/// Asks the gateway for the customer, and keeps its answer.
///
/// # Errors
/// [`SettleError`], where it is not known what came of it; it is asked again with the same key.
pub(super) async fn introduce(services: &Services, actor: Actor, order: &Order, key: String) -> Result<(), SettleError> {
    let answer = match services.gateway.create_customer(&request(order, key)).await {
        Ok(customer) => Ok(customer),
        Err(error @ (GatewayError::Refused { .. } | GatewayError::NotFound)) => {
            tracing::warn!(order = %order.id, error = %error, "the gateway makes no customer of a buyer");
            Err(error.to_string())
        }
        Err(error) => return Err(error.into()),
    };
    let live = services.gateway.live();
    Ok(services.db.write(actor, async |txn| store::save_customer(txn, order.id, live, answer.clone()).await).await?)
}

fn request(order: &Order, key: String) -> CustomerRequest {
    let Buyer { name, email, country, address, postal_code, state, .. } = &order.buyer;
    CustomerRequest {
        idempotency_key: key,
        order: order.id,
        order_number: order.number.to_string(),
        name: name.to_string(),
        email: email.clone(),
        address: CustomerAddress {
            street: address.as_str().to_owned(),
            city: None,
            state: state.map(|state| state.name().to_owned()),
            postal_code: postal_code.as_ref().map(|code| code.as_str().to_owned()),
            country: country.code().to_owned(),
        },
    }
}
