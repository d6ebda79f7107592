//! The way to Stripe, and the only one: each answer is a step that outlives this process.

use std::fmt;

use stripe::{CustomizedStripeRequest, StripeError};
use stripe_client_core::StripeClient;
use tokio_util::bytes::Bytes;

use crate::kernel::steps::Steps;

/// Stripe's client, which tells of what it was answered.
#[derive(Clone)]
pub(super) struct Client {
    inner: stripe::Client,
    pub(super) steps: Steps,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    pub(super) fn new(inner: stripe::Client) -> Self {
        Self { inner, steps: Steps::default() }
    }
}

impl StripeClient for Client {
    type Err = StripeError;

    async fn execute(&self, request: CustomizedStripeRequest) -> Result<Bytes, StripeError> {
        let asked = asked(&request);
        let answer = self.inner.execute(request).await;
        self.steps.done(|| asked).await;
        answer
    }
}

/// What is asked, such as `Post /checkout/sessions`.
#[cfg(debug_assertions)]
fn asked(request: &CustomizedStripeRequest) -> String {
    // It can be read whole or not at all: its text is what it shows of itself.
    let told = format!("{request:?}");
    let of = |name: &str| {
        let found = told.rfind(name).map(|at| &told[at + name.len()..]).unwrap_or_default();
        found.split(|sign: char| !sign.is_ascii_alphanumeric() && !"/_-".contains(sign)).next().unwrap_or_default()
    };
    format!("{} {}", of("method: "), of("path: \""))
}

#[cfg(not(debug_assertions))]
fn asked(_: &CustomizedStripeRequest) -> String {
    String::new()
}
