//! What a query runs on.

use sea_orm::prelude::async_trait;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, ExecResult, QueryResult, Statement, Value};

/// What a query runs on: a snapshot, or the transaction of a change. Both dereference to it.
#[derive(Debug)]
pub struct Conn(pub(super) DatabaseTransaction);

impl Conn {
    /// As the schema's tools take it.
    pub fn for_schema(&self) -> &DatabaseTransaction {
        &self.0
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Conn {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_raw(with_its_limit(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.query_one_raw(with_its_limit(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.query_all_raw(with_its_limit(statement)).await
    }
}

const LIMIT: &str = " LIMIT ?";

/// The statement with its limits in its text. SQLite plans by a limit's value, so it prepares a statement whose limit is a variable
/// anew at every run; SeaORM writes one for each `.one()`. Limits are few, so the texts that are kept prepared are, too.
fn with_its_limit(mut statement: Statement) -> Statement {
    if statement.db_backend != DatabaseBackend::Sqlite {
        return statement;
    }
    let Some(values) = &mut statement.values else { return statement };
    let mut from = 0;
    while let Some(found) = statement.sql[from..].find(LIMIT) {
        let variable = from + found + LIMIT.len() - 1;
        from = variable + 1;
        let Some(place) = variables(&statement.sql[..variable]) else { continue };
        if let Some(Value::BigUnsigned(Some(limit))) = values.0.get(place) {
            let limit = limit.to_string();
            statement.sql.replace_range(variable..=variable, &limit);
            values.0.remove(place);
            from = variable + limit.len();
        }
    }
    statement
}

/// How many variables stand before the end of a text, of which what is quoted is none; `None` if the end itself is quoted.
fn variables(sql: &str) -> Option<usize> {
    let mut quote = None;
    let mut many = 0;
    for letter in sql.bytes() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, b'\'' | b'"') => quote = Some(letter),
            (None, b'?') => many += 1,
            _ => {}
        }
    }
    quote.is_none().then_some(many)
}

#[cfg(test)]
mod tests {
    use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

    use super::*;
    use crate::db::rows::enrolment::enrolments::{Column as C, Entity};
    use crate::db::rows::identity::users;

    fn built(backend: DatabaseBackend) -> Statement {
        let some = Entity::find().select_only().column(C::UserId).filter(C::CertificateName.eq("it's ? LIMIT ?")).limit(7);
        let people = users::Entity::find().filter(users::Column::Id.in_subquery(some.into_query()));
        let people = people.filter(users::Column::Name.ne("\"")).order_by(users::Column::Id, Order::Asc).limit(51).offset(100);
        people.build(backend)
    }

    #[test]
    fn the_limits_of_a_statement_are_in_its_text_on_sqlite_and_its_other_values_are_not() {
        let before = built(DatabaseBackend::Sqlite);
        let after = with_its_limit(before.clone());
        assert_eq!(after.sql, before.sql.replacen("LIMIT ?", "LIMIT 7", 1).replacen("LIMIT ?", "LIMIT 51", 1));
        let kept: Vec<Value> = vec!["it's ? LIMIT ?".into(), "\"".into(), 100_u64.into()];
        assert_eq!(after.values.unwrap().0, kept);
        let elsewhere = built(DatabaseBackend::Postgres);
        assert_eq!(with_its_limit(elsewhere.clone()), elsewhere);
    }

    #[test]
    fn what_is_quoted_is_no_variable() {
        assert_eq!(variables(r#"a = ? AND "b?" = 'it''s ?' AND c = ?"#), Some(2));
        let literal = Statement::from_sql_and_values(DatabaseBackend::Sqlite, "SELECT ' LIMIT ?', ?", [3_u64.into()]);
        assert_eq!(with_its_limit(literal.clone()), literal);
    }
}
