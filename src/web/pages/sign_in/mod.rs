//! Signing in: an address, a code mailed to it, a session; and what else may follow a proved address.

mod ask;
mod code;
mod factor;
mod leave;

pub(super) use ask::{request_code, send_code};
pub(super) use factor::words;

use axum::response::{IntoResponse, Redirect, Response};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::{enrol, waitlist};
use crate::acts::enrol::Application;
use crate::db::Txn;
use crate::identity::{self, Person, RegisterRefusal};
use crate::kernel::{EmailAddress, Slug};
use crate::web::routes::{Access, Routes};
use crate::web::{App, Problem};

/// What a proved address is for. Kept with the challenge; nothing of it is believed before the proof.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Intent {
    /// Go on to one of our pages.
    SignIn { next: Option<String> },
    /// Confirm that it is still the one who is signed in. It signs nobody in.
    Confirm,
    /// Register whom it is where the address is new, and take a seat.
    Enrol { cohort: Slug, application: Application },
    /// Register whom it is where the address is new, and join the waitlist of a full cohort.
    Join { cohort: Slug, joining: waitlist::Joining },
}

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/sign-in", Access::Public, ask::show)
        .post_guarded("/sign-in", Access::Public, ask::send)
        .get("/codes/{challenge}", Access::Public, code::show)
        .post_guarded("/codes/{challenge}", Access::Public, code::answer)
        .post_guarded("/codes/{challenge}/again", Access::Public, code::again)
        .get("/sign-in/{sign_in}", Access::Public, factor::show)
        .post_guarded("/sign-in/{sign_in}", Access::Public, factor::answer)
        .post("/sign-out", Access::Public, leave::leave)
}

impl Intent {
    /// Whether it is part of enrolling, so that the page can say which step it is.
    fn enrols(&self) -> bool {
        matches!(self, Self::Enrol { .. })
    }

    /// Whether an address without an account gets a code too: one is made once it is proved.
    fn registers(&self) -> bool {
        match self {
            Self::SignIn { .. } | Self::Confirm => false,
            Self::Enrol { .. } | Self::Join { .. } => true,
        }
    }

    /// The page where the address was given.
    fn origin(&self) -> String {
        match self {
            Self::SignIn { .. } => "/sign-in".to_owned(),
            Self::Confirm => "/step-up".to_owned(),
            Self::Enrol { cohort, .. } => format!("/cohorts/{cohort}/enrol"),
            Self::Join { cohort, .. } => format!("/cohorts/{cohort}/waitlist"),
        }
    }

    /// Who is signed in by it: `None` where the address has no account and the intent makes none.
    async fn person(&self, txn: &Txn, email: &EmailAddress) -> Result<Option<Person>, DbErr> {
        let details = match self {
            Self::SignIn { .. } => return identity::person_by_email(txn, email).await,
            Self::Confirm => return Ok(None),
            Self::Enrol { application, .. } => application.details(),
            Self::Join { joining, .. } => joining.details(),
        };
        match identity::register_student(txn, email, details).await {
            Ok(person) => Ok(Some(person)),
            Err(RegisterRefusal::Disabled) => Ok(None),
            Err(RegisterRefusal::Db(error)) => Err(error),
        }
    }

    /// What follows.
    async fn follow(self, app: &App, person: &Person) -> Result<Response, Problem> {
        match self {
            Self::SignIn { next: Some(next) } => Ok(Redirect::to(&next).into_response()),
            Self::SignIn { next: None } | Self::Confirm => Ok(code::home_of(person).into_response()),
            Self::Enrol { cohort, application } => enrol::enrol(app, person, cohort.as_str(), application).await,
            Self::Join { cohort, .. } => waitlist::join(app, person, cohort.as_str()).await,
        }
    }
}
