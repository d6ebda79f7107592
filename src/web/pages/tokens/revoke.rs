//! Taking a token back.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::kernel::Actor;
use crate::kernel::ids::TokenId;
use crate::tokens::{self, RevokeRefusal, Token};
use crate::web::form::{Fields, NoFields};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/tokens/revoke.html")]
struct Page<'a> {
    view: &'a View,
    token: &'a Token,
}

/// Says what revoking does.
pub async fn ask(view: View, _: AdminNow, PageSnapshot(conn): PageSnapshot, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: TokenId = id.parse().map_err(|_| Problem::NotFound)?;
    let token = tokens::token(&conn, id).await?.ok_or(Problem::NotFound)?;
    page(&Page { view: &view, token: &token })
}

/// Revokes it. One that was revoked before stays so.
pub async fn revoke(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let id: TokenId = id.parse().map_err(|_| Problem::NotFound)?;
    match app.services.db.write(Actor::User(admin.id), async |txn| tokens::revoke(txn, id).await).await {
        Ok(_) | Err(RevokeRefusal::Revoked) => Ok(Redirect::to("/staff/tokens?done=token-revoked").into_response()),
        Err(RevokeRefusal::NoSuchToken) => Err(Problem::NotFound),
        Err(RevokeRefusal::Db(error)) => Err(error.into()),
    }
}
