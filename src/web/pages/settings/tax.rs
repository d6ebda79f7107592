//! Whether and where the organisation is registered for tax.

use serde::Deserialize;

use super::form::{Field, Section, needed};
use crate::organisation::Organisation;
use crate::organisation::model::{Change, ExportTerms, FinancialYear, Gstin, LutNumber, Rate, Sac, TaxRegistration, USUAL_SAC};
use crate::web::form::FieldErrors;

/// The fields as sent. Those of another standing than the chosen one are kept on the page, and not read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    mode: String,
    gstin: String,
    sac: String,
    export: String,
    lut: String,
    lut_year: String,
    label: String,
    number: String,
    rate: String,
}

const MODES: &[(&str, &str)] = &[
    ("unregistered", "Not registered: we collect no tax"),
    ("registered_in_india", "Registered for GST in India"),
    ("elsewhere", "Registered in another country"),
];

const EXPORTS: &[(&str, &str)] =
    &[("with_tax", "With integrated tax, and its refund claimed"), ("under_lut", "Without tax, under a letter of undertaking")];

impl Section for Input {
    const PATH: &'static str = "/staff/settings/tax";
    const TITLE: &'static str = "Tax registration";
    const DEK: &'static str = "It decides which tax new students are charged on top of a price or within it, and whether they get receipts or tax invoices. \
         Orders that were placed keep their tax. Ask your accountant before you change it.";

    fn known(organisation: &Organisation) -> Self {
        let export = "with_tax".to_owned();
        let known = Self { mode: organisation.tax.word().to_owned(), sac: USUAL_SAC.to_owned(), export, ..Self::default() };
        match &organisation.tax {
            TaxRegistration::Unregistered => known,
            TaxRegistration::RegisteredInIndia { gstin, sac, export } => {
                let known = Self { gstin: gstin.to_string(), sac: sac.to_string(), ..known };
                match export {
                    ExportTerms::WithTax => known,
                    ExportTerms::UnderLut { number, year } => {
                        Self { export: "under_lut".to_owned(), lut: number.to_string(), lut_year: year.to_string(), ..known }
                    }
                }
            }
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
            Field::choice("export", "How you export services", &self.export, EXPORTS)
                .hint("This is about students abroad who pay in a foreign currency. Whoever pays in rupees is charged GST, wherever they are."),
            Field::line("lut", "Reference of the letter (ARN)", &self.lut, 20)
                .optional()
                .hint("If you export under a letter of undertaking: the 15 letters and digits of form RFD-11’s acknowledgement."),
            Field::line("lut_year", "Financial year of the letter", &self.lut_year, 8)
                .optional()
                .hint("Like 2026-27. When the year is over, exports are charged integrated tax until you enter the next letter."),
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
                let export = self.export(&mut errors);
                gstin.zip(sac).zip(export).map(|((gstin, sac), export)| TaxRegistration::RegisteredInIndia { gstin, sac, export })
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

impl Input {
    /// The letter is read where it is chosen alone.
    fn export(&self, errors: &mut FieldErrors) -> Option<ExportTerms> {
        match self.export.as_str() {
            "" | "with_tax" => Some(ExportTerms::WithTax),
            "under_lut" => {
                let number = errors.parse("lut", self.lut.parse::<LutNumber>());
                let year = errors.parse("lut_year", self.lut_year.parse::<FinancialYear>());
                number.zip(year).map(|(number, year)| ExportTerms::UnderLut { number, year })
            }
            _ => {
                errors.add("export", "Choose how you export");
                None
            }
        }
    }
}
