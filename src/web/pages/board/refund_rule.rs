//! Until when a cohort's students have their money back.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::{Desk, done, stale};
use crate::acts::{self, TermsRefusal};
use crate::db::Txn;
use crate::kernel::Actor;
use crate::kernel::shown::long_date;
use crate::organisation::RefundRule;
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::AdminNow;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// The fields as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    days: String,
    revision: String,
}

#[derive(Template)]
#[template(path = "web/pages/board/refund_rule.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    desk: &'a Desk,
    /// The last day of the rule as it is.
    until: String,
}

impl<'a> Page<'a> {
    fn new(view: &'a View, desk: &'a Desk, input: &'a Input, errors: &'a FieldErrors) -> Self {
        let cohort = &desk.board.cohort;
        Self { view, errors, input, desk, until: long_date(cohort.refund_rule.until(cohort.starts_on)) }
    }
}

/// The form as things stand.
pub async fn form(view: View, _: AdminNow, desk: Desk) -> Result<Response, Problem> {
    let cohort = &desk.board.cohort;
    let input = Input { days: cohort.refund_rule.to_string(), revision: cohort.revision.to_string() };
    page(&Page::new(&view, &desk, &input, &FieldErrors::default()))
}

/// Changes it.
pub async fn save(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    desk: Desk,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::default();
    let Some(rule) = errors.parse("days", input.days.parse::<RefundRule>()) else {
        return page_with_errors(&Page::new(&view, &desk, &input, &errors));
    };
    let (cohort, seen) = (desk.board.cohort.id, input.revision.parse().unwrap_or(0));
    let work = async |txn: &Txn| acts::set_refund_rule(txn, cohort, seen, rule).await;
    match app.services.db.write(Actor::User(person.id), work).await {
        Ok(_) => Ok(done(&desk.home(), "changed")),
        Err(TermsRefusal::RefundPromised { days }) => {
            let promised = format!("Seats were held or bought with {days} days promised: enter that many or more");
            page_with_errors(&Page::new(&view, &desk, &input, &FieldErrors::one("days", promised)))
        }
        Err(TermsRefusal::Stale { .. }) => Err(stale()),
        Err(TermsRefusal::NoSuchCohort) => Err(Problem::NotFound),
        Err(TermsRefusal::Db(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(other)),
    }
}
