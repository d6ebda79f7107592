//! Who answers complaints.

use serde::Deserialize;

use super::form::{Field, Section, needed, optional};
use crate::organisation::Organisation;
use crate::organisation::model::{Change, Officer, Phone};
use crate::web::form::FieldErrors;

/// The fields as sent. One that is missing counts as empty, so that its own message says so.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    name: String,
    designation: String,
    email: String,
    phone: String,
}

impl Section for Input {
    const PATH: &'static str = "/staff/settings/officer";
    const TITLE: &'static str = "Grievance officer";
    const DEK: &'static str = "The person who answers complaints about the course and about personal data. The law asks that students can see who it is; the contact page names them.";

    fn known(organisation: &Organisation) -> Self {
        let Some(officer) = &organisation.officer else { return Self::default() };
        Self {
            name: officer.name.to_string(),
            designation: officer.designation.to_string(),
            email: officer.email.to_string(),
            phone: officer.phone.as_ref().map(Phone::to_string).unwrap_or_default(),
        }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            Field::line("name", "Name", &self.name, 100),
            Field::line("designation", "Designation", &self.designation, 80)
                .hint("Such as: Grievance officer and managing editor."),
            Field::line("email", "Email", &self.email, 254).of_kind("email"),
            Field::line("phone", "Telephone", &self.phone, 24).of_kind("tel").optional().hint("Leave it empty to show none."),
        ]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = needed(&mut errors, "name", &self.name, "Enter the officer’s name");
        let designation = needed(&mut errors, "designation", &self.designation, "Enter what the officer is in your organisation");
        let email = needed(&mut errors, "email", &self.email, "Enter an email address like name@example.org");
        let phone = optional(&mut errors, "phone", &self.phone);
        match (name, designation, email, phone) {
            (Some(name), Some(designation), Some(email), Some(phone)) => {
                Ok(Change::Officer(Officer { name, designation, email, phone }))
            }
            _ => Err(errors),
        }
    }
}
