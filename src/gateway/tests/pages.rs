use super::*;
use crate::gateway::{PaymentStatus, SessionStatus};

#[tokio::test]
async fn the_hosted_page_says_what_it_is_and_holds_no_code() {
    let stage = Stage::new().await;
    let request = SessionRequest { description: "Course <b>one</b>".to_owned(), ..stage.request("key-1") };
    let session = stage.gateway.create_session(&request).await.unwrap();
    let answer = stage.visit(Method::GET, &format!("/pay/{}", session.id)).await;
    assert_eq!(answer.status(), 200);
    let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:8000;") && !policy.contains("unsafe"), "{policy}");
    let page = text(answer).await;
    assert!(page.contains("no money moves") && page.contains("₹6,500.00"), "{page}");
    assert!(page.contains("Course &#60;b&#62;one&#60;/b&#62;"), "{page}");
    for inline in ["<script", "<style", " style=", " onclick"] {
        assert!(!page.contains(inline), "{inline}");
    }
    let style = stage.visit(Method::GET, "/practice.css").await;
    assert_eq!(
        (style.status().as_u16(), style.headers()[header::CONTENT_TYPE].to_str().unwrap()),
        (200, "text/css; charset=utf-8")
    );
}

#[tokio::test]
async fn paying_leads_to_the_merchant_and_happens_once() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    let success = format!("http://127.0.0.1:8000/enrol/return?session={}", session.id);
    assert_eq!(stage.press(&session, "pay").await, success);
    assert_eq!(stage.press(&session, "pay").await, success);
    assert_eq!(stage.kinds().await, ["charge.succeeded", "checkout.session.completed", "charge.updated"]);
    assert_eq!(stage.fetched(&session).await.payment_status, PaymentStatus::Paid);
}

#[tokio::test]
async fn a_declined_card_may_be_tried_again() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    let page = stage.press(&session, "decline").await;
    assert_eq!(Some(&page), session.url.as_ref());
    let declined = stage.fetched(&session).await;
    assert_eq!((declined.status, declined.payment_status), (SessionStatus::Open, PaymentStatus::Unpaid));
    let shown = text(stage.visit(Method::GET, &format!("/pay/{}", session.id)).await).await;
    assert!(shown.contains("declined") && shown.contains("/pay\"><button"), "{shown}");
    stage.press(&session, "pay").await;
    let paid = stage.fetched(&session).await;
    assert_eq!((paid.payment_status, &paid.intent), (PaymentStatus::Paid, &declined.intent));
    let events = stage.events().await;
    let told: Vec<_> = events.iter().map(|e| (e.kind.as_str(), e.session())).collect();
    assert_eq!(
        told,
        [
            ("payment_intent.payment_failed", None),
            ("charge.succeeded", None),
            ("checkout.session.completed", Some(session.id.as_str())),
            ("charge.updated", None),
        ]
    );
}

#[tokio::test]
async fn abandoning_leads_back_and_leaves_the_session_open() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    assert_eq!(stage.press(&session, "abandon").await, "http://127.0.0.1:8000/enrol/pay");
    assert_eq!(stage.fetched(&session).await, session);
}

#[tokio::test]
async fn the_bank_confirms_a_late_payment() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    let page = stage.press(&session, "late").await;
    assert_eq!(Some(&page), session.url.as_ref());
    let waiting = stage.fetched(&session).await;
    assert_eq!((waiting.status, waiting.payment_status), (SessionStatus::Complete, PaymentStatus::Unpaid));
    let shown = text(stage.visit(Method::GET, &format!("/pay/{}", session.id)).await).await;
    assert!(shown.contains("The bank confirms now") && shown.contains("The bank refuses"), "{shown}");
    // The session's own time no longer matters once the visitor is done.
    stage.pass(SignedDuration::from_hours(48));
    stage.press(&session, "confirm").await;
    assert_eq!(stage.fetched(&session).await.payment_status, PaymentStatus::Paid);
    let paid = ["charge.succeeded", "checkout.session.async_payment_succeeded", "charge.updated"];
    assert_eq!(stage.kinds().await, [&["checkout.session.completed"], &paid[..]].concat());
}

#[tokio::test]
async fn the_bank_refuses_a_late_payment_for_good() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    for button in ["late", "refuse", "confirm", "pay"] {
        stage.press(&session, button).await;
    }
    let refused = stage.fetched(&session).await;
    assert_eq!((refused.status, refused.payment_status), (SessionStatus::Complete, PaymentStatus::Unpaid));
    let kinds = stage.kinds().await;
    assert_eq!(kinds, ["checkout.session.completed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"]);
}

#[tokio::test]
async fn an_expired_session_cannot_be_paid() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    stage.pass(SignedDuration::from_mins(31));
    assert_eq!(Some(stage.press(&session, "pay").await), session.url);
    assert_eq!(stage.fetched(&session).await.status, SessionStatus::Expired);
    let shown = text(stage.visit(Method::GET, &format!("/pay/{}", session.id)).await).await;
    assert!(shown.contains("expired") && !shown.contains("<button"), "{shown}");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    assert_eq!(stage.visit(Method::GET, "/pay/cs_test_none").await.status(), 404);
    assert_eq!(stage.visit(Method::POST, "/pay/cs_test_none/pay").await.status(), 404);
    assert_eq!(stage.visit(Method::POST, &format!("/pay/{}/other", session.id)).await.status(), 404);
    // The API is closed to whoever has no key, known path or not.
    assert_eq!(stage.visit(Method::GET, "/v1/events").await.status(), 401);
    assert_eq!(stage.visit(Method::GET, "/v1/none").await.status(), 401);
}
