//! How mail presents itself.

use serde::Deserialize;

use super::form::{Field, Section, optional};
use crate::config::Settings;
use crate::kernel::EmailAddress;
use crate::organisation::Organisation;
use crate::organisation::model::{Change, MailIdentity, SenderName};
use crate::web::form::FieldErrors;

/// The fields as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    sender: String,
    reply_to: String,
}

impl Section for Input {
    const PATH: &'static str = "/staff/settings/mail";
    const TITLE: &'static str = "Mail";
    const DEK: &'static str = "The name that mail is from, and where answers go. Its address and the site’s own are settings of the program, for they must fit your mail server and domain.";

    fn known(organisation: &Organisation) -> Self {
        let mail = &organisation.mail;
        Self {
            sender: mail.sender.as_ref().map(SenderName::to_string).unwrap_or_default(),
            reply_to: mail.reply_to.as_ref().map(EmailAddress::to_string).unwrap_or_default(),
        }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            Field::line("sender", "Sender’s name", &self.sender, 80).optional().hint("Empty: your short name."),
            Field::line("reply_to", "Answers go to", &self.reply_to, 254)
                .of_kind("email")
                .optional()
                .hint("Empty: to the address that mail is from."),
        ]
    }

    fn facts(settings: &Settings) -> Vec<(&'static str, String, &'static str)> {
        vec![
            ("Mail is from", settings.mail.from_address.to_string(), "mail.from_address"),
            ("The site’s address", settings.server.public_url.origin(), "server.public_url"),
        ]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let sender = optional(&mut errors, "sender", &self.sender);
        let reply_to = optional(&mut errors, "reply_to", &self.reply_to);
        match (sender, reply_to) {
            (Some(sender), Some(reply_to)) => Ok(Change::Mail(MailIdentity { sender, reply_to })),
            _ => Err(errors),
        }
    }
}
