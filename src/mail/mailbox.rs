//! The development mailbox: a folder of `.eml` files that `/dev/mailbox` shows. Nothing leaves the machine.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use mail_parser::MessageParser;
use uuid::{Builder, Uuid, Version};

use super::transport::Envelope;
use crate::kernel::Timestamp;
use crate::kernel::ids::IdError;
use crate::kernel::random::Randomness;

/// A kept mail's name: a UUIDv7 of the moment it came in. Within a millisecond, mails of one [`Mailbox`] are counted up
/// (RFC 9562 section 6.2, method 1), so that they sort in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceivedId(Uuid);

impl ReceivedId {
    /// When it came in, in milliseconds of service time.
    fn moment(self) -> Timestamp {
        let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |time| time.to_unix());
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        Timestamp::new(seconds, i32::try_from(nanos).unwrap_or(0)).unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Display for ReceivedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

/// Only the one spelling that [`fmt::Display`] writes: the text becomes a file's name.
impl FromStr for ReceivedId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let id = Self(Uuid::try_parse(text).map_err(|_| IdError)?);
        let canonical = id.0.get_version() == Some(Version::SortRand) && id.to_string() == text;
        if canonical { Ok(id) } else { Err(IdError) }
    }
}

/// A kept mail as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub id: ReceivedId,
    pub received_at: Timestamp,
    /// The `From` header, decoded: `name <address>`.
    pub from: String,
    /// The `To` header, decoded.
    pub to: String,
    pub subject: String,
    /// All headers in order, each on one line, not decoded. The first two are the envelope: `Return-Path`, `Delivered-To`.
    pub headers: Vec<(String, String)>,
    pub text: Option<String>,
    pub html: Option<String>,
    /// The file.
    pub raw: Vec<u8>,
}

/// A folder of mails.
#[derive(Debug, Clone)]
pub struct Mailbox {
    folder: PathBuf,
    random: Randomness,
    /// The millisecond of the latest mail, and how many came in it before.
    latest: Arc<Mutex<(i64, u16)>>,
}

impl Mailbox {
    /// Creates the folder where it does not exist, for its owner alone: the mails hold sign-in codes.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn open(folder: impl Into<PathBuf>, random: Randomness) -> io::Result<Self> {
        let folder = folder.into();
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        Ok(Self { folder, random, latest: Arc::default() })
    }

    /// Keeps a mail; on return it is on the disk, whole.
    ///
    /// # Errors
    /// The file cannot be written; nothing is left of it then but perhaps a `.tmp` file.
    pub async fn deliver(&self, envelope: &Envelope, bytes: &[u8], now: Timestamp) -> io::Result<ReceivedId> {
        let id = self.next_id(now);
        // A mail server's last hop writes the same two lines (RFC 5321 section 4.4).
        let mut file = format!("Return-Path: <{}>\r\nDelivered-To: {}\r\n", envelope.from, envelope.to).into_bytes();
        file.extend_from_slice(bytes);
        let folder = self.folder.clone();
        blocking(move || keep(&folder, id, &file)).await?;
        Ok(id)
    }

    /// The `newest` mails, latest first. A file that is no mail is left out.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn list(&self, newest: usize) -> io::Result<Vec<Received>> {
        let folder = self.folder.clone();
        blocking(move || {
            let mut ids = fs::read_dir(&folder)?
                .filter_map(|entry| entry.map(|entry| id_of(&entry.path())).transpose())
                .collect::<io::Result<Vec<_>>>()?;
            ids.sort_unstable_by(|a, b| b.cmp(a));
            ids.truncate(newest);
            ids.into_iter().filter_map(|id| read(&folder, id).transpose()).collect()
        })
        .await
    }

    /// One mail, or none of that name.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub async fn get(&self, id: ReceivedId) -> io::Result<Option<Received>> {
        let folder = self.folder.clone();
        blocking(move || read(&folder, id)).await
    }

    fn next_id(&self, now: Timestamp) -> ReceivedId {
        let millis = now.as_millisecond().max(0);
        let count = {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            *latest = if latest.0 == millis { (millis, latest.1.saturating_add(1)) } else { (millis, 0) };
            // The field has 12 bits: beyond 4,096 mails in a millisecond their order is by chance.
            latest.1.min(0xfff)
        };
        let mut bytes: [u8; 10] = self.random.bytes();
        bytes[..2].copy_from_slice(&count.to_be_bytes());
        ReceivedId(Builder::from_unix_timestamp_millis(millis.unsigned_abs(), &bytes).into_uuid())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn path_of(folder: &Path, id: ReceivedId) -> PathBuf {
    folder.join(format!("{id}.eml"))
}

fn id_of(path: &Path) -> Option<ReceivedId> {
    if path.extension() != Some(OsStr::new("eml")) {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

/// Whole or not at all, and still there after a power cut.
fn keep(folder: &Path, id: ReceivedId, bytes: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!("{id}.tmp"));
    let mut file = File::create_new(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path_of(folder, id))?;
    File::open(folder)?.sync_all()
}

fn read(folder: &Path, id: ReceivedId) -> io::Result<Option<Received>> {
    match fs::read(path_of(folder, id)) {
        Ok(raw) => Ok(parse(id, raw)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse(id: ReceivedId, raw: Vec<u8>) -> Option<Received> {
    let message = MessageParser::default().parse(&raw)?;
    let headers = message
        .headers_raw()
        .map(|(name, value)| (name.to_owned(), value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    // The parser turns text into HTML and back where a part is missing: only what is there is shown.
    let text = message.text_part(0).filter(|part| part.is_text()).and_then(|_| message.body_text(0));
    let html = message.html_part(0).filter(|part| part.is_text_html()).and_then(|_| message.body_html(0));
    Some(Received {
        id,
        received_at: id.moment(),
        from: people(message.from()),
        to: people(message.to()),
        subject: message.subject().unwrap_or_default().to_owned(),
        headers,
        text: text.map(std::borrow::Cow::into_owned),
        html: html.map(std::borrow::Cow::into_owned),
        raw: raw.clone(),
    })
}

fn people(header: Option<&mail_parser::Address<'_>>) -> String {
    let one = |person: &mail_parser::Addr<'_>| match (person.name(), person.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => address.or(name).unwrap_or_default().to_owned(),
    };
    header.map(|people| people.iter().map(one).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::compose::{Mail, Party, compose};
    use crate::mail::transport::{SendFailure, Transport};

    fn envelope() -> Envelope {
        Envelope { from: "bounces@example.org".parse().unwrap(), to: "demo.03@example.net".parse().unwrap() }
    }

    fn now() -> Timestamp {
        "2027-01-04T03:30:00.25Z".parse().unwrap()
    }

    fn message(subject: &str) -> Vec<u8> {
        compose(&Mail {
            from: Party::named("Example Journal", "courses@example.org".parse().unwrap()).unwrap(),
            to: Party::named("डेमो छात्र ०३", "demo.03@example.net".parse().unwrap()).unwrap(),
            reply_to: None,
            subject: subject.to_owned(),
            text: "Hello Zoë\n".to_owned(),
            html: "<p>Hello Zoë</p>\n".to_owned(),
            message_id: "m1@example.org".to_owned(),
            date: now(),
            unsubscribe: None,
        })
        .unwrap()
    }

    fn mailbox() -> (tempfile::TempDir, Mailbox) {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(folder.path().join("mail"), Randomness::from_seed(1)).unwrap();
        (folder, mailbox)
    }

    #[tokio::test]
    async fn a_mail_is_read_as_its_reader_sees_it() {
        let (_folder, mailbox) = mailbox();
        let id = mailbox.deliver(&envelope(), &message("Week two: शुरू"), now()).await.unwrap();
        let mail = mailbox.get(id).await.unwrap().unwrap();
        assert_eq!((mail.id, mail.received_at), (id, now()));
        assert_eq!(mail.from, "Example Journal <courses@example.org>");
        assert_eq!(mail.to, "डेमो छात्र ०३ <demo.03@example.net>");
        assert_eq!(mail.subject, "Week two: शुरू");
        assert_eq!(mail.text.unwrap().trim_end(), "Hello Zoë");
        assert_eq!(mail.html.unwrap().trim_end(), "<p>Hello Zoë</p>");
        assert_eq!(mail.headers[0], ("Return-Path".to_owned(), "<bounces@example.org>".to_owned()));
        assert_eq!(mail.headers[1], ("Delivered-To".to_owned(), "demo.03@example.net".to_owned()));
        assert!(mail.headers.contains(&("Auto-Submitted".to_owned(), "auto-generated".to_owned())));
        assert!(mail.raw.ends_with(&message("Week two: शुरू")));
    }

    #[tokio::test]
    async fn the_newest_comes_first_even_when_the_clock_stands_still() {
        let (_folder, mailbox) = mailbox();
        for number in 0..20 {
            mailbox.deliver(&envelope(), &message(&format!("Mail {number}")), now()).await.unwrap();
        }
        let subjects: Vec<String> = mailbox.list(3).await.unwrap().into_iter().map(|mail| mail.subject).collect();
        assert_eq!(subjects, ["Mail 19", "Mail 18", "Mail 17"]);
        assert_eq!(mailbox.list(100).await.unwrap().len(), 20);
    }

    #[tokio::test]
    async fn other_files_are_not_mails() {
        let (_folder, mailbox) = mailbox();
        fs::write(mailbox.folder.join("notes.eml"), "no").unwrap();
        fs::write(mailbox.folder.join("01234567-89ab-7def-8123-456789abcdef.tmp"), "From: a@example.org\r\n\r\n").unwrap();
        assert_eq!(mailbox.list(10).await.unwrap(), []);
        let absent = "01234567-89ab-7def-8123-456789abcdef".parse().unwrap();
        assert_eq!(mailbox.get(absent).await.unwrap(), None);
    }

    #[test]
    fn only_one_spelling_names_a_mail() {
        let good = "01234567-89ab-7def-8123-456789abcdef";
        assert_eq!(good.parse::<ReceivedId>().unwrap().to_string(), good);
        for bad in [
            "",
            "..",
            "../secret",
            "..%2fsecret",
            "/etc/passwd",
            "01234567-89ab-7def-8123-456789abcdef.eml",
            "01234567-89AB-7DEF-8123-456789ABCDEF",
            "0123456789ab7def8123456789abcdef",
            "{01234567-89ab-7def-8123-456789abcdef}",
            "urn:uuid:01234567-89ab-7def-8123-456789abcdef",
            "01234567-89ab-4def-8123-456789abcdef",
        ] {
            assert_eq!(bad.parse::<ReceivedId>(), Err(IdError), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn the_transport_notes_first_and_keeps_nothing_where_that_fails() {
        let (_folder, mailbox) = mailbox();
        let transport = Transport::Mailbox(mailbox.clone());
        let failure = transport.send(&envelope(), &message("One"), now(), async || Err("no database")).await.unwrap_err();
        assert_eq!(failure, SendFailure::NotBegun("no database"));
        assert_eq!(mailbox.list(10).await.unwrap(), []);
        transport.send(&envelope(), &message("Two"), now(), async || Ok::<(), ()>(())).await.unwrap();
        assert_eq!(mailbox.list(10).await.unwrap().len(), 1);
    }
}
