//! All mail, newest first: found by address, kind and state.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use sea_orm::Iterable;
use serde::{Deserialize, Serialize};

use super::words::{self, Said};
use crate::kernel::ShownTime;
use crate::mail::{self, LetterFilter, LetterRow, LetterState};
use crate::views::told;
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// Rows of one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "web/pages/outbox/list.html")]
struct Page<'a> {
    view: &'a View,
    zone: &'a str,
    asked: &'a Asked,
    /// Each kind: its word, its name, whether it is asked for.
    kinds: Vec<(&'static str, String, bool)>,
    states: Vec<(String, &'static str, bool)>,
    rows: Vec<(&'a LetterRow, String, ShownTime, Said)>,
    /// Where the older ones are.
    older: Option<String>,
}

/// The search, as its address says it. What is not understood is not asked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub recipient: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// The letter that the page before ended with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub before: String,
}

impl Asked {
    fn filter(&self) -> LetterFilter {
        let text = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        LetterFilter { recipient: text(&self.recipient), kind: text(&self.kind), state: mail::state_of_word(&self.state) }
    }

    fn is_narrow(&self) -> bool {
        self.filter() != LetterFilter::default()
    }

    /// The address of what follows `last`.
    fn after(&self, last: &LetterRow) -> Option<String> {
        let next = Self { before: last.id.to_string(), ..self.clone() };
        Some(format!("/staff/outbox?{}", serde_urlencoded::to_string(next).ok()?))
    }
}

/// The list.
pub async fn show(
    State(app): State<App>,
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    // One more than is shown tells whether there are older ones.
    let mut found = mail::letters(&conn, &asked.filter(), asked.before.parse().ok(), ROWS as u64 + 1).await?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let zone = &admin.zone;
    let states = LetterState::iter().map(|state| (mail::state_word(state), words::name(state)));
    let told = |row: &LetterRow| (told::mail(&row.kind), ShownTime::new(row.created_at, zone), words::said(row, zone));
    let row = |row| {
        let (kind, made, said) = told(row);
        (row, kind, made, said)
    };
    page(&Page {
        view: &view,
        zone: zone.name(),
        kinds: app.registries.composers.kinds().map(|kind| (kind, told::mail(kind), kind == asked.kind)).collect(),
        states: states.map(|(word, name)| (word.clone(), name, word == asked.state)).collect(),
        older: found.last().filter(|_| more).and_then(|last| asked.after(last)),
        rows: found.iter().map(row).collect(),
        asked: &asked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_stands_in_its_address_and_what_is_not_understood_is_not_asked() {
        let asked: Asked = serde_urlencoded::from_str("recipient=+demo%2B&state=in_doubt&utm=1").unwrap();
        let filter = asked.filter();
        assert_eq!((filter.recipient.as_deref(), filter.state), (Some("demo+"), Some(LetterState::InDoubt)));
        assert_eq!(serde_urlencoded::to_string(&asked).unwrap(), "recipient=+demo%2B&state=in_doubt");
        let odd: Asked = serde_urlencoded::from_str("state=none&kind=+&recipient=").unwrap();
        assert!(!odd.is_narrow());
    }
}
