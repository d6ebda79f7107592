//! An order that is to be paid by bank transfer or UPI: chosen, shown with all that is needed to pay, told to be paid.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Shown;
use super::show::{own, told};
use crate::kernel::ids::OrderId;
use crate::kernel::{Actor, Currency, ShownTime, Timestamp};
use crate::organisation::model::{BankDetails, upi_link};
use crate::payment::{self, ChooseRefusal, TellRefusal, TransferWay};
use crate::pdf;
use crate::views::order::{Sheet, Standing};
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::shown::span;
use crate::web::session::PageSnapshot;
use crate::web::view::{Moment, View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/order/transfer.html")]
struct Page<'a> {
    view: &'a View,
    order: Shown<'a>,
    way: TransferWay,
    /// Where a bank transfer goes; none for UPI, or once the organisation has no account any more.
    bank: Option<&'a BankDetails>,
    /// The UPI ID, and the link that apps open.
    upi: Option<(&'a str, String)>,
    until: ShownTime,
    left: String,
    /// The reference that was told, and when.
    told: Option<(&'a str, ShownTime)>,
    /// The last under which no money was found.
    declined: Option<&'a str>,
    card_declined: bool,
    /// The other ways that are offered.
    ways: Vec<TransferWay>,
    reference: &'a str,
    errors: &'a FieldErrors,
}

impl<'a> Page<'a> {
    /// None where no transfer was chosen.
    fn new(
        view: &'a View,
        moment: &Moment,
        sheet: &'a Sheet,
        until: Timestamp,
        reference: &'a str,
        errors: &'a FieldErrors,
    ) -> Option<Self> {
        let transfer = sheet.transfer.as_ref()?;
        let upi = view.owner.upi.as_ref().filter(|_| transfer.way == TransferWay::Upi);
        Some(Self {
            view,
            order: Shown::from(sheet),
            way: transfer.way,
            bank: view.owner.bank.as_ref().filter(|_| transfer.way == TransferWay::BankTransfer),
            upi: upi.and_then(|id| Some((id.as_str(), link(view, sheet)?))),
            until: moment.shown(until),
            left: span(moment.now, until),
            told: transfer.told.as_ref().map(|told| (told.reference.as_str(), moment.shown(told.at))),
            declined: transfer.declined.as_ref().filter(|_| transfer.told.is_none()).map(|told| told.reference.as_str()),
            card_declined: sheet.is_declined(),
            ways: other_ways(view, sheet, transfer.way),
            reference,
            errors,
        })
    }
}

fn other_ways(view: &View, sheet: &Sheet, chosen: TransferWay) -> Vec<TransferWay> {
    TransferWay::offered(&view.owner, sheet.order.quote.total.currency).into_iter().filter(|way| *way != chosen).collect()
}

/// What UPI apps read, in the name that the account has at the bank; none while there is no UPI ID, or for another currency.
fn link(view: &View, sheet: &Sheet) -> Option<String> {
    let (id, total) = (view.owner.upi.as_ref()?, sheet.order.quote.total);
    let legal = view.owner.identity.as_ref().map(|identity| identity.legal_name.as_str());
    let name = view.owner.bank.as_ref().map(|bank| bank.account_name.as_str()).or(legal).unwrap_or(&view.organisation);
    let rupees = total.currency == Currency::INR;
    rupees.then(|| upi_link(id.as_str(), name, total, sheet.order.number.as_str(), None))
}

/// The page of an order for which a transfer was chosen.
pub(super) fn page_of(view: &View, moment: &Moment, sheet: &Sheet, until: Timestamp) -> Result<Response, Problem> {
    let errors = FieldErrors::default();
    page(&Page::new(view, moment, sheet, until, "", &errors).ok_or(Problem::NotFound)?)
}

/// The way as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    way: String,
}

/// Chooses it; the order's page says the rest.
pub async fn choose(
    State(app): State<App>,
    moment: Moment,
    Path(id): Path<String>,
    Fields(choice): Fields<Choice>,
) -> Result<Response, Problem> {
    let order: OrderId = id.parse().map_err(|_| Problem::NotFound)?;
    let way: TransferWay = choice.way.parse().map_err(|_| Problem::Malformed("no such way to pay".to_owned()))?;
    match payment::choose_transfer(&app.services, moment.subject.id, order, way).await {
        Ok(()) | Err(ChooseRefusal::NotNow) => Ok(Redirect::to(&format!("/orders/{order}")).into_response()),
        Err(ChooseRefusal::NoSuchOrder) => Err(Problem::NotFound),
        Err(ChooseRefusal::NotOffered) => Err(Problem::Conflict {
            title: "This way to pay is not offered",
            detail: "Go back to your order and choose another. Your seat is kept meanwhile.".to_owned(),
        }),
        Err(ChooseRefusal::PageOpen(error)) => {
            tracing::warn!(order = %order, error = %error, "a payment page could not be closed for a transfer");
            Err(Problem::Busy)
        }
        Err(ChooseRefusal::Db(error)) => Err(error.into()),
    }
}

/// The reference as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    reference: String,
}

/// Takes the reference, or shows the order again with what is wrong with it.
pub async fn tell(
    State(app): State<App>,
    view: View,
    moment: Moment,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let order: OrderId = id.parse().map_err(|_| Problem::NotFound)?;
    let person = moment.subject.id;
    let work = async |txn: &crate::db::Txn| payment::tell_reference(txn, person, order, &input.reference).await;
    let errors = match app.services.db.write(Actor::User(person), work).await {
        Ok(()) | Err(TellRefusal::NotNow) => return Ok(Redirect::to(&format!("/orders/{order}")).into_response()),
        Err(TellRefusal::NoSuchOrder) => return Err(Problem::NotFound),
        Err(TellRefusal::Db(error)) => return Err(error.into()),
        Err(TellRefusal::NotAUtr(error)) => FieldErrors::one("reference", error.to_string()),
        Err(TellRefusal::Used) => {
            FieldErrors::one("reference", "This reference is used for another order. Compare it with what your bank shows")
        }
    };
    let conn = app.services.db.snapshot().await?;
    let sheet = own(&conn, &moment, &id).await?;
    match sheet.standing(moment.now) {
        Standing::Transfer { until } => {
            let shown = Page::new(&view, &moment, &sheet, until, &input.reference, &errors);
            page_with_errors(&shown.ok_or(Problem::NotFound)?)
        }
        standing => told(&view, &moment, &sheet, standing),
    }
}

/// The QR code that UPI apps read, of an open order that is to be paid so.
pub async fn picture(
    view: View,
    moment: Moment,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let sheet = own(&conn, &moment, &id).await?;
    let chosen = matches!(sheet.standing(moment.now), Standing::Transfer { .. });
    let upi = sheet.transfer.as_ref().is_some_and(|transfer| transfer.way == TransferWay::Upi && transfer.told.is_none());
    let link = link(&view, &sheet).filter(|_| chosen && upi).ok_or(Problem::NotFound)?;
    let svg = pdf::qr_picture(&link).map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}
