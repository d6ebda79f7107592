//! The mails, one file each: what they say, and whether they still have a point when their time has come.

mod account_notice;
mod certificate;
mod certificate_issued;
mod certificate_revoked;
mod enrolment_confirmed;
mod invitation;
mod module_released;
mod readings_not_ready;
mod release_moved;
mod sign_in_code;
mod week;

use askama::Template;

pub use account_notice::AccountNotice;
pub use certificate_issued::CertificateIssued;
pub use certificate_revoked::CertificateRevoked;
pub use enrolment_confirmed::EnrolmentConfirmed;
pub use invitation::Invitation;
pub use module_released::ModuleReleased;
pub use readings_not_ready::ReadingsNotReady;
pub use release_moved::ReleaseMoved;
pub use sign_in_code::SignInCode;

use crate::mail::{ComposeFailure, Letter};
use crate::services::Services;

/// What every mail's frame shows.
#[derive(Debug, Clone)]
struct Frame {
    organisation: String,
    contact: String,
    /// The public origin, for links.
    origin: String,
}

impl Frame {
    fn new(services: &Services) -> Self {
        let settings = &services.settings;
        Self {
            organisation: settings.organisation.name.clone(),
            contact: settings.organisation.contact_email.as_str().to_owned(),
            origin: settings.server.public_url.origin(),
        }
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

/// Declares a message's values and its three templates, which name them, and `Values::send`, which renders all three.
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
                Ok(Composed::Send(Content {
                    subject: render(&Subject { $($field: &self.$field),+ })?.trim().to_owned(),
                    text: render(&Text { $($field: &self.$field),+ })?,
                    html: render(&Html { $($field: &self.$field),+ })?,
                    to_name,
                }))
            }
        }
    };
}
use message;
