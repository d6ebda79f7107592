//! An admin cancels an enrolment, and chooses what goes back.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::words::TaxUntil;
use crate::acts::{self, Back, CancelQuote, CancelRefusal, Cancellation};
use crate::db::Txn;
use crate::identity::Person;
use crate::kernel::shown::plain_date;
use crate::kernel::text::several_lines;
use crate::kernel::{Actor, Money};
use crate::payment::model::Because;
use crate::payment::{self, RefundRefusal};
use crate::views::history::History;
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::staff::history;
use crate::web::session::AdminNow;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// The longest reason, in characters.
const REASON: usize = 500;

/// The fields as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    back: String,
    amount: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "web/pages/staff/money/cancel.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    history: &'a History,
    quote: &'a CancelQuote,
    policy: String,
    /// What is to be said of the tax that was charged.
    tax: Option<TaxUntil>,
}

/// The enrolment, and what cancelling it means.
struct Known {
    history: History,
    quote: CancelQuote,
    tax: Option<TaxUntil>,
}

impl Known {
    async fn load(app: &App, admin: &Person, id: &str) -> Result<Self, Problem> {
        let conn = app.services.db.snapshot().await?;
        let history = history::find(app, &conn, admin, id).await?;
        let now = app.services.clocks.service();
        let quote = acts::cancel_quote(&conn, &history.enrolment, now).await?.ok_or_else(no_seat)?;
        if quote.certified {
            return Err(certified());
        }
        let tax = match quote.paid {
            Some(order) => payment::tax_deadline(&conn, order, now).await?.map(TaxUntil::from),
            None => None,
        };
        Ok(Self { history, quote, tax })
    }

    fn page<'a>(&'a self, view: &'a View, input: &'a Input, errors: &'a FieldErrors) -> Page<'a> {
        let policy = match self.quote.policy.because {
            Because::InTime { until } => format!("all of it, for it is no later than {}", plain_date(until)),
            Because::TooLate { until } => format!("nothing, for {} was the last day", plain_date(until)),
            Because::Certified => "nothing, for a certificate was issued".to_owned(),
            Because::NothingPaid if self.quote.lost.minor > 0 => "nothing, for a bank took it back".to_owned(),
            Because::NothingPaid => "nothing, for nothing was paid".to_owned(),
        };
        Page { view, errors, input, history: &self.history, quote: &self.quote, policy, tax: self.tax.clone() }
    }
}

fn no_seat() -> Problem {
    Problem::Conflict {
        title: "There is no seat to give back",
        detail: "The enrolment has lapsed or was cancelled before. Nothing was changed.".to_owned(),
    }
}

fn certified() -> Problem {
    Problem::Conflict {
        title: "A certificate is in force",
        detail: "Revoke the certificate first, if the enrolment must end. Nothing was changed.".to_owned(),
    }
}

impl Input {
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn read(&self, quote: &CancelQuote) -> Result<Cancellation, FieldErrors> {
        let mut errors = FieldErrors::default();
        let currency = quote.most.currency;
        let back = match self.back.as_str() {
            "policy" => Some(Back::AsPolicy),
            "nothing" => Some(Back::Nothing),
            "amount" => {
                let amount = Money::parse(&self.amount, currency).ok().filter(|amount| amount.minor > 0);
                let wrong = || format!("Enter an amount in {currency}, like 6500.00");
                errors.parse("amount", amount.ok_or_else(wrong)).map(Back::Amount)
            }
            _ => errors.parse("back", Err("Choose what goes back")),
        };
        let reason = several_lines(&self.reason, REASON).map_err(|error| error.told("Say why, for the log"));
        let reason = errors.parse("reason", reason);
        back.zip(reason).map(|(back, reason)| Cancellation::ByAdmin { back, reason }).ok_or(errors)
    }
}

/// The form.
pub async fn ask(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let known = Known::load(&app, &admin, &id).await?;
    let input = Input { back: "policy".to_owned(), ..Input::default() };
    page(&known.page(&view, &input, &FieldErrors::default()))
}

/// Cancels.
pub async fn cancel(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let known = Known::load(&app, &admin, &id).await?;
    let how = match input.read(&known.quote) {
        Ok(how) => how,
        Err(errors) => return page_with_errors(&known.page(&view, &input, &errors)),
    };
    let seat = known.history.enrolment.id;
    let work = async |txn: &Txn| acts::cancel(txn, seat, &how).await;
    match app.services.db.write(Actor::User(admin.id), work).await {
        Ok(_) => Ok(Redirect::to(&format!("/staff/enrolments/{seat}?done=cancelled")).into_response()),
        Err(CancelRefusal::Refund(RefundRefusal::TooMuch { left })) => {
            let errors = FieldErrors::one("amount", format!("At most {left} can go back"));
            page_with_errors(&known.page(&view, &input, &errors))
        }
        Err(refusal) => Err(problem(refusal)),
    }
}

fn problem(refusal: CancelRefusal) -> Problem {
    match refusal {
        CancelRefusal::NoSuchEnrolment => Problem::NotFound,
        CancelRefusal::NoSeat => no_seat(),
        CancelRefusal::Certified => certified(),
        CancelRefusal::Db(error) => error.into(),
        other => Problem::internal(other),
    }
}
