//! The organisation that runs the site: one row, and its logo apart, so that nobody reads an image to learn a name.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::drop_tables;

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(organisation()).await?;
        manager.create_table(organisation_logo()).await?;
        // The row is there from the start, empty: a change locks it, and never has to make it.
        let only =
            Query::insert().into_table("organisation").columns(["id", "revision"]).values_panic([1.into(), 0.into()]).to_owned();
        manager.execute(only).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["organisation_logo", "organisation"]).await
    }
}

fn organisation() -> TableCreateStatement {
    Table::create()
        .table("organisation")
        .col(integer("id").primary_key().to_owned())
        .col(integer("revision"))
        .col(json_binary_null("identity"))
        .col(json_binary_null("officer"))
        .col(json_binary_null("tax"))
        .col(json_binary_null("bank"))
        .col(text_null("upi"))
        .col(json_binary_null("signers"))
        .col(json_binary_null("mail"))
        .col(integer_null("refund_days"))
        .col(json_binary_null("terms"))
        .col(json_binary_null("privacy"))
        .col(json_binary_null("refunds"))
        .col(json_binary_null("logo"))
        .check(Expr::col("id").eq(1))
        .to_owned()
}

fn organisation_logo() -> TableCreateStatement {
    Table::create()
        .table("organisation_logo")
        .col(integer("id").primary_key().to_owned())
        .col(blob("png"))
        .check(Expr::col("id").eq(1))
        .to_owned()
}
