//! Forms: what came in, what was wrong with it, and the way back to the page with the input kept.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{App, Problem};
use crate::kernel::text::single_line;

/// A form's fields as sent. `T` refuses unknown fields (`#[serde(deny_unknown_fields)]`), so nobody sets what was not asked.
#[derive(Debug)]
pub struct Fields<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Fields<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        match axum::extract::Form::<T>::from_request(request, app).await {
            Ok(axum::extract::Form(fields)) => Ok(Self(fields)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(rejection.into_response()),
            Err(rejection) => Err(Problem::Malformed(told(&rejection.body_text())).into_response()),
        }
    }
}

/// The answer to an upload that is longer than is taken: 413; none to one that broke off otherwise.
pub fn too_long(error: &MultipartError) -> Option<Response> {
    (error.status() == StatusCode::PAYLOAD_TOO_LARGE).then(|| StatusCode::PAYLOAD_TOO_LARGE.into_response())
}

/// A form that is a button alone: a field sent with it is as unknown as any.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// A form that asks why, and nothing else.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Why {
    pub reason: String,
}

impl Why {
    /// The longest reason, in characters.
    pub const MOST: usize = 200;

    /// The reason, as the audit log keeps it; `empty` says what is wanted where there is none.
    ///
    /// # Errors
    /// What is wrong with the field.
    pub fn read(&self, empty: &str) -> Result<String, FieldErrors> {
        let mut errors = FieldErrors::default();
        let reason = single_line(&self.reason, Self::MOST).map_err(|error| error.told(empty));
        errors.parse("reason", reason).ok_or(errors)
    }
}

/// The deserializer's words, without its preamble and bounded: they may repeat what was sent.
fn told(text: &str) -> String {
    let text = text.rsplit_once("body: ").map_or(text, |(_, rest)| rest);
    let mut told: String = text.chars().filter(|c| !c.is_control()).take(160).collect();
    told.push('.');
    told
}

/// What is wrong with a form's fields: shown at the top, each linked to its field, and beside the field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

/// One field's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name and element id.
    pub field: &'static str,
    pub message: String,
}

impl FieldErrors {
    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field, message: message.into() });
    }

    /// Parses one field, noting its error.
    pub fn parse<T, E: std::fmt::Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.add(field, error.to_string())).ok()
    }

    /// One error alone.
    pub fn one(field: &'static str, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of the form.
    pub fn list(&self) -> &[FieldError] {
        &self.0
    }

    /// What is wrong with `field`, if anything.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }
}
