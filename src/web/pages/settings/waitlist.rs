//! How long an offer to somebody on a waitlist is good.

use serde::Deserialize;

use super::form::{Field, Section};
use crate::organisation::Organisation;
use crate::organisation::model::{Change, OfferLength};
use crate::web::form::FieldErrors;

/// The fields as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    hours: String,
}

impl Section for Input {
    const PATH: &'static str = "/staff/settings/waitlist";
    const TITLE: &'static str = "Waitlist";
    const DEK: &'static str = "When a seat of a full cohort comes free, it is offered to the first who waits. Then to the next, if they do not take it in time.";

    fn known(organisation: &Organisation) -> Self {
        Self { hours: organisation.offer_length.hours().to_string() }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        let hint = "From 1 to 168. Offers that were made already keep their time.";
        vec![Field::line("hours", "Hours for which a seat is offered", &self.hours, 3).hint(hint)]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.parse("hours", self.hours.parse::<OfferLength>()).map(Change::Waitlist).ok_or(errors)
    }
}
