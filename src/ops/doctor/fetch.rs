//! One GET request, by HTTP/1.1 with or without TLS: all that the doctor needs of a client. No redirect is followed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::kernel::Timestamp;

const LIMIT: Duration = Duration::from_secs(10);
/// More of an answer is not read.
const LONGEST: u64 = 64 * 1024;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) date: Option<Timestamp>,
    /// As sent, possibly in chunks, and cut off.
    pub(super) body: Vec<u8>,
}

/// Why nothing did.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no answer within {} seconds", LIMIT.as_secs())]
    Late,
    #[error("not reachable: {0}")]
    Unreachable(#[from] io::Error),
    #[error("TLS failed: {0}")]
    Tls(String),
    #[error("what answers does not speak HTTP")]
    Foreign,
}

pub(super) async fn get(url: &Url) -> Result<Answer, FetchError> {
    tokio::time::timeout(LIMIT, exchange(url)).await.unwrap_or(Err(FetchError::Late))
}

async fn exchange(url: &Url) -> Result<Answer, FetchError> {
    let host = url.host_str().ok_or(FetchError::Foreign)?;
    let port = url.port_or_known_default().ok_or(FetchError::Foreign)?;
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: lectern-doctor\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        url.path()
    );
    let bytes = if url.scheme() == "https" {
        let failed = |error: &dyn ToString| FetchError::Tls(error.to_string());
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| failed(&error))?;
        ask(stream, &request).await?
    } else {
        ask(stream, &request).await?
    };
    read(&bytes).ok_or(FetchError::Foreign)
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    match stream.take(LONGEST).read_to_end(&mut bytes).await {
        // Servers that end a TLS connection without its farewell have said all the same what they said.
        Err(error) if bytes.is_empty() => Err(error),
        _ => Ok(bytes),
    }
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let date = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("date"));
    let date = date.and_then(|(_, value)| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok());
    Some(Answer { status, date, body: bytes[end + 4..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_anything_else_is_refused() {
        let answer = read(b"HTTP/1.1 200 OK\r\nDATE: Mon, 04 Jan 2027 03:30:00 GMT\r\n\r\nok\n").unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"ok\n".as_slice()));
        assert_eq!(answer.date.unwrap(), "2027-01-04T03:30:00Z".parse().unwrap());
        assert!(read(b"HTTP/1.0 404 Not Found\r\nServer: x\r\n\r\n").unwrap().date.is_none());
        for bad in ["", "220 mail.example.org ESMTP\r\n\r\n", "HTTP/1.1 many\r\n\r\n", "HTTP/1.1 200 OK\r\n"] {
            assert!(read(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
