//! Tables `audit_events` and `touches`.

pub mod audit_events {
    use sea_orm::entity::prelude::*;

    use crate::db::columns::UtcTime;
    use crate::kernel::ids::{AuditId, TokenId};

    /// One entry of the audit log.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AuditId,
        pub at: UtcTime,
        pub actor_kind: String,
        pub actor_id: Option<Uuid>,
        /// The token by which a program acted for that person.
        pub actor_token: Option<TokenId>,
        /// A stable name such as `enrolment.confirmed`.
        pub kind: String,
        /// The subject's id in its outside form.
        pub subject_id: String,
        /// The state before; JSON `null` where there was none.
        #[sea_orm(column_type = "JsonBinary")]
        pub before: Json,
        #[sea_orm(column_type = "JsonBinary")]
        pub after: Json,
        /// Personal values, which an erasure empties.
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub personal: Option<Json>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod touches {
    use sea_orm::entity::prelude::*;

    use crate::db::columns::UtcTime;

    /// Whose planned mail must be thought over again.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "touches")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject_kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject_id: Uuid,
        pub generation: i64,
        pub touched_at: UtcTime,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
