//! A text file as a browser uploads it.

use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::response::{IntoResponse, Response};

use crate::web::Problem;
use crate::web::form::too_long;

/// The bytes of the form's one file; empty where none was chosen.
///
/// # Errors
/// An answer: the form is not of that shape, or longer than we accept.
pub async fn file(form: Result<Multipart, MultipartRejection>) -> Result<Vec<u8>, Response> {
    let mut form = form.map_err(|_| malformed())?;
    let mut found = None;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.name() != Some("file") || found.is_some() {
            return Err(malformed());
        }
        found = Some(field.bytes().await.map_err(broken)?.to_vec());
    }
    found.ok_or_else(malformed)
}

fn malformed() -> Response {
    Problem::Malformed("It is no upload of one file.".to_owned()).into_response()
}

fn broken(error: MultipartError) -> Response {
    too_long(&error).unwrap_or_else(malformed)
}
