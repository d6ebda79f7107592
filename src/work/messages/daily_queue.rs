//! What waits for an admin this morning. An empty queue sends nothing.

use super::{Frame, message, payload, render};
use crate::identity::{self, Role};
use crate::kernel::PersonName;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::schedule::Plans;
use crate::services::Services;
use crate::views::today::{self, Counts};
use crate::work::daily::{DAILY_QUEUE, DailyLetter};

/// `emails/daily_queue`.
#[derive(Debug)]
pub struct DailyQueue {
    plans: Plans,
}

impl DailyQueue {
    /// Counts with `plans`, which many letters share.
    pub fn new(plans: Plans) -> Self {
        Self { plans }
    }
}

message!("daily_queue/subject.txt", "daily_queue/text.txt", "daily_queue/html.html", {
    frame: Frame,
    name: String,
    total: u64,
    lines: Vec<String>,
});

impl Composer for DailyQueue {
    const KIND: &'static str = DAILY_QUEUE;

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let DailyLetter { admin } = payload(letter)?;
        let snapshot = services.db.snapshot().await?;
        let Some(admin) = identity::person(&snapshot, admin).await?.filter(|person| person.role == Role::Admin) else {
            return Ok(Composed::Cancel("the reader is no longer an admin".to_owned()));
        };
        let counts = today::counts(&snapshot, &self.plans, services.clocks.service()).await?;
        if counts.total() == 0 {
            return Ok(Composed::Cancel("nothing waits".to_owned()));
        }
        let name = admin.name.as_str().to_owned();
        Values { frame: Frame::load(services, &snapshot).await?, name, total: counts.total(), lines: lines(&counts) }
            .send(Some(admin.name))
    }
}

/// One line for each sort that waits.
fn lines(counts: &Counts) -> Vec<String> {
    let sorts = [
        (counts.money, "payment or failed refund to look at", "payments or failed refunds to look at"),
        (counts.refunds, "refund for you to decide or send", "refunds for you to decide or send"),
        (counts.disputes, "dispute that waits for an answer or a decision", "disputes that wait for an answer or a decision"),
        (counts.transfers, "transfer to match", "transfers to match"),
        (counts.mails, "mail that did not go out", "mails that did not go out"),
        (counts.jobs, "piece of work that was given up", "pieces of work that were given up"),
        (counts.weeks, "week short of readings", "weeks short of readings"),
        (counts.bank, "payment long with the bank", "payments long with the bank"),
        (counts.events, "stuck event of the payment gateway", "stuck events of the payment gateway"),
        (counts.notifications, "odd notification of the payment gateway", "odd notifications of the payment gateway"),
        (counts.rates, "export invoice that waits for a rate of exchange", "export invoices that wait for a rate of exchange"),
        (counts.documents, "receipt or invoice that cannot be printed", "receipts or invoices that cannot be printed"),
    ];
    let line = |(count, one, many)| format!("{count} {}", if count == 1 { one } else { many });
    sorts.into_iter().filter(|(count, ..)| *count > 0).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_is_told() {
        let counts = Counts { money: 2, mails: 1, events: 1, ..Counts::default() };
        assert_eq!(
            lines(&counts),
            ["2 payments or failed refunds to look at", "1 mail that did not go out", "1 stuck event of the payment gateway"]
        );
        assert_eq!((lines(&Counts::default()).len(), counts.total()), (0, 4));
    }
}
