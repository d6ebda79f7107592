//! What the dashboard of one enrolment shows. Pure.

use crate::enrolment::{Enrolment, EnrolmentState};
use crate::kernel::ids::EnrolmentId;
use crate::kernel::{ShownTime, Timestamp, Zone};
use crate::learning::model::{ModuleProgress, NextStep, Progress, progress};
use crate::schedule::model::{Access, Inputs};
use crate::web::pages::shown::{minutes_words, span};

use super::Paths;

/// A seat of a student, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) enrolment: EnrolmentId,
    pub(super) course: String,
    pub(super) cohort: String,
    pub(super) state: SeatState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SeatState {
    Enrolled,
    Held(Box<Hold>),
    Lapsed,
    Cancelled,
}

/// A seat that is not paid yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) until: ShownTime,
    /// While the hold lasts; past it, a payment may still be on its way.
    pub(super) countdown: Option<Countdown>,
}

/// Time that runs out, for the script to count down by the service's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Countdown {
    pub(super) until: ShownTime,
    /// The service's time when the page was made, RFC 3339.
    pub(super) now: Timestamp,
    /// `31 minutes`, for readers without the script.
    pub(super) left: String,
}

impl SeatState {
    pub(super) fn new(enrolment: &Enrolment, now: Timestamp, zone: &Zone) -> Self {
        match enrolment.state {
            EnrolmentState::Enrolled { .. } => Self::Enrolled,
            EnrolmentState::Lapsed { .. } => Self::Lapsed,
            EnrolmentState::Cancelled { .. } => Self::Cancelled,
            EnrolmentState::Held { until: end, .. } => {
                let until = ShownTime::new(end, zone);
                let countdown = (end > now).then(|| Countdown { until: until.clone(), now, left: span(now, end) });
                Self::Held(Box::new(Hold { until, countdown }))
            }
        }
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    NotStarted(ShownTime),
    Read {
        week: u32,
        title: String,
        href: String,
        minutes: String,
        module_href: String,
    },
    /// `opens` is known where nothing but time is awaited.
    Wait {
        week: u32,
        title: String,
        opens: Option<ShownTime>,
        href: String,
    },
    AllDone,
}

/// One week in the list. A locked one tells nothing of its readings, not even their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WeekState {
    /// All that it requires is read.
    Done {
        read: usize,
        total: usize,
    },
    Open {
        read: usize,
        total: usize,
        left: String,
    },
    Locked {
        opens: Option<ShownTime>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WeekRow {
    pub(super) number: u32,
    pub(super) title: String,
    pub(super) href: String,
    pub(super) state: WeekState,
}

/// An enrolled student's progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) next: Next,
    /// When the next module opens, where that is known.
    pub(super) next_opens: Option<ShownTime>,
    /// Of all the course.
    pub(super) read: usize,
    pub(super) total: usize,
    pub(super) weeks: Vec<WeekRow>,
}

impl Work {
    pub(super) fn new(inputs: &Inputs, paths: Paths, now: Timestamp, zone: &Zone) -> Self {
        let progress = progress(inputs, now);
        let titled = |module: &ModuleProgress| inputs.plan.module(module.module).map_or("", |module| module.title.as_str());
        let row = |module: &ModuleProgress| WeekRow {
            number: module.position,
            title: titled(module).to_owned(),
            href: paths.week(module.position),
            state: week_state(module, zone),
        };
        let opens = progress.modules.iter().filter(|module| !module.access.is_open()).filter_map(|module| module.access.moment());
        Self {
            next: next(inputs, &progress, paths, zone),
            next_opens: opens.min().map(|at| ShownTime::new(at, zone)),
            read: progress.modules.iter().map(ModuleProgress::read).sum(),
            total: progress.modules.iter().map(ModuleProgress::total).sum(),
            weeks: progress.modules.iter().map(row).collect(),
        }
    }
}

fn week_state(module: &ModuleProgress, zone: &Zone) -> WeekState {
    let (read, total) = (module.read(), module.total());
    match module.access {
        Access::Locked { opens_at, .. } => WeekState::Locked { opens: opens_at.map(|at| ShownTime::new(at, zone)) },
        Access::Open { .. } if module.required_left() == 0 => WeekState::Done { read, total },
        Access::Open { .. } => WeekState::Open { read, total, left: minutes_words(module.minutes_left) },
    }
}

fn next(inputs: &Inputs, progress: &Progress, paths: Paths, zone: &Zone) -> Next {
    match progress.next {
        NextStep::NotStarted { starts } => Next::NotStarted(ShownTime::new(starts, zone)),
        NextStep::AllDone => Next::AllDone,
        NextStep::Read { module, reading } => match (inputs.plan.module(module), inputs.plan.card(reading)) {
            (Some(module), Some(card)) => Next::Read {
                week: module.position,
                title: card.title.clone(),
                href: paths.reading(module.position, &card.slug),
                minutes: minutes_words(card.minutes),
                module_href: paths.week(module.position),
            },
            // A step names what the same plan and its cards hold.
            _ => Next::AllDone,
        },
        NextStep::WaitFor { module, opens_at } => {
            let (week, title) = inputs.plan.module(module).map_or((0, ""), |module| (module.position, module.title.as_str()));
            let opens = opens_at.map(|at| ShownTime::new(at, zone));
            Next::Wait { week, title: title.to_owned(), opens, href: paths.week(week) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::readings::model::testing::card;
    use crate::schedule::model::CohortPlan;
    use crate::schedule::model::testing::{Sample, at, mark_read, reading_id, student};

    fn work(inputs: &Inputs, now: &str) -> Work {
        let ids = (1..=3).flat_map(|week| (1..=3).map(move |place| (week, place, reading_id(week, place))));
        let cards = ids.map(|(week, place, id)| card(id, &format!("Reading {week}.{place}"), 10));
        let plan = CohortPlan::clone(&inputs.plan).with_cards(cards);
        Work::new(&Inputs { plan: Arc::new(plan), ..inputs.clone() }, Paths(student()), at(now), &"Asia/Kolkata".parse().unwrap())
    }

    fn read_week(inputs: &mut Inputs, week: u32) {
        (1..=2).for_each(|place| mark_read(inputs, week, place, "2027-01-05T00:00:00Z"));
    }

    #[test]
    fn before_the_first_week_only_dates_are_told() {
        let work = work(&Sample::default().inputs(), "2027-01-01T00:00:00Z");
        assert!(matches!(&work.next, Next::NotStarted(starts) if starts.short() == "Mon 4 Jan 2027, 09:00"));
        assert!(work.weeks.iter().all(|week| matches!(week.state, WeekState::Locked { .. })));
        // What waits for the week before has no moment yet.
        assert_eq!(work.weeks[1].state, WeekState::Locked { opens: None });
    }

    #[test]
    fn the_next_step_is_the_first_required_reading_of_an_open_week() {
        let mut inputs = Sample::default().inputs();
        mark_read(&mut inputs, 1, 1, "2027-01-05T00:00:00Z");
        let work = work(&inputs, "2027-01-06T00:00:00Z");
        let Next::Read { week: 1, title, href, minutes, module_href } = &work.next else { panic!("{work:?}") };
        assert_eq!((title.as_str(), minutes.as_str()), ("Reading 1.2", "10 minutes"));
        assert_eq!(*href, format!("{module_href}/readings/reading-12"));
        assert_eq!((work.read, work.total), (1, 9));
        assert_eq!(work.weeks[0].state, WeekState::Open { read: 1, total: 3, left: "20 minutes".to_owned() });
    }

    #[test]
    fn a_week_whose_required_readings_are_read_is_done_and_the_next_is_waited_for() {
        let mut inputs = Sample::default().inputs();
        read_week(&mut inputs, 1);
        let waiting = work(&inputs, "2027-01-06T00:00:00Z");
        assert_eq!(waiting.weeks[0].state, WeekState::Done { read: 2, total: 3 });
        let Next::Wait { week: 2, opens: Some(opens), .. } = &waiting.next else { panic!("{waiting:?}") };
        assert_eq!((opens.short().as_str(), Some(opens)), ("Mon 11 Jan 2027, 09:00", waiting.next_opens.as_ref()));
        read_week(&mut inputs, 2);
        read_week(&mut inputs, 3);
        assert_eq!(work(&inputs, "2027-02-06T00:00:00Z").next, Next::AllDone);
    }

    #[test]
    fn a_hold_counts_down_while_it_lasts() {
        let enrolled_at = at("2027-01-01T00:00:00Z");
        let held = Enrolment::held(
            student(),
            crate::schedule::model::testing::cohort_id(),
            crate::kernel::ids::UserId(uuid::Uuid::from_u128(1)),
            "Demo Student 03".parse().unwrap(),
            enrolled_at,
        );
        let state = |now: &str| SeatState::new(&held, at(now), &Zone::UTC);
        let hold = |now: &str| match state(now) {
            SeatState::Held(hold) => *hold,
            other => panic!("{other:?}"),
        };
        let lasting = hold("2027-01-01T00:01:30Z");
        let left = lasting.countdown.map(|countdown| countdown.left);
        assert_eq!((lasting.until.short().as_str(), left.as_deref()), ("Fri 1 Jan 2027, 00:32", Some("30 minutes")));
        assert_eq!(hold("2027-01-01T00:32:00Z").countdown, None);
        let paid = SeatState::new(&held.confirm(enrolled_at).unwrap(), enrolled_at, &Zone::UTC);
        assert_eq!(paid, SeatState::Enrolled);
    }
}
