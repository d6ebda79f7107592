//! What an operator does: backup and restore, the doctor, the metrics, the log.

mod backup;
mod doctor;
mod files;
mod log;
mod metrics;
mod process;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lectern::ops::archive::{Line, Reader};
use lectern::ops::{Progress, backup as write};

use crate::support::app::TestApp;

/// Takes a backup of what the program holds now.
async fn take(app: &TestApp, name: &str) -> PathBuf {
    let file = app.folder().join(name);
    write::to_file(&app.services().db, &file, &mut Progress::silent()).await.unwrap();
    file
}

/// The rows of each table in a backup, in no order of the database's.
fn rows(file: &Path) -> BTreeMap<String, Vec<String>> {
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
