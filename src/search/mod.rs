//! Finding by words: a table of words in small letters, each with whom it finds, written in the transaction that writes the text.
//!
//! What is typed is split as the texts are; each part must begin one of the subject's words. A prefix is a range of an index that
//! sorts by bytes, so that no list is read through, and both databases answer the same.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use crate::db::rows::search as row;
use crate::db::{Conn, Txn};

pub use row::Scope;

/// The longest word kept, in characters.
const LONGEST: usize = 40;
/// The most parts of a search that are looked at.
const PARTS: usize = 6;
/// Up to so many subjects, a search begins with those of a part; beyond, the list is walked newest first, [`WALKED`] rows at a time.
pub const FEW: u64 = 1_000;
/// Rows of a list that one page looks through, where each part fits many: the next page goes on from there.
pub const WALKED: u64 = 1_000;
/// Rows a statement: well below either database's limit of bound values.
const ROWS: usize = 500;
/// No word has it: it ends the range of a prefix.
const LAST: char = char::MAX;

/// The words of a text, in small letters.
pub fn words(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    parts.map(|word| word.chars().take(LONGEST).collect()).collect()
}

/// What is searched for: beginnings of words, all of which must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms(Vec<String>);

impl Terms {
    /// Of what somebody typed; nothing that could be a word finds everything.
    pub fn parse(text: &str) -> Self {
        Self(words(text).into_iter().take(PARTS).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// That one of these columns' subjects has a word for each term.
    pub fn fit(&self, subjects: &[Expr]) -> Condition {
        self.0.iter().fold(Condition::all(), |all, term| all.add(has(term, subjects)))
    }
}

/// Where a search begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Those who have a word for this part, the rarest, alone can fit.
    Among(Rarest),
    /// Each part fits many.
    Anywhere,
}

/// A part that fits few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rarest {
    scope: Scope,
    term: String,
}

impl Rarest {
    /// Whom it fits.
    pub fn subjects(&self) -> SelectStatement {
        fitting(self.scope, &self.term).into_query()
    }
}

fn fitting(scope: Scope, term: &str) -> Select<row::Entity> {
    let subjects = row::Entity::find().select_only().column(row::Column::Subject);
    subjects.filter(row::Column::Scope.eq(scope)).filter(range(term))
}

fn range(term: &str) -> Condition {
    Condition::all().add(row::COLUMN.word.gte(term)).add(row::COLUMN.word.lt(format!("{term}{LAST}")))
}

fn has(term: &str, subjects: &[Expr]) -> Expr {
    // No scope: an id is of one only, and with it the planner would rather walk the words.
    let theirs = row::Entity::find()
        .select_only()
        .expr(Expr::cust("1"))
        .filter(Expr::col((row::Entity, row::Column::Subject)).is_in(subjects.iter().cloned()))
        .filter(range(term));
    Expr::exists(theirs.into_query())
}

/// Where to begin: a statement for each term.
///
/// # Errors
/// The database's own.
pub async fn start(conn: &Conn, scope: Scope, terms: &Terms) -> Result<Start, DbErr> {
    let mut fewest: Option<(i64, &String)> = None;
    for term in &terms.0 {
        let some = fitting(scope, term).limit(FEW + 1).into_query();
        let counted = Query::select().expr_as(Expr::cust("COUNT(*)"), "many").from_subquery(some, "some").to_owned();
        let many: i64 = conn.query_one(&counted).await?.map_or(Ok(0), |row| row.try_get("", "many"))?;
        let is_few = u64::try_from(many).is_ok_and(|many| many <= FEW);
        if is_few && fewest.is_none_or(|(known, _)| many < known) {
            fewest = Some((many, term));
        }
    }
    Ok(fewest.map_or(Start::Anywhere, |(_, term)| Start::Among(Rarest { scope, term: term.clone() })))
}

/// Lets `subject` be found by the words of these texts, beside those it has.
///
/// # Errors
/// The database's own.
pub async fn add(txn: &Txn, scope: Scope, subject: Uuid, texts: &[&str]) -> Result<(), DbErr> {
    let words: Vec<String> = texts.iter().flat_map(|text| words(text)).collect::<BTreeSet<_>>().into_iter().collect();
    for chunk in words.chunks(ROWS) {
        let rows = chunk.iter().map(|word| row::ActiveModel {
            scope: sea_orm::Set(scope),
            word: sea_orm::Set(word.clone()),
            subject: sea_orm::Set(subject),
        });
        let known = OnConflict::new().do_nothing().to_owned();
        row::Entity::insert_many(rows).on_conflict(known).exec_without_returning(&**txn).await?;
    }
    Ok(())
}

/// Lets `subject` be found by the words of these texts and by no others.
///
/// # Errors
/// The database's own.
pub async fn replace(txn: &Txn, scope: Scope, subject: Uuid, texts: &[&str]) -> Result<(), DbErr> {
    row::Entity::delete_many().filter(row::COLUMN.subject.eq(subject)).exec(&**txn).await?;
    add(txn, scope, subject, texts).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Actor;
    use crate::testing::Bench;

    fn of(text: &str) -> Vec<String> {
        words(text).into_iter().collect()
    }

    #[test]
    fn a_text_is_split_into_small_words() {
        assert_eq!(of("Demo  STUDENT 03"), ["03", "demo", "student"]);
        assert_eq!(of("demo.07+x@Example.org"), ["07", "demo", "example", "org", "x"]);
        assert_eq!(of("L-7K3M9Q"), ["7k3m9q", "l"]);
        assert_eq!(of(" ' %_\\ "), Vec::<String>::new());
        assert_eq!(of("Zoë O’Example"), ["example", "o", "zoë"]);
        assert_eq!(of(&"x".repeat(50)), ["x".repeat(40)]);
    }

    #[tokio::test]
    async fn a_search_begins_at_its_rarest_term_on_each_database() {
        for bench in Bench::each().await {
            let db = &bench.services.db;
            let id = Uuid::from_u128;
            db.write(Actor::Operator, async |txn| {
                for number in 1..=3 {
                    add(txn, Scope::Enrolments, id(number), &["Demo Student", &format!("{number}@example.org")]).await?;
                }
                add(txn, Scope::Log, id(9), &["demo"]).await?;
                replace(txn, Scope::Enrolments, id(3), &["Zoë"]).await
            })
            .await
            .unwrap();
            let snapshot = db.snapshot().await.unwrap();
            let begin = async |text: &str| start(&snapshot, Scope::Enrolments, &Terms::parse(text)).await.unwrap();
            let whom = async |text: &str| {
                let Start::Among(rarest) = begin(text).await else { panic!("{text} fits many") };
                let rows = snapshot.query_all(&rarest.subjects()).await.unwrap();
                let mut whom: Vec<Uuid> = rows.iter().map(|row| row.try_get("", "subject").unwrap()).collect();
                whom.sort_unstable();
                whom
            };
            assert_eq!(begin("").await, Start::Anywhere);
            assert_eq!(whom("DEM").await, [id(1), id(2)]);
            assert_eq!(whom("demo 2@").await, [id(2)]);
            assert_eq!(whom("zo").await, [id(3)]);
            assert_eq!(whom("zoe").await, Vec::<Uuid>::new());
            drop(snapshot);
            bench.finish().await;
        }
    }
}
