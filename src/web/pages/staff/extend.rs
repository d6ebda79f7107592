//! Gives one student more time for a week: the form, what it will change, and the act.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::history::find;
use super::{Choice, choices};
use crate::acts::{self, ExtendRefusal, Extended, Extension};
use crate::identity::Person;
use crate::kernel::text::several_lines;
use crate::kernel::{Actor, ShownTime};
use crate::learning;
use crate::views::history::History;
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::Staff;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// The fields as sent; the form itself is asked for without.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    week: String,
    days: String,
    reason: String,
}

/// The same in an address, where what is unknown does not matter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    week: String,
    /// None where the form itself is asked for.
    days: Option<String>,
    reason: String,
}

#[derive(Template)]
#[template(path = "web/pages/staff/extend.html")]
struct Form<'a> {
    view: &'a View,
    history: &'a History,
    errors: &'a FieldErrors,
    input: &'a Input,
    weeks: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "web/pages/staff/extend_confirm.html")]
struct Confirm<'a> {
    view: &'a View,
    history: &'a History,
    input: &'a Input,
    stays_open: bool,
    opens: (ShownTime, ShownTime),
    due: Option<(ShownTime, ShownTime)>,
}

impl Input {
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn extension(&self, history: &History) -> Result<Extension, FieldErrors> {
        let mut errors = FieldErrors::default();
        let known = |week: &u32| history.weeks.iter().any(|known| known.position == *week);
        let position = errors.parse("week", self.week.parse().ok().filter(known).ok_or("Choose a week"));
        let most = acts::MOST_DAYS;
        let fits = |days: &u32| (1..=most).contains(days);
        let days = self.days.trim().parse().ok().filter(fits).ok_or_else(|| format!("Enter how many days, from 1 to {most}"));
        let days = errors.parse("days", days);
        let reason = several_lines(&self.reason, 300).map_err(|error| error.told("Say why, for the log"));
        let reason = errors.parse("reason", reason);
        match (position, days, reason) {
            (Some(position), Some(days), Some(reason)) => {
                Ok(Extension { enrolment: history.enrolment.id, position, days, reason })
            }
            _ => Err(errors),
        }
    }
}

/// The form; with all its fields, what the extension will change.
pub async fn ask(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    Path(id): Path<String>,
    Query(Asked { week, days, reason }): Query<Asked>,
) -> Result<Response, Problem> {
    let history = open(&app, &person, &id).await?;
    let Some(days) = days else {
        let input = Input { week, reason, ..Input::default() };
        return page(&form(&view, &history, &input, &FieldErrors::default()));
    };
    let input = Input { week, days, reason };
    let extension = match input.extension(&history) {
        Ok(extension) => extension,
        Err(errors) => return page_with_errors(&form(&view, &history, &input, &errors)),
    };
    match preview(&app, &history, &extension).await? {
        Ok(extended) => page(&confirm(&view, &person, &history, &input, &extended)),
        Err(refusal) => page_with_errors(&form(&view, &history, &input, &refused(refusal)?)),
    }
}

/// Gives the time.
pub async fn extend(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let history = open(&app, &person, &id).await?;
    let extension = match input.extension(&history) {
        Ok(extension) => extension,
        Err(errors) => return page_with_errors(&form(&view, &history, &input, &errors)),
    };
    let extended = async |txn: &crate::db::Txn| acts::extend(txn, &app.plans, &extension).await;
    match app.services.db.write(Actor::User(person.id), extended).await {
        Ok(_) => Ok(Redirect::to(&format!("/staff/enrolments/{}?done=extended", history.enrolment.id)).into_response()),
        Err(refusal) => page_with_errors(&form(&view, &history, &input, &refused(refusal)?)),
    }
}

/// The enrolment, which must be one: a held or ended seat has no dates.
async fn open(app: &App, person: &Person, id: &str) -> Result<History, Problem> {
    let conn = app.services.db.snapshot().await?;
    let history = find(app, &conn, person, id).await?;
    if history.weeks.is_empty() {
        return Err(Problem::Conflict {
            title: "The student is not enrolled",
            detail: "Dates can be moved for who has a seat. Nothing was changed.".to_owned(),
        });
    }
    Ok(history)
}

async fn preview(app: &App, history: &History, extension: &Extension) -> Result<Result<Extended, ExtendRefusal>, Problem> {
    let conn = app.services.db.snapshot().await?;
    let enrolment = &history.enrolment;
    let place = learning::access(&conn, &app.plans, enrolment.user, enrolment.id).await?.ok_or(Problem::NotFound)?;
    Ok(extension.of(&place.inputs, app.services.clocks.service()))
}

/// # Errors
/// What no field can mend.
fn refused(refusal: ExtendRefusal) -> Result<FieldErrors, Problem> {
    match refusal {
        ExtendRefusal::Db(error) => Err(error.into()),
        ExtendRefusal::NotEnrolled => Err(Problem::NotFound),
        ExtendRefusal::NoSuchWeek => Ok(FieldErrors::one("week", "Choose a week")),
        ExtendRefusal::NothingToMove => {
            Ok(FieldErrors::one("week", "This week is open and has no date by which it is to be done"))
        }
        ExtendRefusal::TooLong => Ok(FieldErrors::one("days", "Enter fewer days")),
    }
}

fn form<'a>(view: &'a View, history: &'a History, input: &'a Input, errors: &'a FieldErrors) -> Form<'a> {
    let weeks = history.weeks.iter().map(|week| (week.position.to_string(), format!("{}. {}", week.position, week.title)));
    let weeks: Vec<_> = weeks.collect();
    let weeks = choices(weeks.iter().map(|(value, words)| (value.as_str(), words.as_str())), &input.week);
    Form { view, history, errors, input, weeks }
}

fn confirm<'a>(view: &'a View, person: &Person, history: &'a History, input: &'a Input, extended: &Extended) -> Confirm<'a> {
    let Extended { before, after, stays_open } = extended;
    let shown = |at| ShownTime::new(at, &person.zone);
    Confirm {
        view,
        history,
        input,
        stays_open: *stays_open,
        opens: (shown(before.opens_at), shown(after.opens_at)),
        due: before.due_at.zip(after.due_at).map(|(before, after)| (shown(before), shown(after))),
    }
}
