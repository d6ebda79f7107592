use super::*;
use crate::gateway::GatewayError;
use crate::gateway::practice::Fault;

const SHORT: Duration = Duration::from_millis(300);

/// Whatever happens to the first answer, the same key ends in exactly one session.
async fn ends_in_one_session(fault: Fault, timeout: Duration, made_at_once: usize) {
    let stage = Stage::new().await;
    let request = stage.request("key-1");
    stage.practice.faults(fault, 1);
    let answer = client(&stage.base_url, KEY, timeout).create_session(&request).await;
    assert!(matches!(answer, Err(GatewayError::OutcomeUnknown(_))), "{fault:?}: {answer:?}");
    assert_eq!(stage.practice.session_count(), made_at_once, "{fault:?}");
    let session = stage.gateway.create_session(&request).await.unwrap();
    assert_eq!(stage.fetched(&session).await.order, Some(request.order.to_string()));
    assert_eq!(stage.practice.session_count(), 1, "{fault:?}");
}

#[tokio::test]
async fn html_instead_of_an_answer_leaves_the_outcome_unknown() {
    ends_in_one_session(Fault::HtmlInstead, Duration::from_secs(20), 0).await;
}

#[tokio::test]
async fn html_after_the_work_leaves_the_outcome_unknown() {
    ends_in_one_session(Fault::HtmlAfterWork, Duration::from_secs(20), 1).await;
}

#[tokio::test]
async fn a_broken_answer_leaves_the_outcome_unknown() {
    ends_in_one_session(Fault::DropAfterWork, Duration::from_secs(20), 1).await;
}

#[tokio::test]
async fn silence_leaves_the_outcome_unknown() {
    ends_in_one_session(Fault::Hang, SHORT, 0).await;
}

#[tokio::test]
async fn silence_after_the_work_leaves_the_outcome_unknown() {
    let stage = Stage::new().await;
    let request = stage.request("key-1");
    stage.practice.faults(Fault::HangAfterWork, 1);
    let answer = client(&stage.base_url, KEY, SHORT).create_session(&request).await;
    assert!(matches!(answer, Err(GatewayError::OutcomeUnknown(_))), "{answer:?}");
    stage.gateway.create_session(&request).await.unwrap();
    assert_eq!(stage.practice.session_count(), 1);
}

#[tokio::test]
async fn a_failed_look_changes_nothing_and_says_so() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    for fault in [Fault::HtmlInstead, Fault::DropAfterWork] {
        stage.practice.faults(fault, 1);
        let answer = stage.gateway.session(&session.id).await;
        assert!(matches!(answer, Err(GatewayError::Unavailable(_))), "{fault:?}: {answer:?}");
        stage.practice.faults(fault, 1);
        let answer = stage.gateway.events_since(Timestamp::UNIX_EPOCH).await;
        assert!(matches!(answer, Err(GatewayError::Unavailable(_))), "{fault:?}: {answer:?}");
    }
    assert_eq!(stage.fetched(&session).await, session);
}

#[tokio::test]
async fn nobody_listening_is_reported_for_what_it_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let stage = Stage::new().await;
    let lost = client(&base_url, KEY, Duration::from_secs(20));
    assert!(matches!(lost.create_session(&stage.request("key-1")).await, Err(GatewayError::OutcomeUnknown(_))));
    assert!(matches!(lost.session("cs_test_1").await, Err(GatewayError::Unavailable(_))));
}
