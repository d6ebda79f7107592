//! A file's bytes as numbered lines of clean text.

use super::ImportError;
use crate::kernel::text::is_forbidden;

/// The largest file, in bytes.
pub const LIMIT: usize = 1 << 20;

/// One line that is not blank: trimmed, its white space single, without invisible controls.
#[derive(Debug, Clone)]
pub struct Line {
    /// Counted from 1, blank lines included.
    pub number: usize,
    pub text: String,
}

/// The lines of a file.
#[derive(Debug)]
pub struct Source {
    pub lines: Vec<Line>,
    /// Lines from which invisible characters were removed.
    pub stripped: Vec<usize>,
}

/// The bytes as text.
pub fn decode(bytes: &[u8]) -> Result<&str, ImportError> {
    if bytes.len() > LIMIT {
        return Err(ImportError::TooLarge);
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        ImportError::NotUtf8 { line: 1 + before.iter().filter(|&&byte| byte == b'\n').count() }
    })
}

/// The text's lines. Line ends are `\n`, `\r\n` or `\r`; a byte order mark is dropped.
pub fn lines(text: &str) -> Result<Source, ImportError> {
    if text.len() > LIMIT {
        return Err(ImportError::TooLarge);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut source = Source { lines: Vec::new(), stripped: Vec::new() };
    for (number, raw) in (1..).zip(text.split('\n')) {
        if raw.contains('\0') {
            return Err(ImportError::NulCharacter { line: number });
        }
        if raw.chars().any(|c| c != '\t' && is_forbidden(c)) {
            source.stripped.push(number);
        }
        // A control that parts words (form feed, line separator) leaves its space behind.
        let visible: String = raw
            .chars()
            .filter_map(|c| match c {
                c if c.is_whitespace() => Some(' '),
                c if is_forbidden(c) => None,
                c => Some(c),
            })
            .collect();
        let text = visible.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            source.lines.push(Line { number, text });
        }
    }
    if source.lines.is_empty() { Err(ImportError::Empty) } else { Ok(source) }
}
