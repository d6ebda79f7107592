//! What the nudges have in common: the readings they list, and the way out of them.

use url::Url;

use super::week::Week;
use crate::kernel::ids::UserId;
use crate::mail::{ComposeFailure, Composed, Content, Unsubscribe};
use crate::reminders::model::{MailGroup, Unread, UnsubscribeKey};
use crate::services::Services;

/// A reading's line.
pub(super) struct Line {
    pub week: u32,
    pub title: String,
    pub minutes: u32,
}

/// What of these readings a mail shows, in their order.
pub(super) fn lines(found: &Week, unread: &[Unread]) -> Vec<Line> {
    let line = |unread: &Unread| {
        let card = found.place.inputs.plan.card(unread.reading)?;
        Some(Line { week: unread.week, title: card.title.clone(), minutes: card.minutes })
    };
    unread.iter().filter_map(line).collect()
}

/// `2 required readings, about 40 minutes`.
pub(super) fn amount(lines: &[Line]) -> String {
    let minutes: u32 = lines.iter().map(|line| line.minutes).sum();
    let readings = if lines.len() == 1 { "reading" } else { "readings" };
    format!("{} required {readings}, about {minutes} minutes", lines.len())
}

/// The link that turns nudges off for `user`: for the mail's foot, and for their mail program's own button.
pub(super) fn stop_link(services: &Services, user: UserId) -> Result<Url, ComposeFailure> {
    let server = &services.settings.server;
    let token = UnsubscribeKey::new(server.secret.clone()).token(user, MailGroup::Nudges);
    let link = format!("{}/unsubscribe/{token}", server.public_url.origin());
    Url::parse(&link).map_err(|error| ComposeFailure::GiveUp(format!("the public URL: {error}")))
}

/// The mail with a way out by one click.
pub(super) fn with_one_click(composed: Composed, url: Url) -> Composed {
    match composed {
        Composed::Send(content) => Composed::Send(Box::new(Content { unsubscribe: Some(Unsubscribe { url }), ..*content })),
        other => other,
    }
}
