//! The mail server, as far as one comes without sending; and the key that signs.

use super::{Finding, fault, ok, warning};
use crate::config::{MailTransport, Settings};
use crate::kernel::random::Randomness;
use crate::mail::{Phase, SendFailure, Transport};
use crate::services::{signer, transport};

const SERVER: &str = "mail server";
const KEY: &str = "mail signature";

/// EHLO, TLS and AUTH, then QUIT.
pub(super) async fn examine_server(settings: &Settings, random: &Randomness) -> Vec<Finding> {
    if settings.mail.transport == MailTransport::Mailbox {
        return vec![ok(SERVER, "none: mail stays in the development mailbox")];
    }
    let sender = match transport(settings, random) {
        Ok(Transport::Smtp(sender)) => sender,
        Ok(Transport::Mailbox(_)) => return Vec::new(),
        Err(error) => return vec![fault(SERVER, error.to_string(), "Set mail.host, mail.port, mail.username and mail.password")],
    };
    let server = format!("{}:{}", settings.mail.host, settings.mail.port);
    let failure = match sender.probe().await {
        Ok(()) if settings.mail.username.is_empty() => {
            return vec![ok(SERVER, format!("{server} answers (no user name is set, so none was tried)"))];
        }
        Ok(()) => return vec![ok(SERVER, format!("{server} answers and accepts our user name and password"))],
        Err(failure) => failure,
    };
    let phase = match &failure {
        SendFailure::Temporary { phase, .. } | SendFailure::Permanent { phase, .. } | SendFailure::InDoubt { phase, .. } => {
            *phase
        }
        SendFailure::NotBegun(never) => match *never {},
    };
    let remedy = match phase {
        Phase::Tls => {
            "Set mail.security (\"tls\" on port 465, \"starttls\" on 587), and mail.host to the name in its certificate"
        }
        Phase::Auth => "Set mail.username and mail.password (LECTERN_MAIL__PASSWORD_FILE)",
        _ => "Set mail.host, mail.port and mail.security (\"tls\" on port 465, \"starttls\" on 587); is the port open?",
    };
    vec![fault(SERVER, format!("{server}: {failure}"), remedy)]
}

/// The key parses; the record that the DNS must have, which is not asked.
pub(super) fn examine_key(settings: &Settings) -> Vec<Finding> {
    let mail = &settings.mail;
    let signer = match signer(mail) {
        Ok(Some(signer)) => signer,
        Ok(None) if mail.transport == MailTransport::Mailbox => return vec![ok(KEY, "not needed in the development mailbox")],
        Ok(None) => {
            let remedy = "Unless the mail server signs, set mail.dkim_domain, mail.dkim_selector and mail.dkim_key";
            return vec![warning(KEY, "mail is not signed here", remedy)];
        }
        Err(error) => {
            let remedy = "Set mail.dkim_domain, mail.dkim_selector and mail.dkim_key (LECTERN_MAIL__DKIM_KEY_FILE)";
            return vec![fault(KEY, error.to_string(), remedy)];
        }
    };
    let (name, record) = signer.dns_record();
    let mut found = vec![ok(KEY, format!("the DNS must have, as TXT at {name}: {record}"))];
    let from = mail.from_address.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
    let (ours, signing) = (from.to_ascii_lowercase(), mail.dkim_domain.to_ascii_lowercase());
    if ours != signing && !ours.ends_with(&format!(".{signing}")) {
        let says = format!("mail is from {from} and signed by {signing}: DMARC wants them to be the same");
        found.push(warning(KEY, says, "Set mail.dkim_domain to the domain of mail.from_address"));
    }
    found
}
