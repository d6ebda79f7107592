//! One leased letter, from its words to how it ended.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use sea_orm::DbErr;

use super::message::{ComposeFailure, Composed, Composers, Content, Letter};
use super::{Class, store};
use crate::db::rows::mail as row;
use crate::jobs::lease::{Lease, WORKER};
use crate::jobs::panic_text;
use crate::kernel::{EmailAddress, Timestamp};
use crate::mail::{self, Envelope, Mail, Party, Phase, SendFailure};
use crate::services::Services;

/// After this many failures a mail is dead. At a quarter of an hour each that is over four days, as long as RFC 5321
/// section 4.5.4.1 has a sender go on trying.
pub const MAX_ATTEMPTS: i32 = 400;
/// A mail that ends in doubt is sent again, where its class says so, up to this attempt; and once in any case, however long its
/// server was away before.
pub const MAX_DOUBTFUL: i32 = 12;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Sent {
        reply: String,
    },
    /// Tried again later, with the same bytes where they are kept.
    Again {
        code: Option<u16>,
        error: String,
        doubt: Doubt,
    },
    /// Asked again at this service time.
    Postponed(Timestamp),
    /// It may have arrived, and is left at that.
    InDoubt {
        error: String,
    },
    Dead {
        code: Option<u16>,
        error: String,
    },
    /// Its time has passed.
    Expired,
    Cancelled(String),
    Suppressed(String),
}

/// Whether an earlier attempt, or this one, may have reached the recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    None,
    Remains,
}

impl Ending {
    fn again(error: impl Into<String>, doubt: Doubt) -> Self {
        Self::Again { code: None, error: error.into(), doubt }
    }
}

/// What a lease on a letter begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Opening {
    Compose,
    /// The kept bytes go out again.
    Resend(Vec<u8>),
    Over(Ending),
}

/// Decides by the row alone, at service time `now`.
fn opening(letter: &row::Model, now: Timestamp) -> Opening {
    let doubt = doubt(letter);
    if doubt == Doubt::Remains && Class::from(letter.class) != Class::Transactional {
        return Opening::Over(Ending::InDoubt { error: "the sender stopped before the server's answer".to_owned() });
    }
    if letter.not_after.is_some_and(|limit| now > Timestamp::from(limit)) {
        return Opening::Over(match doubt {
            Doubt::None => Ending::Expired,
            Doubt::Remains => Ending::InDoubt { error: "its time passed while it was in doubt".to_owned() },
        });
    }
    if letter.attempts > MAX_ATTEMPTS {
        let error = letter.last_error.clone().unwrap_or_else(|| "its sender was lost each time".to_owned());
        return Opening::Over(Ending::Dead { code: None, error });
    }
    letter.rendered.clone().map_or(Opening::Compose, Opening::Resend)
}

fn doubt(letter: &row::Model) -> Doubt {
    if letter.data_started_at.is_some() { Doubt::Remains } else { Doubt::None }
}

/// Why the body was not begun.
enum NotNoted {
    LeaseLost,
    Db(DbErr),
}

/// One attempt; `None` if the lease turned out to be lost, so that there is nothing to note.
pub(super) async fn attempt(services: &Services, composers: &Composers, letter: &row::Model, lease: Lease) -> Option<Ending> {
    let bytes = match opening(letter, services.clocks.service()) {
        Opening::Over(ending) => return Some(ending),
        Opening::Resend(bytes) => {
            // Each attempt by which a reader may get a mail once more is in the log: there are no other repetitions.
            if doubt(letter) == Doubt::Remains {
                tracing::warn!(letter = %letter.id, kind = letter.kind, attempts = letter.attempts, "mail sent again, in doubt");
            }
            bytes
        }
        Opening::Compose => match write(services, composers, letter, lease).await {
            Ok(bytes) => bytes,
            Err(ending) => return ending,
        },
    };
    let to = match letter.recipient.parse() {
        Ok(to) => to,
        Err(_) => return Some(unusable()),
    };
    send(services, letter, lease, to, &bytes).await
}

fn unusable() -> Ending {
    Ending::Dead { code: None, error: "the kept recipient is not an address".to_owned() }
}

/// The letter's bytes, composed, signed and (where every attempt is to send the same) kept; or how it ends without them.
async fn write(services: &Services, composers: &Composers, letter: &row::Model, lease: Lease) -> Result<Vec<u8>, Option<Ending>> {
    let read = to_letter(letter).ok_or_else(unusable)?;
    let composing = AssertUnwindSafe(composers.compose(services, &read)).catch_unwind();
    let content = match composing.await {
        Ok(Ok(Composed::Send(content))) => *content,
        Ok(Ok(Composed::Cancel(reason))) => return Err(Some(Ending::Cancelled(reason))),
        Ok(Ok(Composed::Suppress(reason))) => return Err(Some(Ending::Suppressed(reason))),
        Ok(Ok(Composed::Postpone(at))) if at > services.clocks.service() => return Err(Some(Ending::Postponed(at))),
        Ok(Ok(Composed::Postpone(at))) => {
            return Err(Some(Ending::again(format!("it was to wait for {at}, which has passed"), Doubt::None)));
        }
        Ok(Err(ComposeFailure::Retry(error))) => return Err(Some(Ending::again(error, Doubt::None))),
        Ok(Err(ComposeFailure::GiveUp(error))) => return Err(Some(Ending::Dead { code: None, error })),
        Err(panic) => {
            let error = format!("its composer panicked: {}", panic_text(panic.as_ref()));
            return Err(Some(Ending::again(error, Doubt::None)));
        }
    };
    let from = &services.settings.mail.from_address;
    let domain = from.as_str().rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let message_id = format!("{}@{domain}", letter.id);
    let bytes =
        render(services, read.recipient, content, &message_id).map_err(|error| Some(Ending::Dead { code: None, error }))?;
    // A code is never stored: each attempt derives it anew; a reminder's bytes are kept once they may arrive. The Message-ID is the
    // letter's, so it stays the same.
    let to_keep = (read.class == Class::Transactional).then_some(bytes.as_slice());
    let kept = services.db.write(WORKER, async |txn| store::keep(txn, lease, &message_id, to_keep).await).await;
    match kept {
        Ok(true) => Ok(bytes),
        Ok(false) => Err(None),
        Err(error) => Err(Some(Ending::again(error.to_string(), Doubt::None))),
    }
}

fn to_letter(letter: &row::Model) -> Option<Letter> {
    Some(Letter {
        id: letter.id,
        kind: letter.kind.clone(),
        class: letter.class.into(),
        user: letter.user_id,
        recipient: letter.recipient.parse().ok()?,
        payload: letter.payload.clone(),
        due_at: letter.due_at.into(),
        not_after: letter.not_after.map(Into::into),
    })
}

/// The bytes that go on the wire, signed where a key is configured.
fn render(services: &Services, to: EmailAddress, content: Content, message_id: &str) -> Result<Vec<u8>, String> {
    let settings = &services.settings.mail;
    let now = services.clocks.service();
    let to = match &content.to_name {
        Some(name) => Party::named(name.as_str(), to).map_err(|error| error.to_string())?,
        None => Party::bare(to),
    };
    let from = settings.from_address.clone();
    let from = match &content.from_name {
        Some(name) => Party::named(name, from).map_err(|error| error.to_string())?,
        None => Party::bare(from),
    };
    let mail = Mail {
        from,
        to,
        reply_to: content.reply_to,
        subject: content.subject,
        text: content.text,
        html: content.html,
        message_id: message_id.to_owned(),
        date: now,
        unsubscribe: content.unsubscribe,
    };
    let bytes = mail::compose(&mail).map_err(|error| error.to_string())?;
    match &services.dkim {
        Some(signer) => signer.sign(&bytes, now).map_err(|error| error.to_string()),
        None => Ok(bytes),
    }
}

/// Sends the bytes, noting before the body that they may arrive.
async fn send(services: &Services, letter: &row::Model, lease: Lease, to: EmailAddress, bytes: &[u8]) -> Option<Ending> {
    let envelope = Envelope { from: services.settings.mail.from_address.clone(), to };
    let to_keep = (Class::from(letter.class) == Class::Reminder).then_some(bytes);
    let before_body = async || {
        let noted = services.db.write(WORKER, async |txn| store::begin_data(txn, lease, to_keep).await).await;
        match noted {
            Ok(true) => Ok(()),
            Ok(false) => Err(NotNoted::LeaseLost),
            Err(error) => Err(NotNoted::Db(error)),
        }
    };
    match services.mail.send(&envelope, bytes, services.clocks.service(), before_body).await {
        Ok(accepted) => {
            services.db.steps().done(|| format!("mail taken, {}", letter.kind)).await;
            Some(Ending::Sent { reply: without_address(&accepted.reply, &envelope.to) })
        }
        Err(failure) => failed(letter, &envelope.to, failure),
    }
}

/// What a server said, with the recipient's address masked however it is written: it goes to the log and to the staff.
fn without_address(reply: &str, to: &EmailAddress) -> String {
    let (small, address) = (reply.to_ascii_lowercase(), to.as_str().to_ascii_lowercase());
    let mut told = String::with_capacity(reply.len());
    let mut after = 0;
    // Small letters of ASCII take as many bytes, so a place in `small` is the same place in `reply`.
    for (at, _) in small.match_indices(&address) {
        told.push_str(&reply[after..at]);
        told.push_str(&to.masked());
        after = at + address.len();
    }
    told.push_str(&reply[after..]);
    told
}

/// What a failure means for the letter.
fn failed(letter: &row::Model, to: &EmailAddress, failure: SendFailure<NotNoted>) -> Option<Ending> {
    let about_the_mail = failure.is_about_the_mail();
    let told = |reply: String| without_address(&reply, to);
    let ending = match failure {
        SendFailure::NotBegun(NotNoted::LeaseLost) => return None,
        SendFailure::NotBegun(NotNoted::Db(error)) => Ending::again(error.to_string(), doubt(letter)),
        SendFailure::InDoubt { phase, reply } => {
            let error = format!("no answer at {phase}: {}", told(reply));
            let is_first = doubt(letter) == Doubt::None;
            match Class::from(letter.class) {
                Class::Transactional if is_first || letter.attempts < MAX_DOUBTFUL => Ending::again(error, Doubt::Remains),
                _ => Ending::InDoubt { error },
            }
        }
        SendFailure::Permanent { phase, code, reply } if about_the_mail => {
            Ending::Dead { code, error: format!("refused at {phase}: {}", told(reply)) }
        }
        SendFailure::Temporary { phase, code, reply } | SendFailure::Permanent { phase, code, reply } => {
            let error = format!("not taken at {phase}: {}", told(reply));
            if letter.attempts >= MAX_ATTEMPTS {
                Ending::Dead { code, error }
            } else {
                // An answer to the body settles this attempt's doubt; a doubt of an earlier one it does not reach stays.
                let doubt = if phase >= Phase::Body { Doubt::None } else { doubt(letter) };
                Ending::Again { code, error, doubt }
            }
        }
    };
    Some(ending)
}
