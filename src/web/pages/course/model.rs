//! What the course's public pages show. Pure.

use std::collections::BTreeMap;

use crate::catalogue::model::{Answered, Cohort, CohortModule, Course, CourseModule, ReadingKey, WindowState};
use crate::kernel::ids::{CohortId, ReadingId};
use crate::kernel::{ShownTime, Slug, Timestamp, Zone};
use crate::organisation::Organisation;
use crate::pricing::Seller;
use crate::readings::Card;
use crate::views::price::{PriceTag, in_words, price_tags};
use crate::web::pages::shown::{ShownDay, counted, minutes_words};

/// The course without its dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseShown {
    pub kicker: String,
    pub title: String,
    pub dek: String,
    pub description: Vec<String>,
    pub outcomes: Vec<String>,
    pub hours: String,
    pub questions: Vec<Answered>,
}

impl CourseShown {
    pub fn new(course: &Course, weeks: usize) -> Self {
        let language = match course.language.split('-').next() {
            Some("en") => "English",
            Some("hi") => "Hindi",
            Some("fr") => "French",
            Some("es") => "Spanish",
            _ => course.language.as_str(),
        };
        Self {
            kicker: format!("{} · online · in {language}", counted(weeks, "week")),
            title: course.title.clone(),
            dek: course.dek.clone(),
            description: course.description.clone(),
            outcomes: course.outcomes.clone(),
            hours: hours(course.hours_min, course.hours_max),
            questions: course.questions.clone(),
        }
    }
}

fn hours(least: u32, most: u32) -> String {
    if least < most {
        format!("{least} to {most} hours a week")
    } else {
        format!("{} a week", counted(usize::try_from(least).unwrap_or(usize::MAX), "hour"))
    }
}

/// The cohort to enrol in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub slug: Slug,
    pub name: String,
    pub tags: Vec<PriceTag>,
    pub starts: ShownDay,
    pub ends: ShownDay,
    pub refund_until: ShownDay,
    /// The cohort's rule, as a note beside the price.
    pub refund_note: String,
    pub closes: ShownTime,
    pub seats_left: u32,
    pub capacity: u32,
}

impl Offer {
    /// `weeks` is how many the course runs for: the last day is the last of the last week.
    pub fn new(cohort: &Cohort, taken: u32, weeks: usize, zone: &Zone, owner: &Organisation, now: Timestamp) -> Self {
        let days = i64::try_from(weeks).unwrap_or_default() * 7;
        Self {
            slug: cohort.slug.clone(),
            name: cohort.name.clone(),
            tags: price_tags(&cohort.prices, &Seller::from(&owner.tax), now, zone),
            starts: ShownDay::after(cohort.starts_on, 0),
            ends: ShownDay::after(cohort.starts_on, (days - 1).max(0)),
            refund_until: ShownDay::after(cohort.refund_rule.until(cohort.starts_on), 0),
            refund_note: cohort.refund_rule.note(),
            closes: ShownTime::new(cohort.window.closes(), zone),
            seats_left: cohort.capacity.saturating_sub(taken),
            capacity: cohort.capacity,
        }
    }
}

impl Offer {
    /// What it costs, in a sentence.
    pub fn cost(&self) -> String {
        in_words(&self.tags)
    }
}

/// The cohort that the front page offers: the first to start of those that take enrolments and have a seat.
pub fn next_open<'a>(cohorts: &'a [Cohort], taken: &BTreeMap<CohortId, u32>, now: Timestamp) -> Option<&'a Cohort> {
    let seats = |cohort: &Cohort| taken.get(&cohort.id).copied().unwrap_or(0) < cohort.capacity;
    cohorts.iter().filter(|cohort| cohort.window.is_open(now) && seats(cohort)).min_by_key(|cohort| (cohort.starts_on, cohort.id))
}

/// One week, as anybody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    pub number: u32,
    pub title: String,
    pub dek: String,
    /// Titles, in reading order.
    pub readings: Vec<String>,
    /// `3 readings, about 70 minutes`.
    pub work: String,
    /// Its release in the offered cohort.
    pub opens: Option<ShownTime>,
}

impl Week {
    /// A week of a cohort's plan.
    pub fn planned(module: &CohortModule, release: Timestamp, cards: &BTreeMap<ReadingId, Card>, zone: &Zone) -> Self {
        let (readings, work) = listed(&module.readings, cards);
        let (title, dek) = (module.title.clone(), module.dek.clone());
        Self { number: module.position, title, dek, readings, work, opens: Some(ShownTime::new(release, zone)) }
    }

    /// A week of the course itself, which has no dates.
    pub fn undated(module: &CourseModule, cards: &BTreeMap<ReadingId, Card>) -> Self {
        let (readings, work) = listed(&module.readings, cards);
        let (title, dek) = (module.title.clone(), module.dek.clone());
        Self { number: module.position, title, dek, readings, work, opens: None }
    }
}

fn listed(keys: &[ReadingKey], cards: &BTreeMap<ReadingId, Card>) -> (Vec<String>, String) {
    let cards: Vec<&Card> = keys.iter().filter_map(|key| cards.get(&key.reading)).collect();
    let minutes: u32 = cards.iter().map(|card| card.minutes).sum();
    let titles: Vec<String> = cards.iter().map(|card| card.title.clone()).collect();
    let work = format!("{}, about {}", counted(titles.len(), "reading"), minutes_words(minutes));
    (titles, work)
}

/// Where a cohort stands, as the list of cohorts says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CohortState {
    Open,
    /// It takes enrolments and has no seat left.
    Full,
    NotYet(ShownTime),
    /// Enrolment has closed and the course has not begun.
    Closed,
    UnderWay(i64),
    Finished,
}

/// One cohort in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortRow {
    pub slug: Slug,
    pub name: String,
    pub tags: Vec<PriceTag>,
    pub starts: ShownDay,
    pub closes: ShownTime,
    pub seats_left: u32,
    pub capacity: u32,
    pub state: CohortState,
    /// How many wait for a seat of a full cohort, where more can join them.
    pub waiting: Option<u32>,
}

/// Seats of a cohort, as the list counts them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted {
    pub taken: u32,
    pub waiting: u32,
}

impl CohortRow {
    /// `zone` is the reader's; a visitor who is not signed in has none, and sees each cohort in its own.
    pub fn new(cohort: &Cohort, seats: Counted, weeks: usize, zone: Option<&Zone>, owner: &Organisation, now: Timestamp) -> Self {
        let zone = zone.unwrap_or(&cohort.zone);
        let seats_left = cohort.capacity.saturating_sub(seats.taken);
        let state = state(cohort, seats_left, weeks, zone, now);
        let starts = cohort.zone.instant(cohort.starts_on.at(0, 0, 0, 0));
        Self {
            slug: cohort.slug.clone(),
            name: cohort.name.clone(),
            tags: price_tags(&cohort.prices, &Seller::from(&owner.tax), now, zone),
            starts: ShownDay::after(cohort.starts_on, 0),
            closes: ShownTime::new(cohort.window.closes(), zone),
            seats_left,
            capacity: cohort.capacity,
            waiting: (state == CohortState::Full && now < starts).then_some(seats.waiting),
            state,
        }
    }
}

fn state(cohort: &Cohort, seats_left: u32, weeks: usize, zone: &Zone, now: Timestamp) -> CohortState {
    let today = cohort.zone.civil(now).date();
    let days = (today - cohort.starts_on).get_days();
    let week = i64::from(days).div_euclid(7) + 1;
    match cohort.window.state(now) {
        WindowState::Open { .. } if seats_left > 0 => CohortState::Open,
        WindowState::Open { .. } => CohortState::Full,
        WindowState::NotYet { opens } => CohortState::NotYet(ShownTime::new(opens, zone)),
        WindowState::Closed { .. } if days < 0 => CohortState::Closed,
        WindowState::Closed { .. } if week <= i64::try_from(weeks).unwrap_or(i64::MAX) => CohortState::UnderWay(week),
        WindowState::Closed { .. } => CohortState::Finished,
    }
}

/// The order of the list: those that can be enrolled in first, then those to come, then the latest of the past.
pub fn in_order(rows: &mut [CohortRow]) {
    let rank = |row: &CohortRow| match row.state {
        CohortState::Open => 0,
        CohortState::Full => 1,
        CohortState::NotYet(_) => 2,
        CohortState::Closed => 3,
        CohortState::UnderWay(_) => 4,
        CohortState::Finished => 5,
    };
    rows.sort_by(|one, two| {
        let dates = if rank(one) >= 4 { two.starts.iso.cmp(&one.starts.iso) } else { one.starts.iso.cmp(&two.starts.iso) };
        rank(one).cmp(&rank(two)).then(dates)
    });
}

/// Whose times a page shows: the reader's, or the cohort's where nobody is signed in.
pub fn zone_note(zone: &Zone, readers: Option<&Zone>) -> String {
    match readers {
        Some(_) => format!("Times are in your zone, {zone}."),
        None => format!("Times are in {zone}, the cohort’s zone. Once you enrol you see them in yours."),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::catalogue::model::EnrolmentWindow;
    use crate::readings::model::testing::card;
    use crate::schedule::model::testing::{Sample, at, reading_id};

    const NOW: &str = "2026-12-01T00:00:00Z";

    fn cohort(number: u128, starts_on: &str, opens: &str, closes: &str) -> Cohort {
        let (sample, ..) = Sample::default().parts();
        Cohort {
            id: CohortId(Uuid::from_u128(number)),
            name: format!("Cohort {number}"),
            starts_on: starts_on.parse().unwrap(),
            window: EnrolmentWindow::new(at(opens), at(closes)).unwrap(),
            ..sample
        }
    }

    fn open(number: u128, starts_on: &str) -> Cohort {
        cohort(number, starts_on, "2026-11-01T00:00:00Z", "2027-03-01T00:00:00Z")
    }

    #[test]
    fn the_next_cohort_is_the_first_to_start_that_is_open_and_has_a_seat() {
        let closed = cohort(1, "2026-11-09", "2026-10-01T00:00:00Z", "2026-11-06T00:00:00Z");
        let cohorts = [closed, open(3, "2027-02-01"), open(2, "2027-01-04")];
        let next = |taken: &[(u128, u32)]| {
            let taken = taken.iter().map(|&(number, seats)| (CohortId(Uuid::from_u128(number)), seats)).collect();
            next_open(&cohorts, &taken, at(NOW)).map(|cohort| cohort.id.0.as_u128())
        };
        assert_eq!(next(&[]), Some(2));
        assert_eq!(next(&[(2, 29)]), Some(2));
        assert_eq!(next(&[(2, 30)]), Some(3));
        assert_eq!(next(&[(2, 30), (3, 31)]), None);
    }

    #[test]
    fn an_offer_tells_its_days_its_seats_and_when_it_closes_for_the_reader() {
        let offer =
            Offer::new(&open(1, "2026-12-07"), 18, 6, &"America/New_York".parse().unwrap(), &Organisation::default(), at(NOW));
        assert_eq!((offer.seats_left, offer.capacity), (12, 30));
        assert_eq!(offer.tags[0].total.to_string(), "₹6,500.00");
        let days = [&offer.starts, &offer.ends, &offer.refund_until].map(|day| day.text.as_str());
        assert_eq!(days, ["Mon 7 Dec 2026", "Sun 17 Jan 2027", "Mon 21 Dec 2026"]);
        assert_eq!(offer.closes.short(), "Sun 28 Feb 2027, 19:00");
        assert_eq!(Offer::new(&open(1, "2026-12-07"), 31, 6, &Zone::UTC, &Organisation::default(), at(NOW)).seats_left, 0);
    }

    #[test]
    fn a_cohort_says_where_it_stands() {
        let seats = |taken| Counted { taken, waiting: 2 };
        let state =
            |cohort: &Cohort, taken| CohortRow::new(cohort, seats(taken), 6, None, &Organisation::default(), at(NOW)).state;
        let past = |starts_on| cohort(1, starts_on, "2026-01-01T00:00:00Z", "2026-09-01T00:00:00Z");
        assert_eq!(state(&open(1, "2027-01-04"), 29), CohortState::Open);
        assert_eq!(state(&open(1, "2027-01-04"), 30), CohortState::Full);
        assert_eq!(state(&past("2026-12-07"), 3), CohortState::Closed);
        assert_eq!(state(&past("2026-11-09"), 3), CohortState::UnderWay(4));
        assert_eq!(state(&past("2026-10-20"), 3), CohortState::Finished);
        // The first day has come in Kolkata, though not yet in UTC.
        let begun = CohortRow::new(&past("2026-12-02"), seats(3), 6, None, &Organisation::default(), at("2026-12-01T18:30:00Z"));
        assert_eq!(begun.state, CohortState::UnderWay(1));
        let ahead = cohort(1, "2027-03-01", "2027-01-01T03:30:00Z", "2027-02-01T00:00:00Z");
        assert!(matches!(state(&ahead, 0), CohortState::NotYet(opens) if opens.short() == "Fri 1 Jan 2027, 09:00"));
        let waiting = |starts_on, taken| {
            CohortRow::new(&open(1, starts_on), seats(taken), 6, None, &Organisation::default(), at(NOW)).waiting
        };
        assert_eq!((waiting("2027-01-04", 30), waiting("2027-01-04", 29)), (Some(2), None));
        assert_eq!(waiting("2026-12-01", 30), None, "it has started");
    }

    #[test]
    fn the_list_begins_with_what_can_be_chosen_and_ends_with_the_latest_past_first() {
        let past = |number, starts_on| cohort(number, starts_on, "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z");
        let all = [past(1, "2026-06-01"), open(2, "2027-02-01"), past(3, "2026-08-03"), open(4, "2027-01-04")];
        let mut rows: Vec<_> = all
            .iter()
            .map(|cohort| CohortRow::new(cohort, Counted::default(), 6, None, &Organisation::default(), at(NOW)))
            .collect();
        in_order(&mut rows);
        let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["Cohort 4", "Cohort 2", "Cohort 3", "Cohort 1"]);
    }

    #[test]
    fn a_week_lists_its_readings_in_order_with_its_moment() {
        let plan = Sample::default().plan();
        let week = plan.planned().next().unwrap();
        let one = |place: u32| (reading_id(1, place), card(reading_id(1, place), &format!("Reading {place}"), 10 * place));
        let cards = (1..=3).map(one).collect();
        let shown = Week::planned(week.module, plan.instant(week.release), &cards, &"Asia/Kathmandu".parse().unwrap());
        assert_eq!(shown.readings, ["Reading 1", "Reading 2", "Reading 3"]);
        assert_eq!(shown.work, "3 readings, about 60 minutes");
        assert_eq!(shown.opens.unwrap().short(), "Mon 4 Jan 2027, 09:15");
    }
}
