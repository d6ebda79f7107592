//! What an operator does: backup and restore, the doctor, the metrics, the log.

mod backup;
mod deploy;
mod doctor;
mod files;
mod log;
mod metrics;
mod process;
mod restored;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lectern::db::columns::{CivilDate, UtcTime};
use lectern::db::rows::certificates::{certificate_pdfs, certificates};
use lectern::db::rows::enrolment::enrolments;
use lectern::kernel::Actor;
use lectern::ops::archive::{Line, Reader};
use lectern::ops::{Progress, backup as write};

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use crate::support::app::TestApp;

/// Takes a backup of what the program holds now.
async fn take(app: &TestApp, name: &str) -> PathBuf {
    let file = app.folder().join(name);
    write::to_file(&app.services().db, &file, &mut Progress::silent()).await.unwrap();
    file
}

/// A certificate, which the database itself keeps from being changed or deleted.
async fn certify(app: &TestApp) {
    let day = CivilDate::from(jiff::civil::date(2027, 2, 22));
    let issue = async |txn: &lectern::db::Txn| {
        let enrolment = enrolments::Entity::find().one(&**txn).await?.unwrap();
        let now = UtcTime::from(txn.now());
        let certificate = certificates::Model {
            id: txn.new_id(),
            code: "0123456789".to_owned(),
            enrolment_id: enrolment.id,
            edition: 1,
            name: "Demo Student 03".to_owned(),
            course: "Example Course".to_owned(),
            cohort: "January".to_owned(),
            starts_on: day,
            ends_on: day,
            modules: json!(["Theme"]),
            completed_at: now,
            issuer: "Example Journal".to_owned(),
            signers: json!([]),
            issued_on: day,
            issued_at: now,
            issued_by: None,
            pdf_sha256: "00".to_owned(),
            state: certificates::State::Issued,
            revoked_at: None,
            revoked_by: None,
            reason: None,
            superseded_at: None,
            superseded_by: None,
        };
        let pdf = certificate_pdfs::Model { certificate_id: certificate.id, bytes: b"%PDF\0\xff".to_vec() };
        certificates::Entity::insert(certificate.into_active_model().reset_all()).exec_without_returning(&**txn).await?;
        certificate_pdfs::Entity::insert(pdf.into_active_model().reset_all()).exec_without_returning(&**txn).await
    };
    app.services().db.write(Actor::Operator, issue).await.unwrap();
}

/// The rows of each table in a backup, in no order of the database's.
pub fn rows(file: &Path) -> BTreeMap<String, Vec<String>> {
    let (mut reader, _) = Reader::open(file).unwrap();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut table = String::new();
    while let Some(line) = reader.next_line().unwrap() {
        match line {
            Line::Table(name) => {
                tables.insert(name.clone(), Vec::new());
                table = name;
            }
            Line::Row(row) => tables.entry(table.clone()).or_default().push(serde_json::to_string(&row).unwrap()),
        }
    }
    tables.values_mut().for_each(|rows| rows.sort_unstable());
    tables
}
