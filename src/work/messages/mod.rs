//! The mails, one file each: what they say, and whether they still have a point when their time has come.

mod account_notice;
mod certificate;
mod certificate_issued;
mod certificate_revoked;
mod cohort_starts;
mod daily_queue;
mod dates_extended;
mod enrolment_cancelled;
mod enrolment_confirmed;
mod fallen_behind;
mod invitation;
mod module_released;
mod nudge;
mod payment_refunded;
mod readings_not_ready;
mod readings_unread;
mod refund;
mod refund_sent;
mod release_moved;
mod sign_in_code;
mod transfer;
mod transfer_declined;
mod transfer_details;
mod transfer_reminder;
mod waitlist;
mod waitlist_closed;
mod waitlist_joined;
mod waitlist_lapsed;
mod waitlist_offer;
mod week;

use askama::Template;
use sea_orm::DbErr;

pub use account_notice::AccountNotice;
pub use certificate_issued::CertificateIssued;
pub use certificate_revoked::CertificateRevoked;
pub use cohort_starts::CohortStarts;
pub use daily_queue::DailyQueue;
pub use dates_extended::DatesExtended;
pub use enrolment_cancelled::EnrolmentCancelled;
pub use enrolment_confirmed::EnrolmentConfirmed;
pub use fallen_behind::FallenBehind;
pub use invitation::Invitation;
pub use module_released::ModuleReleased;
pub use payment_refunded::PaymentRefunded;
pub use readings_not_ready::ReadingsNotReady;
pub use readings_unread::ReadingsUnread;
pub use refund_sent::RefundSent;
pub use release_moved::ReleaseMoved;
pub use sign_in_code::SignInCode;
pub use transfer_declined::TransferDeclined;
pub use transfer_details::TransferDetails;
pub use transfer_reminder::TransferReminder;
pub use waitlist_closed::WaitlistClosed;
pub use waitlist_joined::WaitlistJoined;
pub use waitlist_lapsed::WaitlistLapsed;
pub use waitlist_offer::WaitlistOffer;

use crate::db::Conn;
use crate::kernel::EmailAddress;
use crate::mail::{ComposeFailure, Letter};
use crate::organisation;
use crate::services::Services;

/// What every mail's frame shows, and whom it says it is from.
#[derive(Debug, Clone)]
struct Frame {
    /// The short name; the site's host until there is one.
    organisation: String,
    /// The contact address; the sender's until there is one.
    contact: String,
    /// Legal name and address on one line; empty until they are set.
    imprint: String,
    /// The public origin, for links.
    origin: String,
    sender: Option<String>,
    reply_to: Option<EmailAddress>,
}

impl Frame {
    /// As the organisation stands now. One statement.
    async fn load(services: &Services, conn: &Conn) -> Result<Self, DbErr> {
        let settings = &services.settings;
        let own = organisation::current(conn).await?;
        let identity = own.identity.as_ref();
        let contact = identity.map_or(&settings.mail.from_address, |identity| &identity.contact);
        let imprint = identity.map(|identity| format!("{}, {}", identity.legal_name, identity.address.on_one_line()));
        Ok(Self {
            organisation: own.short_name().map_or_else(|| settings.server.public_url.authority(), str::to_owned),
            contact: contact.as_str().to_owned(),
            imprint: imprint.unwrap_or_default(),
            origin: settings.server.public_url.origin(),
            sender: own.sender().map(str::to_owned),
            reply_to: own.mail.reply_to.clone(),
        })
    }

    /// How a text ends: who writes, and from where.
    fn signature(&self) -> String {
        let mut signature = format!("{} · {}", self.organisation, self.contact);
        if !self.imprint.is_empty() {
            signature.push('\n');
            signature.push_str(&self.imprint);
        }
        signature
    }
}

/// A letter's payload as its message knows it. One that does not parse never will.
fn payload<T: serde::de::DeserializeOwned>(letter: &Letter) -> Result<T, ComposeFailure> {
    serde_json::from_value(letter.payload.clone()).map_err(|error| ComposeFailure::GiveUp(format!("payload: {error}")))
}

/// A part rendered; a template that fails will fail again.
fn render(part: &impl Template) -> Result<String, ComposeFailure> {
    part.render().map_err(|error| ComposeFailure::GiveUp(error.to_string()))
}

/// Declares a message's values, among them its `frame`, and its three templates, which name them, and `Values::send`, which
/// renders all three.
macro_rules! message {
    ($subject:tt, $text:tt, $html:tt, { $($field:ident: $kind:ty),+ $(,)? }) => {
        struct Values {
            $($field: $kind),+
        }

        #[derive(askama::Template)]
        #[template(path = $subject, escape = "none")]
        #[allow(dead_code, reason = "each part names what it needs")]
        struct Subject<'a> {
            $($field: &'a $kind),+
        }

        #[derive(askama::Template)]
        #[template(path = $text, escape = "none")]
        #[allow(dead_code, reason = "each part names what it needs")]
        struct Text<'a> {
            $($field: &'a $kind),+
        }

        #[derive(askama::Template)]
        #[template(path = $html)]
        #[allow(dead_code, reason = "each part names what it needs")]
        struct Html<'a> {
            $($field: &'a $kind),+
        }

        impl Values {
            /// The mail, rendered.
            fn send(&self, to_name: Option<PersonName>) -> Result<Composed, ComposeFailure> {
                Ok(Composed::Send(Box::new(Content {
                    subject: render(&Subject { $($field: &self.$field),+ })?.trim().to_owned(),
                    text: render(&Text { $($field: &self.$field),+ })?,
                    html: render(&Html { $($field: &self.$field),+ })?,
                    to_name,
                    from_name: self.frame.sender.clone(),
                    reply_to: self.frame.reply_to.clone(),
                    unsubscribe: None,
                })))
            }
        }
    };
}
use message;
