//! The payment gateway: a harmless read with our key.

use super::{Finding, fault, ok, warning};
use crate::config::{GatewayKind, Settings};
use crate::services::gateway;

const CHECK: &str = "payment gateway";

pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    let kind = match settings.gateway.kind {
        GatewayKind::Stripe => "Stripe",
        GatewayKind::Practice | GatewayKind::PracticeApart => "the practice gateway",
        GatewayKind::None => {
            let says = "none is set up (gateway.kind is \"none\"): no cards are taken, only transfers, cash and cheque";
            return vec![ok(CHECK, says)];
        }
    };
    let client = match gateway(&settings.gateway) {
        Ok(client) => client,
        Err(error) => {
            let remedy = "Set gateway.secret_key, gateway.webhook_secrets and gateway.live (LECTERN_GATEWAY__SECRET_KEY_FILE)";
            return vec![fault(CHECK, error.to_string(), remedy)];
        }
    };
    let expected = settings.gateway.live;
    match client.probe().await {
        Ok(Some(live)) if live != expected => {
            let says = format!("{kind} says livemode {live}, and gateway.live is {expected}");
            vec![fault(CHECK, says, "Use the key of the other mode (gateway.secret_key), or change gateway.live")]
        }
        Ok(newest) => {
            let mode = if expected { "real money" } else { "test mode: no real money" };
            let events = if newest.is_some() { "" } else { ", which has no event yet" };
            vec![ok(CHECK, format!("{kind} accepts our key{events}; {mode}"))]
        }
        // It lives in the development server, which need not run.
        Err(error) if settings.gateway.kind == GatewayKind::Practice => {
            vec![warning(
                CHECK,
                error.to_string(),
                "Start `lectern`: the practice gateway is inside, and its key is gateway.secret_key",
            )]
        }
        Err(error) if settings.gateway.kind == GatewayKind::PracticeApart => {
            vec![warning(CHECK, error.to_string(), "Start `lectern gateway`; its key is gateway.secret_key")]
        }
        Err(error) => {
            let remedy = "Set gateway.secret_key (LECTERN_GATEWAY__SECRET_KEY_FILE); is gateway.base_url reachable from here? \
                          A restricted key needs the eight rights that docs/operating.md names (The first day, Stripe)";
            vec![fault(CHECK, error.to_string(), remedy)]
        }
    }
}
