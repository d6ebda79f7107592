//! The audit log, searched by its address.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

use super::{Choice, address, choices};
use crate::audit::{self, Entry, Wanted};
use crate::db::Conn;
use crate::identity::{self, Person};
use crate::kernel::actor::Component;
use crate::kernel::ids::UserId;
use crate::kernel::time::{Date, SignedDuration, Time};
use crate::kernel::{Actor, EmailAddress, ShownTime, Zone};
use crate::search::Terms;
use crate::views::{history, told};
use crate::web::Problem;
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};

/// Entries on a page.
const SIZE: usize = 50;

/// The log as its address asks for it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// An address, or the id of an account.
    actor: String,
    /// An id of any kind.
    subject: String,
    kind: String,
    /// Words of a reason.
    reason: String,
    /// Days, in the reader's zone.
    from: String,
    to: String,
    /// The last entry of the page before.
    after: String,
}

impl Asked {
    fn at(&self, after: &str) -> String {
        let own = [("actor", &self.actor), ("subject", &self.subject), ("kind", &self.kind), ("reason", &self.reason)];
        let days = [("from", &self.from), ("to", &self.to)];
        let pairs = own.into_iter().chain(days).map(|(name, value)| (name, value.as_str())).chain([("after", after)]);
        address("/staff/log", &pairs.collect::<Vec<_>>())
    }

    fn wanted(&self, actor: Option<UserId>, zone: &Zone) -> Wanted {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let day = |text: &str| text.trim().parse::<Date>().ok();
        let start = |day: Date| zone.instant(day.to_datetime(Time::midnight()));
        Wanted {
            actor,
            subject: said(&self.subject),
            kind: said(&self.kind),
            reason: Terms::parse(&self.reason),
            from: day(&self.from).map(start),
            until: day(&self.to).map(|day| start(day.saturating_add(SignedDuration::from_hours(24)))),
        }
    }
}

#[derive(Template)]
#[template(path = "web/pages/staff/log.html")]
struct Page<'a> {
    view: &'a View,
    asked: &'a Asked,
    kinds: Vec<Choice>,
    /// Nobody has the address or id that was asked for.
    nobody: bool,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
    zone: &'a str,
}

struct Row {
    at: ShownTime,
    title: String,
    by: String,
    subject: String,
    href: Option<String>,
    details: Vec<String>,
}

/// The log.
pub async fn show(
    view: View,
    Admin(person): Admin,
    PageSnapshot(conn): PageSnapshot,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let actor = find(&conn, asked.actor.trim()).await?;
    let nobody = actor.is_none() && !asked.actor.trim().is_empty();
    let wanted = asked.wanted(actor, &person.zone);
    let mut found = match nobody {
        true => Vec::new(),
        false => audit::search(&conn, &wanted, asked.after.parse().ok(), SIZE as u64 + 1).await?,
    };
    let more = found.len() > SIZE;
    found.truncate(SIZE);
    let older = found.last().filter(|_| more).map(|entry| asked.at(&entry.id.to_string()));
    let kinds = std::iter::once(("", "Any")).chain(told::kinds());
    page(&Page {
        view: &view,
        kinds: choices(kinds, &asked.kind),
        nobody,
        rows: rows(&conn, &found, &person).await?,
        newest: (!asked.after.is_empty()).then(|| asked.at("")),
        older,
        zone: person.zone.name(),
        asked: &asked,
    })
}

/// The account of an address or an id, disabled or not.
async fn find(conn: &Conn, text: &str) -> Result<Option<UserId>, Problem> {
    if let Ok(id) = text.parse::<UserId>() {
        return Ok(Some(id));
    }
    let Ok(email) = text.parse::<EmailAddress>() else { return Ok(None) };
    Ok(identity::account_by_email(conn, &email).await?.map(|account| account.person.id))
}

async fn rows(conn: &Conn, found: &[Entry], reader: &Person) -> Result<Vec<Row>, Problem> {
    let names = history::names(conn, found.iter().filter_map(|entry| entry.actor)).await?;
    let row = |entry: &Entry| Row {
        at: ShownTime::new(entry.at, &reader.zone),
        title: told::sentence(&entry.kind),
        by: by(entry, entry.actor.and_then(|id| names.get(&id).cloned())),
        href: page_of(&entry.subject),
        subject: entry.subject.clone(),
        details: details(entry, &reader.zone, true),
    };
    Ok(found.iter().map(row).collect())
}

/// Who acted, by name where it is known, and whether a program did it for them.
pub(super) fn by(entry: &Entry, name: Option<String>) -> String {
    match (name, entry.token) {
        (Some(name), Some(_)) => format!("{name}, by an API token"),
        (Some(name), None) => name,
        (None, _) => actor(&entry.actor_kind).to_owned(),
    }
}

/// Where a subject has a page.
fn page_of(subject: &str) -> Option<String> {
    let (prefix, _) = subject.split_once('_')?;
    match prefix {
        "enr" => Some(format!("/staff/enrolments/{subject}")),
        "ord" => Some(format!("/staff/orders/{subject}")),
        "usr" => Some(format!("/staff/people/{subject}")),
        "crt" => Some(format!("/staff/certificates/{subject}")),
        "exc" => Some("/staff/today".to_owned()),
        "tok" => Some("/staff/tokens".to_owned()),
        _ => None,
    }
}

/// Who acted, where it was nobody with a name.
fn actor(kind: &str) -> &'static str {
    let is = |component| Actor::System(component).kind() == kind;
    match kind {
        "visitor" => "A visitor",
        "operator" => "Somebody with a shell",
        _ if is(Component::Worker) => "The program, in the background",
        _ if is(Component::Webhook) => "The payment gateway",
        _ if is(Component::Demonstration) => "The demonstration",
        _ if is(Component::Clock) => "The development clock",
        _ => "Somebody",
    }
}

/// What an entry says that changed; names and addresses for admins alone.
pub(super) fn details(entry: &Entry, zone: &Zone, admin: bool) -> Vec<String> {
    let changes =
        told::changes(&entry.before, &entry.after, zone).into_iter().map(|change| match (change.before, change.after) {
            (Some(before), Some(after)) => format!("{}: {before} → {after}", change.what),
            (None, Some(after)) => format!("{}: {after}", change.what),
            (Some(before), None) => format!("{}: {before} → none", change.what),
            (None, None) => change.what,
        });
    let personal = entry.personal.as_ref().filter(|_| admin).and_then(|personal| told::shown(personal, zone));
    changes.chain(personal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Timestamp;

    #[test]
    fn days_are_whole_days_of_the_readers_zone() {
        let asked = Asked { from: "2027-01-04".into(), to: " 2027-01-05 ".into(), reason: "late".into(), ..Asked::default() };
        let wanted = asked.wanted(None, &"Asia/Kolkata".parse().unwrap());
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!((wanted.from, wanted.until), (at("2027-01-03T18:30:00Z"), at("2027-01-05T18:30:00Z")));
        let none = Asked { from: "4.1.".into(), to: "9999-99-99".into(), ..Asked::default() }.wanted(None, &Zone::UTC);
        assert_eq!((none.from, none.until, none.kind, none.subject), (None, None, None, None));
    }
}
