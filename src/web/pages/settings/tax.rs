//! Whether and where the organisation is registered for tax.

use serde::Deserialize;

use super::form::{Field, Section, needed};
use crate::organisation::Organisation;
use crate::organisation::model::{Change, Gstin, Rate, Sac, TaxRegistration, USUAL_SAC};
use crate::web::form::FieldErrors;

/// The fields as sent. Those of another standing than the chosen one are kept on the page, and not read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    mode: String,
    gstin: String,
    sac: String,
    label: String,
    number: String,
    rate: String,
}

const MODES: &[(&str, &str)] = &[
    ("unregistered", "Not registered: we collect no tax"),
    ("registered_in_india", "Registered for GST in India"),
    ("elsewhere", "Registered in another country"),
];

impl Section for Input {
    const PATH: &'static str = "/staff/settings/tax";
    const TITLE: &'static str = "Tax registration";
    const DEK: &'static str =
        "It decides whether students get receipts or tax invoices. Ask your accountant before you change it.";

    fn known(organisation: &Organisation) -> Self {
        let known = Self { mode: organisation.tax.word().to_owned(), sac: USUAL_SAC.to_owned(), ..Self::default() };
        match &organisation.tax {
            TaxRegistration::Unregistered => known,
            TaxRegistration::RegisteredInIndia { gstin, sac } => Self { gstin: gstin.to_string(), sac: sac.to_string(), ..known },
            TaxRegistration::Elsewhere { label, number, rate } => {
                Self { label: label.to_string(), number: number.to_string(), rate: rate.to_string(), ..known }
            }
        }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            Field::choice("mode", "Your standing", &self.mode, MODES),
            Field::line("gstin", "GSTIN", &self.gstin, 20)
                .optional()
                .group("If you are registered in India")
                .hint("15 characters. The check character is verified here; whether the registration is in force is not."),
            Field::line("sac", "Services accounting code", &self.sac, 8)
                .optional()
                .hint("999293 is commercial training and coaching."),
            Field::line("label", "What the tax is called", &self.label, 20)
                .optional()
                .group("If you are registered in another country")
                .hint("Such as VAT."),
            Field::line("number", "Registration number", &self.number, 40).optional(),
            Field::line("rate", "Rate, in per cent", &self.rate, 8).optional(),
        ]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let registration = match self.mode.as_str() {
            "unregistered" => Some(TaxRegistration::Unregistered),
            "registered_in_india" => {
                let gstin = errors.parse("gstin", self.gstin.parse::<Gstin>());
                let sac = errors.parse("sac", self.sac.parse::<Sac>());
                gstin.zip(sac).map(|(gstin, sac)| TaxRegistration::RegisteredInIndia { gstin, sac })
            }
            "elsewhere" => {
                let label = needed(&mut errors, "label", &self.label, "Enter what the tax is called, such as VAT");
                let number = needed(&mut errors, "number", &self.number, "Enter the registration’s number");
                let rate = errors.parse("rate", self.rate.parse::<Rate>());
                label.zip(number).zip(rate).map(|((label, number), rate)| TaxRegistration::Elsewhere { label, number, rate })
            }
            _ => {
                errors.add("mode", "Choose your standing");
                None
            }
        };
        registration.map(Change::Tax).ok_or(errors)
    }
}
