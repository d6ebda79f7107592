//! What other currencies are worth in rupees, for the invoices of exports (CGST Rules, rule 34(2)).

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::db::Conn;
use crate::documents;
use crate::documents::model::{EnteredRate, ExchangeRate, RupeeRate};
use crate::kernel::shown::plain_date;
use crate::kernel::text::single_line;
use crate::kernel::time::Date;
use crate::kernel::{Actor, Currency};
use crate::organisation;
use crate::organisation::model::TaxRegistration;
use crate::payment;
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::{CURRENCIES, Done, DoneQuery};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// As many of the newest are listed.
const LISTED: u64 = 60;
/// The longest name of a source, in characters.
const SOURCE: usize = 80;

#[derive(Template)]
#[template(path = "web/pages/settings/rates.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    errors: &'a FieldErrors,
    input: &'a Input,
    currencies: Vec<&'static str>,
    rates: Vec<(EnteredRate, String)>,
    /// How many invoices wait for one.
    waiting: u64,
    /// Whether exports are invoiced at all.
    exports: bool,
}

/// The fields as sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    currency: String,
    rate: String,
    from: String,
    source: String,
}

impl Input {
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn read(&self, today: Date) -> Result<ExchangeRate, FieldErrors> {
        let mut errors = FieldErrors::default();
        let currency = self.currency.parse::<Currency>().ok().filter(|currency| *currency != Currency::INR);
        let currency = errors.parse("currency", currency.ok_or("Choose a currency"));
        let rate = errors.parse("rate", self.rate.parse::<RupeeRate>());
        let from = self.from.trim().parse::<Date>().map_err(|_| "Enter a day, like 2027-01-04");
        // A rate is of a day that has been: what will be is nobody's rate.
        let from = from.and_then(|day| if day <= today { Ok(day) } else { Err("Enter a day that is not in the future") });
        let from = errors.parse("from", from);
        let source = single_line(&self.source, SOURCE)
            .map_err(|error| error.told("Say where the rate is from, like: FBIL reference rate"));
        let source = errors.parse("source", source);
        match (currency, rate, from, source) {
            (Some(currency), Some(rate), Some(from), Some(source)) => Ok(ExchangeRate { currency, from, rate, source }),
            _ => Err(errors),
        }
    }
}

async fn page_of<'a>(
    conn: &Conn,
    view: &'a View,
    (input, errors): (&'a Input, &'a FieldErrors),
    rates: Vec<EnteredRate>,
    done: Option<Done>,
) -> Result<Page<'a>, Problem> {
    let tax = organisation::current(conn).await?.tax;
    Ok(Page {
        view,
        done,
        errors,
        input,
        currencies: CURRENCIES.iter().filter(|currency| **currency != Currency::INR).map(|currency| currency.code()).collect(),
        rates: rates
            .into_iter()
            .map(|rate| {
                let from = plain_date(rate.of.from);
                (rate, from)
            })
            .collect(),
        waiting: documents::count_awaited(conn).await?,
        exports: matches!(tax, TaxRegistration::RegisteredInIndia { .. }),
    })
}

/// What is entered, and the form for one more; with the newest rate's source, which mostly stays the same.
pub(super) async fn show(
    view: View,
    _: AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let rates = documents::rates(&conn, LISTED).await?;
    let source = rates.first().map(|rate| rate.of.source.clone()).unwrap_or_default();
    let input = Input { source, ..Input::default() };
    page(&page_of(&conn, &view, (&input, &FieldErrors::default()), rates, done.word()).await?)
}

/// Enters one, and lets the invoices that waited for it be issued.
pub(super) async fn save(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let today = documents::Calendar::IndianFinancialYear.day(app.services.clocks.service());
    let rate = match input.read(today) {
        Ok(rate) => rate,
        Err(errors) => {
            let conn = app.services.db.snapshot().await?;
            let rates = documents::rates(&conn, LISTED).await?;
            return page_with_errors(&page_of(&conn, &view, (&input, &errors), rates, None).await?);
        }
    };
    app.services.db.write(Actor::User(admin.id), async |txn| payment::enter_rate(txn, &rate).await).await?;
    Ok(Redirect::to("/staff/settings/rates?done=rate-entered").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_that_cannot_be_used_is_named_and_no_rate_is_of_the_future() {
        let today: Date = "2027-01-04".parse().unwrap();
        let good = || Input { currency: "EUR".into(), rate: "98.1234".into(), from: "2027-01-04".into(), source: "FBIL".into() };
        assert_eq!(good().read(today).unwrap().rate.to_string(), "98.1234");
        let errors = Input::default().read(today).unwrap_err();
        for field in ["currency", "rate", "from", "source"] {
            assert!(errors.of(field).is_some(), "{field}");
        }
        let future = Input { from: "2027-01-05".into(), ..good() }.read(today).unwrap_err();
        assert_eq!(future.of("from"), Some("Enter a day that is not in the future"));
        assert!(Input { currency: "INR".into(), ..good() }.read(today).unwrap_err().of("currency").is_some());
    }
}
