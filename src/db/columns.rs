//! The column types that SeaORM does not know: instants, civil dates and the typed ids.
//!
//! On SQLite an instant is text such as `2026-01-31T09:00:00.000250+00:00`, with no fraction, three digits or six.
//! Such texts sort as the instants do, because `+` sorts before `.` and before every digit, and the offset is always `+00:00`.
//! This holds for bound values only: a value written into the SQL text has another form. Years before 0 sort wrongly.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use jiff::Timestamp;
use jiff::civil::Date;
use sea_orm::sea_query::postgres_array::NotU8;

use sea_orm::sea_query::{
    ArrayType, ColumnType, DateLikeValue, DateTimeLikeValue, Nullable, TimeLikeValue, ValueType, ValueTypeErr,
};
use sea_orm::{ActiveValue, ColIdx, DbErr, IntoActiveValue, QueryResult, TryFromU64, TryGetError, TryGetable, Value};
use uuid::Uuid;

use crate::kernel::ids::for_every_id;

/// An instant as a column holds it: UTC, whole microseconds. Finer parts are cut off (towards the past) on the way in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(Timestamp);

impl From<Timestamp> for UtcTime {
    fn from(at: Timestamp) -> Self {
        let rest = at.as_nanosecond().rem_euclid(1000);
        // Only an instant within a microsecond of the least one has no whole microsecond before it.
        Self(Timestamp::from_nanosecond(at.as_nanosecond() - rest).unwrap_or(Timestamp::MIN))
    }
}

impl From<UtcTime> for Timestamp {
    fn from(at: UtcTime) -> Self {
        at.0
    }
}

impl From<UtcTime> for DateTime<Utc> {
    fn from(at: UtcTime) -> Self {
        Self::from_timestamp_micros(at.0.as_microsecond()).expect("chrono's years reach beyond jiff's")
    }
}

impl TryFrom<DateTime<Utc>> for UtcTime {
    type Error = jiff::Error;

    fn try_from(at: DateTime<Utc>) -> Result<Self, Self::Error> {
        Timestamp::from_microsecond(at.timestamp_micros()).map(Self)
    }
}

impl fmt::Debug for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A calendar day without a zone, held as text `YYYY-MM-DD`, which sorts as the days do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(Date);

impl From<Date> for CivilDate {
    fn from(date: Date) -> Self {
        Self(date)
    }
}

impl From<CivilDate> for Date {
    fn from(date: CivilDate) -> Self {
        date.0
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Makes `$name` a column type by way of `$held`, a type SeaORM knows: `$write` goes there, `$read` comes back and may fail.
macro_rules! column {
    ($name:ty, $held:ty, $column_type:expr, $write:expr, $read:expr) => {
        impl From<$name> for Value {
            fn from(value: $name) -> Self {
                let held: $held = $write(value);
                held.into()
            }
        }

        impl TryGetable for $name {
            fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
                let held = <$held as TryGetable>::try_get_by(row, index)?;
                $read(held).map_err(|error| {
                    TryGetError::DbErr(DbErr::TryIntoErr {
                        from: stringify!($held),
                        into: stringify!($name),
                        source: Arc::new(error),
                    })
                })
            }
        }

        impl ValueType for $name {
            fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                $read(<$held as ValueType>::try_from(value)?).map_err(|_| ValueTypeErr)
            }

            fn type_name() -> String {
                stringify!($name).to_owned()
            }

            fn array_type() -> ArrayType {
                <$held as ValueType>::array_type()
            }

            fn column_type() -> ColumnType {
                $column_type
            }
        }

        impl Nullable for $name {
            fn null() -> Value {
                <$held as Nullable>::null()
            }
        }

        impl IntoActiveValue<$name> for $name {
            fn into_active_value(self) -> ActiveValue<$name> {
                ActiveValue::Set(self)
            }
        }

        impl NotU8 for $name {}
    };
}

column!(
    UtcTime,
    DateTime<Utc>,
    ColumnType::TimestampWithTimeZone,
    DateTime::<Utc>::from,
    <UtcTime as TryFrom<DateTime<Utc>>>::try_from
);
column!(CivilDate, String, ColumnType::Text, |date: CivilDate| date.0.to_string(), |text: String| {
    text.parse::<Date>().map(CivilDate)
});

// The entity macro picks a typed column by the type's name: "Time" gives a time-like one, "Date" a date-like one.
impl TimeLikeValue for UtcTime {}
impl DateTimeLikeValue for UtcTime {}
impl DateLikeValue for CivilDate {}

// SeaORM asks this of a part of a primary key. Ours are never given by the database.
impl TryFromU64 for CivilDate {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("CivilDate"))
    }
}

macro_rules! id_column {
    ($id:ty) => {
        column!($id, Uuid, ColumnType::Uuid, Uuid::from, |uuid: Uuid| Ok::<_, std::convert::Infallible>(<$id>::from(uuid)));

        // SeaORM asks this of a primary key. Ours are never given by the database.
        impl TryFromU64 for $id {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($id)))
            }
        }
    };
}

for_every_id!(id_column);
