//! The mail server, which outlives every sender, and what it has taken.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mail_parser::MessageParser;

use crate::support::smtp_server::SmtpServer;

/// A message that the server has taken: its sender may not have heard so.
#[derive(Debug)]
pub struct Message {
    pub id: String,
    pub to: String,
    pub subject: String,
    pub bytes: Vec<u8>,
}

/// From having a message to saying so: long enough that senders are killed in between.
const PAUSE: Duration = Duration::from_millis(25);

/// All mail.
#[derive(Debug)]
pub struct Post {
    server: SmtpServer,
    read: Mutex<Vec<Arc<Message>>>,
}

impl Post {
    pub async fn open() -> Self {
        Self { server: SmtpServer::accepting_slowly(PAUSE).await, read: Mutex::default() }
    }

    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// Everything so far, oldest first.
    pub fn all(&self) -> Vec<Arc<Message>> {
        let mut read = self.read.lock().unwrap();
        let fresh = self.server.bodies_after(read.len());
        read.extend(fresh.into_iter().map(|bytes| Arc::new(parse(bytes))));
        read.clone()
    }

    /// What came for an address, oldest first.
    pub fn to(&self, address: &str) -> Vec<Arc<Message>> {
        self.all().into_iter().filter(|message| message.to == address).collect()
    }

    /// The same by its Message-ID.
    pub fn by_id(&self) -> BTreeMap<String, Vec<Arc<Message>>> {
        let mut found: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for message in self.all() {
            found.entry(message.id.clone()).or_default().push(message);
        }
        found
    }
}

fn parse(bytes: Vec<u8>) -> Message {
    let message = MessageParser::default().parse(&bytes).expect("we send what can be read");
    let to = message.to().and_then(|to| to.first()).and_then(|to| to.address()).expect("a recipient").to_owned();
    let (id, subject) =
        (message.message_id().expect("a Message-ID").to_owned(), message.subject().unwrap_or_default().to_owned());
    Message { id, to, subject, bytes }
}
