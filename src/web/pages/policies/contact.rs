//! Who sells the course, and who answers complaints (Consumer Protection (E-Commerce) Rules 2020, rule 4).

use askama::Template;
use axum::response::Response;

use crate::identity::Role;
use crate::organisation::model::TaxRegistration;
use crate::web::Problem;
use crate::web::view::{View, page};

#[derive(Template)]
#[template(path = "web/pages/policies/contact.html")]
struct Page<'a> {
    view: &'a View,
    /// What a registration is called, and its number.
    tax: Option<(&'a str, &'a str)>,
    /// An admin reads a page that lacks what it must say.
    asks_admin: bool,
}

/// What is set; what is not is left out.
pub(super) async fn show(view: View) -> Result<Response, Problem> {
    let own = &view.owner;
    let tax = match &own.tax {
        TaxRegistration::Unregistered => None,
        TaxRegistration::RegisteredInIndia { gstin, .. } => Some(("GSTIN", gstin.as_str())),
        TaxRegistration::Elsewhere { label, number, .. } => Some((label.as_str(), number.as_str())),
    };
    let lacks = own.identity.is_none() || own.officer.is_none();
    page(&Page { view: &view, tax, asks_admin: lacks && view.role == Some(Role::Admin) })
}
