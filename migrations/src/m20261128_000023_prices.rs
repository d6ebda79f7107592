//! Prices in several currencies, and the quote of an order with its discount and taxes.

use sea_orm_migration::sea_orm::DbBackend;
use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

/// What orders are told more of.
fn columns() -> [(&'static str, ColumnDef); 8] {
    [
        ("list_minor", big_integer("list_minor").default(0).to_owned()),
        ("discount_minor", big_integer("discount_minor").default(0).to_owned()),
        ("tax_basis", text("tax_basis").default("added").to_owned()),
        ("supply", json_binary_null("supply").to_owned()),
        ("taxes", json_binary_null("taxes").to_owned()),
        ("quoted_until", timestamp_with_time_zone_null("quoted_until").to_owned()),
        ("coupon_id", uuid_null("coupon_id").to_owned()),
        ("code_tries", integer("code_tries").default(0).to_owned()),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let json = json_text(manager);
        let conn = manager.get_connection();
        add(manager, "cohorts", json_binary("prices").default("{}").to_owned()).await?;
        let prices = format!(
            "UPDATE cohorts SET prices = {}",
            json(
                r#"'{"first":{"regular":{"minor":' || price_minor || ',"currency":"' || currency || '"},"early":null},"more":[],"tax":"included","early_until":null}'"#
            )
        );
        conn.execute_unprepared(&prices).await?;
        for column in ["price_minor", "currency"] {
            remove(manager, "cohorts", column).await?;
        }
        for (_, column) in columns() {
            add(manager, "orders", column).await?;
        }
        // No tax was ever collected until now, and nothing taken off.
        conn.execute_unprepared("UPDATE orders SET list_minor = total_minor").await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in columns() {
            remove(manager, "orders", name).await?;
        }
        add(manager, "cohorts", big_integer("price_minor").default(0).to_owned()).await?;
        add(manager, "cohorts", text("currency").default("INR").to_owned()).await?;
        let part = |path: &str| match manager.get_database_backend() {
            DbBackend::Postgres => format!("prices #>> '{{first,regular,{path}}}'"),
            _ => format!("json_extract(prices, '$.first.regular.{path}')"),
        };
        let (minor, currency) = (part("minor"), part("currency"));
        let old = format!("UPDATE cohorts SET price_minor = CAST({minor} AS bigint), currency = {currency}");
        manager.get_connection().execute_unprepared(&old).await?;
        remove(manager, "cohorts", "prices").await
    }
}

/// How a text becomes a value of a JSON column: PostgreSQL asks for a cast.
fn json_text(manager: &SchemaManager<'_>) -> impl Fn(&str) -> String + use<> {
    let cast = manager.get_database_backend() == DbBackend::Postgres;
    move |text: &str| if cast { format!("CAST({text} AS jsonb)") } else { text.to_owned() }
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, mut column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await
}

async fn remove(manager: &SchemaManager<'_>, table: &'static str, column: &'static str) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await
}
