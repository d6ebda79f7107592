//! Second factors of staff, sign-ins that wait for one, and when a session was last confirmed.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, index, refers, unique_index};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let confirmed = timestamp_with_time_zone_null("confirmed_at");
        manager.alter_table(Table::alter().table("sessions").add_column(confirmed).to_owned()).await?;
        manager.create_table(second_factors()).await?;
        manager.create_table(offered_factors()).await?;
        manager.create_table(recovery_codes()).await?;
        unique_index(manager, "recovery_codes", &["user_id", "code_hash"]).await?;
        manager.create_table(pending_sign_ins()).await?;
        index(manager, "pending_sign_ins", &["user_id"]).await?;
        index(manager, "pending_sign_ins", &["expires_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["pending_sign_ins", "recovery_codes", "offered_factors", "second_factors"]).await?;
        manager.alter_table(Table::alter().table("sessions").drop_column("confirmed_at").to_owned()).await
    }
}

fn second_factors() -> TableCreateStatement {
    Table::create()
        .table("second_factors")
        .col(pk_uuid("user_id"))
        .col(text("sealed"))
        .col(big_integer("last_step"))
        .col(integer("failures"))
        .col(timestamp_with_time_zone_null("failing_since"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("second_factors", "user_id", "users"))
        .to_owned()
}

fn offered_factors() -> TableCreateStatement {
    Table::create()
        .table("offered_factors")
        .col(pk_uuid("user_id"))
        .col(text("sealed"))
        .col(timestamp_with_time_zone("expires_at"))
        .foreign_key(&mut refers("offered_factors", "user_id", "users"))
        .to_owned()
}

fn recovery_codes() -> TableCreateStatement {
    Table::create()
        .table("recovery_codes")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(text("code_hash"))
        .col(timestamp_with_time_zone_null("used_at"))
        .foreign_key(&mut refers("recovery_codes", "user_id", "users"))
        .to_owned()
}

fn pending_sign_ins() -> TableCreateStatement {
    Table::create()
        .table("pending_sign_ins")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(text("browser_hash"))
        .col(json_binary("intent"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .foreign_key(&mut refers("pending_sign_ins", "user_id", "users"))
        .to_owned()
}
