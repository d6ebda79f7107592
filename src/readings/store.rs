//! Queries of the library.

use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, NotSet, QueryFilter, QueryOrder, QuerySelect,
    Set, Unchanged,
};

use super::model::{Body, Card, Reading, Rights};
use crate::db::columns::{CivilDate, UtcTime};
use crate::db::rows::readings::readings::{self as rows, Rights as RowRights};
use crate::db::{Conn, Txn};
use crate::kernel::Slug;
use crate::kernel::ids::ReadingId;

/// A stored value that makes no sense is a fault of ours, never the reader's.
fn corrupt(what: &'static str) -> DbErr {
    DbErr::Custom(format!("a stored reading's {what} does not parse"))
}

fn rights(row: RowRights) -> Rights {
    match row {
        RowRights::Own => Rights::Own,
        RowRights::Licensed => Rights::Licensed,
        RowRights::LinkOnly => Rights::LinkOnly,
    }
}

fn rights_row(rights: Rights) -> RowRights {
    match rights {
        Rights::Own => RowRights::Own,
        Rights::Licensed => RowRights::Licensed,
        Rights::LinkOnly => RowRights::LinkOnly,
    }
}

fn to_reading(row: rows::Model) -> Result<Reading, DbErr> {
    let body = row.body.as_deref().map(Body::from_stored).transpose().map_err(|_| corrupt("text"))?;
    Ok(Reading {
        id: row.id,
        slug: row.slug.parse().map_err(|_| corrupt("slug"))?,
        title: row.title,
        author: row.author,
        author_role: row.author_role,
        publisher: row.publisher,
        published_on: row.published_on.map(Into::into),
        url: row.url.map(|url| url.parse()).transpose().map_err(|_| corrupt("address"))?,
        language: row.language.parse().map_err(|_| corrupt("language"))?,
        licence: row.licence,
        photo_credit: row.photo_credit,
        summary: row.summary,
        body,
        rights: rights(row.rights),
        minutes: u32::try_from(row.minutes).map_err(|_| corrupt("reading time"))?,
        version: row.version,
    })
}

/// All columns but the moments of its coming and of its readiness.
fn columns(txn: &Txn, reading: &Reading) -> rows::ActiveModel {
    rows::ActiveModel {
        id: Set(reading.id),
        slug: Set(reading.slug.as_str().to_owned()),
        title: Set(reading.title.clone()),
        author: Set(reading.author.clone()),
        author_role: Set(reading.author_role.clone()),
        publisher: Set(reading.publisher.clone()),
        published_on: Set(reading.published_on.map(CivilDate::from)),
        url: Set(reading.url.as_ref().map(|url| url.as_str().to_owned())),
        language: Set(reading.language.as_str().to_owned()),
        licence: Set(reading.licence.clone()),
        photo_credit: Set(reading.photo_credit.clone()),
        summary: Set(reading.summary.clone()),
        body: Set(reading.body.as_ref().map(Body::to_stored)),
        body_sha256: Set(reading.body.as_ref().map(Body::sha256)),
        rights: Set(rights_row(reading.rights)),
        minutes: Set(i32::try_from(reading.minutes).unwrap_or(i32::MAX)),
        updated_at: Set(txn.now().into()),
        version: Set(reading.version),
        created_at: NotSet,
        ready_since: NotSet,
    }
}

/// Writes a corrected reading. What stays ready has been so since the same moment.
pub(super) async fn update(txn: &Txn, before: &Reading, after: &Reading) -> Result<(), DbErr> {
    let ready_since = match (before.is_ready(), after.is_ready()) {
        (true, true) => NotSet,
        (false, true) => Set(Some(txn.now().into())),
        (_, false) => Set(None),
    };
    let row = rows::ActiveModel { id: Unchanged(after.id), ready_since, ..columns(txn, after) };
    row.update(&**txn).await?;
    Ok(())
}

pub(super) async fn for_update(txn: &Txn, id: ReadingId) -> Result<Option<Reading>, DbErr> {
    rows::Entity::find_by_id(id).lock(LockType::Update).one(&**txn).await?.map(to_reading).transpose()
}

/// A reading of the library with this title and publisher, to the letter: the same article once more, most likely.
///
/// # Errors
/// The database's own.
pub async fn same_article(conn: &Conn, title: &str, publisher: &str) -> Result<Option<Slug>, DbErr> {
    let same = rows::Entity::find().filter(rows::COLUMN.title.eq(title)).filter(rows::COLUMN.publisher.eq(publisher));
    let found = same.order_by_asc(rows::Column::Id).one(conn).await?;
    found.map(|row| row.slug.parse().map_err(|_| corrupt("slug"))).transpose()
}

pub(super) async fn insert(txn: &Txn, reading: &Reading) -> Result<(), DbErr> {
    let now = txn.now().into();
    let row =
        rows::ActiveModel { created_at: Set(now), ready_since: Set(reading.is_ready().then_some(now)), ..columns(txn, reading) };
    rows::Entity::insert(row).exec_without_returning(&**txn).await?;
    Ok(())
}

/// Which of the slugs `base`, `base-…` are taken.
pub(super) async fn slugs_like(conn: &Conn, base: &str) -> Result<Vec<String>, DbErr> {
    // A slug has no character that LIKE gives a meaning to.
    let taken = Condition::any().add(rows::COLUMN.slug.eq(base)).add(rows::COLUMN.slug.like(format!("{base}-%")));
    rows::Entity::find().select_only().column(rows::Column::Slug).filter(taken).into_tuple().all(conn).await
}

/// The reading at this address of the library.
///
/// # Errors
/// The database's own.
pub async fn reading_by_slug(conn: &Conn, slug: &Slug) -> Result<Option<Reading>, DbErr> {
    let row = rows::Entity::find().filter(rows::COLUMN.slug.eq(slug.as_str())).one(conn).await?;
    row.map(to_reading).transpose()
}

/// These readings, whole, in the order of their titles. An id that names none is passed over.
///
/// # Errors
/// The database's own.
pub async fn readings(conn: &Conn, ids: &[ReadingId]) -> Result<Vec<Reading>, DbErr> {
    let wanted = rows::Entity::find().filter(rows::Column::Id.is_in(ids.iter().copied()));
    wanted.order_by_asc(rows::Column::Title).all(conn).await?.into_iter().map(to_reading).collect()
}

/// Whether a row has something for a student to read: [`Reading::is_ready`] in the database's words.
pub(crate) fn is_ready() -> Condition {
    Condition::all().add(rows::Column::ReadySince.is_not_null())
}

#[derive(FromQueryResult)]
struct CardRow {
    id: ReadingId,
    slug: String,
    title: String,
    author: Option<String>,
    publisher: String,
    published_on: Option<CivilDate>,
    url: Option<String>,
    language: String,
    summary: Option<String>,
    rights: RowRights,
    minutes: i32,
    ready_since: Option<UtcTime>,
    has_body: bool,
}

fn to_card(row: CardRow) -> Result<Card, DbErr> {
    let rights = rights(row.rights);
    Ok(Card {
        id: row.id,
        slug: row.slug.parse().map_err(|_| corrupt("slug"))?,
        title: row.title,
        author: row.author,
        publisher: row.publisher,
        published_on: row.published_on.map(Into::into),
        url: row.url.map(|url| url.parse()).transpose().map_err(|_| corrupt("address"))?,
        language: row.language.parse().map_err(|_| corrupt("language"))?,
        summary: row.summary,
        has_text: row.has_body && rights != Rights::LinkOnly,
        minutes: u32::try_from(row.minutes).map_err(|_| corrupt("reading time"))?,
        ready_since: row.ready_since.map(Into::into),
    })
}

/// What a list shows of these readings, without their texts, in no order.
///
/// # Errors
/// The database's own.
pub async fn cards(conn: &Conn, ids: &[ReadingId]) -> Result<Vec<Card>, DbErr> {
    cards_where(conn, Condition::all().add(rows::Column::Id.is_in(ids.iter().copied()))).await
}

/// What a list shows of the whole library, in the order of titles.
///
/// # Errors
/// The database's own.
pub async fn library(conn: &Conn) -> Result<Vec<Card>, DbErr> {
    let mut cards = cards_where(conn, Condition::all()).await?;
    cards.sort_by(|one, two| one.title.cmp(&two.title));
    Ok(cards)
}

async fn cards_where(conn: &Conn, which: Condition) -> Result<Vec<Card>, DbErr> {
    use rows::Column as C;
    let listed = [C::Id, C::Slug, C::Title, C::Author, C::Publisher, C::PublishedOn, C::Url, C::Language, C::Summary];
    let query = rows::Entity::find().select_only().columns(listed).columns([C::Rights, C::Minutes, C::ReadySince]);
    let query = query.expr_as(Expr::col(C::Body).is_not_null(), "has_body").filter(which);
    query.into_model::<CardRow>().all(conn).await?.into_iter().map(to_card).collect()
}
