//! Writing a backup: one snapshot of every table, while the program runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sea_orm::DbErr;

use super::archive::{Contents, FORMAT, Header, Writer};
use super::{Progress, applied_migrations, known_migrations};
use crate::db::rows::tables;
use crate::db::tables::Table;
use crate::db::{Db, Snapshot};

/// How many rows are held at once.
const PAGE: u64 = 200;

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is there already: choose another name")]
    Exists(PathBuf),
    #[error("cannot write {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("cannot write the backup: {0}")]
    Output(#[from] io::Error),
    #[error("the database is not of this program's version: use the program that serves it, or run `lectern migrate` first")]
    OtherVersion,
    #[error("the database: {0}")]
    Db(#[from] DbErr),
}

/// Writes a backup to `path`, which nobody but its owner may read. Until it is whole and on the disk it has another name, with
/// `.partial` at its end.
///
/// # Errors
/// [`BackupError`]; then nothing is at `path`.
pub async fn to_file(db: &Db, path: &Path, progress: &mut Progress) -> Result<Header, BackupError> {
    if path.exists() {
        return Err(BackupError::Exists(path.to_owned()));
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let failed = |source| BackupError::File { path: partial.clone(), source };
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let out = BufWriter::new(private(&partial).map_err(failed)?);
    let written = match write(db, out, progress).await {
        Ok((out, header)) => settle(out, &partial, path).map(|()| header).map_err(failed),
        Err(error) => Err(error),
    };
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Brings the file to the disk, under its own name.
fn settle(out: BufWriter<File>, partial: &Path, path: &Path) -> io::Result<()> {
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(partial, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Writes a backup of one moment to `out`.
///
/// # Errors
/// [`BackupError`].
pub async fn write<W: Write>(db: &Db, out: W, progress: &mut Progress) -> Result<(W, Header), BackupError> {
    let snapshot = db.snapshot().await?;
    if applied_migrations(&snapshot).await? != known_migrations() {
        return Err(BackupError::OtherVersion);
    }
    let tables = tables();
    let header = header(db, &snapshot, &tables).await?;
    let mut writer = Writer::begin(out, &header)?;
    for (table, contents) in tables.iter().zip(&header.tables) {
        writer.table(table.name)?;
        let (mut after, mut done) = (None, 0);
        loop {
            let page = table.page(&snapshot, after.as_ref(), PAGE).await?;
            for row in &page {
                writer.row(row)?;
            }
            done += page.len() as u64;
            progress.at(table.name, done, contents.rows);
            after = match page.into_iter().last() {
                Some(last) => Some(last),
                None => break,
            };
        }
    }
    Ok((writer.finish()?, header))
}

async fn header(db: &Db, snapshot: &Snapshot, tables: &[Table]) -> Result<Header, DbErr> {
    let mut contents = Vec::with_capacity(tables.len());
    for table in tables {
        let columns = table.columns().map(str::to_owned).collect();
        contents.push(Contents { name: table.name.to_owned(), columns, rows: table.count(snapshot).await? });
    }
    Ok(Header {
        lectern_backup: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: db.clocks().machine(),
        service_time: db.clocks().service(),
        migrations: known_migrations(),
        tables: contents,
    })
}
