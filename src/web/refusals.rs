//! What was refused to staff is in the audit log: an instructor who asked for money, a role, or another's cohort.

use axum::extract::{MatchedPath, OptionalFromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::App;
use super::confirm::Unconfirmed;
use super::guard::is_local_path;
use super::session::SignedIn;
use crate::audit;
use crate::identity::{IdentityEvent, Role};
use crate::kernel::Actor;

/// Notes an instructor's request of a staff page that was not theirs. An admin's that found nothing is a mistyped address.
pub async fn note(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let Some(route) = route.filter(|route| route.starts_with("/staff")) else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    let mut asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let refused = matches!(response.status(), StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
    if !refused || response.extensions().get::<Unconfirmed>().is_some() {
        return response;
    }
    let signed_in = <SignedIn as OptionalFromRequestParts<App>>::from_request_parts(&mut asked, &app).await.ok().flatten();
    let Some(person) = signed_in.map(|signed_in| signed_in.person).filter(|person| person.role == Role::Instructor) else {
        return response;
    };
    let path = asked.uri.path();
    let event = IdentityEvent::Refused {
        person: person.id,
        method: asked.method.as_str(),
        route: &route,
        path: if is_local_path(path) { path } else { "" },
        status: response.status().as_u16(),
    };
    let noted = app.services.db.write(Actor::User(person.id), async |txn| audit::record(txn, &event).await).await;
    // It stays refused.
    if let Err(error) = noted {
        tracing::error!(%error, "a refusal could not be noted");
    }
    response
}
