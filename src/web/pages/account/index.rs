//! What an account has.

use askama::Template;
use axum::response::Response;

use crate::web::Problem;
use crate::web::session::SignedIn;
use crate::web::view::{View, page};

#[derive(Template)]
#[template(path = "web/pages/account/index.html")]
struct Page<'a> {
    view: &'a View,
    name: &'a str,
    email: &'a str,
    entries: Vec<Entry>,
}

/// A page of the account: address, title, what is there.
type Entry = (&'static str, &'static str, &'static str);

/// The pages, one line each.
pub async fn show(view: View, signed_in: SignedIn) -> Result<Response, Problem> {
    let mut entries: Vec<Entry> = vec![
        ("/account/details", "Your details", "Your name here, your time zone and country."),
        ("/account/sessions", "Where you are signed in", "Every browser; sign one out, or all others."),
        ("/account/mail", "Mails", "Which reminders you get."),
    ];
    if signed_in.person.role.is_staff() {
        entries.push((
            "/account/second-factor",
            "Second factor",
            "A code from an app on your phone, asked for after the mailed one.",
        ));
    }
    page(&Page { view: &view, name: signed_in.person.name.as_str(), email: signed_in.person.email.as_str(), entries })
}
