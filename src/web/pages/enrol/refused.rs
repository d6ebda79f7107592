//! The page that says why no seat can be had, and what to do.

use askama::Template;

use crate::enrolment::Window;
use crate::kernel::{ShownTime, Timestamp, Zone};
use crate::views::offer::Offer;
use crate::web::view::View;

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Full,
    NotOpenYet {
        opens_at: Timestamp,
    },
    Closed {
        closed_at: Timestamp,
    },
    /// Seats that wait to be paid, over all cohorts.
    TooManyHolds {
        limit: u32,
    },
}

impl Refused {
    /// What stands in everybody's way now, if anything does.
    pub fn now(offer: &Offer) -> Option<Self> {
        if offer.kept_until.is_some() {
            return None;
        }
        match offer.window {
            Window::NotOpenYet { opens_at } => Some(Self::NotOpenYet { opens_at }),
            Window::Closed { closed_at } => Some(Self::Closed { closed_at }),
            Window::Open => (offer.seats_left == 0).then_some(Self::Full),
        }
    }
}

/// What the page says.
#[derive(Debug)]
pub struct Told {
    state: &'static str,
    title: &'static str,
    detail: String,
    when: Option<(&'static str, ShownTime)>,
    remedy: &'static str,
    link: (String, &'static str),
    /// How many wait for a seat, where the waitlist is open.
    waiting: Option<u32>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "web/pages/enrol/refused.html")]
pub struct Page<'a> {
    view: &'a View,
    offer: &'a Offer,
    told: Told,
}

/// The page for a refusal; times are shown in `zone`.
pub fn page<'a>(view: &'a View, offer: &'a Offer, why: Refused, zone: &Zone) -> Page<'a> {
    Page { view, offer, told: told(offer, why, zone) }
}

const COHORTS: &str = "/cohorts";
const OTHERS: &str = "See the other cohorts";

fn told(offer: &Offer, why: Refused, zone: &Zone) -> Told {
    match why {
        Refused::Full if offer.may_join() => Told {
            state: "Full",
            title: "This cohort is full",
            detail: "All its seats are taken, or kept for people who are paying or were offered one. Nothing was charged."
                .to_owned(),
            when: None,
            remedy: "Join the waitlist: a seat that comes free is offered by mail, in the order of joining. Or choose another \
                     cohort.",
            link: (format!("/cohorts/{}/waitlist", offer.slug), "Join the waitlist"),
            waiting: Some(offer.waiting),
        },
        Refused::Full => Told {
            state: "Full",
            title: "This cohort is full",
            detail: "All its seats are taken, or kept for people who are paying. Nothing was charged.".to_owned(),
            when: None,
            remedy: "A kept seat that is not paid comes free after about half an hour, so look again later; or choose another \
                     cohort.",
            link: (COHORTS.to_owned(), OTHERS),
            waiting: None,
        },
        Refused::NotOpenYet { opens_at } => Told {
            state: "Not open yet",
            title: "Enrolment has not opened yet",
            detail: "This cohort takes no enrolments until then.".to_owned(),
            when: Some(("Enrolment opens", ShownTime::new(opens_at, zone))),
            remedy: "Come back when enrolment opens, or choose a cohort that is open now.",
            link: (COHORTS.to_owned(), OTHERS),
            waiting: None,
        },
        Refused::Closed { closed_at } => Told {
            state: "Closed",
            title: "Enrolment has closed",
            detail: "This cohort takes no more enrolments.".to_owned(),
            when: Some(("Enrolment closed", ShownTime::new(closed_at, zone))),
            remedy: "Choose a later cohort: the readings are the same.",
            link: (COHORTS.to_owned(), OTHERS),
            waiting: None,
        },
        Refused::TooManyHolds { limit } => Told {
            state: "Not kept",
            title: "You hold as many unpaid seats as you may",
            detail: format!("One person can hold {limit} unpaid seats at once, over all cohorts."),
            when: None,
            remedy: "Pay for one of them first, or wait until one lapses, about half an hour after you took it.",
            link: (COHORTS.to_owned(), "See the cohorts"),
            waiting: None,
        },
    }
}
