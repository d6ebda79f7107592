//! Choosing a reading of the library to attach to a module: a search, and what it found to choose from.

use sea_orm::DbErr;

use crate::db::Conn;
use crate::kernel::ids::ReadingId;
use crate::readings::Card;
use crate::views::library::{self, ShelfRow, Wanted};
use crate::web::pages::shown::counted;

/// What was looked for, and found.
#[derive(Debug)]
pub struct Picker {
    pub find: String,
    pub heading: String,
    pub rows: Vec<Choice>,
}

/// One reading to choose.
#[derive(Debug)]
pub struct Choice {
    pub slug: String,
    pub title: String,
    /// Author, publisher and year, as far as known.
    pub source: String,
    pub ready: bool,
    pub chosen: bool,
}

impl Picker {
    /// The readings that `find` finds, but for those attached already.
    ///
    /// # Errors
    /// The database's own.
    pub async fn load(conn: &Conn, find: &str, chosen: &str, attached: &[ReadingId]) -> Result<Self, DbErr> {
        let find: String = find.chars().take(100).collect();
        let wanted = Wanted { find: find.clone(), without: attached.to_vec(), page: 1, ..Wanted::default() };
        let shelf = library::shelf(conn, &wanted).await?;
        let shown = u64::try_from(shelf.rows.len()).unwrap_or(u64::MAX);
        let heading = if shelf.total > shown {
            format!("The first {shown} of {} readings: look for words to see others", shelf.total)
        } else {
            counted(shelf.rows.len(), "reading")
        };
        let row = |row: ShelfRow| choice(&row.card, chosen);
        Ok(Self { find, heading, rows: shelf.rows.into_iter().map(row).collect() })
    }
}

fn choice(card: &Card, chosen: &str) -> Choice {
    Choice {
        slug: card.slug.as_str().to_owned(),
        title: card.title.clone(),
        source: source(card),
        ready: card.is_ready(),
        chosen: card.slug.as_str() == chosen,
    }
}

/// `Author, Publisher, 2027`, as far as known.
pub fn source(card: &Card) -> String {
    let year = card.published_on.map(|date| date.year().to_string());
    let parts = [card.author.clone(), Some(card.publisher.clone()), year];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
