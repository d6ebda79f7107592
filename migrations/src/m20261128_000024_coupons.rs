//! Codes that make a seat cheaper, and their uses.

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
        manager.create_table(coupons()).await?;
        manager.create_table(coupon_uses()).await?;
        index(manager, "coupon_uses", &["coupon_id", "user_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["coupon_uses", "coupons"]).await
    }
}

fn coupons() -> TableCreateStatement {
    Table::create()
        .table("coupons")
        .col(pk_uuid("id"))
        .col(text_uniq("code"))
        .col(integer_null("percent_points"))
        .col(big_integer_null("amount_minor"))
        .col(text_null("currency"))
        .col(uuid_null("cohort_id"))
        .col(timestamp_with_time_zone_null("opens_at"))
        .col(timestamp_with_time_zone_null("closes_at"))
        .col(integer_null("limit_total"))
        .col(integer_null("limit_per_person"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("stopped_at"))
        .foreign_key(&mut refers("coupons", "cohort_id", "cohorts"))
        .to_owned()
}

fn coupon_uses() -> TableCreateStatement {
    Table::create()
        .table("coupon_uses")
        .col(pk_uuid("order_id"))
        .col(uuid("coupon_id"))
        .col(uuid("user_id"))
        .col(timestamp_with_time_zone("used_at"))
        .col(timestamp_with_time_zone_null("given_back_at"))
        .foreign_key(&mut refers("coupon_uses", "order_id", "orders"))
        .foreign_key(&mut refers("coupon_uses", "coupon_id", "coupons"))
        .foreign_key(&mut refers("coupon_uses", "user_id", "users"))
        .to_owned()
}
