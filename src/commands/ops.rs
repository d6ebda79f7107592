//! `lectern backup`, `lectern restore`, `lectern doctor` and `lectern outbox`.

use std::io::{IsTerminal, Write};
use std::path::Path;

use clap::{Args, Subcommand};

use super::{Outcome, database, say};
use crate::config::Settings;
use crate::db::{Db, Location};
use crate::kernel::random::Randomness;
use crate::kernel::{Actor, Clocks};
use crate::mail;
use crate::ops::archive::Header;
use crate::ops::doctor::{self, Reach, Verdict};
use crate::ops::restore::{self, Choices, Present, Restored, Sessions, Tokens};
use crate::ops::{Progress, backup};
use crate::services::location;

#[derive(Debug, Args)]
pub(super) struct BackupArguments {
    /// A file that is not there yet; `-` for standard output. It holds personal data: keep it encrypted.
    file: std::path::PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArguments {
    /// What `lectern backup` wrote.
    file: std::path::PathBuf,
    /// Only read it from end to end and say what is in it. No database is touched.
    #[arg(long, conflicts_with_all = ["replace", "keep_sessions", "keep_tokens"])]
    check: bool,
    /// Delete what the database holds. Without it, a restore over data is refused.
    #[arg(long)]
    replace: bool,
    /// Leave everybody signed in who was at the time of the backup.
    #[arg(long)]
    keep_sessions: bool,
    /// Leave the API tokens as they were at the time of the backup: one revoked since opens the API again.
    #[arg(long)]
    keep_tokens: bool,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Ask nobody over the network but the database.
    #[arg(long)]
    offline: bool,
    /// Print a JSON array of the findings.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// Send the mail that a restore held back. Somebody may get a mail again that was sent before the restore.
    Release,
}

async fn connect(settings: &Settings) -> Result<Db, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Db::connect(&location(&settings.database), Clocks::system(), Randomness::from_system()).await?)
}

/// Writes a backup, of a database that exists.
pub(super) async fn backup(settings: Settings, arguments: BackupArguments) -> Outcome {
    if let Location::File(path) = location(&settings.database)
        && !path.exists()
    {
        return Err(format!("there is no database at {}: set --data or LECTERN_DATA", path.display()).into());
    }
    let db = connect(&settings).await?;
    crate::jobs::clock::restore(&db).await?;
    let mut progress = Progress::told("backup");
    let header = if arguments.file == Path::new("-") {
        if std::io::stdout().is_terminal() {
            return Err("a backup is not text: redirect standard output, or name a file".into());
        }
        let (mut out, header) = backup::write(&db, std::io::stdout().lock(), &mut progress).await?;
        out.flush()?;
        header
    } else {
        backup::to_file(&db, &arguments.file, &mut progress).await?
    };
    db.close().await?;
    // Standard output may be the backup.
    let told = format!("Backed up {} rows of {} tables as of {}.", header.rows(), header.tables.len(), header.taken_at);
    writeln!(std::io::stderr(), "{told}")?;
    Ok(())
}

/// Checks a backup, or makes it the database's content.
pub(super) async fn restore(settings: Settings, arguments: RestoreArguments) -> Outcome {
    let file = &arguments.file;
    let named = |error: restore::RestoreError| format!("{}: {error}", file.display());
    if arguments.check {
        let header = restore::check(file).map_err(named)?;
        return say(&contents(&header));
    }
    let choices = Choices {
        present: if arguments.replace { Present::Replace } else { Present::Keep },
        sessions: if arguments.keep_sessions { Sessions::Keep } else { Sessions::End },
        tokens: if arguments.keep_tokens { Tokens::Keep } else { Tokens::Revoke },
    };
    // Before a database is made for it.
    restore::check(file).map_err(named)?;
    let db = connect(&settings).await?;
    let restored = restore::restore(&db, file, choices, &mut Progress::told("restore")).await;
    db.close().await?;
    say(&report(&restored.map_err(named)?, choices))
}

fn contents(header: &Header) -> String {
    let tables = header.tables.iter().filter(|table| table.rows > 0);
    let lines: String = tables.map(|table| format!("  {:>10} {}\n", table.rows, table.name)).collect();
    format!(
        "A whole backup, taken at {} by version {}: {} rows.\n{}",
        header.taken_at,
        header.program,
        header.rows(),
        lines.trim_end()
    )
}

fn report(restored: &Restored, choices: Choices) -> String {
    let Restored { header, replaced, sessions_ended, tokens_revoked, jobs_taken_back, certificates_stopped, letters_held } =
        restored;
    let mut text = format!("Restored {} rows as of {}.", header.rows(), header.taken_at);
    if *replaced > 0 {
        text.push_str(&format!(" {replaced} rows that were there before are gone."));
    }
    text.push('\n');
    match choices.sessions {
        Sessions::End => text.push_str(&format!("{sessions_ended} sessions were ended: everybody signs in again.\n")),
        Sessions::Keep => text.push_str("Sessions were kept: a session ended after the backup is good again.\n"),
    }
    match choices.tokens {
        Tokens::Revoke if *tokens_revoked == 0 => {}
        Tokens::Revoke => text.push_str(&format!("{tokens_revoked} API tokens were revoked: make new ones for the programs.\n")),
        Tokens::Keep => text.push_str("API tokens were kept: a token revoked after the backup is good again.\n"),
    }
    if *certificates_stopped > 0 {
        text.push_str(&format!(
            "{certificates_stopped} certificates were being issued, and may have been since: decide each at /staff/today.\n"
        ));
    }
    if *jobs_taken_back > 0 {
        text.push_str(&format!("{jobs_taken_back} jobs that were running will run again.\n"));
    }
    if *letters_held > 0 {
        text.push_str(&format!(
            "{letters_held} letters were due by now and unsent in the backup. They are held, because they may have been sent since;\n\
             `lectern outbox release` sends them. Letters due later go out as planned.\n"
        ));
    } else {
        text.push_str("No letter was due and unsent. Letters due later go out as planned.\n");
    }
    text.push_str("Next: `lectern doctor`.");
    text
}

/// Sends what was held.
pub(super) async fn outbox(settings: Settings, command: OutboxCommand) -> Outcome {
    let OutboxCommand::Release = command;
    let db = database(&settings).await?;
    let released = db.write(Actor::Operator, async |txn| mail::release_held(txn).await).await?;
    db.close().await?;
    match released {
        0 => say("No letter is held."),
        many => say(&format!("{many} letters were released: the running program sends them.")),
    }
}

/// Examines everything; a fault is the exit code 1.
pub(super) async fn doctor(settings: Settings, arguments: DoctorArguments) -> Outcome {
    let reach = if arguments.offline { Reach::Offline } else { Reach::Network };
    let found = doctor::examine(&settings, &Clocks::system(), &Randomness::from_system(), reach).await;
    if arguments.json {
        say(&serde_json::to_string_pretty(&found)?)?;
    } else {
        for finding in &found {
            say(&finding.to_string())?;
        }
    }
    let count = |verdict| found.iter().filter(|finding| finding.verdict == verdict).count();
    match (count(Verdict::Fault), count(Verdict::Warning)) {
        (0, _) if arguments.json => Ok(()),
        (0, 0) => say("All is well."),
        (0, warnings) => say(&format!("No fault. Warnings: {warnings}.")),
        (faults, _) => Err(format!("faults: {faults}").into()),
    }
}
