//! A letter's bytes are signed, with its way out by one click.

use std::sync::Arc;

use super::tests::{composers, letter, only, put};
use super::{Class, send_due};
use crate::testing::Bench;

#[tokio::test]
async fn the_kept_bytes_are_signed_once() {
    let mut bench = Bench::sqlite().await;
    let settings = crate::mail::DkimSettings {
        domain: "example.org".to_owned(),
        selector: "lectern".to_owned(),
        private_key_pem: include_str!("../../../tests/support/dkim/ed25519.pem").to_owned().into(),
    };
    bench.services.dkim = Some(Arc::new(crate::mail::DkimSigner::from_settings(&settings).unwrap()));
    put(&bench.services, letter("one", Class::Reminder)).await;
    send_due(&bench.services, &composers(), 10).await.unwrap();
    let bytes = String::from_utf8(only(&bench.services).await.rendered.unwrap()).unwrap();
    assert!(bytes.starts_with("DKIM-Signature:") && bytes.matches("DKIM-Signature:").count() == 1, "{bytes}");
    // RFC 8058 section 4: the signature covers both.
    let (head, _) = bytes.split_once("bh=").unwrap();
    let signed = head.to_lowercase().replace(['\r', '\n', '\t', ' '], "");
    assert!(signed.contains(":list-unsubscribe:") && signed.contains(":list-unsubscribe-post:"), "{signed}");
    assert!(bytes.contains("\r\nList-Unsubscribe: <https://example.org/stop/1>\r\n"), "{bytes}");
    bench.finish().await;
}
