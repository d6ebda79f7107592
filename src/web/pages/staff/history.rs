//! One enrolment: how it stands, what to do next, and all that happened.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{address, order};
use crate::db::Conn;
use crate::enrolment::EnrolmentState;
use crate::identity::{Person, Role};
use crate::kernel::{ShownTime, Timestamp, Zone};
use crate::payment::Payment;
use crate::views::history::{self, History, Letter, Line, NextAct, Posted, Topic, What};
use crate::views::told;
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// Which lines are wanted, and what was just done; other words count as absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    show: String,
    done: String,
}

const TOPICS: [(&str, &str, Option<Topic>); 5] = [
    ("", "Everything", None),
    ("seat", "Seat and account", Some(Topic::Seat)),
    ("mail", "Mail", Some(Topic::Mail)),
    ("money", "Money", Some(Topic::Money)),
    ("study", "Study", Some(Topic::Study)),
];

#[derive(Template)]
#[template(path = "web/pages/staff/history.html")]
struct Page<'a> {
    view: &'a View,
    history: &'a History,
    admin: bool,
    done: Option<&'static str>,
    seat: (&'static str, &'static str),
    since: ShownTime,
    last_seen: Option<ShownTime>,
    next: Next,
    enrolled: bool,
    weeks: Vec<Week<'a>>,
    papers: Vec<(&'a crate::payment::Order, (&'static str, &'static str), Vec<Paid>)>,
    topics: Vec<(String, &'static str, bool)>,
    /// What is to be sent, the next first.
    planned: Vec<Shown>,
    lines: Vec<Shown>,
    /// What is older is not all there.
    cut: bool,
    zone: &'a str,
}

/// The next act in words, with the way there.
struct Next {
    title: String,
    words: String,
    link: Option<(String, &'static str)>,
    /// The act is the button that sends the confirmation.
    resend: bool,
}

struct Week<'a> {
    of: &'a history::Week,
    opens: ShownTime,
    due: Option<ShownTime>,
}

struct Paid {
    amount: String,
    state: &'static str,
}

/// A line of the timeline.
struct Shown {
    at: ShownTime,
    title: String,
    by: Option<String>,
    state: Option<(&'static str, &'static str)>,
    details: Vec<String>,
}

/// The history; of another instructor's student there is none.
pub async fn show(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let history = find(&app, &conn, &person, &id).await?;
    page(&shown(&view, &person, &history, &asked, app.services.clocks.service()))
}

/// The history of this id, if this person may see it.
pub(super) async fn find(app: &App, conn: &Conn, person: &Person, id: &str) -> Result<History, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    history::history(conn, &app.plans, person, id, app.services.clocks.service()).await?.ok_or(Problem::NotFound)
}

fn shown<'a>(view: &'a View, person: &'a Person, history: &'a History, asked: &Asked, now: Timestamp) -> Page<'a> {
    let (id, zone, admin) = (history.enrolment.id, &person.zone, person.role == Role::Admin);
    let time = |at| ShownTime::new(at, zone);
    let topic = TOPICS.iter().find(|(word, ..)| *word == asked.show).and_then(|(_, _, topic)| *topic);
    let wanted = history.lines.iter().filter(|line| topic.is_none_or(|topic| line.topic == topic));
    let (planned, past): (Vec<&Line>, Vec<&Line>) = wanted.partition(|line| line.at > now);
    let said = |line: &Line| told(line, zone, admin);
    let path = format!("/staff/enrolments/{id}");
    let offered = TOPICS.iter().filter(|(_, _, topic)| admin || *topic != Some(Topic::Money));
    let paper = |paper: &'a history::Paper| {
        (&paper.order, order::order_state(paper.order.state), paper.payments.iter().map(paid).collect())
    };
    Page {
        view,
        admin,
        done: done(&asked.done),
        seat: order::seat(history.enrolment.state),
        since: time(since(history)),
        last_seen: history.last_seen.map(time),
        next: next(history, zone),
        enrolled: matches!(history.enrolment.state, EnrolmentState::Enrolled { .. }),
        weeks: history
            .weeks
            .iter()
            .map(|of| Week { of, opens: time(of.dates.opens_at), due: of.dates.due_at.map(time) })
            .collect(),
        papers: history.papers.iter().map(paper).collect(),
        topics: offered.map(|(word, words, _)| (address(&path, &[("show", word)]), *words, *word == asked.show)).collect(),
        planned: planned.into_iter().rev().map(said).collect(),
        lines: past.into_iter().map(said).collect(),
        cut: history.cut,
        zone: zone.name(),
        history,
    }
}

fn done(word: &str) -> Option<&'static str> {
    match word {
        "mailed" => Some("The confirmation is on its way."),
        "extended" => Some("The student has more time, and is told by mail."),
        "cancelled" => Some("The enrolment is cancelled, and the student is told by mail."),
        _ => None,
    }
}

fn since(history: &History) -> Timestamp {
    match history.enrolment.state {
        EnrolmentState::Held { .. } => history.enrolment.created_at,
        EnrolmentState::Enrolled { at } | EnrolmentState::Lapsed { at } | EnrolmentState::Cancelled { at } => at,
    }
}

fn paid(payment: &Payment) -> Paid {
    let state = match payment.state_word() {
        "captured" => "received",
        "mismatched" => "received, not what was asked for",
        "failed" => "refused",
        "expired" => "left unpaid",
        _ => "not finished",
    };
    Paid { amount: payment.amount.to_string(), state }
}

fn next(history: &History, zone: &Zone) -> Next {
    let (id, shown) = (history.enrolment.id, |at| ShownTime::new(at, zone).short());
    let said = |title: &str, words: String, link| Next { title: title.to_owned(), words, link, resend: false };
    let order = |order| Some((format!("/staff/orders/{order}"), "Go to the order"));
    match history.next {
        NextAct::LookAtQueue => said(
            "Money waits for you",
            "A payment came that fits no rule. See why, and what to do about it.".to_owned(),
            Some(("/staff/today".to_owned(), "See what waits")),
        ),
        NextAct::RecordPayment { order: id, until } => said(
            "Record a payment, or wait for one",
            format!("The seat is held until {}. If the money came another way than by card, record it on the order.", shown(until)),
            order(id),
        ),
        NextAct::RecordLate { order: id } => said(
            "Nothing, unless money came",
            "The hold ended unpaid. If a transfer came all the same, record it on the order: it seats the student if there is room."
                .to_owned(),
            order(id),
        ),
        NextAct::AwaitPayment { until } => {
            said("Wait for the payment", format!("The seat is held until {}.", shown(until)), None)
        }
        NextAct::ResendConfirmation => Next {
            resend: true,
            ..said("Send the confirmation again", "The last one was refused for good: the student may not know that they are enrolled. If the address is wrong, correct it first.".to_owned(), None)
        },
        NextAct::GiveTime { week } => said(
            &format!("Write to them, or give more time for week {week}"),
            format!("Required readings of week {week} were due and are not read."),
            Some((format!("/staff/enrolments/{id}/extend?week={week}"), "Give more time")),
        ),
        NextAct::IssueCertificate => said(
            "Issue the certificate",
            "Every required reading is read.".to_owned(),
            Some((format!("/staff/cohorts/{}/certificates", history.cohort.slug), "Go to the certificates")),
        ),
        NextAct::Nothing => said("Nothing is to be done", "All is as it should be.".to_owned(), None),
    }
}

fn told(line: &Line, zone: &Zone, admin: bool) -> Shown {
    let at = ShownTime::new(line.at, zone);
    let plain = |title: String| Shown { at: at.clone(), title, by: None, state: None, details: Vec::new() };
    match &line.what {
        What::Event { entry, by } => Shown {
            by: Some(super::log::by(entry, by.clone())),
            details: super::log::details(entry, zone, admin),
            ..plain(told::sentence(&entry.kind))
        },
        What::Letter(letter) => Shown {
            state: Some(posted(letter)),
            details: std::iter::once(format!("To {}", letter.recipient)).chain(letter.answer.clone()).collect(),
            ..plain(format!("Mail: {}", told::mail(&letter.kind)))
        },
        What::Opened { week, title } => plain(format!("Week {week} opened: {title}")),
        What::Read { week, title } => plain(format!("Read in week {week}: {title}")),
    }
}

fn posted(letter: &Letter) -> (&'static str, &'static str) {
    match letter.state {
        Posted::Waiting => ("wait", "Waiting"),
        Posted::Sent => ("done", "Sent"),
        Posted::InDoubt => ("wait", "In doubt"),
        Posted::Dropped => ("", "Not sent"),
        Posted::Dead => ("bad", "Refused for good"),
    }
}
