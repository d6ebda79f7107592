//! What the form of joining brings, and what of it can be used.

use serde::{Deserialize, Serialize};

use crate::identity::{Country, Details};
use crate::kernel::text::TextError;
use crate::kernel::{EmailAddress, PersonName, Zone};
use crate::web::form::FieldErrors;

/// What somebody says of themselves to join a waitlist; it waits for the proof of their address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joining {
    name: PersonName,
    zone: Zone,
    country: Country,
}

impl Joining {
    /// All of it belongs to the person.
    pub fn details(&self) -> Details {
        Details { name: self.name.clone(), zone: self.zone.clone(), country: self.country }
    }
}

/// The fields as sent. One that is missing counts as empty; who is signed in sends none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    pub name: String,
    pub email: String,
    pub country: String,
    pub zone: String,
    pub consent: String,
}

impl Input {
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    pub fn read(&self) -> Result<(EmailAddress, Joining), FieldErrors> {
        let mut errors = FieldErrors::default();
        let told = |empty: &'static str| move |error: TextError| error.told(empty);
        let name = errors.parse("name", self.name.parse::<PersonName>().map_err(told("Enter your full name")));
        let email = self.email.parse::<EmailAddress>();
        let email = errors.parse("email", email.map_err(told("Enter an email address like name@example.org")));
        let country = errors.parse("country", self.country.parse::<Country>().map_err(|_| "Choose your country"));
        let zone = errors.parse("zone", self.zone.parse::<Zone>().map_err(|_| "Choose a time zone"));
        if self.consent != "yes" {
            errors.add("consent", "Tick the box to join: without these details we cannot offer you a seat");
        }
        match (name, email, country, zone) {
            (Some(name), Some(email), Some(country), Some(zone)) if errors.is_empty() => {
                Ok((email, Joining { name, zone, country }))
            }
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Input {
        Input {
            name: " Demo  Student 03 ".into(),
            email: "Demo03@students.example".into(),
            country: "AE".into(),
            zone: "Asia/Dubai".into(),
            consent: "yes".into(),
        }
    }

    #[test]
    fn a_whole_form_is_read_and_waits_unchanged() {
        let (email, joining) = good().read().unwrap();
        assert_eq!((email.as_str(), joining.details().name.as_str()), ("demo03@students.example", "Demo Student 03"));
        let kept = serde_json::to_value(&joining).unwrap();
        assert_eq!(serde_json::from_value::<Joining>(kept).unwrap(), joining);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_in_the_forms_order() {
        let errors = Input::default().read().unwrap_err();
        let fields: Vec<_> = errors.list().iter().map(|error| error.field).collect();
        assert_eq!(fields, ["name", "email", "country", "zone", "consent"]);
        let errors = Input { email: "demo03@".into(), ..good() }.read().unwrap_err();
        assert_eq!((errors.list().len(), errors.of("email")), (1, Some("Enter an email address like name@example.org")));
        assert!(serde_urlencoded::from_str::<Input>("name=Demo&place=1").is_err(), "nobody sets what the form does not ask");
    }
}
