//! Publishing a cohort, after a look at what is missing, and taking it back while nobody has a seat.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::rows::words;
use super::{Desk, done, stale};
use crate::acts::{self, Publication, TermsRefusal};
use crate::catalogue::model::WindowState;
use crate::db::Txn;
use crate::kernel::{Actor, ShownTime, Timestamp};
use crate::pricing::Seller;
use crate::views::board::Board;
use crate::views::price::{PriceTag, price_tags};
use crate::web::form::Fields;
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// The button, and what it was shown for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    revision: String,
}

/// Something to look at before the public sees the cohort.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Gap {
    words: String,
    /// The week to mend it in.
    week: Option<u32>,
}

#[derive(Template)]
#[template(path = "web/pages/board/publish.html")]
struct Page<'a> {
    view: &'a View,
    desk: &'a Desk,
    home: String,
    tags: Vec<PriceTag>,
    opens: ShownTime,
    closes: ShownTime,
    /// Whether enrolment is over, so that publishing is refused.
    over: bool,
    gaps: Vec<Gap>,
}

#[derive(Template)]
#[template(path = "web/pages/board/unpublish.html")]
struct Back<'a> {
    view: &'a View,
    desk: &'a Desk,
    home: String,
}

fn gaps(board: &Board, now: Timestamp) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    if board.instructors.is_empty() {
        gaps.push(Gap { words: "Nobody teaches it: an admin names its instructors.".to_owned(), week: None });
    }
    let found = board.findings(now).into_iter();
    gaps.extend(found.map(|finding| Gap { words: words(board, &finding.problem), week: Some(finding.position) }));
    gaps
}

/// The checklist; for a cohort that is published, its board.
pub async fn confirm(view: View, desk: Desk) -> Result<Response, Problem> {
    let Desk { board, now, .. } = &desk;
    if board.cohort.published_at.is_some() {
        return Ok(Redirect::to(&desk.home()).into_response());
    }
    let shown = |at| ShownTime::new(at, &board.cohort.zone);
    page(&Page {
        view: &view,
        home: desk.home(),
        tags: price_tags(&board.cohort.prices, &Seller::from(&view.owner.tax), *now, &board.cohort.zone),
        opens: shown(board.cohort.window.opens()),
        closes: shown(board.cohort.window.closes()),
        over: matches!(board.cohort.window.state(*now), WindowState::Closed { .. }),
        gaps: gaps(board, *now),
        desk: &desk,
    })
}

/// What taking it back means.
pub async fn confirm_back(view: View, desk: Desk) -> Result<Response, Problem> {
    page(&Back { view: &view, home: desk.home(), desk: &desk })
}

/// Publishes it.
pub async fn publish(State(app): State<App>, desk: Desk, Fields(input): Fields<Input>) -> Result<Response, Problem> {
    set(&app, &desk, &input, Publication::Public).await?;
    Ok(done(&desk.home(), "published"))
}

/// Hides it again.
pub async fn take_back(State(app): State<App>, desk: Desk, Fields(input): Fields<Input>) -> Result<Response, Problem> {
    set(&app, &desk, &input, Publication::StaffOnly).await?;
    Ok(done(&desk.home(), "unpublished"))
}

async fn set(app: &App, desk: &Desk, input: &Input, to: Publication) -> Result<(), Problem> {
    let seen = input.revision.parse().unwrap_or(0);
    let work = async |txn: &Txn| acts::set_publication(txn, desk.board.cohort.id, seen, to).await;
    match app.services.db.write(Actor::User(desk.person.id), work).await {
        Ok(_) => Ok(()),
        Err(TermsRefusal::Stale { .. }) => Err(stale()),
        Err(TermsRefusal::WindowOver) => Err(Problem::Conflict {
            title: "Its enrolment has closed",
            detail: "The public could only look. An admin can move the enrolment window first.".to_owned(),
        }),
        Err(TermsRefusal::SeatsTaken { taken }) => Err(Problem::Conflict {
            title: "Seats are taken",
            detail: format!("{taken} of its seats are held or enrolled: it cannot be hidden from those who have them."),
        }),
        Err(TermsRefusal::Db(error)) => Err(error.into()),
        Err(TermsRefusal::NoSuchCohort) => Err(Problem::NotFound),
        Err(other) => Err(Problem::internal(other)),
    }
}
