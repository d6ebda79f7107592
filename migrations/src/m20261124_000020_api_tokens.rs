//! API tokens, what was answered to requests with an idempotency key, and the token in the audit log.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, index, refers};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let token = uuid_null("actor_token");
        manager.alter_table(Table::alter().table("audit_events").add_column(token).to_owned()).await?;
        manager.create_table(api_tokens()).await?;
        manager.create_table(idempotency_keys()).await?;
        index(manager, "idempotency_keys", &["claimed_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["idempotency_keys", "api_tokens"]).await?;
        manager.alter_table(Table::alter().table("audit_events").drop_column("actor_token").to_owned()).await
    }
}

fn api_tokens() -> TableCreateStatement {
    Table::create()
        .table("api_tokens")
        .col(pk_uuid("id"))
        .col(text("name"))
        .col(text_uniq("token_hash"))
        .col(text("hint"))
        .col(json_binary("scopes"))
        .col(uuid("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut refers("api_tokens", "created_by", "users"))
        .to_owned()
}

fn idempotency_keys() -> TableCreateStatement {
    Table::create()
        .table("idempotency_keys")
        .col(uuid("token_id"))
        .col(text("idempotency_key"))
        .col(text("fingerprint"))
        .col(timestamp_with_time_zone("claimed_at"))
        .col(integer_null("status"))
        .col(text_null("body"))
        .col(text_null("location"))
        .primary_key(Index::create().col("token_id").col("idempotency_key"))
        .foreign_key(&mut refers("idempotency_keys", "token_id", "api_tokens"))
        .to_owned()
}
