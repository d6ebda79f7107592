//! Queries of documents.

use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, Set,
};
use serde::Serialize;

use super::model::{Calendar, Document, DocumentNumber, Draft, Kind, Spelling, Waiting};
use crate::db::columns::CivilDate;
use crate::db::rows::documents::{document_pdfs, document_series, documents as row};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::ids::{DocumentId, OrderId};
use crate::kernel::time::Date;
use crate::pdf::Pdf;

fn json(value: &impl Serialize) -> Result<serde_json::Value, DbErr> {
    serde_json::to_value(value).map_err(|error| DbErr::Json(error.to_string()))
}

const fn column(kind: Kind) -> row::Kind {
    match kind {
        Kind::Receipt => row::Kind::Receipt,
        Kind::TaxInvoice => row::Kind::TaxInvoice,
        Kind::Proforma => row::Kind::Proforma,
        Kind::CreditNote => row::Kind::CreditNote,
    }
}

const fn kind(column: row::Kind) -> Kind {
    match column {
        row::Kind::Receipt => Kind::Receipt,
        row::Kind::TaxInvoice => Kind::TaxInvoice,
        row::Kind::Proforma => Kind::Proforma,
        row::Kind::CreditNote => Kind::CreditNote,
    }
}

fn to_document(row: row::Model) -> Result<Document, DbErr> {
    let waiting = row.waiting_since.map(|since| Waiting { since: since.into(), characters: row.unprintable.chars().collect() });
    Ok(Document {
        id: row.id,
        kind: kind(row.kind),
        number: DocumentNumber::stored(row.number),
        order: row.order_id,
        issued_on: row.issued_on.into(),
        issued_at: row.issued_at.into(),
        issued_by: row.issued_by,
        facts: serde_json::from_value(row.facts).map_err(|_| corrupt("document's facts"))?,
        spellings: serde_json::from_value(row.spellings).map_err(|_| corrupt("list of spellings"))?,
        waiting,
    })
}

/// The next number of the kind's series in this year. Its row is locked until the transaction ends: whoever comes next waits, and
/// takes the number again if this one is rolled back.
pub(super) async fn next_number(txn: &Txn, kind: Kind, year: &str) -> Result<DocumentNumber, DbErr> {
    let first = document_series::ActiveModel { series: Set(kind.series().to_owned()), year: Set(year.to_owned()), last: Set(1) };
    let last = document_series::Column::Last;
    let counted = OnConflict::columns([document_series::Column::Series, document_series::Column::Year])
        .value(last, Expr::col((document_series::Entity, last)).add(1))
        .to_owned();
    document_series::Entity::insert(first).on_conflict(counted).exec_without_returning(&**txn).await?;
    let key = (kind.series().to_owned(), year.to_owned());
    let taken = document_series::Entity::find_by_id(key).one(&**txn).await?.ok_or_else(|| corrupt("series of numbers"))?;
    DocumentNumber::new(kind, year, taken.last).map_err(|error| DbErr::Custom(error.to_string()))
}

/// Writes a new document under the next number of its series.
pub(super) async fn insert(txn: &Txn, draft: Draft) -> Result<Document, DbErr> {
    let day = Calendar::day(draft.calendar, txn.now());
    let document = Document {
        id: txn.new_id(),
        kind: draft.kind,
        number: next_number(txn, draft.kind, &draft.calendar.year(day)).await?,
        order: draft.order,
        issued_on: day,
        issued_at: txn.now(),
        issued_by: txn.actor().user(),
        facts: draft.facts,
        spellings: Vec::new(),
        waiting: None,
    };
    let row = row::ActiveModel {
        id: Set(document.id),
        key: Set(draft.key),
        kind: Set(column(document.kind)),
        number: Set(document.number.as_str().to_owned()),
        order_id: Set(document.order),
        issued_on: Set(document.issued_on.into()),
        issued_at: Set(document.issued_at.into()),
        issued_by: Set(document.issued_by),
        facts: Set(json(&document.facts)?),
        spellings: Set(json(&document.spellings)?),
        waiting_since: Set(None),
        unprintable: Set(String::new()),
    };
    row::Entity::insert(row).exec_without_returning(&**txn).await?;
    Ok(document)
}

/// The document that was issued under `key`.
pub(super) async fn by_key(conn: &Conn, key: &str) -> Result<Option<Document>, DbErr> {
    row::Entity::find().filter(row::COLUMN.key.eq(key)).one(conn).await?.map(to_document).transpose()
}

/// The document.
///
/// # Errors
/// The database's own.
pub async fn document(conn: &Conn, id: DocumentId) -> Result<Option<Document>, DbErr> {
    row::Entity::find_by_id(id).one(conn).await?.map(to_document).transpose()
}

/// The document, locked: a spelling and a PDF do not come at once.
pub(super) async fn document_for_update(txn: &Txn, id: DocumentId) -> Result<Option<Document>, DbErr> {
    row::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&**txn).await?.map(to_document).transpose()
}

/// The documents of an order, oldest first.
///
/// # Errors
/// The database's own.
pub async fn of_order(conn: &Conn, order: OrderId) -> Result<Vec<Document>, DbErr> {
    let rows = row::Entity::find().filter(row::COLUMN.order_id.eq(order)).order_by_asc(row::Column::Id).all(conn).await?;
    rows.into_iter().map(to_document).collect()
}

/// The documents that were issued from `from` to `until`, both within, oldest first.
///
/// # Errors
/// The database's own.
pub async fn issued_between(conn: &Conn, from: Date, until: Date) -> Result<Vec<Document>, DbErr> {
    let within = row::Entity::find()
        .filter(row::COLUMN.issued_on.gte(CivilDate::from(from)))
        .filter(row::COLUMN.issued_on.lte(CivilDate::from(until)));
    within.order_by_asc(row::Column::Id).all(conn).await?.into_iter().map(to_document).collect()
}

pub(super) fn all_waiting() -> Select<row::Entity> {
    row::Entity::find().filter(row::Column::WaitingSince.is_not_null())
}

/// The documents that wait for a spelling, the oldest first, at most `limit`.
///
/// # Errors
/// The database's own.
pub async fn waiting(conn: &Conn, limit: u64) -> Result<Vec<Document>, DbErr> {
    let rows = all_waiting().order_by_asc(row::Column::WaitingSince).limit(limit).all(conn).await?;
    rows.into_iter().map(to_document).collect()
}

/// How many wait for a spelling.
///
/// # Errors
/// The database's own.
pub async fn count_waiting(conn: &Conn) -> Result<u64, DbErr> {
    all_waiting().count(conn).await
}

/// Writes what may change of a document: its spellings, and what it waits for.
pub(super) async fn save(txn: &Txn, document: &Document) -> Result<(), DbErr> {
    let (since, characters) = match &document.waiting {
        Some(Waiting { since, characters }) => (Some((*since).into()), characters.iter().collect()),
        None => (None, String::new()),
    };
    let spellings: &Vec<Spelling> = &document.spellings;
    let row = row::ActiveModel {
        id: Set(document.id),
        spellings: Set(json(spellings)?),
        waiting_since: Set(since),
        unprintable: Set(characters),
        ..Default::default()
    };
    row.update(&**txn).await.map(drop)
}

/// The PDF's bytes.
pub(super) async fn pdf(conn: &Conn, id: DocumentId) -> Result<Option<Vec<u8>>, DbErr> {
    Ok(document_pdfs::Entity::find_by_id(id).one(conn).await?.map(|row| row.bytes))
}

/// Whether there is a PDF; its bytes are left where they are.
pub(super) async fn has_pdf(conn: &Conn, id: DocumentId) -> Result<bool, DbErr> {
    Ok(document_pdfs::Entity::find_by_id(id).count(conn).await? > 0)
}

pub(super) async fn insert_pdf(txn: &Txn, id: DocumentId, pdf: &Pdf) -> Result<(), DbErr> {
    let row = document_pdfs::ActiveModel {
        document_id: Set(id),
        sha256: Set(pdf.sha256()),
        bytes: Set(pdf.bytes.clone()),
        set_at: Set(txn.now().into()),
    };
    document_pdfs::Entity::insert(row).exec_without_returning(&**txn).await.map(drop)
}
