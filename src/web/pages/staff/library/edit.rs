//! A reading's record: as it is, where it is used, and the form that corrects it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::input::Input;
use crate::acts::{CorrectRefusal, WhenNeeded, correct_reading};
use crate::catalogue::{self, CohortUse, CourseUse};
use crate::db::Conn;
use crate::identity::{Person, Role};
use crate::kernel::Actor;
use crate::readings::import::ImportedArticle;
use crate::readings::{self, Reading, Rights};
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page, page_in_conflict, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/library/show.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    reading: &'a Reading,
    rights: &'static str,
    course: Vec<CourseUse>,
    /// Of the cohorts that the reader sees.
    cohorts: Vec<CohortUse>,
    /// In how many weeks of other cohorts it stands.
    others: usize,
}

/// The record, and where it is used.
pub async fn show(
    view: View,
    Staff(person): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(slug): Path<String>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let reading = find(&conn, &slug).await?;
    let all = catalogue::cohort_uses(&conn, reading.id).await?;
    let (cohorts, others) = seen_by(&conn, &person, all).await?;
    page(&Page {
        view: &view,
        done: done.word(),
        rights: rights_name(reading.rights),
        course: catalogue::course_uses(&conn, reading.id).await?,
        cohorts,
        others,
        reading: &reading,
    })
}

async fn find(conn: &Conn, slug: &str) -> Result<Reading, Problem> {
    let slug = slug.parse().map_err(|_| Problem::NotFound)?;
    readings::reading_by_slug(conn, &slug).await?.ok_or(Problem::NotFound)
}

/// The uses in cohorts that this person sees, and how many there are beside.
async fn seen_by(conn: &Conn, person: &Person, mut uses: Vec<CohortUse>) -> Result<(Vec<CohortUse>, usize), Problem> {
    let all = uses.len();
    if person.role != Role::Admin {
        let own = catalogue::cohorts_of_instructor(conn, person.id).await?;
        uses.retain(|one| own.iter().any(|cohort| cohort.id == one.cohort.id));
    }
    let others = all - uses.len();
    Ok((uses, others))
}

fn rights_name(rights: Rights) -> &'static str {
    match rights {
        Rights::Own => "Ours: the text is shown",
        Rights::Licensed => "Licensed: the text is shown",
        Rights::LinkOnly => "Link only: citation, summary and link are shown, the text is not",
    }
}

/// What the form of a record is for.
#[derive(Debug, Clone, Copy)]
pub enum Said<'a> {
    /// A reading to be added.
    New,
    /// One read from a file or a paste, to be added.
    Imported(&'a ImportedArticle),
    /// One of the library.
    Correction { slug: &'a str },
    /// One that somebody else corrected meanwhile.
    Stale { slug: &'a str },
    /// A correction that would leave these cohorts, and so many weeks of others', without something to read.
    Needed { slug: &'a str, cohorts: &'a [CohortUse], others: usize },
}

/// The form of a record.
#[derive(Template)]
#[template(path = "web/pages/staff/library/record.html")]
pub struct RecordPage<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    said: Said<'a>,
    title: &'static str,
    action: String,
    rights: [(&'static str, &'static str); 3],
}

impl<'a> RecordPage<'a> {
    pub fn new(view: &'a View, input: &'a Input, errors: &'a FieldErrors, said: Said<'a>) -> Self {
        let (title, action) = match said {
            Said::New => ("Add a reading", "/staff/readings/new".to_owned()),
            Said::Imported(_) => ("Check what was read", "/staff/readings/new".to_owned()),
            Said::Correction { slug } | Said::Stale { slug } | Said::Needed { slug, .. } => {
                ("Correct the record", format!("/staff/readings/{slug}/correct"))
            }
        };
        let rights = [Rights::Own, Rights::Licensed, Rights::LinkOnly].map(|rights| (rights.as_str(), rights_name(rights)));
        Self { view, errors, input, said, title, action, rights }
    }
}

/// The form that corrects it.
pub async fn form(
    view: View,
    Staff(_): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let input = Input::of(&find(&conn, &slug).await?);
    page(&RecordPage::new(&view, &input, &FieldErrors::default(), Said::Correction { slug: &slug }))
}

/// Corrects it.
pub async fn correct(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    Path(slug): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let reading = find(&*app.services.db.snapshot().await?, &slug).await?;
    let again =
        |errors: &FieldErrors| page_with_errors(&RecordPage::new(&view, &input, errors, Said::Correction { slug: &slug }));
    let new = match input.reading() {
        Ok(new) => new,
        Err(errors) => return again(&errors),
    };
    let (which, needed) = ((reading.id, input.version), when_needed(&input));
    let write = async |txn: &crate::db::Txn| correct_reading(txn, &app.plans, which, new, needed).await;
    match app.services.db.write(Actor::User(person.id), write).await {
        Ok(_) => Ok(Redirect::to(&format!("/staff/readings/{slug}?done=reading-corrected")).into_response()),
        Err(CorrectRefusal::Field(wrong)) => again(&FieldErrors::one(wrong.field, wrong.error.to_string())),
        Err(CorrectRefusal::Stale) => {
            let version = find(&*app.services.db.snapshot().await?, &slug).await?.version;
            let input = Input { version, ..input };
            page_in_conflict(&RecordPage::new(&view, &input, &FieldErrors::default(), Said::Stale { slug: &slug }))
        }
        Err(CorrectRefusal::Needed(uses)) => {
            let (cohorts, others) = seen_by(&*app.services.db.snapshot().await?, &person, uses).await?;
            let said = Said::Needed { slug: &slug, cohorts: &cohorts, others };
            page_in_conflict(&RecordPage::new(&view, &input, &FieldErrors::default(), said))
        }
        Err(CorrectRefusal::NoSuchReading) => Err(Problem::NotFound),
        Err(CorrectRefusal::Db(error)) => Err(error.into()),
    }
}

fn when_needed(input: &Input) -> WhenNeeded {
    if input.needed == "yes" { WhenNeeded::Correct } else { WhenNeeded::Refuse }
}
