//! All mail sent, as its reader sees it.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::exact;
use crate::mail::{Mailbox, Received, Transport};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// A mail's HTML may style itself, and nothing else: no script, no address fetched, in an origin of its own.
const MAIL_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'";
/// The newest are enough for a page.
const PAGE: usize = 200;
/// A test may want them all.
const ALL: usize = 10_000;

#[derive(Template)]
#[template(path = "web/pages/dev/mailbox.html")]
struct ListPage<'a> {
    view: &'a View,
    mails: &'a [Entry],
}

struct Entry {
    id: String,
    subject: String,
    to: String,
    iso: String,
    at: String,
}

#[derive(Template)]
#[template(path = "web/pages/dev/mail.html")]
struct MailPage<'a> {
    view: &'a View,
    id: String,
    mail: &'a Received,
    iso: String,
    at: String,
}

fn mailbox(app: &App) -> Result<&Mailbox, Problem> {
    match app.services.mail.as_ref() {
        Transport::Mailbox(mailbox) => Ok(mailbox),
        Transport::Smtp(_) => Err(Problem::NotFound),
    }
}

async fn find(app: &App, id: &str) -> Result<Received, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    mailbox(app)?.get(id).await.map_err(Problem::internal)?.ok_or(Problem::NotFound)
}

/// The mails, newest first.
pub async fn list(State(app): State<App>, view: View) -> Result<Response, Problem> {
    let mails = mailbox(&app)?.list(PAGE).await.map_err(Problem::internal)?;
    let mails: Vec<Entry> = mails
        .into_iter()
        .map(|mail| Entry {
            id: mail.id.to_string(),
            iso: mail.received_at.to_string(),
            at: exact(mail.received_at),
            subject: mail.subject,
            to: mail.to,
        })
        .collect();
    page(&ListPage { view: &view, mails: &mails })
}

/// The same for programs, newest first.
pub async fn list_json(State(app): State<App>) -> Result<Json<Vec<Value>>, Problem> {
    let mails = mailbox(&app)?.list(ALL).await.map_err(Problem::internal)?;
    Ok(Json(mails.iter().map(as_json).collect()))
}

fn as_json(mail: &Received) -> Value {
    let headers: Vec<Value> = mail.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "id": mail.id.to_string(),
        "received_at": mail.received_at,
        "from": mail.from,
        "to": mail.to,
        "subject": mail.subject,
        "headers": headers,
        "text": mail.text,
        "html": mail.html,
    })
}

/// One mail: text, HTML in a frame that can do nothing, headers.
pub async fn show(State(app): State<App>, view: View, Path(id): Path<String>) -> Result<Response, Problem> {
    let mail = find(&app, &id).await?;
    page(&MailPage {
        view: &view,
        id: mail.id.to_string(),
        iso: mail.received_at.to_string(),
        at: exact(mail.received_at),
        mail: &mail,
    })
}

/// The HTML alone, under a policy of its own.
pub async fn html(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let html = find(&app, &id).await?.html.ok_or(Problem::NotFound)?;
    // Links open beside the preview, as a mail program does it, not inside its frame.
    let html = html.replacen("<head>", "<head>\n  <base target=\"_blank\">", 1);
    Ok(([(CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(html)).into_response())
}
