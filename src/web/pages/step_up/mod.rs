//! Confirming again that it is you, before acts on money, roles, certificates and settings: by the second factor, or for who has
//! none by a mailed code.

mod answer;
mod show;

use askama::Template;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use serde::Deserialize;

use crate::kernel::EmailAddress;
use crate::kernel::ids::ChallengeId;
use crate::web::confirm::{KEPT_LIMIT, Kept, Onward};
use crate::web::form::FieldErrors;
use crate::web::guard::is_local_path;
use crate::web::routes::{Access, Routes};
use crate::web::view::View;

pub(in crate::web) use show::refused;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/step-up", Access::SignedIn, show::show)
        .post_guarded("/step-up", Access::SignedIn, answer::answer.layer(DefaultBodyLimit::max(KEPT_LIMIT)))
        .post_guarded("/step-up/mail", Access::SignedIn, answer::mail.layer(DefaultBodyLimit::max(KEPT_LIMIT)))
}

/// How this person confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    App,
    /// By a code that is yet to be mailed.
    Mail,
    /// By the code that was mailed for this challenge.
    Mailed(ChallengeId),
}

#[derive(Template)]
#[template(path = "web/pages/step_up/page.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    email: &'a EmailAddress,
    means: Means,
    onward: &'a Onward,
    typed: &'a str,
}

impl Page<'_> {
    /// The field of the form.
    fn by(&self) -> String {
        match self.means {
            Means::App | Means::Mail => String::new(),
            Means::Mailed(challenge) => challenge.to_string(),
        }
    }
}

/// The fields as sent. What stood on the page comes back with them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    code: String,
    /// The challenge whose code was mailed, or nothing.
    by: String,
    next: String,
    /// Where a form was to go, and its fields.
    to: String,
    form: String,
}

impl Input {
    fn onward(&self) -> Onward {
        Onward { next: local(&self.next), kept: Kept::parse(&self.to, &self.form), had_file: false }
    }
}

/// A path of ours: where it leads elsewhere, the account.
fn local(next: &str) -> String {
    if is_local_path(next) { next.to_owned() } else { "/account".to_owned() }
}
