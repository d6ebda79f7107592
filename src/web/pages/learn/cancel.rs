//! A student gives their seat back: what it means, what goes back, and the act.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::acts::{self, CancelQuote, CancelRefusal, Cancellation};
use crate::db::{Conn, Txn};
use crate::enrolment::{self, Enrolment, EnrolmentState};
use crate::kernel::shown::long_date;
use crate::kernel::{Actor, Money};
use crate::payment;
use crate::payment::model::Because;
use crate::views::offer::{self, Offer};
use crate::web::form::Fields;
use crate::web::session::PageSnapshot;
use crate::web::view::{Moment, View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/learn/cancel.html")]
struct Page<'a> {
    view: &'a View,
    of: &'a Known,
    held: bool,
    back: Back,
    /// What goes back has changed since the reader saw the page.
    changed: bool,
}

/// What goes back, in words.
struct Back {
    amount: Money,
    /// Where nothing does, why.
    nothing: Option<String>,
    /// The last day on which all goes back.
    until: Option<String>,
}

/// The reader's enrolment, and what giving it back means.
struct Known {
    seat: Enrolment,
    offer: Offer,
    quote: CancelQuote,
}

impl Known {
    fn page<'a>(&'a self, view: &'a View, changed: bool) -> Page<'a> {
        let held = matches!(self.seat.state, EnrolmentState::Held { .. });
        Page { view, of: self, held, back: back(&self.quote), changed }
    }
}

fn back(quote: &CancelQuote) -> Back {
    let (nothing, until) = match quote.policy.because {
        Because::InTime { until } => (None, Some(long_date(until))),
        Because::TooLate { until } => (Some(format!("Nothing goes back: {} was the last day for that.", long_date(until))), None),
        Because::Certified => (Some("Nothing goes back after a certificate.".to_owned()), None),
        Because::NothingPaid => (Some("Nothing was paid, so nothing goes back.".to_owned()), None),
    };
    Back { amount: quote.policy.amount, nothing, until }
}

/// What it means.
pub(super) async fn ask(
    view: View,
    moment: Moment,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    page(&find(&conn, &moment, &id).await?.page(&view, false))
}

async fn find(conn: &Conn, moment: &Moment, id: &str) -> Result<Known, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    let seat = enrolment::of_user(conn, moment.subject.id, id).await?.ok_or(Problem::NotFound)?;
    let offer = offer::by_id(conn, seat.cohort, moment.now).await?.ok_or(Problem::NotFound)?;
    let quote = acts::cancel_quote(conn, &seat, moment.now).await?.ok_or_else(no_seat)?;
    if quote.certified { Err(certified()) } else { Ok(Known { seat, offer, quote }) }
}

fn no_seat() -> Problem {
    Problem::Conflict {
        title: "There is no seat to give back",
        detail: "It was given back before, or has lapsed. Your course’s page says how it stands.".to_owned(),
    }
}

fn certified() -> Problem {
    Problem::Conflict {
        title: "The course is completed",
        detail: "A certificate is issued for this enrolment, so it cannot be cancelled. If that is wrong, write to us."
            .to_owned(),
    }
}

/// What the reader was shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    quoted: String,
}

/// Cancels.
pub(super) async fn cancel(
    State(app): State<App>,
    view: View,
    moment: Moment,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let known = find(&conn, &moment, &id).await?;
    let order = payment::orders_of_enrolment(&conn, known.seat.id).await?.first().map(|order| order.id);
    drop(conn);
    let quoted = Money::parse(&input.quoted, known.quote.policy.amount.currency);
    let Ok(quoted) = quoted else { return page_with_errors(&known.page(&view, true)) };
    let (seat, how) = (known.seat.id, Cancellation::ByStudent { quoted });
    let work = async |txn: &Txn| acts::cancel(txn, seat, &how).await;
    match app.services.db.write(Actor::User(moment.subject.id), work).await {
        Ok(_) => {
            let next = order.map_or("/learn".to_owned(), |order| format!("/orders/{order}"));
            Ok(Redirect::to(&next).into_response())
        }
        Err(CancelRefusal::QuoteChanged { .. } | CancelRefusal::Refund(_)) => {
            let conn = app.services.db.snapshot().await?;
            page_with_errors(&find(&conn, &moment, &id).await?.page(&view, true))
        }
        Err(CancelRefusal::NoSuchEnrolment) => Err(Problem::NotFound),
        Err(CancelRefusal::NoSeat) => Err(no_seat()),
        Err(CancelRefusal::Certified) => Err(certified()),
        Err(CancelRefusal::Db(error)) => Err(error.into()),
    }
}
