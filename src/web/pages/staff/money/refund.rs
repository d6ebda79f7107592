//! An admin asks for money of an order to be sent back.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::words::TaxUntil;
use crate::db::Txn;
use crate::identity::Person;
use crate::kernel::ids::PaymentId;
use crate::kernel::shown::short_date;
use crate::kernel::text::several_lines;
use crate::kernel::{Actor, Money, Timestamp, Zone};
use crate::organisation;
use crate::payment::model::refundable;
use crate::payment::{self, Back, Means, Payment, RefundRefusal, Wanted, Way};
use crate::views::order::Sheet;
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::staff::order::find;
use crate::web::session::AdminNow;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// The longest reason, in characters.
const NOTE: usize = 500;

/// The fields as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    payment: String,
    amount: String,
    back: String,
    note: String,
}

#[derive(Template)]
#[template(path = "web/pages/staff/money/refund.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    sheet: &'a Sheet,
    sources: &'a [Source],
    /// Above which a second admin must agree.
    limit: Option<Money>,
    /// What is to be said of the tax that was charged.
    tax: Option<TaxUntil>,
}

/// A payment of which something can go back.
struct Source {
    id: PaymentId,
    words: String,
    left: Money,
    by_gateway: bool,
}

/// What the form depends on.
struct Known {
    sheet: Sheet,
    sources: Vec<Source>,
    limit: Option<Money>,
    tax: Option<TaxUntil>,
}

impl Known {
    async fn load(app: &App, admin: &Person, id: &str) -> Result<Self, Problem> {
        let conn = app.services.db.snapshot().await?;
        let sheet = find(app, &conn, id).await?;
        let limit = organisation::current(&conn).await?.approval.above;
        let now = app.services.clocks.service();
        let sources: Vec<_> = sheet.payments.iter().filter_map(|payment| source(payment, &sheet, &admin.zone, now)).collect();
        if sources.is_empty() {
            return Err(Problem::Conflict {
                title: "There is nothing to send back",
                detail: "No money came for this order, or all of it has gone back or is about to.".to_owned(),
            });
        }
        let tax = payment::tax_deadline(&conn, sheet.order.id, now).await?.map(TaxUntil::from);
        Ok(Self { sheet, sources, limit, tax })
    }

    fn page<'a>(&'a self, view: &'a View, input: &'a Input, errors: &'a FieldErrors) -> Page<'a> {
        Page { view, errors, input, sheet: &self.sheet, sources: &self.sources, limit: self.limit, tax: self.tax.clone() }
    }

    /// The form as it is first shown: all of the newest payment, the way it came.
    fn fresh(&self) -> Input {
        let Some(first) = self.sources.first() else { return Input::default() };
        let back = if first.by_gateway { "as_it_came" } else { "by_hand" };
        Input { payment: first.id.to_string(), amount: first.left.decimal(), back: back.to_owned(), note: String::new() }
    }
}

fn source(payment: &Payment, sheet: &Sheet, zone: &Zone, now: Timestamp) -> Option<Source> {
    let left = refundable(payment, &sheet.refunds, &sheet.disputes).filter(|left| left.minor > 0)?;
    let by = match &payment.means {
        Means::Card(_) => "Card",
        Means::Offline(received) => crate::web::pages::staff::order::method_name(received.method),
    };
    let day = short_date(zone.civil(payment.captured_at()?).date());
    let words = format!("{by}, {day}: {left} of it can go back");
    let by_gateway = matches!(Way::of(payment, now), Way::Gateway { .. });
    Some(Source { id: payment.id, words, left, by_gateway })
}

impl Input {
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn wanted(&self, known: &Known) -> Result<Wanted, FieldErrors> {
        let mut errors = FieldErrors::default();
        let source = known.sources.iter().find(|source| source.id.to_string() == self.payment);
        let source = errors.parse("payment", source.ok_or("Choose the payment whose money goes back"));
        let currency = source.map_or(known.sheet.order.quote.total.currency, |source| source.left.currency);
        let amount = Money::parse(&self.amount, currency).ok().filter(|amount| amount.minor > 0);
        let amount = errors.parse("amount", amount.ok_or_else(|| format!("Enter an amount in {currency}, like 6500.00")));
        let back = match self.back.as_str() {
            "as_it_came" => Ok(Back::AsItCame),
            "by_hand" => Ok(Back::ByHand),
            _ => Err("Choose how it goes back"),
        };
        let back = errors.parse("back", back);
        let note = several_lines(&self.note, NOTE).map_err(|error| error.told("Say why, for the log"));
        let note = errors.parse("note", note);
        match (source, amount, back, note) {
            (Some(source), Some(amount), Some(back), Some(note)) => Ok(Wanted { payment: source.id, amount, back, note }),
            _ => Err(errors),
        }
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
    page(&known.page(&view, &known.fresh(), &FieldErrors::default()))
}

/// Asks for it.
pub async fn request(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let known = Known::load(&app, &admin, &id).await?;
    let wanted = match input.wanted(&known) {
        Ok(wanted) => wanted,
        Err(errors) => return page_with_errors(&known.page(&view, &input, &errors)),
    };
    let order = known.sheet.order.id;
    let work = async |txn: &Txn| payment::request_refund(txn, order, wanted.clone()).await;
    match app.services.db.write(Actor::User(admin.id), work).await {
        Ok(refund) => Ok(Redirect::to(&format!("/staff/refunds/{}", refund.id)).into_response()),
        Err(refusal) => page_with_errors(&known.page(&view, &input, &blamed(refusal)?)),
    }
}

/// The field that a refusal is about.
fn blamed(refusal: RefundRefusal) -> Result<FieldErrors, Problem> {
    match refusal {
        RefundRefusal::NoSuchOrder => Err(Problem::NotFound),
        RefundRefusal::Db(error) => Err(error.into()),
        RefundRefusal::NoSuchPayment => Ok(FieldErrors::one("payment", "Choose the payment whose money goes back")),
        RefundRefusal::TooMuch { left } => {
            Ok(FieldErrors::one("amount", format!("Only {left} of this payment can still go back")))
        }
        RefundRefusal::NotByGateway => Ok(FieldErrors::one(
            "back",
            "It did not come through the gateway, or more than 60 days ago: send it by hand and record the reference",
        )),
        other => Ok(FieldErrors::one("amount", other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sets_what_the_form_does_not_ask() {
        for extra in ["state=succeeded", "approved_by=usr_1", "origin=dashboard", "currency=USD"] {
            assert!(serde_urlencoded::from_str::<Input>(&format!("amount=1&{extra}")).is_err(), "{extra}");
        }
    }
}
