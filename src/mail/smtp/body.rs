//! A message made fit for DATA.

/// Why a message cannot go on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("the message has {0} bytes, more than the {1} allowed")]
    TooLarge(usize, usize),
    #[error("the message is not seven-bit text in lines of at most 998 bytes that end in CRLF")]
    Malformed,
}

/// A message with its dots stuffed (RFC 5321 section 4.5.2), without the final dot.
#[derive(Debug)]
pub(super) struct Body {
    stuffed: Vec<u8>,
    size: usize,
}

impl Body {
    /// A CR or LF alone is refused: servers differ on whether it ends a line, and a dot after it could end the mail and
    /// begin another (SMTP smuggling).
    pub(super) fn new(message: &[u8], max: usize) -> Result<Self, Unfit> {
        if message.len() > max {
            return Err(Unfit::TooLarge(message.len(), max));
        }
        let message = message.strip_suffix(b"\r\n").ok_or(Unfit::Malformed)?;
        let mut stuffed = Vec::with_capacity(message.len() + 64);
        for line in message.split(|&b| b == b'\n') {
            if line.starts_with(b".") {
                stuffed.push(b'.');
            }
            stuffed.extend_from_slice(line);
            stuffed.push(b'\n');
        }
        stuffed.pop();
        stuffed.extend_from_slice(b"\r\n");
        let fits = stuffed.split_inclusive(|&b| b == b'\n').all(|line| {
            line.strip_suffix(b"\r\n").is_some_and(|text| {
                // 998, and one for a stuffed dot (RFC 5321 section 4.5.3.1.6).
                text.len() <= 999 && text.iter().all(|&b| b.is_ascii() && !matches!(b, b'\r' | b'\n' | 0))
            })
        });
        if fits { Ok(Self { stuffed, size: message.len() + 2 }) } else { Err(Unfit::Malformed) }
    }

    /// What is written between 354 and the final dot.
    pub(super) fn stuffed(&self) -> &[u8] {
        &self.stuffed
    }

    /// The size before stuffing, which `SIZE=` declares (RFC 1870 section 3).
    pub(super) fn size(&self) -> usize {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stuffed(message: &str) -> Result<String, Unfit> {
        Body::new(message.as_bytes(), 2000).map(|body| String::from_utf8(body.stuffed().to_vec()).unwrap())
    }

    #[test]
    fn dots_that_begin_a_line_are_doubled() {
        assert_eq!(stuffed(".\r\n..a\r\nb.\r\n\r\n.\r\n").unwrap(), "..\r\n...a\r\nb.\r\n\r\n..\r\n");
        assert_eq!(Body::new(b".\r\n", 3).unwrap().size(), 3);
    }

    #[test]
    fn what_a_server_could_read_otherwise_is_refused() {
        let long = "x".repeat(1000) + "\r\n";
        for bad in ["", "a", "a\n", "a\r", "a\r\n.\r", "a\n.\r\nMAIL\r\n", "a\r.\r\nb\r\n", "a\0\r\n", "é\r\n", &long] {
            assert_eq!(stuffed(bad), Err(Unfit::Malformed), "{bad:?}");
        }
        assert_eq!(Body::new(b"abcd\r\n", 5).unwrap_err(), Unfit::TooLarge(6, 5));
        assert!(stuffed(&("x".repeat(998) + "\r\n")).is_ok());
    }
}
