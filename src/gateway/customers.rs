//! Customers at Stripe: a buyer with name and address, made for the first order of theirs, so that a payment bears these.

use std::collections::HashMap;

use stripe::StripeRequest;
use stripe_core::customer::{CreateCustomer, OptionalFieldsCustomerAddress};

use super::{Effect, Gateway, GatewayError, ORDER, ORDER_NUMBER, once};
use crate::kernel::EmailAddress;
use crate::kernel::ids::OrderId;

/// A customer to create. Whoever repeats it with the same key repeats every field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRequest {
    /// 1 to 255 visible ASCII characters, stored before Stripe is called.
    pub idempotency_key: String,
    /// Metadata.
    pub order: OrderId,
    /// Metadata, at most 500 characters.
    pub order_number: String,
    /// At most 256 characters.
    pub name: String,
    pub email: EmailAddress,
    pub address: CustomerAddress,
}

/// Where a buyer lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerAddress {
    /// The lines of the address, as they stand on an envelope above the postal code.
    pub street: String,
    pub city: Option<String>,
    pub state: Option<String>,
    /// Some countries have none.
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

impl Gateway {
    /// Creates a customer, or answers again with the one that the same key created; tells its id.
    ///
    /// # Errors
    /// After [`GatewayError::OutcomeUnknown`] and [`GatewayError::Unavailable`] repeat the same request with the same key. A
    /// customer too many would do no harm: nothing is owed by it.
    pub async fn create_customer(&self, request: &CustomerRequest) -> Result<String, GatewayError> {
        let once = once(&request.idempotency_key)?;
        let metadata = HashMap::from([
            (ORDER.to_owned(), request.order.to_string()),
            (ORDER_NUMBER.to_owned(), request.order_number.clone()),
        ]);
        let creation = CreateCustomer::new()
            .name(&request.name)
            .email(request.email.as_str())
            .address(address(&request.address))
            .metadata(metadata);
        let answer = creation.customize().request_strategy(once).send(self.client()?).await;
        answer.map(|customer| customer.id.to_string()).map_err(|error| self.explain(error, Effect::Write))
    }
}

/// Stripe has two lines for the street: all lines after the first are its second.
fn address(address: &CustomerAddress) -> OptionalFieldsCustomerAddress {
    let mut lines = address.street.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().map(str::to_owned);
    let rest = lines.collect::<Vec<_>>().join(", ");
    OptionalFieldsCustomerAddress {
        line1: first,
        line2: (!rest.is_empty()).then_some(rest),
        city: address.city.clone(),
        state: address.state.clone(),
        postal_code: address.postal_code.clone(),
        country: Some(address.country.clone()),
    }
}
