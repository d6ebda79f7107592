//! What waits today.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::jobs::about;
use super::{DisputeLine, next, why};
use crate::documents::Document;
use crate::jobs::DeadJob;
use crate::kernel::ids::EnrolmentId;
use crate::kernel::shown::plain_date;
use crate::kernel::{ShownTime, Timestamp, Zone};
use crate::mail::LetterRow;
use crate::payment::{OddNotification, Order, StuckEvent};
use crate::pdf;
use crate::schedule::Short;
use crate::views::today::{self, BankRow, DisputeRow, HoldRow, LISTED, QueueRow, RateRow, RefundRow, Today, TransferRow};
use crate::views::told;
use crate::web::pages::outbox::words::{self, Said};
use crate::web::pages::shown::counted;
use crate::web::pages::staff::money::words::Line;
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/today/show.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    who: &'a str,
    zone: &'a str,
    total: u64,
    money: Vec<Money<'a>>,
    refunds: Vec<(&'a RefundRow, Line)>,
    mails: Vec<(&'a LetterRow, String, Said)>,
    jobs: Vec<Job<'a>>,
    weeks: Vec<(&'a Short, ShownTime)>,
    bank: Vec<(&'a BankRow, ShownTime)>,
    events: Vec<(&'a StuckEvent, ShownTime)>,
    notifications: Vec<(&'a OddNotification, ShownTime)>,
    documents: Vec<Unprintable<'a>>,
    /// With the day of the supply, and that by which the invoice is due.
    rates: Vec<(&'a RateRow, String, String)>,
    disputes: Vec<Disputed<'a>>,
    transfers: Vec<Transfer<'a>>,
    holds: Vec<(&'a HoldRow, ShownTime)>,
    /// What is not listed: there is too much of it.
    more: Option<String>,
}

struct Money<'a> {
    of: &'a QueueRow,
    at: ShownTime,
    why: &'static str,
    next: &'static str,
}

/// A dispute, with the order that it is about.
struct Disputed<'a> {
    line: DisputeLine,
    order: Option<&'a Order>,
    /// Whose seat an admin decides about.
    enrolment: Option<EnrolmentId>,
}

/// A document that waits for a spelling.
struct Unprintable<'a> {
    of: &'a Document,
    characters: String,
    since: ShownTime,
}

/// A transfer to match.
struct Transfer<'a> {
    of: &'a TransferRow,
    told: ShownTime,
    until: ShownTime,
}

struct Job<'a> {
    of: &'a DeadJob,
    kind: String,
    /// Where that is which it is about.
    about: Option<String>,
    asked: ShownTime,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let now = app.services.clocks.service();
    let today = today::today(&conn, &app.plans, now).await?;
    let mut page_of = shown(&view, done.word(), &today, admin.name.as_str(), &admin.zone);
    let gateway = &app.services.settings.gateway;
    let disputed = |row: &'_ DisputeRow| DisputeLine::new(&row.dispute, gateway, &admin.zone);
    page_of.disputes = today
        .disputes
        .iter()
        .map(|row| Disputed {
            line: disputed(row),
            order: row.order.as_ref(),
            enrolment: row.order.as_ref().and_then(Order::enrolment),
        })
        .collect();
    page(&page_of)
}

fn shown<'a>(view: &'a View, done: Option<Done>, today: &'a Today, who: &'a str, zone: &'a Zone) -> Page<'a> {
    let at = |at: Timestamp| ShownTime::new(at, zone);
    let money = |of: &'a QueueRow| {
        let exception = &of.exception;
        Money { of, at: at(exception.created_at), why: why(exception.reason), next: next(exception) }
    };
    let unprintable = |of: &'a Document| {
        let waiting = of.waiting.as_ref()?;
        Some(Unprintable { of, characters: pdf::shown(&waiting.characters), since: at(waiting.since) })
    };
    let rate = |of: &'a RateRow| (of, plain_date(of.awaited.supplied_on), plain_date(of.awaited.due_on()));
    let job = |of: &'a DeadJob| Job { of, kind: told::job(&of.kind), about: about(&of.payload), asked: at(of.asked_at) };
    Page {
        view,
        done,
        who,
        zone: zone.name(),
        total: today.counts.total(),
        money: today.money.iter().map(money).collect(),
        refunds: today.refunds.iter().map(|row| (row, Line::new(&row.refund, zone))).collect(),
        mails: today.mails.iter().map(|row| (row, told::mail(&row.kind), words::said(row, zone))).collect(),
        jobs: today.jobs.iter().map(job).collect(),
        weeks: today.weeks.iter().map(|week| (week, ShownTime::new(week.release, &week.cohort.zone))).collect(),
        bank: today.bank.iter().map(|row| (row, at(row.payment.created_at))).collect(),
        events: today.events.iter().map(|row| (row, at(row.received_at))).collect(),
        notifications: today.notifications.iter().map(|row| (row, at(row.received_at))).collect(),
        documents: today.documents.iter().filter_map(unprintable).collect(),
        rates: today.rates.iter().map(rate).collect(),
        disputes: Vec::new(),
        transfers: today.transfers.iter().map(|of| Transfer { of, told: at(of.told.at), until: at(of.held_until) }).collect(),
        holds: today.holds.iter().map(|row| (row, at(row.until))).collect(),
        more: more(today),
    }
}

/// `12 mails, 3 notifications`: what stands behind the rows.
fn more(today: &Today) -> Option<String> {
    let counts = today.counts;
    let hidden = [
        (counts.refunds, "refund"),
        (counts.mails, "mail"),
        (counts.jobs, "job"),
        (counts.bank, "payment"),
        (counts.events, "stuck event"),
        (counts.notifications, "notification"),
        (counts.documents, "document"),
        (counts.rates, "export invoice"),
        (counts.disputes, "dispute"),
        (counts.transfers, "transfer"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > LISTED)
    .map(|(count, noun)| counted(usize::try_from(count - LISTED).unwrap_or(usize::MAX), noun));
    let hidden: Vec<String> = hidden.collect();
    (!hidden.is_empty()).then(|| hidden.join(", "))
}
