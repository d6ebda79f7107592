//! Whose names stand under a certificate.

use serde::Deserialize;

use super::form::{Field, Section, needed};
use crate::organisation::Organisation;
use crate::organisation::model::{Change, Signer, Signers};
use crate::web::form::FieldErrors;

/// The fields as sent: three rows, of which an empty one counts for nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    name_1: String,
    title_1: String,
    name_2: String,
    title_2: String,
    name_3: String,
    title_3: String,
}

const FIELDS: [(&str, &str); 3] = [("name_1", "title_1"), ("name_2", "title_2"), ("name_3", "title_3")];
const GROUPS: [&str; 3] = ["First signer", "Second signer", "Third signer"];

impl Input {
    fn rows(&self) -> [(&str, &str); 3] {
        [(&self.name_1, &self.title_1), (&self.name_2, &self.title_2), (&self.name_3, &self.title_3)]
    }
}

impl Section for Input {
    const PATH: &'static str = "/staff/settings/signers";
    const TITLE: &'static str = "Certificate signers";
    const DEK: &'static str =
        "One to three people whose names stand under a certificate. Those already issued keep their signers.";

    fn known(organisation: &Organisation) -> Self {
        let mut rows = organisation.signers.iter().map(|signer| (signer.name.to_string(), signer.title.to_string()));
        let mut next = || rows.next().unwrap_or_default();
        let ((name_1, title_1), (name_2, title_2), (name_3, title_3)) = (next(), next(), next());
        Self { name_1, title_1, name_2, title_2, name_3, title_3 }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        let rows = self.rows().into_iter().zip(FIELDS).zip(GROUPS).enumerate();
        let row = |(place, (((name, title), (name_field, title_field)), group)): (usize, (((_, _), (_, _)), _))| {
            let fields = [Field::line(name_field, "Name", name, 100).group(group), Field::line(title_field, "Title", title, 80)];
            if place == 0 { fields } else { fields.map(Field::optional) }
        };
        rows.flat_map(row).collect()
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut signers = Vec::new();
        for ((name, title), (name_field, title_field)) in self.rows().into_iter().zip(FIELDS) {
            if name.trim().is_empty() && title.trim().is_empty() {
                continue;
            }
            let name = needed(&mut errors, name_field, name, "Enter the signer’s name");
            let title = needed(&mut errors, title_field, title, "Enter the signer’s title, such as Editor");
            signers.extend(name.zip(title).map(|(name, title)| Signer { name, title }));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Signers::new(signers).map(Change::Signers).map_err(|error| FieldErrors::one("name_1", error.to_string()))
    }
}
