//! Whether two moments are the same for all that may follow: every row that a decision may look at and all that the gateway knows are
//! equal, but for the names of things. A thing that came into being in a history (a payment, a refund, an event, an order's number) is
//! known by what is said of it, never by its random id.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use lectern::db::rows::tables;
use serde_json::{Value, json};

use super::world::World;

/// The tables that say how orders, money, seats, documents, mails and work stand: what a decision about them is made from. The others
/// hold what no act of a story changes (people, courses, settings), or what nothing is decided by (the log, search, pictures).
const LOOKED_AT: [&str; 23] = [
    "enrolments",
    "waitlist_entries",
    "coupons",
    "orders",
    "coupon_uses",
    "transfers",
    "document_series",
    "documents",
    "payments",
    "refunds",
    "payment_exceptions",
    "gateway_charges",
    "gateway_customers",
    "disputes",
    "payouts",
    "payout_lines",
    "gateway_cursor",
    "gateway_events",
    "ledger_entries",
    "ledger_postings",
    "jobs",
    "outbox",
    "service_clock",
];
/// Columns without meaning for what follows: of a notification nothing is looked at once it is processed, as each is here, and a
/// message's id is random.
const UNREAD: [(&str, &str); 4] =
    [("gateway_events", "body"), ("gateway_events", "received_at"), ("gateway_events", "processed_at"), ("outbox", "message_id")];
/// How often what is known of a thing is passed on to those that name it.
const ROUNDS: usize = 4;

/// A piece of a text: what it says, or whom it names.
#[derive(Clone, Copy)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// What there was before a story: whatever had its name then keeps it.
pub struct Start {
    texts: HashSet<String>,
    names: HashSet<String>,
}

impl From<State> for Start {
    fn from(state: State) -> Self {
        let names = state.texts.iter().flat_map(|text| state.pieces(text)).filter_map(name).map(str::to_owned).collect();
        Self { names, texts: state.texts.into_iter().collect() }
    }
}

/// What there is at a moment, a text for each thing.
pub struct State {
    texts: Vec<String>,
    numbers: Vec<String>,
}

impl State {
    /// What there is now.
    pub async fn of(world: &World) -> Self {
        let conn = world.services.db.snapshot().await.unwrap();
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for table in tables().into_iter().filter(|table| LOOKED_AT.contains(&table.name)) {
            let columns: Vec<_> = table.columns().collect();
            let unread = |column: &str| UNREAD.contains(&(table.name, column));
            for row in table.page(&conn, None, 10_000).await.unwrap() {
                let said: Vec<_> =
                    columns.iter().zip(&row).filter(|(column, _)| !unread(column)).map(|(_, value)| value).collect();
                texts.push(format!("{} {}", table.name, json!(said)));
                if table.name == "orders" {
                    let number = columns.iter().position(|column| *column == "number").expect("an order has a number");
                    numbers.extend(row[number].as_str().map(str::to_owned));
                }
            }
        }
        let gateway = world.practice.saved().to_json();
        for (kind, all) in gateway.as_object().into_iter().flatten().filter(|(kind, _)| *kind != "answers") {
            let things: Vec<&Value> = match all {
                Value::Array(list) => list.iter().collect(),
                Value::Object(map) => map.values().collect(),
                _ => Vec::new(),
            };
            texts.extend(things.into_iter().map(|thing| format!("gateway {kind} {thing}")));
        }
        Self { texts, numbers }
    }

    /// The same for the same state, of those that came of `start`.
    pub fn fingerprint(&self, start: &Start) -> u64 {
        let things: Vec<Vec<Piece<'_>>> =
            self.texts.iter().filter(|text| !start.texts.contains(*text)).map(|text| self.pieces(text)).collect();
        let mut labels: BTreeMap<&str, u64> = BTreeMap::new();
        for _ in 0..ROUNDS {
            let mut said: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
            for thing in &things {
                let names: BTreeSet<&str> =
                    thing.iter().copied().filter_map(name).filter(|name| !start.names.contains(*name)).collect();
                for itself in names {
                    said.entry(itself).or_default().push(hash(thing, Some(itself), &start.names, &labels));
                }
            }
            labels = said.into_iter().map(|(name, hashes)| (name, together(hashes))).collect();
        }
        together(things.iter().map(|thing| hash(thing, None, &start.names, &labels)).collect())
    }

    fn pieces<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
        let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
        while at < text.len() {
            match name_at(text, at, &self.numbers) {
                Some(end) => {
                    pieces.push(Piece::Text(&text[from..at]));
                    pieces.push(Piece::Name(&text[at..end]));
                    (from, at) = (end, end);
                }
                None => at += 1,
            }
        }
        pieces.push(Piece::Text(&text[from..]));
        pieces
    }
}

fn name(piece: Piece<'_>) -> Option<&str> {
    match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) => None,
    }
}

/// Where a name ends that begins at `at`: a UUID, the digits of the gateway's ids, an order's number.
fn name_at(text: &str, at: usize, numbers: &[String]) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    let hex = |length: usize| rest.len() >= length && rest[..length].iter().all(u8::is_ascii_hexdigit);
    if hex(8) && rest.len() >= 36 && [8, 13, 18, 23].iter().all(|&dash| rest[dash] == b'-') {
        return Some(at + 36);
    }
    if at > 0 && text.as_bytes()[at - 1] == b'_' && hex(24) {
        return Some(at + 24);
    }
    let number = numbers.iter().find(|number| rest.starts_with(number.as_bytes()))?;
    Some(at + number.len())
}

fn hash(thing: &[Piece<'_>], itself: Option<&str>, known: &HashSet<String>, labels: &BTreeMap<&str, u64>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for piece in thing {
        match piece {
            Piece::Text(text) => text.hash(&mut hasher),
            Piece::Name(name) if Some(*name) == itself => "itself".hash(&mut hasher),
            Piece::Name(name) if known.contains(*name) => name.hash(&mut hasher),
            Piece::Name(name) => match labels.get(name) {
                Some(label) => label.hash(&mut hasher),
                None => "somebody".hash(&mut hasher),
            },
        }
    }
    hasher.finish()
}

fn together(mut hashes: Vec<u64>) -> u64 {
    hashes.sort_unstable();
    let mut hasher = DefaultHasher::new();
    hashes.hash(&mut hasher);
    hasher.finish()
}
