use super::*;
use crate::gateway::practice::{Deed, DeedRefusal, Fault};
use crate::gateway::{Balance, DisputeStatus, GatewayError, PayoutStatus, RefundStatus};

/// A paid session's payment intent.
async fn paid(stage: &Stage, amount: Money) -> String {
    let key = format!("paid-{}-{}", amount.currency, stage.practice.session_count());
    let session = stage.gateway.create_session(&SessionRequest { amount, ..stage.request(&key) }).await.unwrap();
    stage.press(&session, "pay").await;
    stage.fetched(&session).await.intent.unwrap()
}

/// One that was paid late, by bank.
async fn paid_by_bank(stage: &Stage) -> String {
    let session = stage.created("by-bank").await;
    stage.press(&session, "late").await;
    stage.press(&session, "confirm").await;
    stage.fetched(&session).await.intent.unwrap()
}

fn rupees(minor: i64) -> Money {
    Money::new(minor, Currency::INR)
}

fn code_of<T: std::fmt::Debug>(answer: Result<T, GatewayError>) -> String {
    match answer {
        Err(GatewayError::Refused { code, .. }) => code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_charge_tells_what_it_did_to_the_balance() {
    let stage = Stage::new().await;
    let intent = paid(&stage, rupees(650_000)).await;
    let charge = stage.gateway.charge_of(&intent).await.unwrap().unwrap();
    assert_eq!(charge.amount, Some(rupees(650_000)));
    let Balance { amount, fee, net, exchange_rate, .. } = charge.balance.unwrap();
    assert_eq!((amount, fee, net, exchange_rate), (rupees(650_000), rupees(13_000), rupees(637_000), None));
    let unpaid = stage.created("unpaid").await;
    stage.press(&unpaid, "decline").await;
    let declined = stage.fetched(&unpaid).await.intent.unwrap();
    assert_eq!(stage.gateway.charge_of(&declined).await.unwrap(), None);
    assert_eq!(stage.gateway.charge_of("pi_none").await, Err(GatewayError::NotFound));
}

#[tokio::test]
async fn other_currencies_are_exchanged() {
    let stage = Stage::new().await;
    for (minor, currency, amount, rate) in [
        (10_000, Currency::EUR, 905_000, "90.5"),
        (6_500, Currency::JPY, 372_125, "0.5725"),
        (65_010, Currency::KWD, 1_768_922, "272.1"),
    ] {
        let intent = paid(&stage, Money::new(minor, currency)).await;
        let charge = stage.gateway.charge_of(&intent).await.unwrap().unwrap();
        assert_eq!(charge.amount, Some(Money::new(minor, currency)));
        let balance = charge.balance.unwrap();
        assert_eq!((balance.amount, balance.exchange_rate.as_deref()), (rupees(amount), Some(rate)), "{currency}");
        assert_eq!(balance.net.minor, balance.amount.minor - balance.fee.minor);
    }
}

#[tokio::test]
async fn money_goes_back_in_parts_and_no_more_than_came() {
    let stage = Stage::new().await;
    let intent = paid(&stage, rupees(650_000)).await;
    let request = stage.refund_request("refund-1", &intent, rupees(200_000));
    let first = stage.gateway.refund(&request).await.unwrap();
    assert_eq!((first.amount, &first.status), (Some(rupees(200_000)), &RefundStatus::Succeeded));
    assert_eq!(first.refund, Some(request.refund.to_string()));
    assert_eq!(first.intent.as_ref(), Some(&intent));
    assert_eq!(first.charge, Some(stage.gateway.charge_of(&intent).await.unwrap().unwrap().id));
    assert_eq!(stage.gateway.refund_by_id(&first.id).await.unwrap(), first);
    let too_much = stage.refund_request("refund-2", &intent, rupees(450_001));
    assert_eq!(code_of(stage.gateway.refund(&too_much).await), "invalid_request_error");
    let rest = stage.gateway.refund(&stage.refund_request("refund-3", &intent, rupees(450_000))).await.unwrap();
    let again = stage.refund_request("refund-4", &intent, rupees(1));
    assert_eq!(code_of(stage.gateway.refund(&again).await), "charge_already_refunded");
    assert_eq!(stage.gateway.refunds_of(&intent).await.unwrap(), [first, rest]);
    assert_eq!(stage.gateway.refund_by_id("re_none").await, Err(GatewayError::NotFound));
    let nowhere = stage.refund_request("refund-5", "pi_none", rupees(1));
    assert_eq!(code_of(stage.gateway.refund(&nowhere).await), "resource_missing");
}

#[tokio::test]
async fn one_key_makes_one_refund() {
    let stage = Stage::new().await;
    let intent = paid(&stage, rupees(650_000)).await;
    let request = stage.refund_request("refund-1", &intent, rupees(200_000));
    let made = futures_util::future::join_all((0..20).map(|_| stage.gateway.refund(&request))).await;
    let ids: std::collections::HashSet<_> = made.into_iter().map(|refund| refund.unwrap().id).collect();
    assert_eq!((ids.len(), stage.practice.refund_count()), (1, 1));
    let other = crate::gateway::RefundRequest { amount: rupees(1), ..request };
    assert_eq!(code_of(stage.gateway.refund(&other).await), "idempotency_error");
}

/// Whatever happens to the first answer, the same key ends in exactly one refund.
async fn ends_in_one_refund(fault: Fault, timeout: Duration, made_at_once: Option<usize>) {
    let stage = Stage::new().await;
    let intent = paid(&stage, rupees(650_000)).await;
    let request = stage.refund_request("refund-1", &intent, rupees(200_000));
    stage.practice.faults(fault, 1);
    let answer = client(&stage.base_url, KEY, timeout).refund(&request).await;
    assert!(matches!(answer, Err(GatewayError::OutcomeUnknown(_))), "{fault:?}: {answer:?}");
    if let Some(made) = made_at_once {
        assert_eq!(stage.practice.refund_count(), made, "{fault:?}");
    }
    let refund = stage.gateway.refund(&request).await.unwrap();
    assert_eq!(stage.gateway.refunds_of(&intent).await.unwrap(), [refund], "{fault:?}");
}

#[tokio::test]
async fn html_leaves_a_refunds_outcome_unknown() {
    ends_in_one_refund(Fault::HtmlInstead, Duration::from_secs(20), Some(0)).await;
    ends_in_one_refund(Fault::HtmlAfterWork, Duration::from_secs(20), Some(1)).await;
}

#[tokio::test]
async fn silence_or_a_broken_answer_leaves_a_refunds_outcome_unknown() {
    let short = Duration::from_millis(300);
    ends_in_one_refund(Fault::Hang, short, Some(0)).await;
    ends_in_one_refund(Fault::HangAfterWork, short, None).await;
    ends_in_one_refund(Fault::DropAfterWork, Duration::from_secs(20), Some(1)).await;
}

#[tokio::test]
async fn a_failed_look_at_money_says_so() {
    let stage = Stage::new().await;
    let intent = paid(&stage, rupees(650_000)).await;
    let dispute = stage.practice.dispute(&intent).unwrap();
    for fault in [Fault::HtmlInstead, Fault::DropAfterWork, Fault::Broken, Fault::KeyRefused] {
        let gateway = &stage.gateway;
        stage.practice.faults(fault, 7);
        assert!(matches!(gateway.charge_of(&intent).await, Err(GatewayError::Unavailable(_))), "{fault:?}");
        assert!(matches!(gateway.refund_by_id("re_1").await, Err(GatewayError::Unavailable(_))), "{fault:?}");
        assert!(matches!(gateway.refunds_of(&intent).await, Err(GatewayError::Unavailable(_))), "{fault:?}");
        assert!(matches!(gateway.dispute(&dispute).await, Err(GatewayError::Unavailable(_))), "{fault:?}");
        assert!(matches!(gateway.disputes_of(&intent).await, Err(GatewayError::Unavailable(_))), "{fault:?}");
        assert!(matches!(gateway.payout("po_1").await, Err(GatewayError::Unavailable(_))), "{fault:?}");
        assert!(matches!(gateway.transactions_of("po_1").await, Err(GatewayError::Unavailable(_))), "{fault:?}");
    }
}

#[tokio::test]
async fn an_id_of_money_from_outside_cannot_change_the_path() {
    let stage = Stage::new().await;
    for id in ["", "../events", "x?expand[]=customer", "x y", "é", &"x".repeat(256)] {
        let gateway = &stage.gateway;
        assert_eq!(gateway.charge_of(id).await, Err(GatewayError::NotFound), "{id:?}");
        assert_eq!(gateway.refund_by_id(id).await, Err(GatewayError::NotFound), "{id:?}");
        assert_eq!(gateway.refunds_of(id).await, Err(GatewayError::NotFound), "{id:?}");
        assert_eq!(gateway.dispute(id).await, Err(GatewayError::NotFound), "{id:?}");
        assert_eq!(gateway.disputes_of(id).await, Err(GatewayError::NotFound), "{id:?}");
        assert_eq!(gateway.payout(id).await, Err(GatewayError::NotFound), "{id:?}");
        assert_eq!(gateway.transactions_of(id).await, Err(GatewayError::NotFound), "{id:?}");
        assert_eq!(gateway.refund(&stage.refund_request("r", id, rupees(1))).await, Err(GatewayError::NotFound), "{id:?}");
    }
}

#[tokio::test]
async fn amounts_of_refunds_have_their_currencys_limits() {
    let stage = Stage::new().await;
    let dinars = paid(&stage, Money::new(65_010, Currency::KWD)).await;
    let wrong = stage.refund_request("a", &dinars, Money::new(1_001, Currency::KWD));
    assert_eq!(code_of(stage.gateway.refund(&wrong).await), "parameter_invalid_integer");
    let right = stage.refund_request("b", &dinars, Money::new(1_010, Currency::KWD));
    assert_eq!(stage.gateway.refund(&right).await.unwrap().amount, Some(right.amount));
    let yen = paid(&stage, Money::new(6_500, Currency::JPY)).await;
    let one = stage.refund_request("c", &yen, Money::new(1, Currency::JPY));
    assert_eq!(stage.gateway.refund(&one).await.unwrap().amount, Some(one.amount));
    for (key, minor) in [("d", 0), ("e", -1)] {
        let none = stage.refund_request(key, &yen, Money::new(minor, Currency::JPY));
        assert_eq!(code_of(stage.gateway.refund(&none).await), "parameter_invalid_integer");
    }
    for (key, minor, currency) in [("f", 49, Currency::INR), ("g", 49, Currency::JPY), ("h", 29, Currency::GBP)] {
        let request = SessionRequest { amount: Money::new(minor, currency), ..stage.request(key) };
        assert_eq!(code_of(stage.gateway.create_session(&request).await), "amount_too_small", "{currency}");
    }
}

#[tokio::test]
async fn a_refund_to_a_bank_takes_a_while_and_may_fail_after_it_succeeded() {
    let stage = Stage::new().await;
    let intent = paid_by_bank(&stage).await;
    let refund = stage.gateway.refund(&stage.refund_request("refund-1", &intent, rupees(650_000))).await.unwrap();
    assert_eq!(refund.status, RefundStatus::Pending);
    stage.practice.deed(&refund.id, Deed::RefundSucceeds).unwrap();
    assert_eq!(stage.gateway.refund_by_id(&refund.id).await.unwrap().status, RefundStatus::Succeeded);
    stage.practice.deed(&refund.id, Deed::RefundFails).unwrap();
    let failed = stage.gateway.refund_by_id(&refund.id).await.unwrap();
    assert_eq!(failed.status, RefundStatus::Failed { reason: "lost_or_stolen_card".to_owned() });
    for deed in [Deed::RefundSucceeds, Deed::RefundFails] {
        assert!(matches!(stage.practice.deed(&refund.id, deed), Err(DeedRefusal::NotNow(_))));
    }
    // The money is there again, and can go back once more.
    stage.gateway.refund(&stage.refund_request("refund-2", &intent, rupees(650_000))).await.unwrap();
    let kinds = stage.kinds().await;
    let wanted = ["refund.created", "charge.refunded", "refund.updated", "refund.updated", "refund.failed"];
    let told: Vec<&str> = kinds.iter().map(String::as_str).filter(|kind| kind.contains("refund")).collect();
    assert_eq!(told[..5], wanted);
}

#[tokio::test]
async fn a_dispute_takes_the_money_and_a_fee_until_it_is_won() {
    let stage = Stage::new().await;
    let intent = paid(&stage, rupees(650_000)).await;
    assert_eq!(stage.gateway.disputes_of(&intent).await.unwrap(), []);
    let id = stage.practice.dispute(&intent).unwrap();
    let open = stage.gateway.dispute(&id).await.unwrap();
    assert_eq!((open.status, open.withdrawn, open.fee), (DisputeStatus::NeedsResponse, true, Some(rupees(100_000))));
    assert_eq!((open.amount, open.reason.as_str()), (Some(rupees(650_000)), "product_not_received"));
    let week = shifted(stage.clocks.service(), SignedDuration::from_hours(7 * 24));
    assert_eq!(open.evidence_due_by.map(Timestamp::as_second), Some(week.as_second()));
    assert_eq!(stage.gateway.disputes_of(&intent).await.unwrap(), [open]);
    let refund = stage.refund_request("refund-1", &intent, rupees(1));
    assert_eq!(code_of(stage.gateway.refund(&refund).await), "charge_disputed");
    stage.practice.deed(&id, Deed::DisputeAnswered).unwrap();
    let answered = stage.gateway.dispute(&id).await.unwrap();
    assert_eq!((answered.status, answered.evidence_due_by), (DisputeStatus::UnderReview, None));
    stage.practice.deed(&id, Deed::DisputeWon).unwrap();
    let won = stage.gateway.dispute(&id).await.unwrap();
    assert_eq!((won.status, won.withdrawn, won.fee), (DisputeStatus::Won, false, Some(rupees(100_000))));
    assert_eq!(won.balance.iter().map(|part| part.net.minor).sum::<i64>(), -100_000, "the fee is lost");
    let kinds = stage.kinds().await;
    let told: Vec<&str> = kinds.iter().filter_map(|kind| kind.strip_prefix("charge.dispute.")).collect();
    assert_eq!(told, ["created", "funds_withdrawn", "updated", "funds_reinstated", "closed"]);
}

#[tokio::test]
async fn a_lost_dispute_keeps_the_money() {
    let stage = Stage::new().await;
    let intent = paid(&stage, Money::new(10_000, Currency::EUR)).await;
    let id = stage.practice.dispute(&intent).unwrap();
    stage.practice.deed(&id, Deed::DisputeLost).unwrap();
    let lost = stage.gateway.dispute(&id).await.unwrap();
    assert_eq!((lost.status, lost.withdrawn), (DisputeStatus::Lost, true));
    assert_eq!((lost.amount, lost.balance[0].amount), (Some(Money::new(10_000, Currency::EUR)), rupees(-905_000)));
    for deed in [Deed::DisputeAnswered, Deed::DisputeWon, Deed::DisputeLost] {
        assert!(stage.practice.deed(&id, deed).is_err(), "{deed:?}");
    }
    assert!(stage.practice.dispute(&intent).is_err(), "disputed once for all");
    let refund = stage.refund_request("refund-1", &intent, Money::new(1, Currency::EUR));
    assert_eq!(code_of(stage.gateway.refund(&refund).await), "charge_disputed");
}

#[tokio::test]
async fn a_payout_says_what_it_consists_of() {
    let stage = Stage::new().await;
    assert!(matches!(stage.practice.pay_out(), Err(DeedRefusal::NotNow(_))), "of nothing");
    let intent = paid(&stage, rupees(650_000)).await;
    let charge = stage.gateway.charge_of(&intent).await.unwrap().unwrap();
    let refund = stage.practice.refund(&intent, Some(50_000)).unwrap();
    let id = stage.practice.pay_out().unwrap();
    let payout = stage.gateway.payout(&id).await.unwrap();
    assert_eq!((payout.amount, &payout.status, payout.automatic), (Some(rupees(587_000)), &PayoutStatus::InTransit, true));
    let parts = stage.gateway.transactions_of(&id).await.unwrap();
    let told: Vec<_> = parts.iter().map(|part| (part.kind.as_str(), part.source.as_deref(), part.balance.net.minor)).collect();
    assert_eq!(
        told,
        [
            ("charge", Some(charge.id.as_str()), 637_000),
            ("refund", Some(refund.as_str()), -50_000),
            ("payout", Some(id.as_str()), -587_000)
        ]
    );
    assert_eq!(parts[0].balance, charge.balance.unwrap());
    stage.practice.deed(&id, Deed::PayoutArrives).unwrap();
    assert_eq!(stage.gateway.payout(&id).await.unwrap().status, PayoutStatus::Paid);
}

#[tokio::test]
async fn a_payout_that_failed_is_in_the_next_one() {
    let stage = Stage::new().await;
    paid(&stage, rupees(650_000)).await;
    let first = stage.practice.pay_out().unwrap();
    stage.practice.deed(&first, Deed::PayoutArrives).unwrap();
    stage.practice.deed(&first, Deed::PayoutFails).unwrap();
    let failed = stage.gateway.payout(&first).await.unwrap();
    assert_eq!(failed.status, PayoutStatus::Failed { reason: "account_closed".to_owned() });
    let second = stage.practice.pay_out().unwrap();
    let parts = stage.gateway.transactions_of(&second).await.unwrap();
    let kinds: Vec<&str> = parts.iter().map(|part| part.kind.as_str()).collect();
    assert_eq!(kinds, ["payout_failure", "payout"]);
    assert_eq!(stage.gateway.payout(&second).await.unwrap().amount, Some(rupees(637_000)));
    let kinds = stage.kinds().await;
    let told: Vec<&str> = kinds.iter().filter_map(|kind| kind.strip_prefix("payout.")).collect();
    assert_eq!(told, ["created", "updated", "paid", "updated", "failed", "created"]);
}

#[tokio::test]
async fn a_restart_forgets_no_money() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("practice.json");
    let first = Stage::with(|settings| settings.state_file = Some(file.clone())).await;
    let intent = paid(&first, rupees(650_000)).await;
    let request = first.refund_request("refund-1", &intent, rupees(200_000));
    let refund = first.gateway.refund(&request).await.unwrap();
    let payout = first.practice.pay_out().unwrap();
    let dispute = first.practice.dispute(&intent).unwrap();
    let events = first.events().await;
    let told = (first.gateway.charge_of(&intent).await, first.gateway.dispute(&dispute).await);
    let (clocks, randomness) = (first.clocks.clone(), first.randomness.clone());
    drop(first);

    let second = Stage::at(clocks, randomness, |settings| settings.state_file = Some(file.clone())).await;
    assert_eq!(second.gateway.refund(&request).await.unwrap(), refund);
    assert_eq!((second.gateway.charge_of(&intent).await, second.gateway.dispute(&dispute).await), told);
    assert_eq!(second.gateway.transactions_of(&payout).await.unwrap().len(), 3);
    assert_eq!(second.events().await, events);
}

#[tokio::test]
async fn a_state_file_from_before_money_went_back_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("practice.json");
    let first = Stage::with(|settings| settings.state_file = Some(file.clone())).await;
    let session = first.created("key-1").await;
    let (clocks, randomness) = (first.clocks.clone(), first.randomness.clone());
    drop(first);
    let mut state: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for later in ["customers", "charges", "refunds", "disputes", "payouts", "transactions"] {
        state.as_object_mut().unwrap().remove(later).unwrap();
    }
    state["sessions"][&session.id]["purchase"].as_object_mut().unwrap().remove("customer").unwrap();
    std::fs::write(&file, state.to_string()).unwrap();

    let second = Stage::at(clocks, randomness, |settings| settings.state_file = Some(file.clone())).await;
    assert_eq!(second.fetched(&session).await.id, session.id);
    second.press(&session, "pay").await;
    let intent = second.fetched(&session).await.intent.unwrap();
    assert!(second.gateway.charge_of(&intent).await.unwrap().is_some());
}
