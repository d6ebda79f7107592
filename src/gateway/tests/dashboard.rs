use super::*;
use crate::gateway::practice::Deed;
use crate::gateway::{DisputeStatus, PayoutStatus, RefundStatus};

impl Stage {
    /// Sends a form of the dashboard; the status.
    async fn send(&self, path: &str, form: &str) -> u16 {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.practice.router().oneshot(request).await.unwrap().status().as_u16()
    }

    async fn dashboard(&self) -> String {
        text(self.visit(Method::GET, "/dashboard").await).await
    }

    async fn paid_intent(&self) -> String {
        let session = self.created("key-1").await;
        self.press(&session, "pay").await;
        self.fetched(&session).await.intent.unwrap()
    }
}

#[tokio::test]
async fn the_dashboard_says_what_it_is_and_holds_no_code() {
    let stage = Stage::new().await;
    let empty = stage.visit(Method::GET, "/dashboard").await;
    let policy = empty.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self';") && !policy.contains("unsafe"), "{policy}");
    assert!(text(empty).await.contains("Nothing was paid yet"));
    stage.paid_intent().await;
    let page = stage.dashboard().await;
    assert!(page.contains("no money moves") && page.contains("₹6,500.00"), "{page}");
    for inline in ["<script", "<style", " style=", " onclick"] {
        assert!(!page.contains(inline), "{inline}");
    }
}

#[tokio::test]
async fn a_developer_refunds_in_parts_and_lets_a_refund_fail() {
    let stage = Stage::new().await;
    let intent = stage.paid_intent().await;
    let refund = format!("/dashboard/payments/{intent}/refund");
    assert_eq!(stage.send(&refund, "amount=2%2C000.00").await, 303);
    assert_eq!(stage.send(&refund, "amount=4500").await, 303);
    for wrong in ["amount=", "amount=x", "amount=0", "amount=1"] {
        assert_eq!(stage.send(&refund, wrong).await, 422, "{wrong}");
    }
    let refunds = stage.gateway.refunds_of(&intent).await.unwrap();
    assert_eq!(refunds.iter().map(|refund| refund.amount.unwrap().minor).collect::<Vec<_>>(), [200_000, 450_000]);
    assert!(refunds.iter().all(|refund| refund.refund.is_none()), "none of them is ours");
    let fail = format!("/dashboard/deeds/{}/refund-fails", refunds[0].id);
    assert_eq!((stage.send(&fail, "").await, stage.send(&fail, "").await), (303, 422));
    let failed = stage.gateway.refund_by_id(&refunds[0].id).await.unwrap();
    assert!(matches!(failed.status, RefundStatus::Failed { .. }));
    assert!(stage.dashboard().await.contains("value=\"2000.00\""), "what failed can be refunded again");
}

#[tokio::test]
async fn a_developer_decides_disputes_and_payouts() {
    let stage = Stage::new().await;
    let intent = stage.paid_intent().await;
    assert_eq!(stage.send("/dashboard/payouts", "").await, 303);
    assert_eq!(stage.send("/dashboard/payouts", "").await, 422, "nothing is left");
    assert_eq!(stage.send(&format!("/dashboard/payments/{intent}/dispute"), "").await, 303);
    let dispute = stage.gateway.disputes_of(&intent).await.unwrap().remove(0).id;
    for deed in ["dispute-answered", "dispute-lost"] {
        assert!(stage.dashboard().await.contains(&format!("/dashboard/deeds/{dispute}/{deed}")), "{deed}");
        assert_eq!(stage.send(&format!("/dashboard/deeds/{dispute}/{deed}"), "").await, 303, "{deed}");
    }
    assert_eq!(stage.gateway.dispute(&dispute).await.unwrap().status, DisputeStatus::Lost);
    let events = stage.events().await;
    let payout = events.iter().find_map(|event| match &event.about {
        Some(crate::gateway::About::Payout(id)) => Some(id.clone()),
        _ => None,
    });
    let payout = payout.unwrap();
    assert_eq!(stage.send(&format!("/dashboard/deeds/{payout}/payout-arrives"), "").await, 303);
    assert_eq!(stage.gateway.payout(&payout).await.unwrap().status, PayoutStatus::Paid);
    assert_eq!(stage.send(&format!("/dashboard/deeds/{payout}/payout-fails"), "").await, 303);
    assert!(stage.practice.deed(&payout, Deed::PayoutFails).is_err());
}

#[tokio::test]
async fn what_the_dashboard_does_not_know_is_not_found() {
    let stage = Stage::new().await;
    assert_eq!(stage.send("/dashboard/payments/pi_none/refund", "amount=1").await, 404);
    assert_eq!(stage.send("/dashboard/deeds/re_none/other", "").await, 404);
    assert_eq!(stage.send("/dashboard/deeds/re_none/refund-fails", "").await, 422);
    assert_eq!(stage.send("/dashboard/payments/pi_none/dispute", "").await, 422);
}

/// Whatever is asked for of sessions, payments, refunds, disputes and payouts, however they stand.
#[tokio::test]
async fn what_is_refused_has_changed_nothing() {
    const DEEDS: [Deed; 7] = [
        Deed::RefundSucceeds,
        Deed::RefundFails,
        Deed::DisputeAnswered,
        Deed::DisputeWon,
        Deed::DisputeLost,
        Deed::PayoutArrives,
        Deed::PayoutFails,
    ];
    const BUTTONS: [&str; 5] = ["pay", "decline", "late", "confirm", "refuse"];
    let stage = Stage::new().await;
    let mut sessions = Vec::new();
    for key in ["key-1", "key-2", "key-3"] {
        sessions.push(stage.created(key).await);
    }
    // Objects of each kind, once there are some.
    let mut made = vec!["re_none".to_owned()];
    let (mut done, mut refused) = (0, 0);
    for _ in 0..600 {
        let [what, which, whose] = stage.randomness.bytes::<3>().map(usize::from);
        let session = &sessions[whose % sessions.len()];
        let intent = stage.fetched(session).await.intent.unwrap_or_else(|| "pi_none".to_owned());
        let before = stage.practice.saved();
        let outcome = match what % 5 {
            0 => {
                stage.press(session, BUTTONS[which % BUTTONS.len()]).await;
                // The page tells no refusal: then there is no event.
                let told = stage.practice.saved().events().len() > before.events().len();
                if told { Ok(None) } else { Err(()) }
            }
            1 => {
                let amount = [None, Some(100), Some(0), Some(700_000)][which % 4];
                stage.practice.refund(&intent, amount).map(Some).map_err(drop)
            }
            2 if which % 8 == 0 => stage.practice.dispute(&intent).map(Some).map_err(drop),
            3 if which % 8 == 0 => stage.practice.pay_out().map(Some).map_err(drop),
            _ => stage.practice.deed(&made[whose % made.len()], DEEDS[which % DEEDS.len()]).map(|()| None).map_err(drop),
        };
        match outcome {
            Ok(new) => {
                done += 1;
                made.extend(new);
            }
            Err(()) => {
                refused += 1;
                assert_eq!(stage.practice.saved().to_json(), before.to_json(), "{what} {which} {whose}");
            }
        }
    }
    assert!(done > 20 && refused > 100, "{done} done, {refused} refused");
}
