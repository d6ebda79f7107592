//! The row, read into the organisation and written from it.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, QuerySelect, Set};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::model::{Approval, Logo, MailIdentity, OfferLength, Organisation, OwnPolicy, Policy, RefundRule, TransferHold};
use crate::db::rows::organisation::{logo as image, settings as row};
use crate::db::{Conn, Txn, corrupt};

/// The only row's key.
const ONLY: i32 = 1;

/// The organisation. One statement.
///
/// # Errors
/// The database's own; also if what is stored does not parse.
pub async fn current(conn: &Conn) -> Result<Organisation, DbErr> {
    to_organisation(row::Entity::find_by_id(ONLY).one(conn).await?)
}

/// How often it has been changed: whether what was read before is still so.
///
/// # Errors
/// The database's own.
pub async fn revision(conn: &Conn) -> Result<u32, DbErr> {
    let found = row::Entity::find_by_id(ONLY).select_only().column(row::Column::Revision).into_tuple::<i32>().one(conn).await?;
    u32::try_from(found.unwrap_or_default()).map_err(|_| corrupt("revision"))
}

/// The logo's bytes, a PNG of ours.
///
/// # Errors
/// The database's own.
pub async fn logo(conn: &Conn) -> Result<Option<Vec<u8>>, DbErr> {
    Ok(image::Entity::find_by_id(ONLY).one(conn).await?.map(|logo| logo.png))
}

/// The organisation, locked until the change is committed: two changes of different sections lose neither.
pub(super) async fn locked(txn: &Txn) -> Result<Organisation, DbErr> {
    to_organisation(row::Entity::find_by_id(ONLY).lock_exclusive().one(&**txn).await?)
}

fn to_organisation(row: Option<row::Model>) -> Result<Organisation, DbErr> {
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the organisation".to_owned()))?;
    let policy =
        |stored: Option<Value>, what| parsed::<OwnPolicy>(stored, what).map(|own| own.map_or(Policy::Shipped, Policy::Reviewed));
    let rule = row.refund_days.map(|days| u16::try_from(days).ok().and_then(|days| RefundRule::new(days).ok()));
    let offer = row.offer_hours.map(|hours| u16::try_from(hours).ok().and_then(|hours| OfferLength::new(hours).ok()));
    let hold = row.transfer_days.map(|days| u8::try_from(days).ok().and_then(|days| TransferHold::new(days).ok()));
    Ok(Organisation {
        revision: u32::try_from(row.revision).map_err(|_| corrupt("revision"))?,
        identity: parsed(row.identity, "identity")?,
        officer: parsed(row.officer, "officer")?,
        tax: parsed(row.tax, "tax registration")?.unwrap_or_default(),
        bank: parsed(row.bank, "bank account")?,
        upi: row.upi.map(|upi| upi.parse().map_err(|_| corrupt("UPI ID"))).transpose()?,
        signers: parsed(row.signers, "list of signers")?.unwrap_or_default(),
        mail: parsed::<MailIdentity>(row.mail, "sender")?.unwrap_or_default(),
        refund_rule: match rule {
            None => RefundRule::default(),
            Some(rule) => rule.ok_or_else(|| corrupt("refund rule"))?,
        },
        offer_length: match offer {
            None => OfferLength::default(),
            Some(length) => length.ok_or_else(|| corrupt("length of an offer"))?,
        },
        transfer_hold: match hold {
            None => TransferHold::default(),
            Some(hold) => hold.ok_or_else(|| corrupt("length of a hold"))?,
        },
        terms: policy(row.terms, "policy")?,
        privacy: policy(row.privacy, "policy")?,
        refunds: policy(row.refunds, "policy")?,
        logo: parsed(row.logo, "logo")?,
        approval: Approval { above: parsed(row.refund_approval, "limit of refunds")? },
    })
}

fn parsed<T: DeserializeOwned>(stored: Option<Value>, what: &'static str) -> Result<Option<T>, DbErr> {
    stored.filter(|value| !value.is_null()).map(|value| serde_json::from_value(value).map_err(|_| corrupt(what))).transpose()
}

/// Writes the whole row.
pub(super) async fn save(txn: &Txn, organisation: &Organisation) -> Result<(), DbErr> {
    let of = organisation;
    let policy = |policy: &Policy| match policy {
        Policy::Shipped => Ok(None),
        Policy::Reviewed(own) => stored(Some(own)),
    };
    let row = row::ActiveModel {
        id: Set(ONLY),
        revision: Set(i32::try_from(of.revision).map_err(|_| corrupt("revision"))?),
        identity: Set(stored(of.identity.as_ref())?),
        officer: Set(stored(of.officer.as_ref())?),
        tax: Set(stored(Some(&of.tax))?),
        bank: Set(stored(of.bank.as_ref())?),
        upi: Set(of.upi.as_ref().map(ToString::to_string)),
        signers: Set(stored(Some(&of.signers))?),
        mail: Set(stored(Some(&of.mail))?),
        refund_days: Set(Some(of.refund_rule.days().into())),
        terms: Set(policy(&of.terms)?),
        privacy: Set(policy(&of.privacy)?),
        refunds: Set(policy(&of.refunds)?),
        logo: Set(stored(of.logo.as_ref())?),
        offer_hours: Set(Some(of.offer_length.hours().into())),
        transfer_days: Set(Some(of.transfer_hold.days().into())),
        refund_approval: Set(stored(of.approval.above.as_ref())?),
    };
    row.update(&**txn).await.map(drop)
}

fn stored<T: Serialize>(value: Option<&T>) -> Result<Option<Value>, DbErr> {
    value.map(|value| serde_json::to_value(value).map_err(|error| DbErr::Custom(error.to_string()))).transpose()
}

/// Keeps the logo's bytes in place of those before, or none.
pub(super) async fn keep_logo(txn: &Txn, logo: Option<Logo>) -> Result<(), DbErr> {
    let Some(logo) = logo else {
        return image::Entity::delete_by_id(ONLY).exec(&**txn).await.map(drop);
    };
    let row = image::ActiveModel { id: Set(ONLY), png: Set(logo.png) };
    let replace = OnConflict::column(image::Column::Id).update_column(image::Column::Png).to_owned();
    image::Entity::insert(row).on_conflict(replace).exec_without_returning(&**txn).await.map(drop)
}
