//! Tables as plain rows, whatever the domain: what a backup carries from one database to another, SQLite or PostgreSQL.
//!
//! A row is a JSON array, a value for each column in the entity's order. An instant is RFC 3339 text, a UUID its text, bytes are
//! base64; a JSON column's value stands in an array of its own, so that JSON's `null` is not taken for a missing value.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, TableCreateStatement};
use sea_orm::{ColumnTrait, ColumnType, ConnectionTrait, DbErr, EntityTrait, IdenStatic, Iterable, QueryResult, Schema, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use super::Conn;
use super::columns::UtcTime;
use crate::kernel::Timestamp;

/// A row as it travels.
pub type Row = Vec<Json>;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Uuid,
    Text,
    Integer,
    BigInteger,
    Boolean,
    Instant,
    Json,
    Bytes,
}

impl Kind {
    fn of(column: &ColumnType) -> Option<Self> {
        Some(match column {
            ColumnType::Uuid => Self::Uuid,
            ColumnType::Text | ColumnType::String(_) | ColumnType::Enum { .. } => Self::Text,
            ColumnType::Integer => Self::Integer,
            ColumnType::BigInteger => Self::BigInteger,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::TimestampWithTimeZone => Self::Instant,
            ColumnType::Json | ColumnType::JsonBinary => Self::Json,
            ColumnType::Blob | ColumnType::VarBinary(_) => Self::Bytes,
            _ => return None,
        })
    }

    fn read(self, row: &QueryResult, name: &str) -> Result<Json, DbErr> {
        let value = match self {
            Self::Uuid => row.try_get::<Option<Uuid>>("", name)?.map(|id| Json::from(id.to_string())),
            Self::Text => row.try_get::<Option<String>>("", name)?.map(Json::from),
            Self::Integer => row.try_get::<Option<i32>>("", name)?.map(Json::from),
            Self::BigInteger => row.try_get::<Option<i64>>("", name)?.map(Json::from),
            Self::Boolean => row.try_get::<Option<bool>>("", name)?.map(Json::from),
            Self::Instant => row.try_get::<Option<UtcTime>>("", name)?.map(|at| Json::from(Timestamp::from(at).to_string())),
            Self::Json => row.try_get::<Option<Json>>("", name)?.map(|value| Json::Array(vec![value])),
            Self::Bytes => row.try_get::<Option<Vec<u8>>>("", name)?.map(|bytes| Json::from(STANDARD.encode(bytes))),
        };
        Ok(value.unwrap_or(Json::Null))
    }

    /// The value to be bound; `None` if it is not of this kind.
    fn value(self, json: &Json) -> Option<Value> {
        let text = || json.as_str();
        let value = match self {
            _ if json.is_null() => self.missing(),
            Self::Uuid => Value::from(text()?.parse::<Uuid>().ok()?),
            Self::Text => Value::from(text()?),
            Self::Integer => Value::from(i32::try_from(json.as_i64()?).ok()?),
            Self::BigInteger => Value::from(json.as_i64()?),
            Self::Boolean => Value::from(json.as_bool()?),
            Self::Instant => Value::from(UtcTime::from(text()?.parse::<Timestamp>().ok()?)),
            Self::Json => match json.as_array()?.as_slice() {
                [value] => Value::from(value.clone()),
                _ => return None,
            },
            Self::Bytes => Value::from(STANDARD.decode(text()?).ok()?),
        };
        Some(value)
    }

    fn missing(self) -> Value {
        match self {
            Self::Uuid => Value::from(None::<Uuid>),
            Self::Text => Value::from(None::<String>),
            Self::Integer => Value::from(None::<i32>),
            Self::BigInteger => Value::from(None::<i64>),
            Self::Boolean => Value::from(None::<bool>),
            Self::Instant => Value::from(None::<UtcTime>),
            Self::Json => Value::from(None::<Json>),
            Self::Bytes => Value::from(None::<Vec<u8>>),
        }
    }
}

/// A table by its columns.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: &'static str,
    columns: Vec<(&'static str, Kind)>,
    /// Places among `columns`.
    key: Vec<usize>,
    create: fn(&Schema) -> TableCreateStatement,
}

impl Table {
    /// The table of an entity.
    ///
    /// # Panics
    /// It has a column of a kind that rows do not carry yet: the test that compares the tables with the schema would fail.
    pub fn of<E: EntityTrait>(entity: E) -> Self {
        let kind = |column: &E::Column| Kind::of(column.def().get_column_type());
        let columns: Vec<_> = E::Column::iter()
            .map(|column| (column.as_str(), kind(&column).expect("a column of a kind that src/db/tables.rs knows")))
            .collect();
        let place = |name: &str| columns.iter().position(|(column, _)| *column == name);
        let key = E::PrimaryKey::iter().filter_map(|key| place(key.as_str())).collect();
        Self { name: entity.table_name(), columns, key, create: |schema| schema.create_table_from_entity(E::default()) }
    }

    /// The statement that would make it, as the entity has it.
    pub fn create(&self, schema: &Schema) -> TableCreateStatement {
        (self.create)(schema)
    }

    /// The columns' names, in the order of a row's values.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.columns.iter().map(|(name, _)| *name)
    }

    /// How many rows it has.
    ///
    /// # Errors
    /// The database's own.
    pub async fn count(&self, conn: &Conn) -> Result<u64, DbErr> {
        let count = Query::select().expr_as(Expr::cust("COUNT(*)"), "many").from(self.name).to_owned();
        let row = conn.query_one(&count).await?;
        let many: i64 = row.map(|row| row.try_get("", "many")).transpose()?.unwrap_or(0);
        Ok(u64::try_from(many).unwrap_or(0))
    }

    /// Up to `limit` rows behind the row `after`, in the order of the key.
    ///
    /// # Errors
    /// The database's own.
    pub async fn page(&self, conn: &Conn, after: Option<&Row>, limit: u64) -> Result<Vec<Row>, DbErr> {
        let mut select = Query::select();
        select.columns(self.columns()).from(self.name).limit(limit);
        for &place in &self.key {
            select.order_by(self.columns[place].0, Order::Asc);
        }
        if let Some(after) = after {
            let names = self.key.iter().map(|&place| Expr::col(self.columns[place].0));
            let values = self.key.iter().filter_map(|&place| self.columns[place].1.value(&after[place])).map(Expr::val);
            let (names, values): (Vec<_>, Vec<_>) = (names.collect(), values.collect());
            select.and_where(Expr::tuple(names).gt(Expr::tuple(values)));
        }
        let rows = conn.query_all(&select).await?;
        rows.iter().map(|row| self.columns.iter().map(|(name, kind)| kind.read(row, name)).collect()).collect()
    }

    /// The first column whose value does not fit, or none.
    pub fn misfit(&self, row: &Row) -> Option<&'static str> {
        if row.len() != self.columns.len() {
            return Some("(their number)");
        }
        let wrong = |((_, kind), json): &(&(&'static str, Kind), &Json)| kind.value(json).is_none();
        self.columns.iter().zip(row).find(wrong).map(|((name, _), _)| *name)
    }

    /// Puts rows in, all or none.
    ///
    /// # Errors
    /// The database's own, and for a value that does not fit its column.
    pub async fn insert(&self, conn: &Conn, rows: &[Row]) -> Result<(), DbErr> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = Query::insert();
        insert.into_table(self.name).columns(self.columns());
        for row in rows {
            let values: Option<Vec<_>> =
                self.columns.iter().zip(row).map(|((_, kind), json)| kind.value(json).map(Expr::val)).collect();
            let values = values.ok_or_else(|| DbErr::Custom(format!("a value does not fit {}", self.name)))?;
            insert.values(values).map_err(|error| DbErr::Custom(error.to_string()))?;
        }
        conn.execute(&insert).await?;
        Ok(())
    }

    /// Takes every row out.
    ///
    /// # Errors
    /// The database's own.
    pub async fn clear(&self, conn: &Conn) -> Result<(), DbErr> {
        conn.execute(&Query::delete().from_table(self.name).to_owned()).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_another_kind_is_refused_and_null_fits_everywhere() {
        let good = [
            (Kind::Uuid, json!("01890a5d-ac96-774b-bcce-b302099a8057")),
            (Kind::Text, json!("é")),
            (Kind::Integer, json!(-3)),
            (Kind::BigInteger, json!(i64::MAX)),
            (Kind::Boolean, json!(true)),
            (Kind::Instant, json!("2027-01-04T03:30:00.000001Z")),
            (Kind::Json, json!([null])),
            (Kind::Bytes, json!("AP8K")),
        ];
        for (kind, json) in &good {
            assert!(kind.value(json).is_some() && kind.value(&Json::Null).is_some(), "{kind:?}");
        }
        let bad = [
            (Kind::Uuid, json!("none")),
            (Kind::Text, json!(1)),
            (Kind::Integer, json!(i64::MAX)),
            (Kind::BigInteger, json!(1.5)),
            (Kind::Boolean, json!(1)),
            (Kind::Instant, json!("yesterday")),
            (Kind::Json, json!({})),
            (Kind::Bytes, json!("***")),
        ];
        for (kind, json) in &bad {
            assert!(kind.value(json).is_none(), "{kind:?} takes {json}");
        }
    }
}
