//! One reading: its record, its text where we may show it, and "I have read this".

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{Halt, Paths, locked_page, refused};
use crate::catalogue::model::CohortModule;
use crate::db::Conn;
use crate::kernel::ids::EnrolmentId;
use crate::kernel::{ShownTime, Slug, Zone};
use crate::learning::{self, OpenReading, Place, ReadingPage, ReadingSheet};
use crate::readings::{Card, Reading, Rights};
use crate::schedule::Plans;
use crate::web::form::FieldErrors;
use crate::web::pages::shown::{ShownDay, minutes_words};
use crate::web::session::PageSnapshot;
use crate::web::view::{Moment, View, page, page_with_errors};
use crate::web::{App, Problem};

/// Where the reading came from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    href: String,
    host: String,
}

/// The way to the reading before or after.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Turn {
    href: String,
    title: String,
}

/// Whether the student has read it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Marking {
    /// Not yet; with the week's prompt, where it asks for a reflection.
    Asked { prompt: Option<String> },
    /// `reflection`: its lines, if one was handed in.
    Done { at: ShownTime, reflection: Vec<String> },
}

impl Marking {
    fn new(open: &OpenReading, module: &CohortModule, zone: &Zone) -> Self {
        match open.read_at {
            None => Self::Asked { prompt: module.reflection_prompt.clone() },
            Some(at) => {
                let lines = open.reflection.as_deref().unwrap_or_default().lines().filter(|line| !line.is_empty());
                Self::Done { at: ShownTime::new(at, zone), reflection: lines.map(str::to_owned).collect() }
            }
        }
    }
}

/// All that the page of a reading shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadingShown {
    href: String,
    week: u32,
    module: String,
    module_href: String,
    /// Its place in the week, from 1.
    index: usize,
    count: usize,
    minutes: String,
    title: String,
    why: String,
    author: Option<String>,
    publisher: String,
    published: Option<ShownDay>,
    source: Option<Source>,
    licence: String,
    language: String,
    citation: String,
    summary: Option<String>,
    /// Paragraphs; none where we may not show the text.
    body: Vec<String>,
    photo_credit: Option<String>,
    questions: Vec<String>,
    marking: Marking,
    before: Option<Turn>,
    after: Option<Turn>,
}

impl ReadingShown {
    /// `None` where the module has no such reading. `list` is the module's readings in their order.
    fn new(module: &CohortModule, list: &[&Card], open: &OpenReading, marking: Marking, paths: Paths) -> Option<Self> {
        let OpenReading { reading, key, .. } = open;
        let index = list.iter().position(|card| card.id == reading.id)?;
        let turn = |index: Option<usize>| {
            let card = list.get(index?)?;
            Some(Turn { href: paths.reading(module.position, &card.slug), title: card.title.clone() })
        };
        Some(Self {
            href: paths.reading(module.position, &reading.slug),
            week: module.position,
            module: module.title.clone(),
            module_href: paths.week(module.position),
            index: index + 1,
            count: list.len(),
            minutes: minutes_words(reading.minutes),
            title: reading.title.clone(),
            why: key.why.clone(),
            author: author(reading),
            publisher: reading.publisher.clone(),
            published: reading.published_on.map(|date| ShownDay::after(date, 0)),
            source: reading.url.as_ref().map(|url| Source { href: url.to_string(), host: url.host().to_owned() }),
            licence: licence(reading),
            language: reading.language.to_string(),
            citation: reading.citation(),
            summary: reading.summary.clone(),
            body: reading.shown_body().map(|body| body.paragraphs().to_vec()).unwrap_or_default(),
            photo_credit: reading.photo_credit.clone(),
            questions: module.questions.clone(),
            marking,
            before: turn(index.checked_sub(1)),
            after: turn(index.checked_add(1)),
        })
    }
}

fn author(reading: &Reading) -> Option<String> {
    let name = reading.author.as_deref()?;
    Some(match reading.author_role.as_deref() {
        Some(role) => format!("{name}, {role}"),
        None => name.to_owned(),
    })
}

/// The terms in words: the record's own, or what its rights mean.
fn licence(reading: &Reading) -> String {
    let meant = match reading.rights {
        Rights::Own => "Published by the course’s own journal",
        Rights::Licensed => "Archived copy, shown by licence",
        Rights::LinkOnly if reading.url.is_none() => "Not ours to copy, and no link is known: the summary is all we show",
        Rights::LinkOnly => "Not ours to copy: read it at the source",
    };
    reading.licence.clone().unwrap_or_else(|| meant.to_owned())
}

#[derive(Template)]
#[template(path = "web/pages/learn/reading.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    reading: &'a ReadingShown,
    typed: &'a str,
}

/// A reading's address as it came.
pub(super) type Address = Result<Path<(EnrolmentId, u32, String)>, PathRejection>;

/// What the address of a reading names.
pub(super) struct Wanted {
    pub(super) enrolment: EnrolmentId,
    pub(super) week: u32,
    slug: Slug,
}

impl Wanted {
    pub(super) fn parse(address: Address) -> Result<Self, Problem> {
        let Path((enrolment, week, slug)) = address?;
        Ok(Self { enrolment, week, slug: slug.parse().map_err(|_| Problem::NotFound)? })
    }

    /// The reading if its week is open for the reader; else a locked week is told, 403, and nothing of it is shown.
    pub(super) async fn open(&self, conn: &Conn, plans: &Plans, view: &View, moment: &Moment) -> Result<Found, Halt> {
        let (user, at) = (moment.subject.id, (self.week, &self.slug));
        let found = learning::reading_page(conn, plans, user, self.enrolment, at, moment.now).await?;
        let Some(ReadingPage { place, sheet, .. }) = found else {
            return Err(refused(conn, view, moment, self.enrolment).await);
        };
        match sheet {
            ReadingSheet::Open(open) => Ok(Found { place, open: *open }),
            ReadingSheet::Locked(access) => Err(Halt::Told(Box::new(locked_page(view, moment, &place, self.week, &access)?))),
        }
    }
}

/// A reading that the reader may read.
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) open: OpenReading,
}

impl Found {
    /// What its page shows: with the readings beside it.
    pub(super) fn shown(&self, week: u32, moment: &Moment) -> Result<ReadingShown, Problem> {
        let module = self.place.module_at(week).ok_or(Problem::NotFound)?;
        let plan = &self.place.inputs.plan;
        let list: Vec<&Card> = module.readings.iter().filter_map(|key| plan.card(key.reading)).collect();
        let marking = Marking::new(&self.open, module, &moment.zone);
        ReadingShown::new(module, &list, &self.open, marking, Paths(self.place.enrolment.id)).ok_or(Problem::NotFound)
    }
}

/// The reading if its week is open; else why that is locked, 403.
pub(super) async fn show(
    State(app): State<App>,
    view: View,
    moment: Moment,
    PageSnapshot(snapshot): PageSnapshot,
    address: Address,
) -> Result<Response, Halt> {
    let wanted = Wanted::parse(address)?;
    let found = wanted.open(&snapshot, &app.plans, &view, &moment).await?;
    let reading = found.shown(wanted.week, &moment)?;
    Ok(page(&Page { view: &view, errors: &FieldErrors::default(), reading: &reading, typed: "" })?)
}

/// The page again after a mark that was refused, with what was typed.
pub(super) fn again(view: &View, reading: &ReadingShown, errors: &FieldErrors, typed: &str) -> Result<Response, Problem> {
    page_with_errors(&Page { view, errors, reading, typed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::ReadingId;
    use crate::readings::Body;
    use crate::readings::model::testing::card;
    use crate::schedule::model::testing::{Sample, at, reading_id, student};

    fn reading(id: ReadingId, rights: Rights) -> Reading {
        Reading {
            id,
            slug: "river-talks".parse().unwrap(),
            title: "The <script>alert(1)</script> talks".to_owned(),
            author: Some("Demo Author 01".to_owned()),
            author_role: Some("Research Intern".to_owned()),
            publisher: "Example Journal".to_owned(),
            published_on: None,
            url: Some("https://example.org/talks?a=1&b=\"2\"".parse().unwrap()),
            language: "en".parse().unwrap(),
            licence: None,
            photo_credit: None,
            summary: Some("Ours & short.".to_owned()),
            body: Some(Body::new(["First <b>paragraph</b>.", "Second."]).unwrap()),
            rights,
            minutes: 3,
            version: 1,
        }
    }

    fn html(rights: Rights, read_at: Option<&str>, errors: &FieldErrors, typed: &str) -> String {
        let mut sample = Sample::default();
        sample.modules[0].reflection_prompt = Some("What would you sign?".to_owned());
        let plan = sample.plan();
        let module = &plan.modules()[0];
        let cards: Vec<Card> = (1..=3).map(|place| card(reading_id(1, place), &format!("Reading {place}"), 5)).collect();
        let key = module.readings[1].clone();
        let reflection = read_at.map(|_| "One thing.\n\nAnother.".to_owned());
        let open = OpenReading { key, reading: reading(reading_id(1, 2), rights), read_at: read_at.map(at), reflection };
        let list: Vec<&Card> = cards.iter().collect();
        let zone: Zone = "Asia/Kolkata".parse().unwrap();
        let marking = Marking::new(&open, module, &zone);
        let shown = ReadingShown::new(module, &list, &open, marking, Paths(student())).unwrap();
        Page { view: &View::sample(), errors, reading: &shown, typed }.render().unwrap()
    }

    #[test]
    fn the_archived_text_is_shown_where_rights_permit_and_nothing_stored_is_markup() {
        let own = html(Rights::Own, None, &FieldErrors::default(), "");
        assert!(own.contains("Archived text") && own.contains("Second."));
        assert!(!own.contains("<script>alert") && !own.contains("<b>paragraph") && !own.contains("b=\"2"));
        assert!(own.contains("rel=\"external noopener\"") && own.contains("reading 2 of 3") && own.contains("Not stated"));
        let link_only = html(Rights::LinkOnly, None, &FieldErrors::default(), "");
        assert!(!link_only.contains("Second.") && link_only.contains("Read it at the source") && link_only.contains("Ours "));
    }

    #[test]
    fn a_refused_mark_keeps_what_was_typed_and_says_error_first() {
        let errors = FieldErrors::one("reflection", "Write a sentence of reflection");
        let page = html(Rights::Own, None, &errors, "\nKept </textarea> whole");
        assert!(
            page.contains("<title>Error: ") && page.contains("id=\"error-summary\"") && page.contains("What would you sign?")
        );
        assert!(page.contains("whole</textarea>") && !page.contains("Kept </textarea>"));
    }

    #[test]
    fn a_reading_that_was_read_shows_when_and_the_reflection_and_asks_no_more() {
        let page = html(Rights::Own, Some("2027-01-05T00:00:00Z"), &FieldErrors::default(), "");
        assert!(page.contains("Tuesday 5 January 2027 at 05:30") && page.contains("<p>Another.</p>"));
        assert!(!page.contains("<textarea"));
    }
}
