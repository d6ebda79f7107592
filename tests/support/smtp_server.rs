//! A mail server on loopback that does as a test says: it accepts, refuses, falls silent or hangs up at a chosen step.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The authority that signed the server's certificate for `localhost` and 127.0.0.1.
pub const CA_PEM: &str = include_str!("smtp_tls/ca.pem");

/// What the server is about to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Greeting,
    Hello,
    StartTls,
    Auth,
    MailFrom,
    RcptTo,
    Data,
    /// Before the first byte of a body is read.
    Body,
    /// After the final dot.
    Dot,
}

/// What it does instead of accepting.
#[derive(Debug, Clone)]
pub enum Act {
    /// Answers these lines (without the last CRLF).
    Say(&'static str),
    /// Answers nothing and reads nothing more, until the client leaves.
    Silence,
    /// Closes the connection without a word.
    HangUp,
    /// Answers these lines, then closes.
    SayAndHangUp(&'static str),
}

/// How connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    None,
    StartTls,
    Tls,
}

/// What a connection brought.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// The lines outside bodies, in order.
    pub lines: Vec<String>,
    /// The bodies that were ended by a dot, unstuffed, whether they were accepted or not.
    pub bodies: Vec<Vec<u8>>,
    /// How many bytes came after a 354.
    pub body_bytes: usize,
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct SmtpServer {
    pub port: u16,
    connections: Arc<Mutex<Vec<Connection>>>,
    arrived: Arc<Mutex<Vec<Vec<u8>>>>,
    task: JoinHandle<()>,
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SmtpServer {
    /// Accepts all mail.
    pub async fn accepting() -> Self {
        Self::start(Protection::None, Vec::new()).await
    }

    /// Accepts all mail, and takes so long to answer each body.
    #[allow(dead_code, reason = "the sender's own tests need none that is slow")]
    pub async fn accepting_slowly(pause: Duration) -> Self {
        Self::start_at(Protection::None, Vec::new(), pause).await
    }

    /// Does `act` at `step` on the first connection, and accepts everything on later ones.
    pub async fn once(step: Step, act: Act) -> Self {
        Self::start(Protection::None, vec![vec![(step, act)]]).await
    }

    /// One script for each connection in turn; connections beyond them are served without a fault.
    pub async fn start(protection: Protection, scripts: Vec<Vec<(Step, Act)>>) -> Self {
        Self::start_at(protection, scripts, Duration::ZERO).await
    }

    async fn start_at(protection: Protection, scripts: Vec<Vec<(Step, Act)>>, pause: Duration) -> Self {
        let listener = listen();
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let (all, bodies) = (connections.clone(), arrived.clone());
        let task = tokio::spawn(async move {
            let mut scripts = scripts.into_iter();
            while let Ok((stream, _)) = listener.accept().await {
                let number = {
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push(Connection::default());
                    all.len() - 1
                };
                let seen = Seen { all: all.clone(), arrived: bodies.clone(), number };
                let script = scripts.next().unwrap_or_default();
                tokio::spawn(async move { serve(stream, protection, script, seen, pause).await });
            }
        });
        Self { port, connections, arrived, task }
    }

    /// What came so far, a connection each.
    pub fn connections(&self) -> Vec<Connection> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All bodies that were ended by a dot, in the order in which they came.
    pub fn bodies(&self) -> Vec<Vec<u8>> {
        self.bodies_after(0)
    }

    /// The same without the first `known`.
    pub fn bodies_after(&self, known: usize) -> Vec<Vec<u8>> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)[known..].to_vec()
    }
}

/// A small receive buffer, so that a server that stops reading is soon felt.
fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().expect("loopback has IPv4");
    socket.set_recv_buffer_size(16 * 1024).expect("a buffer size is settable");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    socket.listen(64).expect("a bound socket listens")
}

struct Seen {
    all: Arc<Mutex<Vec<Connection>>>,
    arrived: Arc<Mutex<Vec<Vec<u8>>>>,
    number: usize,
}

impl Seen {
    fn note(&self, change: impl FnOnce(&mut Connection)) {
        change(&mut self.all.lock().unwrap_or_else(PoisonError::into_inner)[self.number]);
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

struct Talk {
    stream: BufReader<Box<dyn Stream>>,
    script: Vec<(Step, Act)>,
    seen: Seen,
    /// Between a body and its answer.
    pause: Duration,
}

/// `None` ends the connection.
type Flow = Option<()>;

async fn serve(stream: TcpStream, protection: Protection, script: Vec<(Step, Act)>, seen: Seen, pause: Duration) -> Flow {
    let mut stream: Box<dyn Stream> = Box::new(stream);
    if protection == Protection::Tls {
        stream = encrypt(stream).await?;
    }
    let mut talk = Talk { stream: BufReader::new(stream), script, seen, pause };
    let mut offers = "250-mail.example.org\r\n250-SIZE 20000000\r\n250 AUTH PLAIN LOGIN";
    if protection == Protection::StartTls {
        offers = "250-mail.example.org\r\n250 STARTTLS";
    }
    talk.answer(Step::Greeting, "220 mail.example.org ESMTP").await?;
    loop {
        let line = talk.line().await?;
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => talk.answer(Step::Hello, offers).await?,
            "STARTTLS" => {
                talk.answer(Step::StartTls, "220 Go ahead").await?;
                let Talk { stream, script, seen, pause } = talk;
                talk = Talk { stream: BufReader::new(encrypt(stream.into_inner()).await?), script, seen, pause };
                offers = "250-mail.example.org\r\n250 AUTH PLAIN LOGIN";
            }
            "AUTH" => talk.sign_in(&line).await?,
            "MAIL" => talk.answer(Step::MailFrom, "250 2.1.0 Sender ok").await?,
            "RCPT" => talk.answer(Step::RcptTo, "250 2.1.5 Recipient ok").await?,
            "DATA" => {
                talk.answer(Step::Data, "354 End with a dot").await?;
                talk.body().await?;
            }
            "QUIT" => {
                talk.say("221 Bye").await?;
                return None;
            }
            _ => talk.say("500 What?").await?,
        }
    }
}

async fn encrypt(stream: Box<dyn Stream>) -> Option<Box<dyn Stream>> {
    let chain = CertificateDer::pem_slice_iter(include_bytes!("smtp_tls/server.pem")).collect::<Result<_, _>>().ok()?;
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("smtp_tls/server.key")).ok()?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .ok()?;
    Some(Box::new(TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?))
}

impl Talk {
    async fn say(&mut self, lines: &str) -> Flow {
        self.stream.write_all(format!("{lines}\r\n").as_bytes()).await.ok()?;
        self.stream.flush().await.ok()
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.ok().filter(|&length| length > 0)?;
        let line = line.strip_suffix("\r\n")?.to_owned();
        self.seen.note(|connection| connection.lines.push(line.clone()));
        Some(line)
    }

    /// Acts by the script, or answers `accept`. A step's first entry is used up.
    async fn answer(&mut self, step: Step, accept: &'static str) -> Flow {
        let scripted = self.script.iter().position(|(at, _)| *at == step).map(|index| self.script.remove(index).1);
        match scripted.unwrap_or(Act::Say(accept)) {
            Act::Say("") => Some(()),
            Act::Say(lines) => self.say(lines).await,
            Act::HangUp => None,
            Act::SayAndHangUp(lines) => {
                self.say(lines).await?;
                None
            }
            Act::Silence => {
                std::future::pending::<()>().await;
                None
            }
        }
    }

    async fn sign_in(&mut self, line: &str) -> Flow {
        if line.eq_ignore_ascii_case("AUTH LOGIN") {
            for prompt in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                self.say(prompt).await?;
                self.line().await?;
            }
        }
        self.answer(Step::Auth, "235 2.7.0 Welcome").await
    }

    async fn body(&mut self) -> Flow {
        self.answer(Step::Body, "").await?;
        let mut body = Vec::new();
        loop {
            let mut line = Vec::new();
            let length = self.stream.read_until(b'\n', &mut line).await.ok().filter(|&length| length > 0)?;
            self.seen.note(|connection| connection.body_bytes += length);
            if line == b".\r\n" {
                break;
            }
            body.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        self.seen.arrived.lock().unwrap_or_else(PoisonError::into_inner).push(body.clone());
        self.seen.note(|connection| connection.bodies.push(body));
        tokio::time::sleep(self.pause).await;
        self.answer(Step::Dot, "250 2.0.0 Queued as 4711").await
    }
}
