//! Making a token. Its secret is on the page that answers the form, and nowhere else ever.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::kernel::{Actor, ShownTime};
use crate::tokens::{self, CreateRefusal, Life, NewToken, Scope, Scopes, Secret, Token, TokenName};
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::AdminNow;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/tokens/new.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    scopes: Vec<(Tick, bool)>,
}

/// A scope to be ticked, by the name of its field.
struct Tick {
    field: &'static str,
    scope: Scope,
}

#[derive(Template)]
#[template(path = "web/pages/tokens/made.html")]
struct Made<'a> {
    view: &'a View,
    token: &'a Token,
    secret: &'a str,
    until: ShownTime,
    origin: String,
}

/// The fields as sent: a box that is not ticked is not there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    name: String,
    days: String,
    catalogue_read: Option<String>,
    schedule_read: Option<String>,
    roster_read: Option<String>,
    orders_read: Option<String>,
    payments_read: Option<String>,
    payments_write: Option<String>,
    certificates_read: Option<String>,
    certificates_write: Option<String>,
}

impl Input {
    fn ticked(&self, scope: Scope) -> (&'static str, bool) {
        let (field, value) = match scope {
            Scope::CatalogueRead => ("catalogue_read", &self.catalogue_read),
            Scope::ScheduleRead => ("schedule_read", &self.schedule_read),
            Scope::RosterRead => ("roster_read", &self.roster_read),
            Scope::OrdersRead => ("orders_read", &self.orders_read),
            Scope::PaymentsRead => ("payments_read", &self.payments_read),
            Scope::PaymentsWrite => ("payments_write", &self.payments_write),
            Scope::CertificatesRead => ("certificates_read", &self.certificates_read),
            Scope::CertificatesWrite => ("certificates_write", &self.certificates_write),
        };
        (field, value.is_some())
    }

    fn boxes(&self) -> Vec<(Tick, bool)> {
        let with = |scope: Scope| {
            let (field, ticked) = self.ticked(scope);
            (Tick { field, scope }, ticked)
        };
        Scope::ALL.map(with).into()
    }

    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn token(&self) -> Result<NewToken, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.parse::<TokenName>().map_err(|error| error.told("Enter what the token is for"));
        let name = errors.parse("name", name);
        let life = errors.parse("days", self.days.parse::<Life>());
        let scopes = Scopes::new(Scope::ALL.into_iter().filter(|scope| self.ticked(*scope).1));
        let scopes = errors.parse("catalogue_read", scopes.ok_or("Choose at least one scope"));
        match (name, life, scopes) {
            (Some(name), Some(life), Some(scopes)) => Ok(NewToken { name, scopes, life }),
            _ => Err(errors),
        }
    }
}

/// The form.
pub async fn show(view: View, _: AdminNow) -> Result<Response, Problem> {
    let input = Input { days: "90".to_owned(), ..Input::default() };
    page(&Page { view: &view, errors: &FieldErrors::default(), scopes: input.boxes(), input: &input })
}

/// Makes it, and shows its secret this once.
pub async fn make(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let new = match input.token() {
        Ok(new) => new,
        Err(errors) => {
            return page_with_errors(&Page { view: &view, errors: &errors, scopes: input.boxes(), input: &input });
        }
    };
    let made = app.services.db.write(Actor::User(admin.id), async |txn| tokens::create(txn, &admin, new).await).await;
    let (token, secret): (Token, Secret) = made.map_err(|refusal| match refusal {
        CreateRefusal::NotAnAdmin => Problem::WrongRole,
        CreateRefusal::Db(error) => error.into(),
    })?;
    page(&Made {
        view: &view,
        secret: secret.plain(),
        until: ShownTime::new(token.expires_at, &admin.zone),
        origin: app.services.settings.server.public_url.origin(),
        token: &token,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_a_box_of_its_own() {
        let form: String = Scope::ALL.iter().map(|scope| format!("&{}=on", Input::default().ticked(*scope).0)).collect();
        let input: Input = serde_urlencoded::from_str(&format!("name=All&days=1{form}")).unwrap();
        assert_eq!(input.token().unwrap().scopes.iter().collect::<Vec<_>>(), Scope::ALL);
        for scope in Scope::ALL {
            let (field, _) = Input::default().ticked(scope);
            assert_eq!(field.replace('_', ":"), scope.word());
            let input: Input = serde_urlencoded::from_str(&format!("name=One&days=1&{field}=on")).unwrap();
            assert_eq!(input.token().unwrap().scopes.iter().collect::<Vec<_>>(), [scope]);
        }
    }

    #[test]
    fn each_bad_field_has_its_message() {
        let errors = Input { days: "0".to_owned(), ..Input::default() }.token().unwrap_err();
        assert_eq!(errors.of("name"), Some("Enter what the token is for"));
        assert_eq!(errors.of("days"), Some("Enter a number of days from 1 to 365"));
        assert_eq!(errors.of("catalogue_read"), Some("Choose at least one scope"));
        assert!(serde_urlencoded::from_str::<Input>("name=a&days=1&admin=on").is_err());
    }
}
