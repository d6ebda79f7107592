//! Service time, and moving it forward.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::exact;
use crate::jobs::Upcoming;
use crate::jobs::clock::MoveRefusal;
use crate::kernel::time::{DateTime, SignedDuration};
use crate::kernel::{Timestamp, Zone};
use crate::web::form::{FieldErrors, Fields};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};
use crate::work::clock::{AdvanceError, Target, advance as move_to, upcoming};

/// How many due moments are listed.
const LISTED: u64 = 12;

#[derive(Template)]
#[template(path = "web/pages/dev/clock.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    now_iso: String,
    now: String,
    ahead: String,
    moments: Vec<Moment>,
    to: &'a str,
}

struct Moment {
    iso: String,
    at: String,
    what: String,
}

impl From<&Upcoming> for Moment {
    fn from(upcoming: &Upcoming) -> Self {
        let what = upcoming.kind.replace(['_', '.'], " ");
        let what = if upcoming.count > 1 { format!("{what}, {} times", upcoming.count) } else { what };
        Self { iso: upcoming.at.to_string(), at: exact(upcoming.at), what }
    }
}

async fn clock<'a>(app: &App, view: &'a View, errors: &'a FieldErrors, to: &'a str) -> Result<Page<'a>, Problem> {
    let now = app.services.clocks.service();
    let upcoming = upcoming(&app.services, &app.registries, LISTED).await?;
    Ok(Page {
        view,
        errors,
        now_iso: now.to_string(),
        now: exact(now),
        ahead: ahead(app.services.clocks.offset()),
        moments: upcoming.iter().map(Moment::from).collect(),
        to,
    })
}

fn ahead(offset: SignedDuration) -> String {
    let minutes = offset.as_mins();
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => "With this machine’s clock".to_owned(),
        (0, hours, minutes) => format!("{hours} h {minutes} min ahead of this machine"),
        (days, hours, minutes) => format!("{days} d {hours} h {minutes} min ahead of this machine"),
    }
}

/// The clock, and what is due next.
pub async fn show(State(app): State<App>, view: View) -> Result<Response, Problem> {
    page(&clock(&app, &view, &FieldErrors::default(), "").await?)
}

/// One of two: to the next due moment, or to a moment of the reader's choice.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    r#move: String,
    to: String,
}

impl Input {
    /// # Errors
    /// What to say beside the field.
    fn target(&self) -> Result<Target, &'static str> {
        if self.r#move == "next" && self.to.is_empty() {
            return Ok(Target::NextDue);
        }
        if !self.r#move.is_empty() {
            return Err("Choose one: the next due moment, or a date and time");
        }
        moment(&self.to).map(Target::At).ok_or("Enter a date and time like 2026-12-07T03:30:00")
    }
}

/// As `datetime-local` sends it, or with a closing Z; UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.strip_suffix('Z').unwrap_or(text).parse().ok()?;
    (text.contains(['T', ' ']) && (1..=9998).contains(&civil.year())).then(|| Zone::UTC.instant(civil))
}

/// Moves service time, doing on the way what falls due.
pub async fn advance(State(app): State<App>, view: View, Fields(input): Fields<Input>) -> Result<Response, Problem> {
    let refused = match input.target() {
        Err(message) => message.to_owned(),
        Ok(target) => match move_to(&app.services, &app.registries, target).await {
            Ok(_) => return Ok(Redirect::to("/dev/clock").into_response()),
            Err(AdvanceError::Refused(MoveRefusal::Backwards { now })) => {
                format!("Choose a moment after {}: time only goes forward", exact(now))
            }
            Err(AdvanceError::Refused(MoveRefusal::Db(error)) | AdvanceError::Db(error)) => return Err(error.into()),
            Err(AdvanceError::Production) => return Err(Problem::NotFound),
            Err(error @ AdvanceError::Unsettled(_)) => return Err(Problem::internal(error)),
        },
    };
    let errors = FieldErrors::one("to", refused);
    page_with_errors(&clock(&app, &view, &errors, &input.to).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(r#move: &str, to: &str) -> Result<Target, &'static str> {
        Input { r#move: r#move.to_owned(), to: to.to_owned() }.target()
    }

    #[test]
    fn a_moment_is_read_as_utc() {
        let at = |text: &str| Ok(Target::At(text.parse().unwrap()));
        assert_eq!(target("", "2026-12-07T03:30:00"), at("2026-12-07T03:30:00Z"));
        assert_eq!(target("", "2026-12-07T03:30"), at("2026-12-07T03:30:00Z"));
        assert_eq!(target("", "2026-12-07T03:30:00Z"), at("2026-12-07T03:30:00Z"));
        assert_eq!(target("next", ""), Ok(Target::NextDue));
    }

    #[test]
    fn anything_else_is_told_so() {
        for text in ["", "tomorrow", "2026-12-07", "2026-13-07T03:30", "9999-12-31T23:59", "-0001-01-01T00:00"] {
            assert_eq!(target("", text), Err("Enter a date and time like 2026-12-07T03:30:00"), "{text:?}");
        }
        assert!(target("next", "2026-12-07T03:30").is_err() && target("back", "").is_err());
        assert!(serde_urlencoded::from_str::<Input>("to=2026-12-07T03:30&offset=1").is_err());
    }

    #[test]
    fn how_far_ahead_it_is_is_told_in_words() {
        assert_eq!(ahead(SignedDuration::from_secs(20)), "With this machine’s clock");
        assert_eq!(ahead(SignedDuration::from_mins(724)), "12 h 4 min ahead of this machine");
        assert_eq!(ahead(SignedDuration::from_hours(49)), "2 d 1 h 0 min ahead of this machine");
    }
}
