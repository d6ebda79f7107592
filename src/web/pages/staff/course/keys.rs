//! The readings of a week: attached, required or not, in order, detached.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::input::{KeyInput, Move, OnVersion};
use super::{Week, path, refused, to};
use crate::catalogue::model::{CourseModule, KeyChange, ReadingKey, Shift};
use crate::catalogue::{self, EditRefusal};
use crate::db::Conn;
use crate::identity::Person;
use crate::kernel::ids::{ModuleId, ReadingId};
use crate::kernel::{Actor, Slug};
use crate::readings::{self, Reading};
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::staff::picker::Picker;
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page, page_in_conflict, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/course/attach.html")]
struct AttachPage<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a KeyInput,
    is_stale: bool,
    week: &'a CourseModule,
    href: String,
    picker: Picker,
}

#[derive(Template)]
#[template(path = "web/pages/staff/course/key.html")]
struct KeyPage<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a KeyInput,
    is_stale: bool,
    week: &'a CourseModule,
    href: String,
    slug: &'a Slug,
    title: &'a str,
    citation: String,
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Find {
    find: String,
}

/// A reading to choose from the library.
pub async fn choose(
    view: View,
    Staff(_): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
    Query(Find { find }): Query<Find>,
) -> Result<Response, Problem> {
    let week = Week::find(&conn, &id).await?;
    let input = KeyInput { find, required: "yes".to_owned(), version: week.module().version, ..KeyInput::default() };
    page(&attaching(&conn, &view, week.module(), &input, &FieldErrors::default()).await?)
}

async fn attaching<'a>(
    conn: &Conn,
    view: &'a View,
    week: &'a CourseModule,
    input: &'a KeyInput,
    errors: &'a FieldErrors,
) -> Result<AttachPage<'a>, Problem> {
    let attached: Vec<ReadingId> = week.readings.iter().map(|key| key.reading).collect();
    let picker = Picker::load(conn, &input.find, &input.reading, &attached).await?;
    Ok(AttachPage { view, errors, input, is_stale: false, week, href: path(week), picker })
}

/// Attaches it.
pub async fn attach(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    Path(id): Path<String>,
    Fields(input): Fields<KeyInput>,
) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let week = Week::find(&conn, &id).await?;
    let chosen = match input.reading.parse::<Slug>() {
        Ok(slug) => readings::reading_by_slug(&conn, &slug).await?.map(|reading| reading.id),
        Err(_) => None,
    };
    let attached = match input.attached(chosen) {
        Ok(change) => change,
        Err(errors) => return page_with_errors(&attaching(&conn, &view, week.module(), &input, &errors).await?),
    };
    drop(conn);
    match change(&app, &person, week.module().id, input.version, attached).await {
        Ok(()) => Ok(to(&format!("{}?done=reading-attached", path(week.module())))),
        Err(EditRefusal::Stale) => {
            let conn = app.services.db.snapshot().await?;
            let week = Week::find(&conn, &id).await?;
            let input = KeyInput { version: week.module().version, ..input };
            let errors = FieldErrors::default();
            let again = attaching(&conn, &view, week.module(), &input, &errors).await?;
            page_in_conflict(&AttachPage { is_stale: true, ..again })
        }
        Err(EditRefusal::Key(why)) => {
            let conn = app.services.db.snapshot().await?;
            let errors = FieldErrors::one("reading", why.to_string());
            page_with_errors(&attaching(&conn, &view, week.module(), &input, &errors).await?)
        }
        Err(other) => Err(refused(other)),
    }
}

async fn change(app: &App, person: &Person, week: ModuleId, version: i32, change: KeyChange) -> Result<(), EditRefusal> {
    let actor = Actor::User(person.id);
    app.services.db.write(actor, async |txn| catalogue::change_keys(txn, week, version, change).await).await
}

/// A reading in its week.
struct Keyed {
    week: Week,
    reading: Reading,
    key: ReadingKey,
}

impl Keyed {
    async fn find(conn: &Conn, (week, reading): &(String, String)) -> Result<Self, Problem> {
        let week = Week::find(conn, week).await?;
        let slug = reading.parse().map_err(|_| Problem::NotFound)?;
        let reading = readings::reading_by_slug(conn, &slug).await?.ok_or(Problem::NotFound)?;
        let key = week.module().readings.iter().find(|key| key.reading == reading.id);
        let key = key.ok_or(Problem::NotFound)?.clone();
        Ok(Self { week, reading, key })
    }

    fn page<'a>(&'a self, view: &'a View, input: &'a KeyInput, errors: &'a FieldErrors) -> KeyPage<'a> {
        KeyPage {
            view,
            errors,
            input,
            is_stale: false,
            week: self.week.module(),
            href: path(self.week.module()),
            slug: &self.reading.slug,
            title: &self.reading.title,
            citation: self.reading.citation(),
        }
    }
}

/// Why the reading stands there, and whether it is required.
pub async fn show(
    view: View,
    Staff(_): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(ids): Path<(String, String)>,
) -> Result<Response, Problem> {
    let keyed = Keyed::find(&conn, &ids).await?;
    let input = KeyInput::of(&keyed.key, keyed.week.module().version);
    page(&keyed.page(&view, &input, &FieldErrors::default()))
}

/// Saves that.
pub async fn amend(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    Path(ids): Path<(String, String)>,
    Fields(input): Fields<KeyInput>,
) -> Result<Response, Problem> {
    let keyed = Keyed::find(&*app.services.db.snapshot().await?, &ids).await?;
    let restated = match input.restated(keyed.reading.id) {
        Ok(change) => change,
        Err(errors) => return page_with_errors(&keyed.page(&view, &input, &errors)),
    };
    match change(&app, &person, keyed.week.module().id, input.version, restated).await {
        Ok(()) => Ok(to(&format!("{}?done=reading-restated", path(keyed.week.module())))),
        Err(EditRefusal::Stale) => {
            let keyed = Keyed::find(&*app.services.db.snapshot().await?, &ids).await?;
            let input = KeyInput { version: keyed.week.module().version, ..input };
            page_in_conflict(&KeyPage { is_stale: true, ..keyed.page(&view, &input, &FieldErrors::default()) })
        }
        Err(other) => Err(refused(other)),
    }
}

/// Moves it up or down.
pub async fn shift(
    State(app): State<App>,
    Staff(person): Staff,
    Path(ids): Path<(String, String)>,
    Fields(Move { to: word, version }): Fields<Move>,
) -> Result<Response, Problem> {
    let keyed = Keyed::find(&*app.services.db.snapshot().await?, &ids).await?;
    let to_place: Shift =
        word.parse().map_err(|_| Problem::Malformed("It does not say where to move the reading.".to_owned()))?;
    let week = keyed.week.module();
    change(&app, &person, week.id, version, KeyChange::Move { reading: keyed.reading.id, to: to_place })
        .await
        .map_err(refused)?;
    Ok(to(&path(week)))
}

/// Detaches it.
pub async fn detach(
    State(app): State<App>,
    Staff(person): Staff,
    Path(ids): Path<(String, String)>,
    Fields(OnVersion { version }): Fields<OnVersion>,
) -> Result<Response, Problem> {
    let keyed = Keyed::find(&*app.services.db.snapshot().await?, &ids).await?;
    let week = keyed.week.module();
    change(&app, &person, week.id, version, KeyChange::Detach { reading: keyed.reading.id }).await.map_err(refused)?;
    Ok(to(&format!("{}?done=reading-detached", path(week))))
}
