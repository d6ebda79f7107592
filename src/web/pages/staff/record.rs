//! Money that came another way than by card, as an admin records it: it enrols the student.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::order::{again, find};
use crate::kernel::time::Date;
use crate::kernel::{Actor, Currency, Money, Timestamp, Zone};
use crate::payment::{self, Method, Offline, RecordRefusal, Reference};
use crate::views::order::Sheet;
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::AdminNow;
use crate::web::view::View;
use crate::web::{App, Problem};

/// The fields as sent. One that is missing counts as empty, so that its own message says so.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    pub method: String,
    pub reference: String,
    pub amount: String,
    pub received_on: String,
}

impl Input {
    /// The form as it is first shown: the way and the reference that the student told, the whole amount, today in the reader's zone.
    pub fn for_order(sheet: &Sheet, now: Timestamp, zone: &Zone) -> Self {
        let total = sheet.order.quote.total;
        let (method, told) = match &sheet.transfer {
            Some(transfer) => (transfer.way.method(), transfer.told.as_ref().map(|told| told.reference.as_str())),
            None => (Method::BankTransfer, None),
        };
        Self {
            method: method.word().to_owned(),
            reference: told.unwrap_or_default().to_owned(),
            amount: total.decimal(),
            received_on: zone.civil(now).date().to_string(),
        }
    }

    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn offline(&self, currency: Currency) -> Result<Offline, FieldErrors> {
        let mut errors = FieldErrors::default();
        let method = errors.parse("method", self.method.parse::<Method>());
        let reference =
            self.reference.parse::<Reference>().map_err(|error| error.told("Enter the reference that the payment is known by"));
        let reference = errors.parse("reference", reference);
        let amount = Money::parse(&self.amount, currency).map_err(|_| format!("Enter an amount in {currency}, like 6500.00"));
        let amount = errors.parse("amount", amount);
        let received_on = errors.parse("received_on", day(&self.received_on).ok_or("Enter the day it arrived, like 2026-11-23"));
        match (method, reference, amount, received_on) {
            (Some(method), Some(reference), Some(amount), Some(received_on)) => {
                Ok(Offline { method, reference, amount, received_on })
            }
            _ => Err(errors),
        }
    }
}

/// As a date field sends it (RFC 3339 full-date), and nothing else.
fn day(text: &str) -> Option<Date> {
    let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| shape)
}

/// Records the payment.
pub async fn record(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let sheet = find(&app, &conn, &id).await?;
    drop(conn);
    let order = sheet.order.id;
    let offline = match input.offline(sheet.order.quote.total.currency) {
        Ok(offline) => offline,
        Err(errors) => return again(&app, &view, &person, &sheet, &input, &errors),
    };
    let actor = Actor::User(person.id);
    match payment::record_payment(&app.services, actor, order, offline).await {
        Ok(_) => Ok(Redirect::to(&format!("/staff/orders/{order}")).into_response()),
        Err(RecordRefusal::NoSuchOrder) => Err(Problem::NotFound),
        Err(RecordRefusal::Db(error)) => Err(error.into()),
        Err(refusal) => again(&app, &view, &person, &sheet, &input, &field_error(&refusal)),
    }
}

/// Which field a refusal is about, and what to say beside it.
fn field_error(refusal: &RecordRefusal) -> FieldErrors {
    match refusal {
        RecordRefusal::ReferenceUsed { order_number } => {
            FieldErrors::one("reference", format!("This reference is already recorded, on order {order_number}"))
        }
        RecordRefusal::AmountDiffers { owed } => {
            FieldErrors::one("amount", format!("The amount must be the order’s total, {owed}"))
        }
        RecordRefusal::FutureDate => FieldErrors::one("received_on", "Enter a day that has come"),
        RecordRefusal::PageOpen => FieldErrors::one(
            "reference",
            "Nothing was recorded: a payment page is open, and the payment gateway does not say that it is closed. Try again in a \
             minute; if it stays so, the page ends by itself within the hour",
        ),
        RecordRefusal::AlreadyPaid => {
            FieldErrors::one("reference", "This order is paid already: look whether the money is another’s")
        }
        RecordRefusal::OrderClosed => FieldErrors::one("reference", "This order was cancelled: send the money back"),
        RecordRefusal::Full => FieldErrors::one(
            "reference",
            "The seat had lapsed and the cohort is full now: send the money back or offer another cohort",
        ),
        RecordRefusal::SeatedElsewhere => {
            FieldErrors::one("reference", "The student has another seat in this cohort: record it on that order")
        }
        other @ (RecordRefusal::NoSuchOrder | RecordRefusal::Db(_)) => FieldErrors::one("reference", other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Input {
        Input {
            method: "bank_transfer".into(),
            reference: " demo-utr 000123 ".into(),
            amount: "6,500.00".into(),
            received_on: "2026-11-23".into(),
        }
    }

    #[test]
    fn a_whole_form_is_read_into_its_types() {
        let offline = good().offline(Currency::INR).unwrap();
        assert_eq!((offline.method, offline.reference.as_str()), (Method::BankTransfer, "DEMO-UTR000123"));
        assert_eq!(offline.amount, Money::new(650_000, Currency::INR));
        assert_eq!(offline.received_on.to_string(), "2026-11-23");
    }

    #[test]
    fn each_bad_field_has_its_own_message() {
        let day = "Enter the day it arrived, like 2026-11-23";
        let cases: [(&str, Input, &str); 8] = [
            ("method", Input { method: "card".into(), ..good() }, "Choose how the money came"),
            ("reference", Input { reference: " ".into(), ..good() }, "Enter the reference that the payment is known by"),
            ("reference", Input { reference: "x".repeat(65), ..good() }, "Use at most 64 characters"),
            ("amount", Input { amount: "-6500".into(), ..good() }, "Enter an amount in INR, like 6500.00"),
            ("amount", Input { amount: "6500.001".into(), ..good() }, "Enter an amount in INR, like 6500.00"),
            ("received_on", Input { received_on: "23.11.2026".into(), ..good() }, day),
            ("received_on", Input { received_on: "2026-02-30".into(), ..good() }, day),
            ("received_on", Input { received_on: "2026-11-23T10:00".into(), ..good() }, day),
        ];
        for (field, input, message) in cases {
            let errors = input.offline(Currency::INR).unwrap_err();
            assert_eq!((errors.list().len(), errors.of(field)), (1, Some(message)), "{field}");
        }
        assert_eq!(Input::default().offline(Currency::INR).unwrap_err().list().len(), 4);
    }

    #[test]
    fn nobody_sets_what_the_form_does_not_ask() {
        for extra in ["state=paid", "recorded_by=usr_1", "order=ord_1", "currency=USD"] {
            assert!(serde_urlencoded::from_str::<Input>(&format!("method=upi&{extra}")).is_err(), "{extra}");
        }
    }

    #[test]
    fn an_amount_is_offered_as_it_is_typed() {
        for (minor, currency, text) in
            [(650_000, Currency::INR, "6500.00"), (1_234, Currency::JPY, "1234"), (1_234, Currency::KWD, "1.234")]
        {
            let money = Money::new(minor, currency);
            assert_eq!(money.decimal(), text);
            assert_eq!(Money::parse(text, currency), Ok(money));
        }
    }
}
