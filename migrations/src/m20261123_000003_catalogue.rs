//! Courses, and the cohorts that copy them.

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
        manager.create_table(courses()).await?;
        manager.create_table(course_modules()).await?;
        unique_index(manager, "course_modules", &["course_id", "position"]).await?;
        manager.create_table(course_module_readings()).await?;
        index(manager, "course_module_readings", &["reading_id"]).await?;
        manager.create_table(cohorts()).await?;
        index(manager, "cohorts", &["course_id"]).await?;
        manager.create_table(cohort_modules()).await?;
        unique_index(manager, "cohort_modules", &["cohort_id", "position"]).await?;
        manager.create_table(cohort_module_readings()).await?;
        index(manager, "cohort_module_readings", &["reading_id"]).await?;
        manager.create_table(cohort_instructors()).await?;
        index(manager, "cohort_instructors", &["user_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "cohort_instructors",
                "cohort_module_readings",
                "cohort_modules",
                "cohorts",
                "course_module_readings",
                "course_modules",
                "courses",
            ],
        )
        .await
    }
}

fn courses() -> TableCreateStatement {
    Table::create()
        .table("courses")
        .col(pk_uuid("id"))
        .col(text_uniq("slug"))
        .col(text("title"))
        .col(text("dek"))
        .col(json_binary("description"))
        .col(json_binary("outcomes"))
        .col(json_binary("questions"))
        .col(integer("hours_min"))
        .col(integer("hours_max"))
        .col(text("language"))
        .col(timestamp_with_time_zone("created_at"))
        .to_owned()
}

fn course_modules() -> TableCreateStatement {
    Table::create()
        .table("course_modules")
        .col(pk_uuid("id"))
        .col(uuid("course_id"))
        .col(integer("position"))
        .col(text("title"))
        .col(text("dek"))
        .col(json_binary("outcomes"))
        .col(json_binary("questions"))
        .col(text_null("reflection_prompt"))
        .col(json_binary("release_rule"))
        .foreign_key(&mut refers("course_modules", "course_id", "courses"))
        .to_owned()
}

fn course_module_readings() -> TableCreateStatement {
    Table::create()
        .table("course_module_readings")
        .col(uuid("module_id"))
        .col(uuid("reading_id"))
        .col(integer("position"))
        .col(boolean("required"))
        .col(text("why"))
        .primary_key(Index::create().col("module_id").col("reading_id"))
        .foreign_key(&mut refers("course_module_readings", "module_id", "course_modules"))
        .foreign_key(&mut refers("course_module_readings", "reading_id", "readings"))
        .to_owned()
}

fn cohorts() -> TableCreateStatement {
    Table::create()
        .table("cohorts")
        .col(pk_uuid("id"))
        .col(uuid("course_id"))
        .col(text_uniq("slug"))
        .col(text("name"))
        .col(text("zone"))
        .col(text("starts_on"))
        .col(integer("capacity"))
        .col(big_integer("price_minor"))
        .col(text("currency"))
        .col(timestamp_with_time_zone("enrol_opens_at"))
        .col(timestamp_with_time_zone("enrol_closes_at"))
        .col(integer("revision"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("cohorts", "course_id", "courses"))
        .to_owned()
}

fn cohort_modules() -> TableCreateStatement {
    Table::create()
        .table("cohort_modules")
        .col(pk_uuid("id"))
        .col(uuid("cohort_id"))
        .col(integer("position"))
        .col(text("title"))
        .col(text("dek"))
        .col(json_binary("outcomes"))
        .col(json_binary("questions"))
        .col(text_null("reflection_prompt"))
        .col(json_binary("release_rule"))
        .foreign_key(&mut refers("cohort_modules", "cohort_id", "cohorts"))
        .to_owned()
}

fn cohort_module_readings() -> TableCreateStatement {
    Table::create()
        .table("cohort_module_readings")
        .col(uuid("module_id"))
        .col(uuid("reading_id"))
        .col(integer("position"))
        .col(boolean("required"))
        .col(text("why"))
        .primary_key(Index::create().col("module_id").col("reading_id"))
        .foreign_key(&mut refers("cohort_module_readings", "module_id", "cohort_modules"))
        .foreign_key(&mut refers("cohort_module_readings", "reading_id", "readings"))
        .to_owned()
}

fn cohort_instructors() -> TableCreateStatement {
    Table::create()
        .table("cohort_instructors")
        .col(uuid("cohort_id"))
        .col(uuid("user_id"))
        .primary_key(Index::create().col("cohort_id").col("user_id"))
        .foreign_key(&mut refers("cohort_instructors", "cohort_id", "cohorts"))
        .foreign_key(&mut refers("cohort_instructors", "user_id", "users"))
        .to_owned()
}
