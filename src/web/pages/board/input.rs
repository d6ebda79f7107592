//! What the forms of a cohort bring, and what of it can be used.

use std::collections::BTreeSet;

use super::prices::Asked;
use crate::acts::{NewCohort, Terms, Timetable};
use crate::catalogue::model::{Cohort, EnrolmentWindow};
use crate::identity::Person;
use crate::kernel::ids::UserId;
use crate::kernel::text::{TextError, single_line};
use crate::kernel::time::{Date, DateTime, Weekday};
use crate::kernel::{Slug, Timestamp, Zone};
use crate::readings::model::slug_base;
use crate::schedule::model::CivilSlot;
use crate::web::Problem;
use crate::web::form::FieldErrors;

/// No cohort is larger.
const LARGEST: u32 = 10_000;

/// The days that weekly releases can fall on, by a form's word.
pub(super) const WEEKDAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "Monday", Weekday::Monday),
    ("tue", "Tuesday", Weekday::Tuesday),
    ("wed", "Wednesday", Weekday::Wednesday),
    ("thu", "Thursday", Weekday::Thursday),
    ("fri", "Friday", Weekday::Friday),
    ("sat", "Saturday", Weekday::Saturday),
    ("sun", "Sunday", Weekday::Sunday),
];

/// The fields of the terms, which both forms have.
pub(super) const TERMS: [&str; 6] = ["capacity", "opens", "closes", "instructors", "tax", "early_until"];

/// The fields as sent, as text. Those that a form does not have stay empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Input {
    pub(super) revision: String,
    pub(super) course: String,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) zone: String,
    pub(super) starts_on: String,
    pub(super) weekday: String,
    pub(super) time: String,
    pub(super) capacity: String,
    pub(super) prices: Asked,
    pub(super) opens: String,
    pub(super) closes: String,
    /// The one field that comes as often as a box is ticked.
    pub(super) instructors: Vec<String>,
}

impl Input {
    /// Reads what was sent: the terms, and the fields `more`.
    ///
    /// # Errors
    /// [`Problem::Malformed`] for a field that the form does not have, or has once and came twice.
    pub(super) fn read(sent: Vec<(String, String)>, more: &[&str]) -> Result<Self, Problem> {
        let (mut input, mut seen) = (Self::default(), BTreeSet::new());
        for (name, value) in sent {
            if name != "instructors" && !seen.insert(name.clone()) {
                return Err(Problem::Malformed("A field came twice.".to_owned()));
            }
            let known = TERMS.contains(&name.as_str()) || more.contains(&name.as_str());
            if !known && !Asked::has(&name) {
                return Err(Problem::Malformed("The form has no such field.".to_owned()));
            }
            match name.as_str() {
                "instructors" => input.instructors.push(value),
                name => *input.field(name) = value,
            }
        }
        Ok(input)
    }

    fn field(&mut self, name: &str) -> &mut String {
        match name {
            "course" => &mut self.course,
            "name" => &mut self.name,
            "slug" => &mut self.slug,
            "zone" => &mut self.zone,
            "starts_on" => &mut self.starts_on,
            "weekday" => &mut self.weekday,
            "time" => &mut self.time,
            "capacity" => &mut self.capacity,
            "tax" => &mut self.prices.tax,
            "early_until" => &mut self.prices.early_until,
            "opens" => &mut self.opens,
            "closes" => &mut self.closes,
            "revision" => &mut self.revision,
            price => self.prices.field(price),
        }
    }

    /// The terms of a cohort as they stand.
    pub(super) fn of(cohort: &Cohort, instructors: &[UserId]) -> Self {
        let civil = |at: Timestamp| civil(&cohort.zone, at);
        Self {
            revision: cohort.revision.to_string(),
            capacity: cohort.capacity.to_string(),
            prices: Asked::of(&cohort.prices, &cohort.zone),
            opens: civil(cohort.window.opens()),
            closes: civil(cohort.window.closes()),
            instructors: instructors.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }

    /// Whether this person's box is ticked.
    pub(super) fn teaches(&self, person: &Person) -> bool {
        self.instructors.contains(&person.id.to_string())
    }

    /// The cohort to be opened, taught by some of `staff`.
    ///
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    pub(super) fn cohort(&self, staff: &[Person]) -> Result<NewCohort, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = single_line(&self.name, 60).map_err(|error| error.told("Enter a name, such as the month it starts in"));
        let name = errors.parse("name", name);
        // Without a name there is nothing to make an address of, and the name's own error says what to do.
        let slug = if name.is_none() && self.slug.trim().is_empty() { None } else { errors.parse("slug", self.slug()) };
        let zone = errors.parse("zone", self.zone.parse::<Zone>().map_err(|_| "Choose a time zone"));
        let starts_on = errors.parse("starts_on", self.starts_on.parse::<Date>().map_err(|_| "Choose the first day"));
        let weekday = errors.parse("weekday", weekday(&self.weekday));
        let time = errors.parse("time", CivilSlot::parse(0, &self.time)).map(|slot| slot.time);
        let terms = self.read_terms(zone.as_ref().unwrap_or(&Zone::UTC), staff, &mut errors);
        let (Some(name), Some(slug), Some(zone), Some(starts_on)) = (name, slug, zone, starts_on) else { return Err(errors) };
        let (Some(weekday), Some(time), Some(terms)) = (weekday, time, terms) else { return Err(errors) };
        let timetable = Timetable::WeeklyFrom { days: days_to(starts_on, weekday), time };
        let Terms { capacity, prices, window, instructors } = terms;
        Ok(NewCohort { slug, name, zone, starts_on, capacity, prices, window, instructors, timetable })
    }

    /// The address, made of the name's words where none is given.
    fn slug(&self) -> Result<Slug, TextError> {
        let given = self.slug.trim();
        if given.is_empty() && self.name.chars().any(|letter| letter.is_ascii_alphanumeric()) {
            return slug_base(&self.name).parse();
        }
        given.parse()
    }

    /// The terms, with civil times in `zone` and teachers of `staff`.
    ///
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    pub(super) fn terms(&self, zone: &Zone, staff: &[Person]) -> Result<Terms, FieldErrors> {
        let mut errors = FieldErrors::default();
        self.read_terms(zone, staff, &mut errors).ok_or(errors)
    }

    fn read_terms(&self, zone: &Zone, staff: &[Person], errors: &mut FieldErrors) -> Option<Terms> {
        let capacity = self.capacity.trim().parse::<u32>().ok().filter(|seats| (1..=LARGEST).contains(seats));
        let capacity = errors.parse("capacity", capacity.ok_or("Enter a number of seats from 1 to 10,000"));
        let prices = self.prices.read(zone, errors);
        let opens = moment(&self.opens, zone).ok_or("Choose when enrolment opens");
        let closes = moment(&self.closes, zone).ok_or("Choose when enrolment closes");
        let (opens, closes) = (errors.parse("opens", opens), errors.parse("closes", closes));
        let window = opens.zip(closes).and_then(|(opens, closes)| {
            let window = EnrolmentWindow::new(opens, closes).map_err(|_| "Enrolment must close after it opens");
            errors.parse("closes", window)
        });
        let teacher = |id: &String| staff.iter().find(|person| person.id.to_string() == *id).map(|person| person.id);
        let instructors: Option<Vec<UserId>> = self.instructors.iter().map(teacher).collect();
        let instructors = errors.parse("instructors", instructors.ok_or("Choose instructors from the list"));
        Some(Terms { capacity: capacity?, prices: prices?, window: window?, instructors: instructors? })
    }
}

/// As a form has it.
pub(super) fn civil(zone: &Zone, at: Timestamp) -> String {
    zone.civil(at).strftime("%Y-%m-%dT%H:%M").to_string()
}

pub(super) fn moment(text: &str, zone: &Zone) -> Option<Timestamp> {
    text.parse::<DateTime>().map(|civil| zone.instant(civil)).ok()
}

/// The day of the week of the releases; `None` where it is the start's.
fn weekday(word: &str) -> Result<Option<Weekday>, &'static str> {
    match WEEKDAYS.iter().find(|(known, ..)| *known == word) {
        Some((.., weekday)) => Ok(Some(*weekday)),
        None if word.is_empty() => Ok(None),
        None => Err("Choose a day of the week"),
    }
}

/// How many days after `start` the first such day of the week is.
fn days_to(start: Date, weekday: Option<Weekday>) -> i32 {
    weekday.map_or(0, |weekday| i32::from(start.weekday().until(weekday)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Currency, Money};

    fn rupees(price: &str) -> Asked {
        let mut asked = Asked::default();
        *asked.field("price") = price.to_owned();
        *asked.field("currency") = "INR".to_owned();
        asked
    }

    fn good() -> Input {
        Input {
            name: "March 2027".into(),
            zone: "Europe/London".into(),
            starts_on: "2027-03-01".into(),
            time: "09:00".into(),
            capacity: "30".into(),
            prices: rupees("6,500"),
            opens: "2027-01-01T10:00".into(),
            closes: "2027-03-28T01:30".into(),
            ..Input::default()
        }
    }

    #[test]
    fn a_whole_form_is_read_into_its_types() {
        let new = good().cohort(&[]).unwrap();
        assert_eq!((new.slug.as_str(), new.name.as_str(), new.capacity), ("march-2027", "March 2027", 30));
        assert_eq!(new.prices, Money::new(650_000, Currency::INR).into());
        // London's clocks skip half past one on that day.
        assert_eq!(
            (new.window.opens().to_string(), new.window.closes().to_string()),
            ("2027-01-01T10:00:00Z".into(), "2027-03-28T01:30:00Z".into())
        );
        assert_eq!(new.timetable, Timetable::WeeklyFrom { days: 0, time: "09:00".parse().unwrap() });
        let thursday = Input { weekday: "thu".into(), slug: "spring".into(), ..good() }.cohort(&[]).unwrap();
        assert_eq!(thursday.timetable, Timetable::WeeklyFrom { days: 3, time: "09:00".parse().unwrap() });
        assert_eq!(thursday.slug.as_str(), "spring");
    }

    #[test]
    fn an_address_left_to_the_name_is_not_complained_about_where_the_name_is_missing() {
        let errors = Input { name: " ".into(), ..good() }.cohort(&[]).unwrap_err();
        assert!(errors.of("name").is_some() && errors.of("slug").is_none());
    }

    #[test]
    fn each_bad_field_has_its_own_message() {
        let cases: [(&str, Input); 12] = [
            ("name", Input { name: " ".into(), slug: "x".into(), ..good() }),
            ("slug", Input { slug: "March 2027".into(), ..good() }),
            ("slug", Input { name: "मार्च".into(), ..good() }),
            ("zone", Input { zone: "Mars/Olympus".into(), ..good() }),
            ("starts_on", Input { starts_on: "soon".into(), ..good() }),
            ("weekday", Input { weekday: "someday".into(), ..good() }),
            ("time", Input { time: "9".into(), ..good() }),
            ("capacity", Input { capacity: "0".into(), ..good() }),
            ("price", Input { prices: rupees("0"), ..good() }),
            ("opens", Input { opens: "".into(), ..good() }),
            ("closes", Input { closes: "2026-01-01T10:00".into(), ..good() }),
            ("instructors", Input { instructors: vec!["usr_1".into()], ..good() }),
        ];
        for (field, input) in cases {
            let errors = input.cohort(&[]).unwrap_err();
            assert_eq!((errors.list().len(), errors.of(field).is_some()), (1, true), "{field}: {errors:?}");
        }
    }

    #[test]
    fn nobody_sends_a_field_that_the_form_does_not_have() {
        let sent = |name: &str| Input::read(vec![(name.to_owned(), "1".to_owned())], &["name"]);
        assert!(sent("capacity").is_ok() && sent("name").is_ok());
        for name in ["slug", "published_at", "revision", "course"] {
            assert!(matches!(sent(name), Err(Problem::Malformed(_))), "{name}");
        }
    }
}
