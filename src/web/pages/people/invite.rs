//! Inviting somebody to the staff: an account, and a mail with the way in.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::identity::{self, CreateRefusal, Role};
use crate::kernel::ids::UserId;
use crate::kernel::text::TextError;
use crate::kernel::{Actor, EmailAddress, PersonName};
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::AdminNow;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/people/invite.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    chosen: &'a str,
    /// Whose account has the address already.
    known: Option<UserId>,
}

impl Page<'_> {
    const fn roles(&self) -> [Role; 2] {
        STAFF
    }
}

const STAFF: [Role; 2] = [Role::Instructor, Role::Admin];

/// The fields as sent. One that is missing counts as empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    name: String,
    email: String,
    role: String,
}

impl Input {
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn invited(&self) -> Result<(PersonName, EmailAddress, Role), FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.parse::<PersonName>().map_err(|error| error.told("Enter their name"));
        let name = errors.parse("name", name);
        let email = self.email.parse::<EmailAddress>().map_err(|error| match error {
            TextError::Empty => TextError::NotAnEmail,
            other => other,
        });
        let email = errors.parse("email", email);
        let role = self.role.parse::<Role>().ok().filter(|role| STAFF.contains(role)).ok_or("Choose a role");
        let role = errors.parse("role", role);
        match (name, email, role) {
            (Some(name), Some(email), Some(role)) => Ok((name, email, role)),
            _ => Err(errors),
        }
    }
}

/// The form.
pub async fn show(view: View, _: AdminNow) -> Result<Response, Problem> {
    let input = Input::default();
    page(&Page { view: &view, errors: &FieldErrors::default(), input: &input, chosen: Role::Instructor.word(), known: None })
}

/// Makes the account and mails the invitation. They read times in the inviter's zone until they choose their own.
pub async fn invite(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let again =
        |errors: &FieldErrors, known| page_with_errors(&Page { view: &view, errors, input: &input, chosen: &input.role, known });
    let (name, email, role) = match input.invited() {
        Ok(invited) => invited,
        Err(errors) => return again(&errors, None),
    };
    let actor = Actor::User(admin.id);
    let zone = admin.zone.clone();
    let invited = app.services.db.write(actor, async |txn| identity::invite(txn, &email, name, zone, role).await).await;
    match invited {
        Ok(_) => Ok(Redirect::to("/staff/people?done=invited").into_response()),
        Err(CreateRefusal::Exists) => {
            let words = "An account has this address already: change its role instead";
            let known = identity::account_by_email(&*app.services.db.snapshot().await?, &email).await?;
            again(&FieldErrors::one("email", words), known.map(|account| account.person.id))
        }
        Err(CreateRefusal::Db(error)) => Err(error.into()),
    }
}
