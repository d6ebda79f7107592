//! The browsers that a person is signed in with.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use crate::identity;
use crate::kernel::ids::SessionId;
use crate::kernel::{Actor, ShownTime, Timestamp};
use crate::web::form::{Fields, NoFields};
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{PageSnapshot, SignedIn};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/account/sessions.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    zone: &'a str,
    rows: Vec<Row>,
}

struct Row {
    id: SessionId,
    created: ShownTime,
    seen: ShownTime,
    here: bool,
}

/// All of them, this one marked.
pub async fn show(
    State(app): State<App>,
    view: View,
    signed_in: SignedIn,
    PageSnapshot(conn): PageSnapshot,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let person = &signed_in.person;
    let sessions = identity::sessions_of(&conn, person.id, person.role, app.services.clocks.machine()).await?;
    let shown = |at: Timestamp| ShownTime::new(at, &person.zone);
    let row = |session: identity::SessionRow| Row {
        id: session.id,
        created: shown(session.created_at),
        seen: shown(session.last_seen_at),
        here: session.id == signed_in.session,
    };
    let rows = sessions.into_iter().map(row).collect();
    page(&Page { view: &view, done: done.word(), zone: person.zone.name(), rows })
}

/// Ends one; ending this one signs out.
pub async fn end(
    State(app): State<App>,
    signed_in: SignedIn,
    jar: CookieJar,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let id: SessionId = id.parse().map_err(|_| Problem::NotFound)?;
    let person = signed_in.person.id;
    let ended = app.services.db.write(Actor::User(person), async |txn| identity::end_own(txn, person, id).await).await?;
    match ended {
        false => Err(Problem::NotFound),
        true if id == signed_in.session => Ok((app.cookies().sign_out(jar), Redirect::to("/")).into_response()),
        true => Ok(Redirect::to("/account/sessions?done=signed-out").into_response()),
    }
}

/// Ends all others.
pub async fn end_others(State(app): State<App>, signed_in: SignedIn, _: Fields<NoFields>) -> Result<Response, Problem> {
    let (person, here) = (signed_in.person.id, signed_in.session);
    app.services.db.write(Actor::User(person), async |txn| identity::end_others(txn, person, here).await).await?;
    Ok(Redirect::to("/account/sessions?done=others-signed-out").into_response())
}
