//! Downloads as CSV (RFC 4180): how they are written, named, and kept from running in a spreadsheet.

use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::web::Problem;

/// Spreadsheets take a file without it for another encoding.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The headers of a download of this name: letters, digits and hyphens.
pub fn headers(name: &str) -> [(HeaderName, String); 3] {
    [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ]
}

/// Records, each ended as RFC 4180 has it.
///
/// # Errors
/// The writer's own.
pub fn written<const N: usize>(records: impl IntoIterator<Item = [String; N]>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for record in records {
        writer.write_record(record.iter().map(|cell| cell.as_str()))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// A whole download of this name: the headings, then the records.
///
/// # Errors
/// The writer's own.
pub fn download<const N: usize>(
    name: &str,
    headings: [&str; N],
    records: impl IntoIterator<Item = [String; N]>,
) -> Result<Response, Problem> {
    let mut bytes = BYTE_ORDER_MARK.as_bytes().to_vec();
    let all = std::iter::once(headings.map(str::to_owned)).chain(records);
    bytes.extend(written(all).map_err(Problem::internal)?);
    Ok((headers(name), bytes).into_response())
}

/// Words that somebody typed: what a spreadsheet would take for a formula begins with an apostrophe (ASVS 5.0 section 1.2.10).
pub fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_quoted() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\0"] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        for plain in ["Demo Student", "", "a=b", "' quoted", "demo@example.org"] {
            assert_eq!(cell(plain), plain);
        }
    }

    #[test]
    fn records_read_back_as_they_were_written() {
        let record = ["1", "O’Example, \"Zoë\"\nSecond line", ""].map(str::to_owned);
        let bytes = written([["a", "b", "c"].map(str::to_owned), record.clone()]).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let read: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(read, [csv::StringRecord::from(record.to_vec())]);
        assert!(bytes.ends_with(b"\r\n"));
    }
}
