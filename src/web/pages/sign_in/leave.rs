//! Signing out.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use crate::identity;
use crate::kernel::Actor;
use crate::web::form::{Fields, NoFields};
use crate::web::session::SignedIn;
use crate::web::{App, Problem};

/// Ends this browser's session; without one there is nothing to do.
pub async fn leave(
    State(app): State<App>,
    jar: CookieJar,
    signed_in: Option<SignedIn>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    if let Some(SignedIn { session, person, .. }) = signed_in {
        let actor = Actor::User(person.id);
        app.services.db.write(actor, async |txn| identity::end_session(txn, person.id, session).await).await?;
    }
    Ok((app.cookies().sign_out(jar), Redirect::to("/")).into_response())
}
