//! Terms, privacy notice and refunds.

use serde::Deserialize;

use super::form::{Field, Section, needed};
use crate::organisation::Organisation;
use crate::organisation::model::{Change, PolicyKind, RefundRule};
use crate::web::form::FieldErrors;

const TEXT_HINT: &str = "Plain text. An empty line ends a paragraph; a line that begins with # and a space is a heading.";
const EMPTY: &str = "Enter the text";

fn text(value: &str) -> Field<'_> {
    Field::area("text", "Text", value, 24, 20_000).hint(TEXT_HINT)
}

/// The terms as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Terms {
    text: String,
}

impl Section for Terms {
    const PATH: &'static str = "/staff/settings/terms";
    const TITLE: &'static str = "Terms";
    const DEK: &'static str = "What students agree to when they enrol. Read it word by word, make it your own, and save it: then it counts as reviewed.";
    const BUTTON: &'static str = "Save as reviewed";

    fn known(organisation: &Organisation) -> Self {
        Self { text: organisation.policy_text(PolicyKind::Terms).into_owned() }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        vec![text(&self.text)]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        needed(&mut errors, "text", &self.text, EMPTY).map(Change::Terms).ok_or(errors)
    }
}

/// The privacy notice as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Privacy {
    text: String,
}

impl Section for Privacy {
    const PATH: &'static str = "/staff/settings/privacy";
    const TITLE: &'static str = "Privacy notice";
    const DEK: &'static str = "What is kept of people, why, how they withdraw and whom they complain to. Read it word by word, make it your own, and save it: then it counts as reviewed.";
    const BUTTON: &'static str = "Save as reviewed";

    fn known(organisation: &Organisation) -> Self {
        Self { text: organisation.policy_text(PolicyKind::Privacy).into_owned() }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        vec![text(&self.text)]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        needed(&mut errors, "text", &self.text, EMPTY).map(Change::Privacy).ok_or(errors)
    }
}

/// The refund rule and its text as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Refunds {
    days: String,
    text: String,
}

impl Section for Refunds {
    const PATH: &'static str = "/staff/settings/refunds";
    const TITLE: &'static str = "Refunds";
    const DEK: &'static str = "The rule stands on the course page, beside the enrolment form and in confirmations; the text tells it in full. Read it word by word, make it your own, and save it: then it counts as reviewed.";
    const BUTTON: &'static str = "Save as reviewed";

    fn known(organisation: &Organisation) -> Self {
        Self { days: organisation.refund_rule.to_string(), text: organisation.policy_text(PolicyKind::Refunds).into_owned() }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        let days = Field::line("days", "Days after the start with a full refund", &self.days, 2);
        vec![days.hint("Change the text with it: it must say the same."), text(&self.text)]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let rule = errors.parse("days", self.days.parse::<RefundRule>());
        let text = needed(&mut errors, "text", &self.text, EMPTY);
        rule.zip(text).map(|(rule, text)| Change::Refunds { rule, text }).ok_or(errors)
    }
}
