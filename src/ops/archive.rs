//! The file of a backup: gzip'ed lines of JSON. A header, then for each table its name and its rows (see
//! [`tables`](crate::db::tables)), then a last line with the number of rows and the SHA-256 of all lines before it.
//!
//! It is written and read as a stream: neither side holds more than one line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::db::tables::Row;
use crate::kernel::Timestamp;

/// What this program writes, and the only format that it reads.
pub const FORMAT: u32 = 1;
/// No row of ours comes near: a longer line is damage.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub lectern_backup: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// Machine time.
    pub taken_at: Timestamp,
    /// Service time, which differs in development alone.
    pub service_time: Timestamp,
    /// The migrations of the database, which say its schema.
    pub migrations: Vec<String>,
    pub tables: Vec<Contents>,
}

/// What there is of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    pub name: String,
    pub columns: Vec<String>,
    pub rows: u64,
}

impl Header {
    /// The rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct TableLine {
    table: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct LastLine {
    rows: u64,
    sha256: String,
}

/// Why a file is not one to restore from.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("cannot read {path}: {source}")]
    Open { path: String, source: io::Error },
    #[error("it is not a backup of Lectern")]
    Foreign,
    #[error("its format is {0}, and this program reads {FORMAT}: use the program of the version that wrote it")]
    Format(u32),
    #[error("it ends too early, after {rows} rows: it was cut off; use another copy")]
    Truncated { rows: u64 },
    #[error("it is damaged at line {line} ({what}): use another copy")]
    Damaged { line: u64, what: String },
}

/// Writes the file.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: GzEncoder<W>,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> Writer<W> {
    /// Begins with the header.
    ///
    /// # Errors
    /// The output's own.
    pub fn begin(out: W, header: &Header) -> io::Result<Self> {
        let mut writer = Self { out: GzEncoder::new(out, Compression::default()), hash: Sha256::new(), rows: 0 };
        writer.line(header)?;
        Ok(writer)
    }

    /// Begins a table.
    ///
    /// # Errors
    /// The output's own.
    pub fn table(&mut self, name: &str) -> io::Result<()> {
        self.line(&TableLine { table: name.to_owned() })
    }

    /// Adds a row to the table begun last.
    ///
    /// # Errors
    /// The output's own.
    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        self.rows += 1;
        self.line(row)
    }

    /// Ends the file; the output, flushed of what compression held back.
    ///
    /// # Errors
    /// The output's own.
    pub fn finish(mut self) -> io::Result<W> {
        let sha256 = hex(self.hash.finalize_reset().as_slice());
        self.line(&LastLine { rows: self.rows, sha256 })?;
        self.out.finish()
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.hash.update(&bytes);
        self.out.write_all(&bytes)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A line after the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Table(String),
    Row(Row),
}

/// Reads a file, and checks it as far as it has read.
pub struct Reader {
    lines: BufReader<MultiGzDecoder<BufReader<File>>>,
    hash: Sha256,
    line: u64,
    rows: u64,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn open(path: &Path) -> Result<(Self, Header), ArchiveError> {
        let opened = |source| ArchiveError::Open { path: path.display().to_string(), source };
        let file = File::open(path).map_err(opened)?;
        let about = file.metadata().map_err(opened)?;
        if about.is_dir() || about.len() == 0 {
            return Err(ArchiveError::Foreign);
        }
        let lines = BufReader::new(MultiGzDecoder::new(BufReader::new(file)));
        let mut reader = Self { lines, hash: Sha256::new(), line: 0, rows: 0 };
        let first = match reader.raw() {
            Ok(Some(first)) => first,
            Ok(None) | Err(ArchiveError::Damaged { .. }) => return Err(ArchiveError::Foreign),
            Err(error) => return Err(error),
        };
        #[derive(Deserialize)]
        struct AnyFormat {
            lectern_backup: u32,
        }
        let format: AnyFormat = serde_json::from_slice(&first).map_err(|_| ArchiveError::Foreign)?;
        if format.lectern_backup != FORMAT {
            return Err(ArchiveError::Format(format.lectern_backup));
        }
        let header = serde_json::from_slice(&first).map_err(|error| reader.damaged(error))?;
        reader.hash.update(&first);
        Ok((reader, header))
    }

    /// The next line; `None` at the end, once the last line's sums are found right and nothing follows it.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn next_line(&mut self) -> Result<Option<Line>, ArchiveError> {
        let Some(bytes) = self.raw()? else { return Err(ArchiveError::Truncated { rows: self.rows }) };
        if bytes.first() == Some(&b'[') {
            self.hash.update(&bytes);
            self.rows += 1;
            return serde_json::from_slice(&bytes).map(|row| Some(Line::Row(row))).map_err(|error| self.damaged(error));
        }
        if let Ok(table) = serde_json::from_slice::<TableLine>(&bytes) {
            self.hash.update(&bytes);
            return Ok(Some(Line::Table(table.table)));
        }
        let last: LastLine = serde_json::from_slice(&bytes).map_err(|error| self.damaged(error))?;
        if last.rows != self.rows || last.sha256 != hex(self.hash.finalize_reset().as_slice()) {
            return Err(self.damaged("its checksum is another"));
        }
        match self.raw()? {
            None => Ok(None),
            Some(_) => Err(self.damaged("something follows its end")),
        }
    }

    /// Damage at the line read last.
    pub fn damaged(&self, what: impl ToString) -> ArchiveError {
        ArchiveError::Damaged { line: self.line, what: what.to_string() }
    }

    /// A line with its end; `None` at the end of the file.
    fn raw(&mut self) -> Result<Option<Vec<u8>>, ArchiveError> {
        let mut bytes = Vec::new();
        self.line += 1;
        match (&mut self.lines).take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) => Ok(None),
            Ok(_) if bytes.ends_with(b"\n") => Ok(Some(bytes)),
            Ok(_) => Err(ArchiveError::Truncated { rows: self.rows }),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(ArchiveError::Truncated { rows: self.rows }),
            Err(error) => Err(self.damaged(error)),
        }
    }
}
