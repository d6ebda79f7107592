use super::*;
use crate::gateway::GatewayError;
use crate::gateway::practice::Fault;

#[tokio::test]
async fn one_key_makes_one_customer() {
    let stage = Stage::new().await;
    let request = stage.customer("customer-1");
    let first = stage.gateway.create_customer(&request).await.unwrap();
    assert!(first.starts_with("cus_"), "{first}");
    assert_eq!(stage.gateway.create_customer(&request).await.unwrap(), first);
    assert_eq!(stage.practice.customer_count(), 1);
    let other = crate::gateway::CustomerRequest { name: "Demo Other".to_owned(), ..request };
    assert!(matches!(stage.gateway.create_customer(&other).await, Err(GatewayError::Refused { .. })));
}

#[tokio::test]
async fn a_payment_of_a_customer_bears_their_name_and_address() {
    let stage = Stage::new().await;
    let customer = stage.gateway.create_customer(&stage.customer("customer-1")).await.unwrap();
    let request = SessionRequest { customer: Some(customer.clone()), ..stage.request("key-1") };
    let session = stage.gateway.create_session(&request).await.unwrap();
    stage.press(&session, "pay").await;
    let intent = stage.fetched(&session).await.intent.unwrap();
    let retrieved = stripe_core::payment_intent::RetrievePaymentIntent::new(intent.as_str())
        .expand(["latest_charge".to_owned()])
        .send(stage.gateway.client().unwrap())
        .await
        .unwrap();
    assert_eq!(retrieved.customer.map(|known| known.into_id().to_string()), Some(customer));
    assert_eq!(retrieved.description.as_deref(), Some(request.description.as_str()));
    let billing = retrieved.latest_charge.unwrap().into_object().unwrap().billing_details;
    let address = billing.address.unwrap();
    assert_eq!(billing.name.as_deref(), Some("Demo Student"));
    assert_eq!(billing.email.as_deref(), Some("demo.03@example.org"));
    assert_eq!(address.line1.as_deref(), Some("1 Demo Road"));
    assert_eq!(address.line2.as_deref(), Some("Second floor, Demo Nagar"));
    assert_eq!((address.postal_code.as_deref(), address.country.as_deref()), (Some("110001"), Some("IN")));
}

#[tokio::test]
async fn a_customer_that_is_none_is_refused() {
    let stage = Stage::new().await;
    let request = SessionRequest { customer: Some("cus_none".to_owned()), ..stage.request("key-1") };
    let Err(GatewayError::Refused { code, .. }) = stage.gateway.create_session(&request).await else { panic!("not refused") };
    assert_eq!(code, "resource_missing");
    assert_eq!(stage.practice.session_count(), 0);
}

#[tokio::test]
async fn a_lost_answer_leaves_one_customer() {
    for (fault, made) in [(Fault::HtmlInstead, 0), (Fault::HtmlAfterWork, 1), (Fault::DropAfterWork, 1)] {
        let stage = Stage::new().await;
        stage.practice.faults(fault, 1);
        let answer = stage.gateway.create_customer(&stage.customer("customer-1")).await;
        assert!(matches!(answer, Err(GatewayError::OutcomeUnknown(_))), "{fault:?}: {answer:?}");
        assert_eq!(stage.practice.customer_count(), made, "{fault:?}");
    }
}
