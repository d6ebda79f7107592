//! One connection, from its greeting to the answer to one mail.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use super::body::Body;
use super::settings::{Security, Timeouts};
use super::wire::{Reply, Stream, Wire, WireError, printable, within};
use super::{Accepted, Envelope, Phase, SendFailure, Sender};

/// What the server said it can do.
#[derive(Debug, Default)]
struct Offers {
    start_tls: bool,
    auth_plain: bool,
    auth_login: bool,
    /// The largest message it takes; it may name none.
    size: Option<u64>,
}

impl Offers {
    fn of(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()) {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("STARTTLS") => offers.start_tls = true,
                Some("SIZE") => offers.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                Some("AUTH") => {
                    for mechanism in words {
                        offers.auth_plain |= mechanism == "PLAIN";
                        offers.auth_login |= mechanism == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

/// A connection that is ready for mail.
pub(super) struct Session {
    wire: Wire,
    offers: Offers,
    timeouts: Timeouts,
}

impl Session {
    /// Connects, protects the connection as the settings demand, and signs in.
    pub(super) async fn open<E>(sender: &Sender) -> Result<Self, SendFailure<E>> {
        let timeouts = sender.settings.timeouts;
        let connected = within(timeouts.connect, connect(sender)).await.map_err(|error| stopped(Phase::Connect, &error))?;
        let mut session = Self { wire: Wire::new(connected), offers: Offers::default(), timeouts };
        if sender.settings.security == Security::Tls {
            session = session.encrypted(sender).await?;
        }
        let greeting = within(timeouts.handshake, session.wire.reply()).await;
        expect(Phase::Greeting, 220, greeting)?;
        session.hello(sender).await?;
        if sender.settings.security == Security::StartTls {
            if !session.offers.start_tls {
                return Err(unable(Phase::Tls, "the server does not offer STARTTLS"));
            }
            session.step(Phase::Tls, 220, "STARTTLS").await?;
            session = session.encrypted(sender).await?;
            session.hello(sender).await?;
        }
        if let Some((user, password)) = &sender.settings.credentials {
            session.sign_in(user, password).await?;
        }
        Ok(session)
    }

    /// MAIL, RCPT, DATA; what the caller must note first; the body and the answer to it.
    pub(super) async fn deliver<E>(
        &mut self,
        envelope: &Envelope,
        body: &Body,
        before_body: impl AsyncFnOnce() -> Result<(), E>,
    ) -> Result<Accepted, SendFailure<E>> {
        let mut mail = format!("MAIL FROM:<{}>", envelope.from);
        if let Some(limit) = self.offers.size {
            if limit > 0 && body.size() as u64 > limit {
                let reply = format!("the message has {} bytes, more than the server's {limit}", body.size());
                return Err(SendFailure::Permanent { phase: Phase::MailFrom, code: None, reply });
            }
            mail.push_str(&format!(" SIZE={}", body.size()));
        }
        self.step(Phase::MailFrom, 250, &mail).await?;
        // 251: the server forwards it (RFC 5321 section 3.4).
        let recipient = self.say(Phase::RcptTo, &format!("RCPT TO:<{}>", envelope.to)).await;
        expect_any(Phase::RcptTo, &[250, 251], recipient)?;
        self.step(Phase::Data, 354, "DATA").await?;
        self.wire.is_in_step().map_err(|error| stopped(Phase::Data, &error))?;
        before_body().await.map_err(SendFailure::NotBegun)?;
        self.write_body(body).await?;
        let end = async {
            self.wire.write(b".\r\n").await?;
            self.wire.reply().await
        };
        let answer = within(self.timeouts.of(Phase::Answer), end).await;
        Ok(Accepted { reply: expect(Phase::Answer, 250, answer)?.text() })
    }

    /// Ends a connection whose last reply has been read.
    pub(super) async fn quit(self) {
        self.wire.quit().await;
    }

    async fn write_body<E>(&mut self, body: &Body) -> Result<(), SendFailure<E>> {
        match within(self.timeouts.of(Phase::Body), self.wire.write(body.stuffed())).await {
            Ok(()) => Ok(()),
            Err(WireError::Lost(error)) => {
                // A server may refuse and hang up midway: its last words, if any, tell more than the broken pipe.
                let words = within(std::time::Duration::from_secs(1), self.wire.reply()).await;
                let refused = |reply: &Reply| reply.code >= 400;
                let last = words.ok().filter(refused).ok_or(WireError::Lost(error));
                // No code is expected: whatever came is a failure.
                expect_any(Phase::Body, &[], last).map(|_| ())
            }
            Err(error) => Err(stopped(Phase::Body, &error)),
        }
    }

    async fn encrypted<E>(self, sender: &Sender) -> Result<Self, SendFailure<E>> {
        let Self { wire, timeouts, .. } = self;
        let plain = wire.into_stream().map_err(|error| stopped(Phase::Tls, &error))?;
        let handshake = async { Ok(TlsConnector::from(sender.tls.clone()).connect(sender.server_name.clone(), plain).await?) };
        let stream = within(timeouts.handshake, handshake).await.map_err(|error| stopped(Phase::Tls, &error))?;
        // What was offered before TLS may be a stranger's words.
        Ok(Self { wire: Wire::new(Box::new(stream)), offers: Offers::default(), timeouts })
    }

    async fn hello<E>(&mut self, sender: &Sender) -> Result<(), SendFailure<E>> {
        let reply = self.step(Phase::Hello, 250, &format!("EHLO {}", sender.settings.hello_name)).await?;
        self.offers = Offers::of(&reply);
        Ok(())
    }

    /// AUTH PLAIN (RFC 4616), or LOGIN where only that is offered. The connection is encrypted or stays on this machine.
    async fn sign_in<E>(&mut self, user: &str, password: &SecretString) -> Result<(), SendFailure<E>> {
        let password = password.expose_secret();
        if self.offers.auth_plain {
            let token = STANDARD.encode(format!("\0{user}\0{password}"));
            self.step(Phase::Auth, 235, &format!("AUTH PLAIN {token}")).await?;
        } else if self.offers.auth_login {
            self.step(Phase::Auth, 334, "AUTH LOGIN").await?;
            self.step(Phase::Auth, 334, &STANDARD.encode(user)).await?;
            self.step(Phase::Auth, 235, &STANDARD.encode(password)).await?;
        } else {
            return Err(unable(Phase::Auth, "the server offers neither AUTH PLAIN nor AUTH LOGIN"));
        }
        Ok(())
    }

    async fn step<E>(&mut self, phase: Phase, expected: u16, line: &str) -> Result<Reply, SendFailure<E>> {
        let answer = self.say(phase, line).await;
        expect(phase, expected, answer)
    }

    async fn say(&mut self, phase: Phase, line: &str) -> Result<Reply, WireError> {
        within(self.timeouts.of(phase), self.wire.command(line)).await
    }
}

async fn connect(sender: &Sender) -> Result<Box<dyn Stream>, WireError> {
    let settings = &sender.settings;
    let anywhere = settings.security != Security::PlainLoopbackOnly;
    let mut failure = std::io::Error::other("no usable address; without TLS, only this machine's own");
    for address in lookup_host((settings.host.as_str(), settings.port)).await? {
        if !anywhere && !address.ip().is_loopback() {
            continue;
        }
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Each command waits for its reply: holding small packets back (Nagle) only costs time.
                stream.set_nodelay(true)?;
                return Ok(Box::new(stream));
            }
            Err(error) => failure = error,
        }
    }
    Err(failure.into())
}

fn expect<E>(phase: Phase, expected: u16, answer: Result<Reply, WireError>) -> Result<Reply, SendFailure<E>> {
    expect_any(phase, &[expected], answer)
}

/// Sorts an answer. A 4xx or 5xx is definite at any time; anything else that was not expected leaves a begun body in doubt.
fn expect_any<E>(phase: Phase, expected: &[u16], answer: Result<Reply, WireError>) -> Result<Reply, SendFailure<E>> {
    let reply = match answer {
        Ok(reply) if expected.contains(&reply.code) => return Ok(reply),
        Ok(reply) => reply,
        Err(error) => return Err(stopped(phase, &error)),
    };
    let (code, text) = (reply.code, reply.text());
    Err(match code {
        400..=499 => SendFailure::Temporary { phase, code: Some(code), reply: text },
        500..=599 => SendFailure::Permanent { phase, code: Some(code), reply: text },
        _ => unable(phase, &format!("unexpected: {text}")),
    })
}

fn stopped<E>(phase: Phase, error: &WireError) -> SendFailure<E> {
    unable(phase, &error.to_string())
}

/// A failure without an answer.
fn unable<E>(phase: Phase, reason: &str) -> SendFailure<E> {
    let reply = printable(reason);
    if phase >= Phase::Body { SendFailure::InDoubt { phase, reply } } else { SendFailure::Temporary { phase, code: None, reply } }
}
