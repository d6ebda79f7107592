//! One message's bytes: text and HTML side by side, the same bytes for the same input, seven-bit and CRLF throughout.

use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{self, Message, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use url::Url;

use crate::kernel::text::{TextError, single_line};
use crate::kernel::{EmailAddress, Timestamp};

/// The longest subject and the longest display name, in characters.
const LINE: usize = 250;
/// The longest `List-Unsubscribe` URL in bytes: a header line holds 998 (RFC 5322 section 2.1.1).
const URL: usize = 900;

/// Who a mail is from or to: an address, and perhaps the name shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    name: Option<String>,
    address: EmailAddress,
}

impl Party {
    /// An address alone.
    pub fn bare(address: EmailAddress) -> Self {
        Self { name: None, address }
    }

    /// An address with a display name of one line, at most 250 characters.
    ///
    /// # Errors
    /// The name is empty, too long or holds control characters.
    pub fn named(name: &str, address: EmailAddress) -> Result<Self, TextError> {
        Ok(Self { name: Some(single_line(name, LINE)?), address })
    }

    /// The address without the name.
    pub fn address(&self) -> &EmailAddress {
        &self.address
    }

    fn to_header(&self) -> Result<message::Mailbox, ComposeError> {
        let address: Address = self.address.as_str().parse().map_err(|_| ComposeError::Address(self.address.clone()))?;
        Ok(message::Mailbox::new(self.name.clone(), address))
    }
}

/// A way out of a list by one click, without signing in (RFC 8058).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    /// Answers a POST of `List-Unsubscribe=One-Click`.
    pub url: Url,
}

/// A message before it is encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub from: Party,
    pub to: Party,
    /// Where an answer goes, if not to the sender (RFC 5322 section 3.6.2).
    pub reply_to: Option<EmailAddress>,
    /// One line, at most 250 characters.
    pub subject: String,
    /// The body for readers that show text. Lines end in `\n` or `\r\n`.
    pub text: String,
    /// The same for readers that show HTML.
    pub html: String,
    /// `local@domain`, without angle brackets: the sender chooses it, so that a repeat is known as one.
    pub message_id: String,
    /// Shown in UTC, in whole seconds; from 1970 on.
    pub date: Timestamp,
    pub unsubscribe: Option<Unsubscribe>,
}

/// Why a message cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    #[error("the address {0:?} cannot stand in a header")]
    Address(EmailAddress),
    #[error("the subject is unusable: {0}")]
    Subject(TextError),
    #[error("the {0} body holds a control character")]
    Body(&'static str),
    #[error("the Message-ID is not local@domain")]
    MessageId,
    #[error("the date lies before 1970")]
    Date,
    #[error("the unsubscribe URL is longer than 900 bytes")]
    UnsubscribeUrl,
    #[error("the message could not be built: {0}")]
    Build(String),
}

/// The message as it goes on the wire: `multipart/alternative`, seven-bit, CRLF line ends, marked as sent by a program
/// (`Auto-Submitted: auto-generated`, RFC 3834 section 5.2).
///
/// # Errors
/// A part that would break the message's structure.
pub fn compose(mail: &Mail) -> Result<Vec<u8>, ComposeError> {
    let subject = single_line(&mail.subject, LINE).map_err(ComposeError::Subject)?;
    let text = body("text", &mail.text)?;
    let html = body("html", &mail.html)?;
    if !is_message_id(&mail.message_id) {
        return Err(ComposeError::MessageId);
    }
    let seconds = u64::try_from(mail.date.as_second()).map_err(|_| ComposeError::Date)?;
    let mut builder = Message::builder()
        .from(mail.from.to_header()?)
        .to(mail.to.to_header()?)
        .subject(subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(format!("<{}>", mail.message_id)))
        .raw_header(raw("Auto-Submitted", "auto-generated"));
    if let Some(address) = &mail.reply_to {
        builder = builder.reply_to(Party::bare(address.clone()).to_header()?);
    }
    if let Some(Unsubscribe { url }) = &mail.unsubscribe {
        if url.as_str().len() > URL {
            return Err(ComposeError::UnsubscribeUrl);
        }
        builder = builder
            .raw_header(raw("List-Unsubscribe", &format!("<{url}>")))
            .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let parts = MultiPart::alternative()
        .boundary(boundary(&mail.message_id, &text, &html))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(html));
    let message = builder.multipart(parts).map_err(|error| ComposeError::Build(error.to_string()))?;
    Ok(message.formatted())
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Line ends as CRLF. A lone CR or another control character would read differently at different servers.
fn body(which: &'static str, text: &str) -> Result<String, ComposeError> {
    let text = text.replace("\r\n", "\n");
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(ComposeError::Body(which));
    }
    Ok(text.replace('\n', "\r\n"))
}

/// `dot-atom@dot-atom` of RFC 5322 section 3.6.4, at most 200 bytes.
fn is_message_id(text: &str) -> bool {
    let atom =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b));
    text.len() <= 200 && text.split_once('@').is_some_and(|(left, right)| left.split('.').all(atom) && right.split('.').all(atom))
}

/// A boundary that the parts fix, so that the same mail has the same bytes. A text cannot hold its own digest, and `=_`
/// occurs in no quoted-printable or base64 line (RFC 2045 section 6.7).
fn boundary(message_id: &str, text: &str, html: &str) -> String {
    let mut digest = Sha256::new();
    for part in [message_id, text, html] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let hex: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("=_{hex}")
}

#[cfg(test)]
mod tests {
    use mail_parser::{HeaderValue as Parsed, MessageParser};
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> EmailAddress {
        text.parse().unwrap()
    }

    fn mail() -> Mail {
        Mail {
            from: Party::named("Example Journal: Courses", address("courses@example.org")).unwrap(),
            to: Party::named("डेमो \"छात्र\" ०३", address("demo.03@example.net")).unwrap(),
            reply_to: Some(address("office@example.org")),
            subject: "Week two is open — “Peace processes”, सोमवार 09:00".to_owned(),
            text: "Hello\n.\n..two dots\nA long line: ".to_owned() + &"wörter ".repeat(300) + "\n",
            html: format!("<p>Zoë &amp; {}</p>\n.\n", "x".repeat(1200)),
            message_id: "mail.0001@example.org".to_owned(),
            date: "2027-01-04T03:30:00Z".parse().unwrap(),
            unsubscribe: Some(Unsubscribe { url: "https://example.org/u/abc?k=1".parse().unwrap() }),
        }
    }

    fn assert_wire_safe(bytes: &[u8]) {
        assert!(bytes.is_ascii() && bytes.ends_with(b"\r\n"));
        let text = std::str::from_utf8(bytes).unwrap();
        for line in text.split("\r\n") {
            assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']), "{line:?}");
        }
    }

    #[test]
    fn a_reader_gets_back_what_was_written() {
        let mail = mail();
        let bytes = compose(&mail).unwrap();
        assert_wire_safe(&bytes);
        let read = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(read.subject(), Some(mail.subject.as_str()));
        assert_eq!(read.message_id(), Some("mail.0001@example.org"));
        let (from, to) = (read.from().unwrap().first().unwrap(), read.to().unwrap().first().unwrap());
        assert_eq!((from.name(), from.address()), (Some("Example Journal: Courses"), Some("courses@example.org")));
        assert_eq!((to.name(), to.address()), (Some("डेमो \"छात्र\" ०३"), Some("demo.03@example.net")));
        assert_eq!(read.reply_to().and_then(|list| list.first()).and_then(|reply| reply.address()), Some("office@example.org"));
        assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n"), mail.text);
        assert_eq!(read.body_html(0).unwrap().replace("\r\n", "\n"), mail.html);
        assert_eq!(read.date().unwrap().to_rfc3339(), "2027-01-04T03:30:00Z");
        assert_eq!(read.header("Auto-Submitted").and_then(Parsed::as_text), Some("auto-generated"));
        assert_eq!(read.header_raw("List-Unsubscribe").map(str::trim), Some("<https://example.org/u/abc?k=1>"));
        assert_eq!(read.header_raw("List-Unsubscribe-Post").map(str::trim), Some("List-Unsubscribe=One-Click"));
    }

    #[test]
    fn the_same_mail_has_the_same_bytes() {
        assert_eq!(compose(&mail()), compose(&mail()));
        let other = Mail { text: "another".to_owned(), ..mail() };
        assert_ne!(compose(&other), compose(&mail()));
    }

    #[test]
    fn nothing_can_add_a_header() {
        for bad in ["a\r\nBcc: x@example.org", "a\nb", "a\rb", "a\0b"] {
            assert!(Party::named(bad, address("a@example.org")).is_err());
            let refused = |mail: Mail| assert!(compose(&mail).is_err(), "{bad:?}");
            refused(Mail { subject: bad.to_owned(), ..mail() });
            refused(Mail { message_id: format!("{bad}@example.org"), ..mail() });
        }
        assert_eq!(compose(&Mail { text: "a\rb".to_owned(), ..mail() }), Err(ComposeError::Body("text")));
        assert_eq!(compose(&Mail { html: "a\0b".to_owned(), ..mail() }), Err(ComposeError::Body("html")));
        assert_eq!(compose(&Mail { message_id: "<a@example.org>".to_owned(), ..mail() }), Err(ComposeError::MessageId));
    }

    #[test]
    fn a_date_or_url_that_no_header_holds_is_refused() {
        let date = "1969-12-31T23:59:59Z".parse().unwrap();
        assert_eq!(compose(&Mail { date, ..mail() }), Err(ComposeError::Date));
        assert!(compose(&Mail { date: Timestamp::MAX, ..mail() }).is_ok());
        let url = format!("https://example.org/{}", "x".repeat(900)).parse().unwrap();
        let long = Mail { unsubscribe: Some(Unsubscribe { url }), ..mail() };
        assert_eq!(compose(&long), Err(ComposeError::UnsubscribeUrl));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_refused_or_safe_on_the_wire(subject: String, name: String, text: String, html: String) {
            let Ok(to) = Party::named(&name, address("demo@example.org")) else { return Ok(()) };
            if let Ok(bytes) = compose(&Mail { to, subject, text, html, ..mail() }) {
                assert_wire_safe(&bytes);
            }
        }
    }
}
