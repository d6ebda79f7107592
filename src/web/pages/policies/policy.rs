//! Terms, privacy notice and refunds, as plain paragraphs.

use askama::Template;
use axum::response::Response;

use crate::identity::Role;
use crate::kernel::Zone;
use crate::kernel::shown::plain_date;
use crate::organisation::model::{Block, Policy, PolicyKind, blocks};
use crate::web::Problem;
use crate::web::view::{View, page};

#[derive(Template)]
#[template(path = "web/pages/policies/policy.html")]
struct Page<'a> {
    view: &'a View,
    title: &'static str,
    word: &'static str,
    /// The rule in a sentence, where there is one.
    rule: Option<String>,
    blocks: Vec<Block>,
    /// The day of the last change, by UTC's calendar.
    changed: Option<String>,
    /// An admin reads a text that nobody has reviewed.
    asks_review: bool,
}

pub(super) async fn terms(view: View) -> Result<Response, Problem> {
    show(&view, PolicyKind::Terms)
}

pub(super) async fn privacy(view: View) -> Result<Response, Problem> {
    show(&view, PolicyKind::Privacy)
}

pub(super) async fn refunds(view: View) -> Result<Response, Problem> {
    show(&view, PolicyKind::Refunds)
}

fn show(view: &View, kind: PolicyKind) -> Result<Response, Problem> {
    let own = &view.owner;
    let (changed, shipped) = match own.policy(kind) {
        Policy::Shipped => (None, true),
        Policy::Reviewed(reviewed) => (Some(plain_date(Zone::UTC.civil(reviewed.updated_at).date())), false),
    };
    page(&Page {
        view,
        title: kind.title(),
        word: kind.word(),
        rule: (kind == PolicyKind::Refunds).then(|| own.refund_rule.note()),
        blocks: blocks(&own.policy_text(kind)),
        changed,
        asks_review: shipped && view.role == Some(Role::Admin),
    })
}
