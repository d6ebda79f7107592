//! Queries of certificates.

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::model::{Award, Certificate, CertificateState, Code, Issuer, Reason};
use crate::db::columns::UtcTime;
use crate::db::rows::certificates::certificate_pdfs;
use crate::db::rows::certificates::certificates::{self, State};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::Timestamp;
use crate::kernel::ids::{CertificateId, EnrolmentId};

fn json<T: Serialize>(value: &T) -> Result<Value, DbErr> {
    serde_json::to_value(value).map_err(|error| DbErr::Json(error.to_string()))
}

fn parsed<T: DeserializeOwned>(value: Value, what: &'static str) -> Result<T, DbErr> {
    serde_json::from_value(value).map_err(|_| corrupt(what))
}

fn to_state(row: &certificates::Model) -> Result<CertificateState, DbErr> {
    let time = |at: Option<UtcTime>| at.map(Timestamp::from).ok_or_else(|| corrupt("end of a certificate"));
    Ok(match row.state {
        State::Issued => CertificateState::Issued,
        State::Revoked => CertificateState::Revoked {
            at: time(row.revoked_at)?,
            by: row.revoked_by,
            reason: Reason::parse(row.reason.as_deref().unwrap_or_default()).map_err(|_| corrupt("reason"))?,
        },
        State::Superseded => CertificateState::Superseded {
            at: time(row.superseded_at)?,
            by: row.superseded_by.as_deref().unwrap_or_default().parse().map_err(|_| corrupt("code"))?,
        },
    })
}

fn to_certificate(row: certificates::Model) -> Result<Certificate, DbErr> {
    Ok(Certificate {
        state: to_state(&row)?,
        id: row.id,
        code: row.code.parse().map_err(|_| corrupt("code"))?,
        enrolment: row.enrolment_id,
        edition: u32::try_from(row.edition).map_err(|_| corrupt("edition"))?,
        award: Award {
            name: row.name.parse().map_err(|_| corrupt("name"))?,
            course: row.course,
            cohort: row.cohort,
            starts_on: row.starts_on.into(),
            ends_on: row.ends_on.into(),
            modules: parsed(row.modules, "list of modules")?,
            completed_at: row.completed_at.into(),
            issuer: Issuer { legal_name: row.issuer, signers: parsed(row.signers, "list of signers")? },
        },
        issued_on: row.issued_on.into(),
        issued_at: row.issued_at.into(),
        issued_by: row.issued_by,
        pdf_sha256: row.pdf_sha256,
    })
}

/// The columns of the state, the only ones that are ever written again.
fn state_of(certificate: &Certificate) -> certificates::ActiveModel {
    let mut row = certificates::ActiveModel { id: Set(certificate.id), ..Default::default() };
    match &certificate.state {
        CertificateState::Issued => row.state = Set(State::Issued),
        CertificateState::Revoked { at, by, reason } => {
            row.state = Set(State::Revoked);
            row.revoked_at = Set(Some((*at).into()));
            row.revoked_by = Set(*by);
            row.reason = Set(Some(reason.as_str().to_owned()));
        }
        CertificateState::Superseded { at, by } => {
            row.state = Set(State::Superseded);
            row.superseded_at = Set(Some((*at).into()));
            row.superseded_by = Set(Some(by.digits().to_owned()));
        }
    }
    row
}

/// Writes a new certificate with its PDF. Another of the same edition is refused by the index.
pub(super) async fn insert(txn: &Txn, certificate: &Certificate, pdf: Vec<u8>) -> Result<(), DbErr> {
    let award = &certificate.award;
    let row = certificates::ActiveModel {
        code: Set(certificate.code.digits().to_owned()),
        enrolment_id: Set(certificate.enrolment),
        edition: Set(i32::try_from(certificate.edition).map_err(|_| corrupt("edition"))?),
        name: Set(award.name.as_str().to_owned()),
        course: Set(award.course.clone()),
        cohort: Set(award.cohort.clone()),
        starts_on: Set(award.starts_on.into()),
        ends_on: Set(award.ends_on.into()),
        modules: Set(json(&award.modules)?),
        completed_at: Set(award.completed_at.into()),
        issuer: Set(award.issuer.legal_name.clone()),
        signers: Set(json(&award.issuer.signers)?),
        issued_on: Set(certificate.issued_on.into()),
        issued_at: Set(certificate.issued_at.into()),
        issued_by: Set(certificate.issued_by),
        pdf_sha256: Set(certificate.pdf_sha256.clone()),
        ..state_of(certificate)
    };
    certificates::Entity::insert(row).exec_without_returning(&**txn).await?;
    let pdf = certificate_pdfs::ActiveModel { certificate_id: Set(certificate.id), bytes: Set(pdf) };
    certificate_pdfs::Entity::insert(pdf).exec_without_returning(&**txn).await?;
    Ok(())
}

pub(super) async fn save_state(txn: &Txn, certificate: &Certificate) -> Result<(), DbErr> {
    state_of(certificate).update(&**txn).await?;
    Ok(())
}

/// The certificate.
///
/// # Errors
/// The database's own.
pub async fn certificate(conn: &Conn, id: CertificateId) -> Result<Option<Certificate>, DbErr> {
    certificates::Entity::find_by_id(id).one(conn).await?.map(to_certificate).transpose()
}

/// The certificate, locked: whoever ends it waits for whoever did before.
pub(super) async fn certificate_for_update(txn: &Txn, id: CertificateId) -> Result<Option<Certificate>, DbErr> {
    let row = certificates::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&**txn).await?;
    row.map(to_certificate).transpose()
}

/// The certificate of this code: one statement.
///
/// # Errors
/// The database's own.
pub async fn by_code(conn: &Conn, code: &Code) -> Result<Option<Certificate>, DbErr> {
    let row = certificates::Entity::find().filter(certificates::COLUMN.code.eq(code.digits())).one(conn).await?;
    row.map(to_certificate).transpose()
}

/// Every certificate of these enrolments, by enrolment, the newest first.
///
/// # Errors
/// The database's own.
pub async fn of_enrolments(conn: &Conn, enrolments: &[EnrolmentId]) -> Result<Vec<Certificate>, DbErr> {
    let rows = certificates::Entity::find()
        .filter(certificates::Column::EnrolmentId.is_in(enrolments.iter().copied()))
        .order_by_asc(certificates::Column::EnrolmentId)
        .order_by_desc(certificates::Column::Edition)
        .all(conn)
        .await?;
    rows.into_iter().map(to_certificate).collect()
}

/// The newest certificate of an enrolment, of whatever state.
///
/// # Errors
/// The database's own.
pub async fn newest(conn: &Conn, enrolment: EnrolmentId) -> Result<Option<Certificate>, DbErr> {
    let of = certificates::Entity::find().filter(certificates::COLUMN.enrolment_id.eq(enrolment));
    let row = of.order_by_desc(certificates::Column::Edition).limit(1).one(conn).await?;
    row.map(to_certificate).transpose()
}

/// The PDF as it was issued.
///
/// # Errors
/// The database's own.
pub async fn pdf(conn: &Conn, id: CertificateId) -> Result<Option<Vec<u8>>, DbErr> {
    Ok(certificate_pdfs::Entity::find_by_id(id).one(conn).await?.map(|row| row.bytes))
}
