//! `lectern doctor`: is all well, and if not, what is wrong and how to mend it. It changes nothing, sends nothing and charges nothing.
//!
//! Each part looks at one thing and answers findings; a part of its own for what is added later goes into [`examine`].

mod database;
mod fetch;
mod fonts;
mod mail;
mod net;
mod payments;
mod sums;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::config::Settings;
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    /// It works, and somebody should look.
    Warning,
    /// It does not work, or is not safe.
    Fault,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "FAULT",
        })
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: a name that stays the same.
    pub check: &'static str,
    pub verdict: Verdict,
    pub says: String,
    /// What to do about it, naming a setting or a command.
    pub remedy: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7} {:<20} {}", self.verdict, self.check, self.says)?;
        match &self.remedy {
            Some(remedy) => write!(f, "\n{:29}-> {remedy}", ""),
            None => Ok(()),
        }
    }
}

fn ok(check: &'static str, says: impl Into<String>) -> Finding {
    Finding { check, verdict: Verdict::Ok, says: says.into(), remedy: None }
}

fn warning(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { check, verdict: Verdict::Warning, says: says.into(), remedy: Some(remedy.into()) }
}

fn fault(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { check, verdict: Verdict::Fault, says: says.into(), remedy: Some(remedy.into()) }
}

/// What may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Network,
    /// Only this machine and the database.
    Offline,
}

/// The longest that one part may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Looks at everything that `settings` name, in order.
pub async fn examine(settings: &Settings, clocks: &Clocks, random: &Randomness, reach: Reach) -> Vec<Finding> {
    let mut found = safety(settings);
    let (findings, db) = database::examine(settings, clocks, random).await;
    found.extend(findings);
    if let Some(db) = &db {
        found.extend(within("sums", sums::examine(db, settings)).await);
        found.extend(within("certificate texts", fonts::examine_texts(db)).await);
    }
    found.extend(within("fonts", fonts::examine(settings)).await);
    found.extend(mail::examine_key(settings));
    if reach == Reach::Network {
        found.extend(within("mail server", mail::examine_server(settings, random)).await);
        found.extend(within("payment gateway", payments::examine(settings)).await);
        found.extend(within("clock", net::examine_clock(settings, clocks)).await);
        found.extend(within("public url", net::examine_public_url(settings)).await);
    }
    if let Some(db) = db
        && let Err(error) = db.close().await
    {
        found.push(warning("database", format!("it did not close in order: {error}"), "Look at the disk's health"));
    }
    found
}

/// What a server would refuse to start with.
fn safety(settings: &Settings) -> Vec<Finding> {
    let problems = settings.problems();
    if problems.is_empty() {
        return vec![ok("settings", "nothing unsafe")];
    }
    problems.iter().map(|problem| fault("settings", format!("{} {}", problem.setting, problem.wrong), problem.remedy)).collect()
}

async fn within(check: &'static str, looking: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    let late = |_| {
        let says = format!("no answer within {} seconds", LIMIT.as_secs());
        vec![fault(check, says, "Look whether a firewall holds the connection, or run with --offline")]
    };
    tokio::time::timeout(LIMIT, looking).await.unwrap_or_else(late)
}
