//! What the staff's lists ask for at once: how many required readings a student has read, a cohort's students in the order of their
//! names, and the words of its person on each enrolment.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::run;

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

/// In small letters, as lists sort; newest first; and which words are whose.
const INDEXES: [&str; 3] = [
    "CREATE INDEX idx_enrolments_cohort_id_id ON enrolments (cohort_id, id)",
    "CREATE INDEX enrolments_by_name ON enrolments (cohort_id, lower(certificate_name), id)",
    "CREATE INDEX search_words_theirs ON search_words (theirs) WHERE theirs IS NOT NULL",
];

/// What the rows of before say of the new columns.
const BACKFILL: [&str; 4] = [
    "UPDATE enrolments SET required_read = (SELECT COUNT(*) FROM progress p \
     JOIN cohort_module_readings k ON k.module_id = p.module_id AND k.reading_id = p.reading_id \
     JOIN cohort_modules m ON m.id = p.module_id \
     WHERE p.enrolment_id = enrolments.id AND k.required AND (m.reflection_prompt IS NULL OR p.reflection IS NOT NULL))",
    "UPDATE search_words SET scope = 'people' WHERE scope = 'enrolments' AND subject IN (SELECT id FROM users)",
    "INSERT INTO search_words (scope, word, subject, theirs) SELECT 'enrolments', '', e.id, e.user_id FROM enrolments e",
    "INSERT INTO search_words (scope, word, subject, theirs) SELECT 'enrolments', w.word, e.id, e.user_id FROM enrolments e \
     JOIN search_words w ON w.subject = e.user_id AND w.scope = 'people' WHERE TRUE ON CONFLICT DO NOTHING",
];

const UNDO: [&str; 2] =
    ["DELETE FROM search_words WHERE theirs IS NOT NULL", "UPDATE search_words SET scope = 'enrolments' WHERE scope = 'people'"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["required_read", "counted_at"] {
            let column = integer(column).default(0).to_owned();
            manager.alter_table(Table::alter().table("enrolments").add_column(column).to_owned()).await?;
        }
        let theirs = uuid_null("theirs");
        manager.alter_table(Table::alter().table("search_words").add_column(theirs).to_owned()).await?;
        run(manager, &BACKFILL).await?;
        run(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &UNDO).await?;
        for index in ["search_words_theirs", "enrolments_by_name", "idx_enrolments_cohort_id_id"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        manager.alter_table(Table::alter().table("search_words").drop_column("theirs").to_owned()).await?;
        for column in ["counted_at", "required_read"] {
            manager.alter_table(Table::alter().table("enrolments").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
