//! Misbehaviour on demand: what a network and a busy service do, for tests of "unreachable, slow or answering HTML".

use std::collections::VecDeque;
use std::sync::Mutex;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::PracticeGateway;
use super::shapes::ApiError;

/// How an API request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing goes wrong: the fault is for a later request.
    Spared,
    /// An HTML page of status 502, and nothing done.
    HtmlInstead,
    /// The secret key is not accepted (status 401), as after a change of keys; nothing done.
    KeyRefused,
    /// The error of status 500 that Stripe keeps under an idempotency key and answers again; nothing done.
    Broken,
    /// The request is carried out, and answered with an HTML page of status 502.
    HtmlAfterWork,
    /// No answer, and nothing done.
    Hang,
    /// The request is carried out, and never answered.
    HangAfterWork,
    /// The request is carried out, and the connection breaks in the middle of the answer.
    DropAfterWork,
}

#[derive(Default)]
pub(super) struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    pub(super) fn plan(&self, fault: Fault, requests: usize) {
        let mut planned = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        planned.extend(std::iter::repeat_n(fault, requests));
    }

    fn next(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop_front()
    }
}

/// Takes the next planned fault, if there is one, and commits it.
pub(super) async fn misbehave(State(practice): State<PracticeGateway>, request: Request, next: Next) -> Response {
    let Some(fault) = practice.0.faults.next() else { return next.run(request).await };
    match fault {
        Fault::Spared => next.run(request).await,
        Fault::HtmlInstead => bad_gateway(),
        Fault::KeyRefused => ApiError::unauthorised().into_response(),
        Fault::Broken => ApiError::broken().into_response(),
        Fault::HtmlAfterWork => {
            next.run(request).await;
            bad_gateway()
        }
        // The client gives up and closes the connection, which drops this.
        Fault::Hang => std::future::pending().await,
        Fault::HangAfterWork => {
            next.run(request).await;
            std::future::pending().await
        }
        Fault::DropAfterWork => {
            next.run(request).await;
            let broken =
                futures_util::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("dropped on purpose"))]);
            ([(header::CONTENT_LENGTH, "1000")], Body::from_stream(broken)).into_response()
        }
    }
}

fn bad_gateway() -> Response {
    (StatusCode::BAD_GATEWAY, Html("<html><body><h1>502 Bad Gateway</h1></body></html>")).into_response()
}
