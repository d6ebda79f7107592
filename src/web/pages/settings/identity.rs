//! Who sells the course.

use serde::Deserialize;

use super::form::{Field, Section, needed, optional};
use crate::organisation::Organisation;
use crate::organisation::model::{Change, Identity, Phone};
use crate::web::form::FieldErrors;

/// The fields as sent. One that is missing counts as empty, so that its own message says so.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    legal_name: String,
    short_name: String,
    address: String,
    contact: String,
    phone: String,
}

impl Section for Input {
    const PATH: &'static str = "/staff/settings/identity";
    const TITLE: &'static str = "Name and address";
    const DEK: &'static str = "Students must be able to see who sells the course. This stands on the contact page, at the foot of every page and mail, and on documents.";

    fn known(organisation: &Organisation) -> Self {
        let Some(identity) = &organisation.identity else { return Self::default() };
        Self {
            legal_name: identity.legal_name.to_string(),
            short_name: identity.short_name.to_string(),
            address: identity.address.to_string(),
            contact: identity.contact.to_string(),
            phone: identity.phone.as_ref().map(Phone::to_string).unwrap_or_default(),
        }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            Field::line("legal_name", "Legal name", &self.legal_name, 120)
                .hint("As in your registration: the name you make contracts under."),
            Field::line("short_name", "Short name", &self.short_name, 40).hint("Over every page and mail."),
            Field::area("address", "Postal address", &self.address, 4, 300).hint("Of the office, as on an envelope."),
            Field::line("contact", "Contact email", &self.contact, 254)
                .of_kind("email")
                .hint("Where students write to with a question."),
            Field::line("phone", "Telephone", &self.phone, 24).of_kind("tel").optional().hint("Leave it empty to show none."),
        ]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let legal_name = needed(&mut errors, "legal_name", &self.legal_name, "Enter the legal name");
        let short_name = needed(&mut errors, "short_name", &self.short_name, "Enter the name to show over every page");
        let address = needed(&mut errors, "address", &self.address, "Enter the postal address");
        let contact = needed(&mut errors, "contact", &self.contact, "Enter an email address like name@example.org");
        let phone = optional(&mut errors, "phone", &self.phone);
        match (legal_name, short_name, address, contact, phone) {
            (Some(legal_name), Some(short_name), Some(address), Some(contact), Some(phone)) => {
                Ok(Change::Identity(Identity { legal_name, short_name, address, contact, phone }))
            }
            _ => Err(errors),
        }
    }
}
