//! The API for programs, over HTTP, on both databases.

mod changes;
mod pages;
mod problems;
mod reads;
mod routes;

use lectern::tokens::Scope;
use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::raw::{Answer, Ask};
use crate::support::school;

/// A program with its token.
struct Program<'a> {
    app: &'a TestApp,
    secret: String,
}

impl<'a> Program<'a> {
    /// With a new token for these scopes.
    async fn new(app: &'a TestApp, scopes: &[Scope]) -> Self {
        Self { app, secret: school::token(app, scopes).await.1 }
    }

    fn get(&self, path: &str) -> Ask {
        as_program(Ask::get(path)).header("authorization", &format!("Bearer {}", self.secret))
    }

    fn post(&self, path: &str, key: &str, body: &Value) -> Ask {
        let ask = as_program(Ask::post(path, &body.to_string())).header("content-type", "application/json");
        ask.header("authorization", &format!("Bearer {}", self.secret)).header("idempotency-key", key)
    }

    /// What a read answers, which must be 200.
    async fn read(&self, path: &str) -> Value {
        read(self.get(path).send(self.app).await.is(200))
    }

    /// Every item of a list, by pages of so many.
    async fn all(&self, path: &str, limit: usize) -> Vec<Value> {
        let (mut items, mut next) = (Vec::new(), Some(format!("{path}{}limit={limit}", joint(path))));
        while let Some(address) = next {
            let answer = self.get(&address).send(self.app).await;
            let page = read(answer.is(200));
            let found = page["items"].as_array().unwrap();
            assert!(found.len() <= limit, "{page}");
            items.extend(found.iter().cloned());
            let link = answer.header("link");
            let linked = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
            assert_eq!(linked.is_some(), page["next"].is_string(), "{link} {page}");
            next = linked.map(str::to_owned);
        }
        items
    }
}

fn joint(path: &str) -> char {
    if path.contains('?') { '&' } else { '?' }
}

fn as_program(ask: Ask) -> Ask {
    ask.header("accept", "application/json")
}

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.body))
}

/// Says that this is a refusal with this status and code, in the form that all have.
#[track_caller]
fn refuses(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.body);
    let problem = read(answer.is(status));
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["type"], format!("/problems/{code}"));
    assert_eq!(problem["status"], status);
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()) && problem["detail"].is_string());
    assert!(!answer.header("x-request-id").is_empty(), "it has no request id");
    problem
}
