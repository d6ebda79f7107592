//! Finding by words: a table of words in small letters, each with whom it finds, written in the transaction that writes the text.
//!
//! What is typed is split as the texts are; each part must begin one of the subject's words. A prefix is a range of an index that
//! sorts by bytes, so that no list is read through, and both databases answer the same.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{
    ActiveEnum, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select, Set,
};
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
pub const WALKED: u64 = 500;
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

    /// That the subject has a word for each term, looked up as `start` says.
    pub fn fit(&self, start: &Start, subject: &Expr) -> Condition {
        let (begun, among) = match start {
            Start::Anywhere => (None, None),
            Start::Among(rarest) => (Some(&rarest.term), Some(subject.clone().in_subquery(rarest.subjects()))),
        };
        let others = self.0.iter().filter(|term| begun != Some(*term));
        others.fold(Condition::all().add_option(among), |all, term| all.add(has(term, subject)))
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
    many: u64,
    alone: bool,
}

impl Rarest {
    /// Whom it fits.
    fn subjects(&self) -> SelectStatement {
        fitting(self.scope, &self.term).into_query()
    }

    /// How many the whole search finds, where this part is all of it.
    pub fn total(&self) -> Option<u64> {
        self.alone.then_some(self.many)
    }
}

/// Of one part of a search: a subject may stand there twice, by two words that it begins.
fn fitting(scope: Scope, term: &str) -> Select<row::Entity> {
    let subjects = row::Entity::find().select_only().column(row::Column::Subject);
    subjects.filter(row::Column::Scope.eq(scope)).filter(range(term))
}

fn range(term: &str) -> Condition {
    Condition::all().add(row::COLUMN.word.gte(term)).add(row::COLUMN.word.lt(format!("{term}{LAST}")))
}

fn has(term: &str, subject: &Expr) -> Expr {
    // No scope: an id is of one only, and with it the planner would rather walk the words.
    let theirs = row::Entity::find()
        .select_only()
        .expr(Expr::cust("1"))
        .filter(Expr::col((row::Entity, row::Column::Subject)).eq(subject.clone()))
        .filter(range(term));
    Expr::exists(theirs.into_query())
}

/// Where to begin: one statement.
///
/// # Errors
/// The database's own.
pub async fn start(conn: &Conn, scope: Scope, terms: &Terms) -> Result<Start, DbErr> {
    if terms.is_empty() {
        return Ok(Start::Anywhere);
    }
    let alone = terms.0.len() == 1;
    let mut counts = Query::select();
    for (place, term) in terms.0.iter().enumerate() {
        let some = fitting(scope, term).limit(FEW + 1);
        // Only where the count is told must nobody count twice, and only there is that worth its time.
        let some = if alone { some.distinct() } else { some }.into_query();
        let count = Query::select().expr(Expr::cust("COUNT(*)")).from_subquery(some, "some").to_owned();
        counts.expr_as(Expr::expr(count), format!("term{place}"));
    }
    let row = conn.query_one(&counts).await?.ok_or_else(|| DbErr::RecordNotFound("a count of words".to_owned()))?;
    let mut fewest: Option<(u64, &String)> = None;
    for (place, term) in terms.0.iter().enumerate() {
        let many = u64::try_from(row.try_get::<i64>("", &format!("term{place}"))?).unwrap_or(u64::MAX);
        if many <= FEW && fewest.is_none_or(|(known, _)| many < known) {
            fewest = Some((many, term));
        }
    }
    Ok(fewest.map_or(Start::Anywhere, |(many, term)| Start::Among(Rarest { scope, term: term.clone(), many, alone })))
}

/// Lets `subject` be found by the words of these texts, beside those it has.
///
/// # Errors
/// The database's own.
pub async fn add(txn: &Txn, scope: Scope, subject: Uuid, texts: &[&str]) -> Result<(), DbErr> {
    let words: Vec<String> = texts.iter().flat_map(|text| words(text)).collect::<BTreeSet<_>>().into_iter().collect();
    for chunk in words.chunks(ROWS) {
        let rows = chunk.iter().map(|word| row::ActiveModel {
            scope: Set(scope),
            word: Set(word.clone()),
            subject: Set(subject),
            theirs: Set(None),
        });
        // A word that it had from another is its own from now on.
        row::Entity::insert_many(rows)
            .on_conflict(key().update_column(row::Column::Theirs).to_owned())
            .exec_without_returning(&**txn)
            .await?;
    }
    Ok(())
}

fn key() -> OnConflict {
    OnConflict::columns([row::Column::Scope, row::Column::Word, row::Column::Subject])
}

/// Lets `subject` be found by the words of these texts and by no others; and so all that follow it.
///
/// # Errors
/// The database's own.
pub async fn replace(txn: &Txn, scope: Scope, subject: Uuid, texts: &[&str]) -> Result<(), DbErr> {
    let theirs = row::Entity::find().filter(row::COLUMN.theirs.eq(subject));
    let followers = theirs.filter(row::COLUMN.word.eq("")).all(&**txn).await?;
    let former = Condition::any().add(row::COLUMN.subject.eq(subject)).add(row::COLUMN.theirs.eq(subject));
    row::Entity::delete_many().filter(former).exec(&**txn).await?;
    add(txn, scope, subject, texts).await?;
    for follower in followers {
        follow(txn, (follower.scope, follower.subject), (scope, subject)).await?;
    }
    Ok(())
}

/// Lets the first be found by the words of the second too, whatever they come to be.
///
/// # Errors
/// The database's own.
pub async fn follow(txn: &Txn, (scope, subject): (Scope, Uuid), (of, whom): (Scope, Uuid)) -> Result<(), DbErr> {
    use row::Column as C;
    let follows =
        row::ActiveModel { scope: Set(scope), word: Set(String::new()), subject: Set(subject), theirs: Set(Some(whom)) };
    row::Entity::insert(follows).on_conflict(key().do_nothing().to_owned()).exec_without_returning(&**txn).await?;
    let words = Query::select()
        .expr(scope.to_value())
        .column(C::Word)
        .expr(subject)
        .expr(whom)
        .from(row::Entity)
        .and_where(row::COLUMN.subject.eq(whom))
        .and_where(C::Scope.eq(of))
        .to_owned();
    let mut insert = Query::insert();
    insert.into_table(row::Entity).columns([C::Scope, C::Word, C::Subject, C::Theirs]).on_conflict(key().do_nothing().to_owned());
    insert.select_from(words).map_err(|error| DbErr::Custom(error.to_string()))?;
    txn.execute(&insert).await?;
    Ok(())
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
                assert_eq!(rarest.total().is_some(), Terms::parse(text).0.len() == 1);
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

    #[tokio::test]
    async fn who_follows_another_is_found_by_their_words_as_they_change_and_keeps_its_own_on_each_database() {
        for bench in Bench::each().await {
            let db = &bench.services.db;
            let (person, seat, late) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
            db.write(Actor::Operator, async |txn| {
                replace(txn, Scope::People, person, &["Demo Student"]).await?;
                add(txn, Scope::Enrolments, seat, &["Student"]).await?;
                follow(txn, (Scope::Enrolments, seat), (Scope::People, person)).await?;
                add(txn, Scope::Enrolments, seat, &["L-0042"]).await
            })
            .await
            .unwrap();
            let found = async |scope, text: &str| {
                let snapshot = db.snapshot().await.unwrap();
                let Start::Among(rarest) = start(&snapshot, scope, &Terms::parse(text)).await.unwrap() else { panic!("many") };
                let rows = snapshot.query_all(&rarest.subjects()).await.unwrap();
                let whom = rows.iter().map(|row| row.try_get("", "subject").unwrap()).collect::<BTreeSet<Uuid>>();
                assert_eq!(rarest.total(), Some(whom.len() as u64));
                whom.into_iter().collect::<Vec<_>>()
            };
            assert_eq!(found(Scope::Enrolments, "dem").await, [seat]);
            assert_eq!(found(Scope::People, "dem").await, [person]);
            db.write(Actor::Operator, async |txn| replace(txn, Scope::People, person, &["Zoë"]).await).await.unwrap();
            assert_eq!(found(Scope::Enrolments, "dem").await, Vec::<Uuid>::new());
            assert_eq!(found(Scope::Enrolments, "zo").await, [seat]);
            assert_eq!(found(Scope::Enrolments, "stud").await, [seat], "its own word, which was theirs too");
            assert_eq!(found(Scope::Enrolments, "0042").await, [seat]);
            // A word of theirs becomes its own; one who follows nobody with words yet gets them later.
            db.write(Actor::Operator, async |txn| {
                add(txn, Scope::Enrolments, seat, &["Zoë"]).await?;
                replace(txn, Scope::People, person, &[]).await?;
                follow(txn, (Scope::Enrolments, late), (Scope::People, person)).await?;
                replace(txn, Scope::People, person, &["Demo"]).await
            })
            .await
            .unwrap();
            assert_eq!(found(Scope::Enrolments, "zo").await, [seat]);
            assert_eq!(found(Scope::Enrolments, "demo").await, [seat, late]);
            bench.finish().await;
        }
    }
}
