//! Statements that are written once and run often.

use std::sync::{Mutex, PoisonError};

use chrono::DateTime;
use sea_orm::{DatabaseBackend, Statement, StatementBuilder, Value};
use uuid::Uuid;

/// A statement of `N` parameters, whose text is made at its first run on each kind of database: making it costs more than running it.
#[derive(Debug, Default)]
pub struct Written<const N: usize>(Mutex<Vec<Text>>);

/// The text for one kind of database.
#[derive(Debug)]
struct Text {
    /// With the values that are the same at each run.
    statement: Statement,
    /// Which parameter stands where, of those values that are one.
    places: Vec<(usize, usize)>,
}

impl<const N: usize> Written<N> {
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The statement with these parameters. `write` must make the same statement each time, but for the parameters it is given, which
    /// go into it as they are.
    pub fn statement<S: StatementBuilder>(
        &self,
        backend: DatabaseBackend,
        parameters: [Value; N],
        write: impl FnOnce([Value; N]) -> S,
    ) -> Statement {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = written.iter().position(|text| text.statement.db_backend == backend).unwrap_or_else(|| {
            written.push(Text::new(backend, &parameters, write));
            written.len() - 1
        });
        let text = &written[at];
        let mut statement = text.statement.clone();
        if let Some(values) = &mut statement.values {
            for &(place, parameter) in &text.places {
                values.0[place] = parameters[parameter].clone();
            }
        }
        statement
    }
}

impl Text {
    fn new<S: StatementBuilder, const N: usize>(
        backend: DatabaseBackend,
        parameters: &[Value; N],
        write: impl FnOnce([Value; N]) -> S,
    ) -> Self {
        let stand_ins: [Value; N] = std::array::from_fn(|number| stand_in(number, &parameters[number]));
        let statement = backend.build(&write(stand_ins.clone()));
        let values = statement.values.iter().flat_map(|values| &values.0).enumerate();
        let parameter = |value| stand_ins.iter().position(|known| known == value);
        let places: Vec<_> = values.filter_map(|(place, value)| Some((place, parameter(value)?))).collect();
        let is_there = |number| places.iter().any(|(_, parameter)| *parameter == number);
        assert!((0..N).all(is_there), "each parameter goes into a statement as it is");
        Self { statement, places }
    }
}

/// Stands for parameter `number` while the text is made; no value of ours is one.
fn stand_in(number: usize, like: &Value) -> Value {
    let number = u8::try_from(number).expect("a few parameters");
    match like {
        Value::Uuid(_) => Uuid::from_u128(u128::MAX - u128::from(number)).into(),
        Value::Int(_) => (i32::MIN + i32::from(number)).into(),
        Value::String(_) => format!("\u{10ffff}{number}").into(),
        Value::ChronoDateTimeUtc(_) => DateTime::from_timestamp(-300_000_000_000 - i64::from(number), 0).into(),
        other => unreachable!("no parameter is of the kind of {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use sea_orm::sea_query::OnConflict;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait, Set};

    use super::*;
    use crate::db::columns::UtcTime;
    use crate::db::rows::enrolment::enrolments::{COLUMN, Entity};
    use crate::db::rows::learning::progress;
    use crate::kernel::ids::{CohortId, EnrolmentId, ModuleId, ReadingId};

    const BACKENDS: [DatabaseBackend; 3] = [DatabaseBackend::Sqlite, DatabaseBackend::Postgres, DatabaseBackend::Sqlite];

    #[test]
    fn a_statement_has_the_parameters_of_its_run_whatever_ran_before() {
        let query = |[enrolment, cohort, revision]: [Value; 3]| {
            let (enrolment, cohort): (EnrolmentId, CohortId) = (enrolment.unwrap(), cohort.unwrap());
            let found = Entity::find().filter(COLUMN.id.eq(enrolment)).filter(COLUMN.cohort_id.eq(cohort));
            found
                .filter(COLUMN.id.ne(enrolment))
                .filter(COLUMN.extensions.eq(7))
                .filter(COLUMN.counted_at.lte(revision.unwrap::<i32>()))
                .into_query()
        };
        let written = Written::new();
        for backend in BACKENDS {
            for (ids, revision) in [([1, 2], 7), ([2, 1], 0), ([3, 3], 1)] {
                let [enrolment, cohort] = ids.map(|id| Value::from(Uuid::from_u128(id)));
                let parameters = [enrolment, cohort, revision.into()];
                assert_eq!(written.statement(backend, parameters.clone(), query), backend.build(&query(parameters)));
            }
        }
    }

    #[test]
    fn so_has_one_that_writes_moments_and_words_or_none() {
        let insert = |[id, at, words]: [Value; 3]| {
            let row = progress::ActiveModel {
                enrolment_id: Set(id.unwrap()),
                module_id: Set(ModuleId(Uuid::nil())),
                reading_id: Set(ReadingId(Uuid::nil())),
                read_at: Set(at.unwrap()),
                reflection: Set(words.unwrap()),
            };
            progress::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned()).into_query()
        };
        let written = Written::new();
        for backend in BACKENDS {
            for (id, second, words) in [(1, 5, None), (2, 0, Some("Words".to_owned())), (1, -9, None)] {
                let at: UtcTime = Timestamp::from_second(second).unwrap().into();
                let parameters = [Uuid::from_u128(id).into(), at.into(), words.into()];
                assert_eq!(written.statement(backend, parameters.clone(), insert), backend.build(&insert(parameters)));
            }
        }
    }
}
