//! Confirming again who one is, before acts on money, roles, certificates and settings: what a refused form leaves behind.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, REFERER};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::guard::is_local_path;

/// The longest form that may be refused for want of a confirmation, in bytes: a policy of 20,000 letters of a script in which a
/// form writes each as nine.
pub const FORM_LIMIT: usize = 512 * 1024;
/// The same form inside another, where each `%` is three bytes more than it was.
pub const KEPT_LIMIT: usize = 2 * FORM_LIMIT;

/// A form as it was sent, to be sent once more by its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// A path of ours.
    pub to: String,
    /// Its fields, `application/x-www-form-urlencoded`.
    pub form: String,
}

impl Kept {
    /// From what a page of ours sent back; `None` where it is no path of ours.
    pub fn parse(to: &str, form: &str) -> Option<Self> {
        is_local_path(to).then(|| Self { to: to.to_owned(), form: form.to_owned() })
    }

    /// The fields, decoded.
    pub fn fields(&self) -> Vec<(String, String)> {
        serde_urlencoded::from_str(&self.form).unwrap_or_default()
    }
}

/// Where somebody goes on once they have confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onward {
    /// A path of ours.
    pub next: String,
    pub kept: Option<Kept>,
    /// A file was sent, which is not kept.
    pub had_file: bool,
}

/// A response with this refuses a form because its person confirmed too long ago.
#[derive(Debug, Clone)]
pub struct Unconfirmed(pub Onward);

/// Where a form was sent from, by the browser's own word: it is one of our pages, or nowhere.
fn sent_from(parts: &Parts) -> Option<String> {
    let from = Url::parse(parts.headers.get(REFERER)?.to_str().ok()?).ok()?;
    let path = from.query().map_or_else(|| from.path().to_owned(), |query| format!("{}?{query}", from.path()));
    is_local_path(&path).then_some(path)
}

/// Adds to a refusal for want of a confirmation what had been typed, and where.
pub async fn keep_input(request: Request, next: Next) -> Response {
    let kind = request.headers().get(CONTENT_TYPE).map(|kind| kind.as_bytes().to_vec()).unwrap_or_default();
    let (parts, body) = request.into_parts();
    if !kind.starts_with(b"application/x-www-form-urlencoded") {
        let from = sent_from(&parts);
        let had_file = kind.starts_with(b"multipart/form-data");
        let response = next.run(Request::from_parts(parts, body)).await;
        return if had_file { with(response, None, from, true) } else { response };
    }
    let bytes = match Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await {
        Ok(bytes) => bytes,
        Err(rejection) => return rejection.into_response(),
    };
    let form = String::from_utf8(bytes.to_vec()).unwrap_or_default();
    let to = parts.uri.path_and_query().map_or("", |to| to.as_str());
    let kept = Kept::parse(to, &form);
    let from = sent_from(&parts);
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    with(response, kept, from, false)
}

fn with(mut response: Response, kept: Option<Kept>, from: Option<String>, had_file: bool) -> Response {
    if let Some(Unconfirmed(onward)) = response.extensions_mut().get_mut::<Unconfirmed>() {
        onward.kept = kept;
        onward.had_file = had_file;
        onward.next = from.unwrap_or_else(|| onward.next.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(referer: &str) -> Parts {
        axum::http::Request::builder().header(REFERER, referer).body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_form_goes_back_to_a_page_of_ours_alone() {
        assert_eq!(sent_from(&parts("https://courses.example.org/staff/people?x=1")), Some("/staff/people?x=1".to_owned()));
        // Whatever its host says, only the path is used.
        assert_eq!(sent_from(&parts("https://evil.example/learn")), Some("/learn".to_owned()));
        for bad in ["", "/staff", "https://evil.example//evil", "https://evil.example/%5Cevil", "data:text/html,x"] {
            assert_eq!(sent_from(&parts(bad)), None, "{bad}");
        }
        assert_eq!(Kept::parse("https://evil.example", "a=1"), None);
        let kept = Kept::parse("/staff/people", "name=Demo+Teacher&role=admin").unwrap();
        assert_eq!(kept.fields(), [("name".into(), "Demo Teacher".into()), ("role".into(), "admin".into())]);
    }
}
