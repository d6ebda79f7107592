//! Tables `organisation` and `organisation_logo`.

pub mod settings {
    use sea_orm::entity::prelude::*;

    /// Whose site it is. One row, with id 1, from the first migration on; what is not set is NULL.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organisation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// Counts the changes: who has read this one has read them all.
        pub revision: i32,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub identity: Option<Json>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub officer: Option<Json>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub tax: Option<Json>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub bank: Option<Json>,
        pub upi: Option<String>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub signers: Option<Json>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub mail: Option<Json>,
        pub refund_days: Option<i32>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub terms: Option<Json>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub privacy: Option<Json>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub refunds: Option<Json>,
        /// The logo's digest and size; its bytes are apart.
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub logo: Option<Json>,
        /// Hours for which a seat is offered to somebody on a waitlist.
        pub offer_hours: Option<i32>,
        /// Days for which a seat is kept for a bank transfer or UPI.
        pub transfer_days: Option<i32>,
        /// The amount above which a refund waits for a second admin.
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub refund_approval: Option<Json>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod logo {
    use sea_orm::entity::prelude::*;

    /// The logo's bytes. One row at most, with id 1.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organisation_logo")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        #[sea_orm(column_type = "Blob")]
        pub png: Vec<u8>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
