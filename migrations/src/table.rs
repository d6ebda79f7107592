//! What every migration says in the same way.

use sea_orm_migration::prelude::*;

/// A foreign key from `table.column` to `to.id`. Nothing is ever deleted from under a row that names it.
pub(crate) fn refers(table: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(table, column)
        .to(to, "id")
        .on_delete(ForeignKeyAction::Restrict)
        .to_owned()
}

pub(crate) async fn index(manager: &SchemaManager<'_>, table: &'static str, columns: &[&'static str]) -> Result<(), DbErr> {
    manager.create_index(over("idx", table, columns)).await
}

pub(crate) async fn unique_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    manager.create_index(over("uq", table, columns).unique().to_owned()).await
}

fn over(prefix: &str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(format!("{prefix}_{table}_{}", columns.join("_"))).table(table).to_owned();
    for &column in columns {
        index.col(column);
    }
    index
}

/// Runs statements that both databases take as they are, in the order given.
pub(crate) async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Drops the tables in the order given, which must be the reverse of their creation.
pub(crate) async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for &table in tables {
        manager.drop_table(Table::drop().table(table).to_owned()).await?;
    }
    Ok(())
}
