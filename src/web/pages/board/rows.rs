//! What the board says of each week. Pure.

use crate::kernel::shown::short_date;
use crate::kernel::time::DateTime;
use crate::kernel::{ShownTime, Timestamp, Zone};
use crate::schedule::model::{Access, Finding, LockReason, ModuleAccess, PlannedModule, Problem};
use crate::views::board::Board;
use crate::web::pages::shown::{counted, span};

/// One week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WeekRow {
    pub(super) week: u32,
    pub(super) title: String,
    /// In the cohort's zone.
    pub(super) opens: ShownTime,
    pub(super) utc: ShownTime,
    /// By when it is to be done, in the cohort's zone.
    pub(super) due: Option<ShownTime>,
    /// The look of the state, and the state.
    pub(super) state: (&'static str, String),
    pub(super) ready: String,
    /// What is wrong, a sentence each.
    pub(super) remarks: Vec<String>,
}

/// Every week of the board at `now`.
pub(super) fn rows(board: &Board, now: Timestamp) -> Vec<WeekRow> {
    let (findings, decided) = (board.findings(now), board.preview(now));
    board.plan.planned().zip(&decided).map(|(planned, decided)| row(board, &planned, decided, &findings, now)).collect()
}

fn row(board: &Board, planned: &PlannedModule<'_>, decided: &ModuleAccess, findings: &[Finding], now: Timestamp) -> WeekRow {
    let release = board.plan.instant(planned.release);
    let of_week = || findings.iter().filter(|finding| finding.module == planned.module.id);
    WeekRow {
        week: planned.module.position,
        title: planned.module.title.clone(),
        opens: ShownTime::new(release, &board.cohort.zone),
        utc: ShownTime::new(release, &Zone::UTC),
        due: planned.due.map(|due| ShownTime::new(board.plan.instant(due), &board.cohort.zone)),
        state: state(&decided.access, &board.cohort.zone, now, of_week().any(|finding| finding.is_urgent(now))),
        ready: ready(board.readiness(planned.module), planned.module.readings.len()),
        remarks: of_week().map(|finding| words(board, &finding.problem)).collect(),
    }
}

fn state(access: &Access, zone: &Zone, now: Timestamp, urgent: bool) -> (&'static str, String) {
    match access {
        Access::Open { since } => ("done", format!("Open since {}", ShownTime::new(*since, zone).short())),
        Access::Locked { opens_at: Some(at), .. } => ("next", format!("Opens in {}", span(now, *at))),
        Access::Locked { why, .. } => {
            let look = if urgent { "bad" } else { "wait" };
            let missing = why.iter().find_map(|reason| match reason {
                LockReason::RequiredReadingsNotReady { missing } => Some(*missing),
                _ => None,
            });
            match missing {
                Some(1) => (look, "Will not open: a required reading is not ready".to_owned()),
                Some(missing) => (look, format!("Will not open: {missing} required readings are not ready")),
                None => (look, "Waits for earlier weeks".to_owned()),
            }
        }
    }
}

fn ready((ready, required): (usize, usize), all: usize) -> String {
    match (required, all) {
        (_, 0) => "No readings yet".to_owned(),
        (0, all) => format!("{}, none required", counted(all, "optional reading")),
        (required, _) => format!("{ready} of {} ready", counted(required, "required reading")),
    }
}

/// A problem and how to mend it.
pub(super) fn words(board: &Board, problem: &Problem) -> String {
    match problem {
        Problem::NoReadings => "Nothing is keyed to this week: attach its readings.".to_owned(),
        Problem::NotReady { readings, .. } => {
            let title = |id| board.cards.get(id).map_or_else(|| "a reading".to_owned(), |card| format!("“{}”", card.title));
            let titles = readings.iter().map(title).collect::<Vec<_>>().join(", ");
            format!("Nothing to read yet: {titles}. Give it a text or a link in the library, make it optional, or detach it.")
        }
        Problem::BeforePrevious { previous } => format!("It opens before week {previous}, which stands before it."),
        Problem::AfterEnd { last } => format!("It opens after the cohort’s last day, {}.", short_date(*last)),
        Problem::DueFirst { due } => {
            format!("It is due before it opens, on {} at {}.", short_date(due.date()), clock(*due))
        }
        Problem::Past => "Its release has passed: it is open to the first who enrol.".to_owned(),
        Problem::Skipped { meant, shown } => {
            format!("Clocks skip {} on that day: it opens when they show {}.", clock(*meant), clock(*shown))
        }
        Problem::Repeated { meant } => format!("Clocks show {} twice on that day: it opens the first time.", clock(*meant)),
    }
}

fn clock(civil: DateTime) -> String {
    format!("{:02}:{:02}", civil.hour(), civil.minute())
}

/// One week as a student who keeps up would see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) week: u32,
    pub(super) title: String,
    pub(super) state: (&'static str, String),
}

/// What a student who keeps up sees of each week at `at`.
pub(super) fn preview(board: &Board, at: Timestamp) -> Vec<Seen> {
    let seen = |(planned, decided): (PlannedModule<'_>, ModuleAccess)| Seen {
        week: planned.module.position,
        title: planned.module.title.clone(),
        state: state(&decided.access, &board.cohort.zone, at, false),
    };
    board.plan.planned().zip(board.preview(at)).map(seen).collect()
}
