//! Lines out, replies in.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// The longest reply line and the longest reply in bytes. RFC 5321 section 4.5.3.1.5 allows a line 512.
const LINE: u64 = 2048;
const REPLY: usize = 16 * 1024;
/// How much of a reply is kept for people, in characters.
const SHOWN: usize = 500;

/// A plain or an encrypted connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// How a connection can fail us.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("no answer in time")]
    Timeout,
    #[error("the connection was lost: {0}")]
    Lost(#[from] io::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server does not speak SMTP")]
    Malformed,
    #[error("the server spoke out of turn")]
    OutOfTurn,
}

/// A whole reply (RFC 5321 section 4.2).
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    /// The text of each line, after the code.
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// For people: one line, printable, bounded.
    pub(super) fn text(&self) -> String {
        printable(&format!("{} {}", self.code, self.lines.join(" ")))
    }
}

/// One line of at most 500 characters, without control characters.
pub(super) fn printable(text: &str) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
}

/// `work`, or a timeout.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, WireError>>) -> Result<T, WireError> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(WireError::Timeout))
}

/// A connection and what was read from it and not yet used.
pub(super) struct Wire(BufReader<Box<dyn Stream>>);

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self(BufReader::new(stream))
    }

    /// The connection itself, for TLS. What a stranger slipped in before TLS must not be read as if it came through it
    /// (RFC 3207 section 4.2).
    pub(super) fn into_stream(self) -> Result<Box<dyn Stream>, WireError> {
        if self.0.buffer().is_empty() { Ok(self.0.into_inner()) } else { Err(WireError::OutOfTurn) }
    }

    /// Whether more was read than the last reply.
    pub(super) fn is_in_step(&self) -> Result<(), WireError> {
        if self.0.buffer().is_empty() { Ok(()) } else { Err(WireError::OutOfTurn) }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        self.is_in_step()?;
        self.0.write_all(bytes).await?;
        Ok(self.0.flush().await?)
    }

    /// Writes a line and reads its reply.
    pub(super) async fn command(&mut self, line: &str) -> Result<Reply, WireError> {
        self.write(format!("{line}\r\n").as_bytes()).await?;
        self.reply().await
    }

    pub(super) async fn reply(&mut self) -> Result<Reply, WireError> {
        let mut reply: Option<Reply> = None;
        let mut read = 0;
        loop {
            let mut line = Vec::new();
            read += (&mut self.0).take(LINE).read_until(b'\n', &mut line).await?;
            if line.is_empty() {
                return Err(WireError::Closed);
            }
            let (code, last, text) = parse(&line).ok_or(WireError::Malformed)?;
            let reply = reply.get_or_insert(Reply { code, lines: Vec::new() });
            if reply.code != code || read > REPLY {
                return Err(WireError::Malformed);
            }
            reply.lines.push(text);
            if last {
                return Ok(Reply { code, lines: std::mem::take(&mut reply.lines) });
            }
        }
    }

    /// Ends the connection with good manners, within a second.
    pub(super) async fn quit(mut self) {
        let farewell = async {
            self.write(b"QUIT\r\n").await?;
            Ok(self.0.shutdown().await?)
        };
        // The mail's outcome is known: how the farewell went changes nothing.
        let _: Result<(), WireError> = within(Duration::from_secs(1), farewell).await;
    }
}

/// `250-text` (more follows), `250 text` or `250` (the last).
fn parse(line: &[u8]) -> Option<(u16, bool, String)> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (digits, rest) = line.split_at_checked(3)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let last = match rest.first() {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return None,
    };
    let text = String::from_utf8_lossy(rest.get(1..).unwrap_or_default()).into_owned();
    (200..600).contains(&code).then_some((code, last, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Reply, WireError> {
        let (mut server, client) = tokio::io::duplex(64 * 1024);
        server.write_all(bytes).await.unwrap();
        drop(server);
        Wire::new(Box::new(client)).reply().await
    }

    #[tokio::test]
    async fn replies_of_one_and_of_many_lines_are_read() {
        let reply = read(b"250-mail.example.org\r\n250-SIZE 1000\r\n250 HELP\r\n").await.unwrap();
        assert_eq!(
            (reply.code, reply.lines.as_slice()),
            (250, ["mail.example.org", "SIZE 1000", "HELP"].map(str::to_owned).as_slice())
        );
        assert_eq!(read(b"354\r\n").await.unwrap().text(), "354");
        assert_eq!(read(b"550 5.1.1 No\x1b[31m such\xff user\r\n").await.unwrap().text(), "550 5.1.1 No [31m such\u{fffd} user");
    }

    #[tokio::test]
    async fn what_is_no_reply_is_refused_in_bounded_memory() {
        for bad in
            ["HTTP/1.1 400 Bad Request\r\n", "25\r\n", "2500 x\r\n", "250-a\r\n251 b\r\n", "099 x\r\n", "650 x\r\n", "250 cut"]
        {
            assert!(matches!(read(bad.as_bytes()).await, Err(WireError::Malformed)), "{bad:?}");
        }
        assert!(matches!(read(b"").await, Err(WireError::Closed)));
        assert!(matches!(read(b"250-a\r\n").await, Err(WireError::Closed)));
        assert!(matches!(read(&[b'2'; 4000]).await, Err(WireError::Malformed)));
        assert!(matches!(read("250-more\r\n".repeat(4000).as_bytes()).await, Err(WireError::Malformed)));
        let long = read(format!("250 {}\r\n", "é".repeat(1000)).as_bytes()).await.unwrap();
        assert_eq!(long.text().chars().count(), SHOWN);
    }
}
