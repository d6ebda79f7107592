//! What must add up, and what waits for somebody.

use sea_orm::DbErr;

use super::{Finding, fault, ok, warning};
use crate::config::{GatewayKind, Settings};
use crate::db::Db;
use crate::gateway::EVENT_KINDS;
use crate::kernel::Timestamp;
use crate::kernel::time::SignedDuration;
use crate::organisation::{self, Organisation};
use crate::payment::checking::{self, Verdict as Books};
use crate::views::sums::{Sums, sums};
use crate::views::vitals::{Heard, Vitals, heard, vitals};

/// Work that is due longer than this says that nobody does it.
const LATE: SignedDuration = SignedDuration::from_mins(10);
/// As many are named; more are counted.
const NAMED: usize = 5;

pub(super) async fn examine(db: &Db, settings: &Settings) -> Vec<Finding> {
    match asked(db).await {
        Ok(Asked { sums, books, vitals, heard, organisation }) => {
            let mut found = told(&sums, &books, &vitals);
            found.push(notifications(heard, settings));
            found.push(ways_to_pay(&organisation, settings));
            found
        }
        Err(error) => vec![fault("sums", error.to_string(), "Look at the database server's log, and at database.url")],
    }
}

struct Asked {
    sums: Sums,
    books: Books,
    vitals: Vitals,
    heard: Heard,
    organisation: Organisation,
}

async fn asked(db: &Db) -> Result<Asked, DbErr> {
    let conn = db.snapshot().await?;
    Ok(Asked {
        sums: sums(&conn).await?,
        books: checking::check(&conn).await?,
        vitals: vitals(&conn, db.clocks().service(), db.clocks().machine()).await?,
        heard: heard(&conn).await?,
        organisation: organisation::current(&conn).await?,
    })
}

fn told(sums: &Sums, books: &Books, vitals: &Vitals) -> Vec<Finding> {
    let oversold = sums.oversold.iter().map(|(slug, taken, capacity)| format!("{slug} ({taken} of {capacity})"));
    let unbooked = books.faults.iter().map(ToString::to_string);
    let stranded = sums.stranded.iter().map(ToString::to_string);
    let of = |counts: &[(&'static str, u64)], state: &str| counts.iter().find(|(word, _)| *word == state).map_or(0, |(_, n)| *n);
    let letters = |state| of(&vitals.letters, state);
    let late = |check, what: &str, overdue: SignedDuration| {
        if overdue > LATE {
            let says = format!("{what} has been due for {} minutes", overdue.as_mins());
            warning(check, says, "Is `lectern serve` or `lectern work` running? Its log says why work is not done")
        } else {
            ok(check, "nothing is late")
        }
    };
    vec![
        none("seats", "no cohort is oversold", oversold, "Somebody changed rows by hand: raise the capacity, or move students"),
        none("payments", "every captured payment enrolled or is queued", stranded, "Look at the order at /staff/orders/…"),
        none("orders", "every paid order is served", sums.unserved.iter().cloned(), "Look at the order at /staff/orders/…"),
        none("books", "the ledger balances and is what happened", unbooked, "Somebody changed rows by hand: restore a backup"),
        some("payment queue", "waiting for an admin", vitals.payment_queue, "Decide each at /staff/today"),
        some("mail, dead", "given up", letters("dead"), "Look at each one's last error; the addresses may be wrong"),
        some("mail, in doubt", "without the server's answer", letters("in_doubt"), "Ask the mail server's log"),
        some("mail, held", "held since a restore", letters("held"), "Release all with `lectern outbox release`"),
        late("mail, late", "a mail", vitals.letter_overdue),
        some("jobs, dead", "given up", of(&vitals.jobs, "dead"), "Decide each at /staff/today, which says why"),
        late("jobs, late", "a job", vitals.job_overdue),
    ]
}

fn none(check: &'static str, good: &str, found: impl Iterator<Item = String>, remedy: &str) -> Finding {
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return ok(check, good);
    }
    let named = found.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    fault(check, format!("{} not so: {named}", found.len()), remedy)
}

fn some(check: &'static str, what: &str, many: u64, remedy: &str) -> Finding {
    if many == 0 { ok(check, "none") } else { warning(check, format!("{many} {what}"), remedy) }
}

/// How students can pay by themselves: by card where there is a gateway, in rupees where the organisation has an account.
fn ways_to_pay(organisation: &Organisation, settings: &Settings) -> Finding {
    let cards = settings.gateway.kind != GatewayKind::None;
    let transfers = organisation.bank.is_some() || organisation.upi.is_some();
    match (cards, transfers) {
        (true, true) => ok("ways to pay", "by card, and in rupees by transfer"),
        (true, false) => ok("ways to pay", "by card; no bank or UPI details are set at /staff/settings/bank"),
        (false, true) => ok("ways to pay", "in rupees by transfer; who pays otherwise is told to write to you"),
        (false, false) => {
            let remedy = "Set bank or UPI details at /staff/settings/bank, or gateway.kind = \"stripe\"";
            warning("ways to pay", "none: no gateway is set up, and no bank or UPI details are set", remedy)
        }
    }
}

fn notifications(heard: Heard, settings: &Settings) -> Finding {
    if settings.gateway.kind == GatewayKind::None {
        return ok("webhook", "no gateway is set up, and none is to notify us");
    }
    let at = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let received = match heard.sent {
        None => "no notification was ever received".to_owned(),
        Some(sent) => format!("the last notification was received at {}", at(sent)),
    };
    let says = match heard.listed {
        Some(listed) if heard.listed > heard.sent => {
            format!("{received}; what happened at {} was found by asking the gateway", at(listed))
        }
        _ if heard.sent.is_some() => return ok("webhook", received),
        _ => received,
    };
    let endpoint = settings.server.public_url.join("/webhooks/stripe");
    let kinds = EVENT_KINDS.join(", ");
    let remedy = format!(
        "At Stripe, look that there is the endpoint {endpoint} for {kinds}, what it was answered, and that its secret is in \
         gateway.webhook_secrets. If the server was down then, the next notification ends this"
    );
    warning("webhook", says, remedy)
}
