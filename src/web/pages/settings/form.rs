//! What the forms of the settings have in common: a section is its fields and how they are read.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::config::Settings;
use crate::db::Txn;
use crate::kernel::Actor;
use crate::kernel::text::TextError;
use crate::organisation::model::Change;
use crate::organisation::{self, Organisation, Outcome};
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_in_conflict, page_with_errors};
use crate::web::{App, Problem};

/// A section of the settings: the fields as sent, which say how they are shown and read.
pub(super) trait Section: DeserializeOwned + Default + Send + Sync + 'static {
    const PATH: &'static str;
    const TITLE: &'static str;
    const DEK: &'static str;
    const BUTTON: &'static str = "Save";

    /// The form as it is first shown: with what is set.
    fn known(organisation: &Organisation) -> Self;

    fn fields(&self) -> Vec<Field<'_>>;

    /// What stands beside the form and is set elsewhere: name, value, where.
    fn facts(_: &Settings) -> Vec<(&'static str, String, &'static str)> {
        Vec::new()
    }

    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn read(&self) -> Result<Change, FieldErrors>;
}

/// One labelled control.
pub(super) struct Field<'a> {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    /// A heading over this field and those after it.
    pub group: &'static str,
    pub control: Control<'a>,
}

pub(super) enum Control<'a> {
    Line { value: &'a str, kind: &'static str, max: usize, need: Need },
    Area { value: &'a str, rows: usize, max: usize },
    Choice { value: &'a str, options: &'static [(&'static str, &'static str)], need: Need },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
}

impl Need {
    pub(super) fn is_required(self) -> bool {
        self == Self::Required
    }
}

impl<'a> Field<'a> {
    /// A line that must be filled in.
    pub(super) fn line(name: &'static str, label: &'static str, value: &'a str, max: usize) -> Self {
        let control = Control::Line { value, kind: "text", max, need: Need::Required };
        Self { name, label, hint: "", group: "", control }
    }

    /// Several lines, which must be filled in.
    pub(super) fn area(name: &'static str, label: &'static str, value: &'a str, rows: usize, max: usize) -> Self {
        Self { name, label, hint: "", group: "", control: Control::Area { value, rows, max } }
    }

    /// One of some.
    pub(super) fn choice(
        name: &'static str,
        label: &'static str,
        value: &'a str,
        options: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { name, label, hint: "", group: "", control: Control::Choice { value, options, need: Need::Required } }
    }

    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    pub(super) fn group(self, group: &'static str) -> Self {
        Self { group, ..self }
    }

    /// The line may stay empty, or nothing be chosen.
    pub(super) fn optional(mut self) -> Self {
        if let Control::Line { need, .. } | Control::Choice { need, .. } = &mut self.control {
            *need = Need::Optional;
        }
        self
    }

    /// The kind of keyboard and help that a browser offers.
    pub(super) fn of_kind(mut self, new: &'static str) -> Self {
        if let Control::Line { kind, .. } = &mut self.control {
            *kind = new;
        }
        self
    }
}

#[derive(Template)]
#[template(path = "web/pages/settings/form.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    title: &'static str,
    dek: &'static str,
    path: &'static str,
    button: &'static str,
    fields: Vec<Field<'a>>,
    facts: Vec<(&'static str, String, &'static str)>,
    seen: &'a Seen,
    /// The section was changed since; the next try replaces that.
    stale: bool,
}

/// How the section stood when its form was opened: a word for its values, in the address that the form is sent to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    seen: String,
}

impl Seen {
    fn of<S: Section>(organisation: &Organisation) -> Self {
        let known = S::known(organisation);
        let values = known.fields().into_iter().map(|field| match field.control {
            Control::Line { value, .. } | Control::Area { value, .. } | Control::Choice { value, .. } => {
                (field.name, value.to_owned())
            }
        });
        let digest = Sha256::digest(format!("{:?}", values.collect::<Vec<_>>()));
        Self { seen: digest[..8].iter().map(|byte| format!("{byte:02x}")).collect() }
    }
}

fn form<'a, S: Section>(view: &'a View, app: &App, input: &'a S, errors: &'a FieldErrors, seen: &'a Seen) -> Page<'a> {
    Page {
        seen,
        stale: false,
        view,
        errors,
        title: S::TITLE,
        dek: S::DEK,
        path: S::PATH,
        button: S::BUTTON,
        fields: input.fields(),
        facts: S::facts(&app.services.settings),
    }
}

/// The form, filled with what is set.
pub(super) async fn show<S: Section>(
    State(app): State<App>,
    view: View,
    _: AdminNow,
    PageSnapshot(conn): PageSnapshot,
) -> Result<Response, Problem> {
    let own = organisation::current(&conn).await?;
    page(&form(&view, &app, &S::known(&own), &FieldErrors::default(), &Seen::of::<S>(&own)))
}

/// Keeps the section, or shows the form again with what was wrong; also if somebody else changed the section since.
pub(super) async fn save<S: Section>(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    Query(seen): Query<Seen>,
    Fields(input): Fields<S>,
) -> Result<Response, Problem> {
    let change = match input.read() {
        Ok(change) => change,
        Err(errors) => return page_with_errors(&form(&view, &app, &input, &errors, &seen)),
    };
    let as_seen = |own: &Organisation| Seen::of::<S>(own) == seen;
    let write = async |txn: &Txn| organisation::change_if(txn, change, as_seen).await;
    match app.services.db.write(Actor::User(person.id), write).await? {
        Outcome::Made => made(&app).await,
        Outcome::Stale => {
            let now = organisation::current(&*app.services.db.snapshot().await?).await?;
            page_in_conflict(&Page { stale: true, ..form(&view, &app, &input, &FieldErrors::default(), &Seen::of::<S>(&now)) })
        }
    }
}

/// Makes the change, for this process at once, and goes back to the index.
pub(super) async fn keep(app: &App, actor: Actor, change: Change) -> Result<Response, Problem> {
    app.services.db.write(actor, async |txn| organisation::change(txn, change).await).await?;
    made(app).await
}

async fn made(app: &App) -> Result<Response, Problem> {
    app.look().await?;
    Ok(Redirect::to("/staff/settings?done=saved").into_response())
}

/// Parses a field that must be filled in; an empty one says what belongs into it.
pub(super) fn needed<T: std::str::FromStr<Err = TextError>>(
    errors: &mut FieldErrors,
    field: &'static str,
    text: &str,
    empty: &'static str,
) -> Option<T> {
    errors.parse(field, text.parse::<T>().map_err(|error| error.told(empty)))
}

/// Parses a field that may stay empty: `Some(None)` then.
pub(super) fn optional<T: std::str::FromStr<Err: std::fmt::Display>>(
    errors: &mut FieldErrors,
    field: &'static str,
    text: &str,
) -> Option<Option<T>> {
    if text.trim().is_empty() { Some(None) } else { errors.parse(field, text.parse::<T>()).map(Some) }
}
