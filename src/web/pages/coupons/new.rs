//! Making a coupon.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::catalogue;
use crate::catalogue::model::Cohort;
use crate::db::{Conn, Txn};
use crate::kernel::time::DateTime;
use crate::kernel::{Actor, Currency, Money, Timestamp, Zone};
use crate::pricing::model::{Code, CouponError, NewCoupon, Percentage};
use crate::pricing::{self, CouponRefusal, Discount, Limits};
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::CURRENCIES;
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/coupons/new.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    cohorts: &'a [Cohort],
    currencies: &'static [Currency],
    zone: &'a Zone,
}

/// The fields as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    code: String,
    /// `percent` or `amount`.
    kind: String,
    value: String,
    currency: String,
    /// A slug; empty for all cohorts.
    cohort: String,
    opens: String,
    closes: String,
    limit: String,
    per_person: String,
}

impl Input {
    /// The coupon to be made, with civil times in `zone`.
    ///
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn coupon(&self, cohorts: &[Cohort], zone: &Zone) -> Result<NewCoupon, FieldErrors> {
        let mut errors = FieldErrors::default();
        let code = if self.code.trim().is_empty() { Ok(None) } else { self.code.parse::<Code>().map(Some) };
        let code = errors.parse("code", code);
        let discount = self.discount(&mut errors);
        let cohort = match self.cohort.as_str() {
            "" => Ok(None),
            slug => cohorts.iter().find(|cohort| cohort.slug.as_str() == slug).map(|cohort| Some(cohort.id)).ok_or(()),
        };
        let cohort = errors.parse("cohort", cohort.map_err(|()| "Choose a cohort from the list, or all"));
        let (opens, closes) =
            (moment("opens", &self.opens, zone, &mut errors), moment("closes", &self.closes, zone, &mut errors));
        let (total, per_person) = (limit("limit", &self.limit, &mut errors), limit("per_person", &self.per_person, &mut errors));
        let (Some(code), Some(discount), Some(cohort)) = (code, discount, cohort) else { return Err(errors) };
        let (Some(opens), Some(closes), Some(total), Some(per_person)) = (opens, closes, total, per_person) else {
            return Err(errors);
        };
        let new = NewCoupon { code, discount, cohort, opens, closes, limits: Limits { total, per_person } };
        new.check().map_err(blamed)?;
        Ok(new)
    }

    fn discount(&self, errors: &mut FieldErrors) -> Option<Discount> {
        let currency = CURRENCIES.into_iter().find(|currency| currency.code() == self.currency);
        match (self.kind.as_str(), currency) {
            ("percent", currency) => {
                errors.parse("value", self.value.parse::<Percentage>()).map(|part| Discount::Percent(part, currency))
            }
            ("amount", None) => {
                errors.add("currency", "Choose the currency of the amount");
                None
            }
            ("amount", Some(currency)) => {
                let amount = Money::parse(&self.value, currency).map_err(|_| CouponError::NoDiscount);
                errors.parse("value", amount).map(Discount::Amount)
            }
            _ => {
                errors.add("kind", "Choose a part or an amount");
                None
            }
        }
    }
}

/// The field that is to blame.
fn blamed(error: CouponError) -> FieldErrors {
    match error {
        CouponError::NoDiscount | CouponError::LastDecimal(_) => FieldErrors::one("value", error.to_string()),
        CouponError::Window => FieldErrors::one("closes", error.to_string()),
    }
}

fn moment(field: &'static str, text: &str, zone: &Zone, errors: &mut FieldErrors) -> Option<Option<Timestamp>> {
    if text.trim().is_empty() {
        return Some(None);
    }
    let at = text.parse::<DateTime>().map(|civil| zone.instant(civil)).map_err(|_| "Choose a day and a time, or leave it empty");
    errors.parse(field, at).map(Some)
}

fn limit(field: &'static str, text: &str, errors: &mut FieldErrors) -> Option<Option<u32>> {
    if text.trim().is_empty() {
        return Some(None);
    }
    let limit = text.trim().parse::<u32>().ok().filter(|limit| (1..=1_000_000).contains(limit));
    errors.parse(field, limit.ok_or("Enter a number from 1 to 1,000,000, or leave it empty")).map(Some)
}

async fn cohorts(conn: &Conn) -> Result<Vec<Cohort>, Problem> {
    let mut cohorts = catalogue::all_cohorts(conn).await?;
    cohorts.reverse();
    Ok(cohorts)
}

/// The form.
pub async fn show(view: View, AdminNow(admin): AdminNow, PageSnapshot(conn): PageSnapshot) -> Result<Response, Problem> {
    let input = Input { kind: "percent".to_owned(), per_person: "1".to_owned(), ..Input::default() };
    let (cohorts, errors) = (cohorts(&conn).await?, FieldErrors::default());
    let (input, zone) = (&input, &admin.zone);
    page(&Page { view: &view, errors: &errors, input, cohorts: &cohorts, currencies: &CURRENCIES, zone })
}

/// Makes it; then to the list.
pub async fn make(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let (cohorts, zone) = (cohorts(&conn).await?, &admin.zone);
    drop(conn);
    let again = |errors: &FieldErrors| {
        page_with_errors(&Page { view: &view, errors, input: &input, cohorts: &cohorts, currencies: &CURRENCIES, zone })
    };
    let new = match input.coupon(&cohorts, zone) {
        Ok(new) => new,
        Err(errors) => return again(&errors),
    };
    let work = async |txn: &Txn| pricing::make_coupon(txn, new.clone()).await;
    match app.services.db.write(Actor::User(admin.id), work).await {
        Ok(_) => Ok(Redirect::to("/staff/coupons?done=coupon-made").into_response()),
        Err(CouponRefusal::CodeTaken) => again(&FieldErrors::one("code", "Another coupon has this code: choose another")),
        Err(CouponRefusal::Senseless(error)) => again(&blamed(error)),
        Err(CouponRefusal::Db(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Input {
        Input { kind: "percent".into(), value: "20".into(), per_person: "1".into(), ..Input::default() }
    }

    fn read(input: &Input) -> Result<NewCoupon, FieldErrors> {
        input.coupon(&[], &"Asia/Kolkata".parse().unwrap())
    }

    #[test]
    fn a_form_is_read_into_a_coupon() {
        let new = read(&Input { opens: "2027-01-01T05:30".into(), ..good() }).unwrap();
        assert_eq!((new.code, new.limits), (None, Limits { total: None, per_person: Some(1) }));
        assert_eq!(new.opens, "2027-01-01T00:00:00Z".parse().ok(), "by the admin's zone");
        let amount =
            Input { kind: "amount".into(), currency: "INR".into(), value: "500".into(), code: "spring-27".into(), ..good() };
        let new = read(&amount).unwrap();
        assert_eq!(new.discount, Discount::Amount(Money::new(50_000, Currency::INR)));
        assert_eq!(new.code.unwrap().as_str(), "SPRING27");
    }

    #[test]
    fn each_bad_field_has_its_message() {
        let cases: [(&str, Input); 10] = [
            ("code", Input { code: "ab".into(), ..good() }),
            ("kind", Input { kind: "gift".into(), ..good() }),
            ("value", Input { value: "0".into(), ..good() }),
            ("value", Input { kind: "amount".into(), currency: "INR".into(), value: "0".into(), ..good() }),
            ("currency", Input { kind: "amount".into(), ..good() }),
            ("cohort", Input { cohort: "nowhere".into(), ..good() }),
            ("opens", Input { opens: "soon".into(), ..good() }),
            ("closes", Input { opens: "2027-01-02T00:00".into(), closes: "2027-01-01T00:00".into(), ..good() }),
            ("limit", Input { limit: "0".into(), ..good() }),
            ("per_person", Input { per_person: "many".into(), ..good() }),
        ];
        for (field, input) in cases {
            let errors = read(&input).unwrap_err();
            assert_eq!((errors.list().len(), errors.of(field).is_some()), (1, true), "{field}: {errors:?}");
        }
    }
}
