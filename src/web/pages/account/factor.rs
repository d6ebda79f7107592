//! The second factor of a member of the staff: set up, replaced, removed; and the recovery codes.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use serde::Deserialize;

use crate::config::StaffSecondFactor;
use crate::identity::{self, Accepted, FactorFacts, RecoveryCode, TotpSecret};
use crate::kernel::{Actor, ShownTime};
use crate::web::form::{FieldErrors, Fields, NoFields};
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{PageSnapshot, Recruit, RecruitNow};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/account/factor.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    factor: Option<FactorFacts>,
    since: Option<ShownTime>,
    required: bool,
}

/// Whether there is one, and what can be done.
pub async fn show(
    State(app): State<App>,
    view: View,
    Recruit(person): Recruit,
    PageSnapshot(conn): PageSnapshot,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let factor = identity::factor(&conn, person.id).await?;
    let since = factor.map(|factor| ShownTime::new(factor.since, &person.zone));
    page(&Page { view: &view, done: done.word(), factor, since, required: required(&app) })
}

fn required(app: &App) -> bool {
    app.services.settings.security.staff_second_factor == StaffSecondFactor::Required
}

/// Makes a secret to be taken over by the app.
pub async fn offer(State(app): State<App>, RecruitNow(signed_in): RecruitNow, _: Fields<NoFields>) -> Result<Response, Problem> {
    let person = signed_in.person.id;
    app.services.db.write(Actor::User(person), async |txn| identity::offer_factor(txn, &app.factor_keys, person).await).await?;
    Ok(Redirect::to("/account/second-factor/new").into_response())
}

#[derive(Template)]
#[template(path = "web/pages/account/factor_new.html")]
struct Offered<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    qr: String,
    groups: String,
    uri: String,
}

impl<'a> Offered<'a> {
    fn new(app: &App, view: &'a View, errors: &'a FieldErrors, secret: &TotpSecret, account: &str) -> Result<Self, Problem> {
        let uri = secret.uri(&app.organisation, account);
        let code = QRBuilder::new(uri.as_str()).build().map_err(|error| Problem::internal(QrError(error.to_string())))?;
        Ok(Self { view, errors, qr: SvgBuilder::default().to_str(&code), groups: secret.groups(), uri })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the QR code cannot be drawn: {0}")]
struct QrError(String);

/// The secret, as a QR code and as text, and the form for the first code.
pub async fn offered(
    State(app): State<App>,
    view: View,
    RecruitNow(signed_in): RecruitNow,
    PageSnapshot(conn): PageSnapshot,
) -> Result<Response, Problem> {
    let person = &signed_in.person;
    let offered = identity::offered_factor(&conn, &app.factor_keys, person.id, app.services.clocks.machine()).await?;
    match offered {
        Some(secret) => page(&Offered::new(&app, &view, &FieldErrors::default(), &secret, person.email.as_str())?),
        None => Ok(Redirect::to("/account/second-factor").into_response()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    code: String,
}

#[derive(Template)]
#[template(path = "web/pages/account/factor_codes.html")]
struct Codes<'a> {
    view: &'a View,
    codes: &'a [RecoveryCode],
}

/// Takes the factor into use by its first code. The recovery codes stand in this answer and nowhere else, so it leads nowhere.
pub async fn accept(
    State(app): State<App>,
    view: View,
    RecruitNow(signed_in): RecruitNow,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let person = &signed_in.person;
    let actor = Actor::User(person.id);
    let keys = &app.factor_keys;
    let accepted = app.services.db.write(actor, async |txn| identity::accept_factor(txn, keys, &signed_in, &input.code).await);
    match accepted.await? {
        Accepted::InUse(codes) => page(&Codes { view: &view, codes: &codes }),
        Accepted::NoOffer => Ok(Redirect::to("/account/second-factor").into_response()),
        Accepted::Wrong => {
            let conn = app.services.db.snapshot().await?;
            let secret = identity::offered_factor(&conn, keys, person.id, app.services.clocks.machine()).await?;
            let secret = secret.ok_or(Problem::NotFound)?;
            let words = "That code is not right. Look at the app again: the code changes every thirty seconds";
            let errors = FieldErrors::one("code", words);
            page_with_errors(&Offered::new(&app, &view, &errors, &secret, person.email.as_str())?)
        }
    }
}

/// Makes new recovery codes, shown in this answer alone.
pub async fn renew(
    State(app): State<App>,
    view: View,
    RecruitNow(signed_in): RecruitNow,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let person = &signed_in.person;
    let renew = async |txn: &crate::db::Txn| identity::renew_codes(txn, &app.factor_keys, person).await;
    match app.services.db.write(Actor::User(person.id), renew).await? {
        Some(codes) => page(&Codes { view: &view, codes: &codes }),
        None => Ok(Redirect::to("/account/second-factor").into_response()),
    }
}

#[derive(Template)]
#[template(path = "web/pages/account/factor_remove.html")]
struct Remove<'a> {
    view: &'a View,
}

/// Asks before removing it. Where it is required there is nothing to ask.
pub async fn ask_to_remove(State(app): State<App>, view: View, _: RecruitNow) -> Result<Response, Problem> {
    if required(&app) {
        return Ok(Redirect::to("/account/second-factor").into_response());
    }
    page(&Remove { view: &view })
}

/// Removes it, and signs out everywhere.
pub async fn remove(
    State(app): State<App>,
    RecruitNow(signed_in): RecruitNow,
    jar: CookieJar,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    if required(&app) {
        let detail = "Staff must have a second factor here. You can replace it by another.".to_owned();
        return Err(Problem::Conflict { title: "Your second factor cannot be removed", detail });
    }
    let person = &signed_in.person;
    let removed = app.services.db.write(Actor::User(person.id), async |txn| identity::remove_factor(txn, person).await).await?;
    if removed {
        return Ok((app.cookies().sign_out(jar), Redirect::to("/sign-in")).into_response());
    }
    Ok(Redirect::to("/account/second-factor").into_response())
}
