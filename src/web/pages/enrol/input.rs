//! What the form brings, and what of it can be used.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::acts::enrol::Application;
use crate::identity::{Country, Person};
use crate::kernel::text::TextError;
use crate::kernel::{EmailAddress, PersonName, Zone};
use crate::organisation::model::{Gstin, StateCode};
use crate::payment::{PostalAddress, PostalCode};
use crate::web::form::FieldErrors;

/// The fields as sent. One that is missing counts as empty, so that its own message says so.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    pub name: String,
    /// Only asked for, and only taken, where nobody is signed in.
    pub email: Option<String>,
    pub country: String,
    pub address: String,
    pub postal_code: String,
    pub state: String,
    pub gstin: String,
    pub zone: String,
    pub consent: String,
}

impl Input {
    /// The form as it is first shown: with what we know.
    pub fn known(person: Option<&Person>, cohort_zone: &Zone) -> Self {
        let zone = person.map_or(cohort_zone, |person| &person.zone).name().to_owned();
        Self {
            name: person.map(|person| person.name.to_string()).unwrap_or_default(),
            country: person.and_then(|person| person.country).map(|country| country.code().to_owned()).unwrap_or_default(),
            zone,
            ..Self::default()
        }
    }

    /// Somebody signed in.
    ///
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    pub fn application(&self) -> Result<Application, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name(&mut errors);
        self.rest(name, &mut errors).ok_or(errors)
    }

    /// Somebody not signed in, who gives an address too.
    ///
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    pub fn application_with_email(&self) -> Result<(EmailAddress, Application), FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name(&mut errors);
        let email = self.email.as_deref().unwrap_or_default().parse::<EmailAddress>().map_err(|error| match error {
            TextError::Empty => TextError::NotAnEmail,
            other => other,
        });
        let email = errors.parse("email", email);
        let application = self.rest(name, &mut errors);
        email.zip(application).ok_or(errors)
    }

    fn name(&self, errors: &mut FieldErrors) -> Option<PersonName> {
        errors.parse("name", told(self.name.parse::<PersonName>(), "Enter your full name"))
    }

    fn rest(&self, name: Option<PersonName>, errors: &mut FieldErrors) -> Option<Application> {
        let country = errors.parse("country", self.country.parse::<Country>().map_err(|_| "Choose your country"));
        let address = errors.parse("address", told(self.address.parse::<PostalAddress>(), "Enter your billing address"));
        let postal_code = self.postal_code(country, errors);
        let (state, gstin) = (self.state(country, errors), self.gstin(country, errors));
        let zone = errors.parse("zone", self.zone.parse::<Zone>().map_err(|_| "Choose a time zone"));
        if self.consent != "yes" {
            errors.add("consent", "Tick the box to enrol: without these details we cannot run the course for you");
        }
        if !errors.is_empty() {
            return None;
        }
        let (country, address, postal_code) = (country?, address?, postal_code?);
        Some(Application { name: name?, country, address, postal_code, state: state?, gstin: gstin?, zone: zone? })
    }

    /// India's have six digits, of which the first is not 0, and are always asked for (CGST circular 242/36/2024).
    fn postal_code(&self, country: Option<Country>, errors: &mut FieldErrors) -> Option<Option<PostalCode>> {
        let code = errors.parse("postal_code", postal_code(&self.postal_code))?;
        if country != Some(Country::INDIA) {
            return Some(code);
        }
        let digits: String = self.postal_code.chars().filter(|c| !c.is_whitespace()).collect();
        let is_pin = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        let pin = is_pin.then(|| digits.parse().ok()).flatten();
        errors.parse("postal_code", pin.ok_or("Enter the six digits of your PIN code")).map(Some)
    }

    /// Asked of addresses in India (CGST circular 242/36/2024). One that was chosen for another country is not read.
    fn state(&self, country: Option<Country>, errors: &mut FieldErrors) -> Option<Option<StateCode>> {
        if country != Some(Country::INDIA) {
            return Some(None);
        }
        errors.parse("state", self.state.parse::<StateCode>()).map(Some)
    }

    fn gstin(&self, country: Option<Country>, errors: &mut FieldErrors) -> Option<Option<Gstin>> {
        if self.gstin.trim().is_empty() {
            return Some(None);
        }
        if country.is_some_and(|country| country != Country::INDIA) {
            errors.add("gstin", "A GSTIN belongs to an address in India: leave it empty, or change the country");
            return None;
        }
        errors.parse("gstin", self.gstin.parse::<Gstin>()).map(Some)
    }
}

/// An empty field says what belongs into it.
fn told<T>(parsed: Result<T, TextError>, empty: &'static str) -> Result<T, String> {
    parsed.map_err(|error| error.told(empty))
}

/// Some countries have none.
fn postal_code(text: &str) -> Result<Option<PostalCode>, TextError> {
    match text.parse() {
        Ok(code) => Ok(Some(code)),
        Err(TextError::Empty) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The zones to choose from, by region.
#[derive(Debug)]
pub struct Zones {
    pub groups: Vec<Region>,
}

/// The zones whose names begin alike.
#[derive(Debug)]
pub struct Region {
    pub region: String,
    pub names: Vec<String>,
}

impl Zones {
    /// All of them, sorted.
    pub fn all() -> &'static Self {
        static ALL: LazyLock<Zones> = LazyLock::new(|| {
            let mut groups: Vec<Region> = Vec::new();
            for name in Zone::names() {
                let region = name.split_once('/').map_or("Other", |(region, _)| region).to_owned();
                match groups.iter_mut().find(|group| group.region == region) {
                    Some(group) => group.names.push(name),
                    None => groups.push(Region { region, names: vec![name] }),
                }
            }
            Zones { groups }
        });
        &ALL
    }

    /// Whether `name` is among them.
    pub fn knows(&self, name: &str) -> bool {
        self.groups.iter().any(|group| group.names.iter().any(|known| known == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Input {
        Input {
            name: " Demo  Student 03 ".into(),
            email: Some("Demo03@students.example".into()),
            country: "IN".into(),
            address: "12 Demonstration Road\r\nExampleville".into(),
            postal_code: "110 001".into(),
            state: "07".into(),
            gstin: String::new(),
            zone: "Asia/Kolkata".into(),
            consent: "yes".into(),
        }
    }

    #[test]
    fn a_whole_form_is_read_into_its_types() {
        let (email, application) = good().application_with_email().unwrap();
        assert_eq!(email.as_str(), "demo03@students.example");
        assert_eq!(application.name.as_str(), "Demo Student 03");
        assert_eq!(application.address.as_str(), "12 Demonstration Road\nExampleville");
        assert_eq!(application.postal_code.unwrap().as_str(), "110001");
        assert_eq!((application.state.unwrap().name(), application.gstin), ("Delhi", None));
        let abroad = Input { country: "GB".into(), postal_code: "  ".into(), ..good() }.application().unwrap();
        assert_eq!((abroad.postal_code, abroad.state), (None, None), "a State that was left chosen is not read");
        let registered = Input { gstin: " 29abcde1234f1zw".into(), ..good() }.application().unwrap();
        assert_eq!(registered.gstin.unwrap().as_str(), "29ABCDE1234F1ZW");
    }

    #[test]
    fn each_bad_field_has_its_own_message() {
        let long = "x".repeat(301);
        let cases: [(&str, Input, &str); 19] = [
            ("name", Input { name: " ".into(), ..good() }, "Enter your full name"),
            ("name", Input { name: "x".repeat(101), ..good() }, "Use at most 100 characters"),
            ("name", Input { name: "a\r\nBcc: b".into(), ..good() }, "Remove line breaks and control characters"),
            ("email", Input { email: None, ..good() }, "Enter an email address like name@example.org"),
            ("email", Input { email: Some("demo03@".into()), ..good() }, "Enter an email address like name@example.org"),
            ("country", Input { country: "XX".into(), ..good() }, "Choose your country"),
            ("address", Input { address: "\n".into(), ..good() }, "Enter your billing address"),
            ("address", Input { address: long, ..good() }, "Use at most 300 characters"),
            ("address", Input { address: "a\0b".into(), ..good() }, "Remove line breaks and control characters"),
            ("postal_code", Input { postal_code: "1\n2".into(), ..good() }, "Remove line breaks and control characters"),
            ("postal_code", Input { postal_code: "1".repeat(17), ..good() }, "Use at most 16 characters"),
            ("postal_code", Input { postal_code: "".into(), ..good() }, "Enter the six digits of your PIN code"),
            ("postal_code", Input { postal_code: "011001".into(), ..good() }, "Enter the six digits of your PIN code"),
            ("postal_code", Input { postal_code: "११०००१".into(), ..good() }, "Enter the six digits of your PIN code"),
            ("state", Input { state: String::new(), ..good() }, "Choose a State or Union territory"),
            (
                "gstin",
                Input { gstin: "29ABCDE1234F1ZX".into(), ..good() },
                "The last character does not fit the others: look for a mistyped one",
            ),
            (
                "gstin",
                Input { gstin: "29ABCDE1234F1ZW".into(), country: "GB".into(), ..good() },
                "A GSTIN belongs to an address in India: leave it empty, or change the country",
            ),
            ("zone", Input { zone: "Mars/Olympus".into(), ..good() }, "Choose a time zone"),
            (
                "consent",
                Input { consent: String::new(), ..good() },
                "Tick the box to enrol: without these details we cannot run the course for you",
            ),
        ];
        for (field, input, message) in cases {
            let errors = input.application_with_email().unwrap_err();
            assert_eq!((errors.list().len(), errors.of(field)), (1, Some(message)), "{field}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_in_the_forms_order() {
        let errors = Input::default().application_with_email().unwrap_err();
        let fields: Vec<_> = errors.list().iter().map(|error| error.field).collect();
        assert_eq!(fields, ["name", "email", "country", "address", "zone", "consent"]);
        assert_eq!(Input::default().application().unwrap_err().of("email"), None);
    }

    #[test]
    fn nobody_sets_what_the_form_does_not_ask() {
        for extra in ["role=admin", "price=1", "paid=true", "capacity=99", "user_id=usr_1"] {
            assert!(serde_urlencoded::from_str::<Input>(&format!("name=Demo&{extra}")).is_err(), "{extra}");
        }
        assert_eq!(serde_urlencoded::from_str::<Input>("name=Demo").unwrap().name, "Demo");
    }

    #[test]
    fn every_zone_to_choose_is_one_that_is_taken() {
        let zones = Zones::all();
        assert!(zones.knows("Asia/Kolkata") && zones.knows("UTC") && !zones.knows(""));
        assert!(zones.groups.iter().flat_map(|group| &group.names).all(|name| name.parse::<Zone>().is_ok()));
    }
}
