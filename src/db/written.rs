//! Statements that are written once and run often.

use std::sync::{Mutex, PoisonError};

use sea_orm::sea_query::SelectStatement;
use sea_orm::{DatabaseBackend, Statement, Value};
use uuid::Uuid;

/// A query by `N` ids, whose text is made at its first run on each kind of database: making it costs more than running it.
#[derive(Debug, Default)]
pub struct Written<const N: usize>(Mutex<Vec<Statement>>);

/// Stands for the id at `place` while the text is made; no id of ours is of the last ones.
fn stand_in(place: usize) -> Uuid {
    Uuid::from_u128(u128::MAX - place as u128)
}

impl<const N: usize> Written<N> {
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The statement for these ids. `write` must make the same query each time, but for the ids it is given.
    pub fn statement(
        &self,
        backend: DatabaseBackend,
        ids: [Uuid; N],
        write: impl FnOnce([Uuid; N]) -> SelectStatement,
    ) -> Statement {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = written.iter().find(|statement| statement.db_backend == backend).cloned();
        let mut statement = known.unwrap_or_else(|| {
            let statement = backend.build(&write(std::array::from_fn(stand_in)));
            written.push(statement.clone());
            statement
        });
        drop(written);
        for value in statement.values.iter_mut().flat_map(|values| &mut values.0) {
            if let Value::Uuid(Some(id)) = value
                && let Some(place) = (0..N).find(|&place| stand_in(place) == *id)
            {
                *value = ids[place].into();
            }
        }
        statement
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};

    use super::*;
    use crate::db::rows::enrolment::enrolments::{COLUMN, Entity};
    use crate::kernel::ids::{CohortId, EnrolmentId};

    #[test]
    fn a_statement_has_the_ids_of_its_run_whatever_ran_before() {
        let query = |[enrolment, cohort]: [Uuid; 2]| {
            let found = Entity::find().filter(COLUMN.id.eq(EnrolmentId(enrolment))).filter(COLUMN.cohort_id.eq(CohortId(cohort)));
            found.filter(COLUMN.id.ne(EnrolmentId(enrolment))).into_query()
        };
        let written = Written::new();
        for backend in [DatabaseBackend::Sqlite, DatabaseBackend::Postgres, DatabaseBackend::Sqlite] {
            for ids in [[1, 2], [2, 1], [3, 3]].map(|ids| ids.map(Uuid::from_u128)) {
                assert_eq!(written.statement(backend, ids, query), backend.build(&query(ids)));
            }
        }
    }
}
