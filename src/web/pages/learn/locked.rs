//! The page of a week that is not open: why, when, and what opens it. It names none of the week's readings, nor how they are
//! asked about.

use askama::Template;
use axum::response::Response;

use super::Paths;
use crate::catalogue::model::{CohortModule, Unmet};
use crate::kernel::{ShownTime, Timestamp, Zone};
use crate::schedule::model::{Inputs, LockReason};
use crate::web::Problem;
use crate::web::pages::shown::{counted, span};
use crate::web::view::{View, page_refusing};

/// When the week opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opens {
    /// Nothing but time is awaited. `within`: `5 days 18 hours`.
    At { at: ShownTime, within: String },
    /// More is awaited, and the date lies ahead.
    NotBefore(ShownTime),
    /// The date has come, and more is awaited.
    Overdue(ShownTime),
}

/// A way to another week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WeekLink {
    pub(super) href: String,
    pub(super) week: u32,
}

/// One thing that opens the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opener {
    words: String,
    link: Option<WeekLink>,
}

/// All that the page of a locked week shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Locked {
    week: u32,
    weeks: usize,
    title: String,
    home: String,
    zone: String,
    /// In force in the reader's zone at the moment shown.
    offset: String,
    when: Opens,
    openers: Vec<Opener>,
    advice: &'static str,
    /// The last open week.
    open_week: Option<WeekLink>,
}

/// Why a week is locked, as [`crate::schedule::model::Access::Locked`] says it.
pub(super) struct Lock<'a> {
    pub(super) why: &'a [LockReason],
    pub(super) opens_at: Option<Timestamp>,
    pub(super) scheduled_for: Timestamp,
}

impl Locked {
    pub(super) fn new(
        inputs: &Inputs,
        module: &CohortModule,
        lock: &Lock<'_>,
        paths: Paths,
        now: Timestamp,
        zone: &Zone,
    ) -> Self {
        let shown = ShownTime::new(lock.opens_at.unwrap_or(lock.scheduled_for), zone);
        let offset = shown.offset.clone();
        let when = match lock.opens_at {
            Some(at) => Opens::At { within: span(now, at), at: shown },
            None if lock.scheduled_for > now => Opens::NotBefore(shown),
            None => Opens::Overdue(shown),
        };
        let open = inputs.decide(now).into_iter().filter(|decided| decided.access.is_open()).map(|decided| decided.position);
        Self {
            week: module.position,
            weeks: inputs.plan.modules().len(),
            title: module.title.clone(),
            home: paths.home(),
            zone: zone.name().to_owned(),
            offset,
            when,
            openers: lock.why.iter().map(|reason| opener(inputs, *reason, paths)).collect(),
            advice: advice(lock.why),
            open_week: open.max().map(|week| paths.link(week)),
        }
    }
}

fn opener(inputs: &Inputs, reason: LockReason, paths: Paths) -> Opener {
    let count = |number: u32, noun| counted(usize::try_from(number).unwrap_or(usize::MAX), noun);
    match reason {
        LockReason::NotYetTime => {
            Opener { words: format!("Its date in the schedule of your cohort, “{}”.", inputs.plan.cohort().name), link: None }
        }
        LockReason::Awaits(Unmet::RequiredReadingsUnread { module, unread }) => Opener {
            words: format!("Your reading: {} of week {module} to go.", count(unread, "required reading")),
            link: Some(paths.link(module)),
        },
        LockReason::Awaits(Unmet::NoSuchModule { .. }) => {
            Opener { words: "A correction of the plan by the course’s staff.".to_owned(), link: None }
        }
        LockReason::RequiredReadingsNotReady { missing } => Opener {
            words: format!("The course’s staff: {} still to be made available.", count(missing, "reading")),
            link: None,
        },
    }
}

fn advice(why: &[LockReason]) -> &'static str {
    if why.iter().any(|reason| matches!(reason, LockReason::Awaits(Unmet::RequiredReadingsUnread { .. }))) {
        "Read what is left, mark it as read, and come back. When the module opens, one mail tells you so."
    } else {
        "There is nothing you need do. The module opens by itself, and one mail tells you so."
    }
}

#[derive(Template)]
#[template(path = "web/pages/learn/locked.html")]
struct Page<'a> {
    view: &'a View,
    locked: &'a Locked,
}

/// The page of a locked week, 403: also in place of each of its readings.
pub(super) fn render(view: &View, locked: &Locked) -> Result<Response, Problem> {
    page_refusing(&Page { view, locked })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::model::Access;
    use crate::schedule::model::testing::{Sample, at, mark_read, module_id, student};

    fn locked(inputs: &Inputs, week: u32, now: &str, zone: &str) -> Locked {
        let module = inputs.plan.module(module_id(week)).unwrap();
        let Some(Access::Locked { why, opens_at, scheduled_for }) = inputs.access(module.id, at(now)) else {
            panic!("it is open")
        };
        let lock = Lock { why: &why, opens_at, scheduled_for };
        Locked::new(inputs, module, &lock, Paths(student()), at(now), &zone.parse().unwrap())
    }

    #[test]
    fn a_week_that_waits_for_time_alone_says_when_in_the_readers_zone() {
        let mut inputs = Sample::default().inputs();
        mark_read(&mut inputs, 1, 1, "2027-01-05T00:00:00Z");
        mark_read(&mut inputs, 1, 2, "2027-01-05T00:00:00Z");
        let page = locked(&inputs, 2, "2027-01-05T09:30:00Z", "America/New_York");
        let Opens::At { at, within } = &page.when else { panic!("{page:?}") };
        assert_eq!(at.long(), "Sunday 10 January 2027 at 22:30");
        assert_eq!(
            (within.as_str(), page.offset.as_str(), page.zone.as_str()),
            ("5 days 18 hours", "UTC\u{2212}05:00", "America/New_York")
        );
        assert_eq!(page.open_week.as_ref().map(|link| link.week), Some(1));
        assert!(page.advice.starts_with("There is nothing you need do"));
    }

    #[test]
    fn a_week_that_waits_for_work_says_what_is_left_and_where() {
        let mut inputs = Sample::default().inputs();
        mark_read(&mut inputs, 1, 1, "2027-01-05T00:00:00Z");
        let ahead = locked(&inputs, 2, "2027-01-06T00:00:00Z", "Asia/Kolkata");
        assert!(matches!(ahead.when, Opens::NotBefore(_)));
        assert_eq!(ahead.openers.len(), 2);
        let passed = locked(&inputs, 2, "2027-01-12T00:00:00Z", "Asia/Kolkata");
        assert!(matches!(passed.when, Opens::Overdue(_)));
        assert_eq!(passed.openers[0].words, "Your reading: 1 required reading of week 1 to go.");
        assert!(passed.openers[0].link.as_ref().unwrap().href.ends_with("/weeks/1"));
    }

    #[test]
    fn the_page_of_a_locked_week_names_no_reading_question_or_prompt() {
        let mut sample = Sample::default();
        sample.modules[1].reflection_prompt = Some("What would you sign?".to_owned());
        let mut inputs = sample.inputs();
        inputs.facts.ready.clear();
        let page = locked(&inputs, 2, "2027-01-12T00:00:00Z", "Asia/Kolkata");
        let html = Page { view: &View::sample(), locked: &page }.render().unwrap();
        assert!(html.contains("This module is not open yet") && html.contains("2 readings still to be made available"));
        for key in &inputs.plan.modules()[1].readings {
            assert!(!html.contains(&key.reading.to_string()) && !html.contains(&key.why));
        }
        assert!(!html.contains("What would you sign?") && !html.contains("/readings/"));
    }
}
