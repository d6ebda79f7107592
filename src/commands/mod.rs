//! The command line: one file a command.

mod admin;
mod gateway;
mod migrate;
mod ops;
mod readings;
mod serve;
mod token;

use std::collections::HashMap;
use std::error::Error;
use std::io::{ErrorKind, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, LogFormat, Overrides, Profile, Settings};
use crate::db::Db;
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;
use crate::server;
use crate::services;

/// What a command may end with.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// A paid cohort course on the web: enrolment, payment, weekly modules, reminders and certificates.
///
/// Without a command it serves the demonstration on this machine: a SQLite database in ./data, a practice payment gateway,
/// and mail that stays in a folder.
#[derive(Debug, Parser)]
#[command(
    name = "lectern",
    version,
    after_help = "Every setting, with its default, is in config/default.toml; `lectern config show` prints those in force.\nEach can be set in the environment: LECTERN_SERVER__LISTEN=127.0.0.1:9000, or LECTERN_MAIL__PASSWORD_FILE=/run/secret."
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// The address and port to serve on. In development, server.public_url and the practice gateway (on the next port) go with it,
    /// unless file or environment set them.
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// The folder for the SQLite database and, in development, the mailbox.
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A settings file (TOML), over the defaults.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// development: this machine only, nothing real. production: refuses unsafe settings.
    #[arg(long, global = true, value_enum)]
    profile: Option<Profile>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages, with the workers inside.
    Serve,
    /// Run the workers only: jobs and mail, for a second process on PostgreSQL.
    Work,
    /// Run the practice payment gateway as a process of its own. Development only: no money moves.
    ///
    /// It listens at gateway.base_url (with --listen, and unless that is set: on the port after that one), never at a port that the
    /// system chooses, and notifies server.public_url, so give it the settings of the servers that it is for; they need
    /// gateway.kind = "practice-apart" (LECTERN_GATEWAY__KIND). Its clock is the machine's: it does not follow /dev/clock.
    Gateway,
    /// Bring the database to this version's schema.
    Migrate,
    /// Fill an empty database with the demonstration: a course, four cohorts, demo people.
    Demo,
    /// People who run the courses.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Programs' ways in to the API.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// The library of articles.
    #[command(subcommand)]
    Readings(ReadingsCommand),
    /// Write all data to one file, consistent while the program runs. SQLite and PostgreSQL restore each other's.
    Backup(ops::BackupArguments),
    /// Make a backup the database's content. Stop the program first.
    Restore(ops::RestoreArguments),
    /// Look whether all is well: database, sums, mail, payment gateway, clock, public URL. Exits 1 on a fault.
    Doctor(ops::DoctorArguments),
    /// The mail that waits to be sent.
    #[command(subcommand)]
    Outbox(ops::OutboxCommand),
    /// The settings in force.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Ask a running server whether it is ready; exits 1 if not. For a container or a supervisor.
    Healthcheck,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Make an admin's account. They sign in with a code mailed to the address.
    Create {
        /// Where sign-in codes go.
        #[arg(long)]
        email: String,
        /// As colleagues and students see it.
        #[arg(long)]
        name: String,
        /// The zone they read times in, such as Asia/Kolkata.
        #[arg(long, default_value = "UTC")]
        zone: String,
    },
    /// Remove the second factor of somebody who has lost it, with the recovery codes. They are signed out everywhere and told by mail.
    ResetMfa {
        /// Whose.
        email: String,
    },
}

#[derive(Debug, Subcommand)]
enum ReadingsCommand {
    /// Import an article's text: title, author, publisher, photo credit and body; says what it left out.
    Import {
        /// A text file of at most 1 MiB, as copied from the article's page.
        file: PathBuf,
        /// The publisher, where the text does not say.
        #[arg(long)]
        publisher: Option<String>,
        /// May we show the text? own: it is ours; licensed: we have leave; link-only: we show the citation alone.
        #[arg(long, value_enum, default_value = "link-only")]
        rights: readings::RightsArgument,
        /// Only say what would be imported.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every setting, secrets hidden.
    Show,
}

/// Runs a command to its end.
pub async fn run(arguments: Arguments) -> ExitCode {
    match dispatch(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

/// Tells an error with its causes, for the one who typed the command.
pub fn failed(error: &dyn Error) -> ExitCode {
    let mut text = format!("lectern: {error}");
    let mut cause = error.source();
    while let Some(next) = cause {
        if !text.contains(&next.to_string()) {
            text.push_str(&format!("\n  because: {next}"));
        }
        cause = next.source();
    }
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::FAILURE
}

async fn dispatch(arguments: Arguments) -> Outcome {
    let environment: HashMap<String, String> = std::env::vars().collect();
    let common = arguments.common;
    // `cargo run` alone is the demonstration, and so is what exists for it alone; another named command means business unless told otherwise.
    let demonstration = matches!(arguments.command, None | Some(Command::Demo | Command::Gateway));
    let bare = demonstration && common.config.is_none() && !environment.contains_key("LECTERN_PROFILE");
    let profile = common.profile.or(bare.then_some(Profile::Development));
    let overrides = Overrides { profile, file: common.config, listen: common.listen, data: common.data };
    if let Some(Command::Config(ConfigCommand::Show)) = arguments.command {
        return say(config::shown(&overrides, environment)?.trim_end());
    }
    let command = arguments.command.unwrap_or(Command::Serve);
    let settings = match command {
        Command::Serve | Command::Work | Command::Demo | Command::Gateway => config::load(&overrides, environment)?,
        _ => config::load_unchecked(&overrides, environment)?,
    };
    log(&settings);
    match command {
        Command::Serve => serve::serve(settings).await,
        Command::Work => serve::work(settings).await,
        Command::Gateway => gateway::gateway(settings).await,
        Command::Migrate => migrate::migrate(settings).await,
        Command::Demo => migrate::demo(settings).await,
        Command::Admin(AdminCommand::Create { email, name, zone }) => admin::create(settings, &email, &name, &zone).await,
        Command::Admin(AdminCommand::ResetMfa { email }) => admin::reset_mfa(settings, &email).await,
        Command::Readings(ReadingsCommand::Import { file, publisher, rights, dry_run }) => {
            let how = if dry_run { readings::Run::Dry } else { readings::Run::Real };
            readings::import(settings, &file, publisher.as_deref(), rights, how).await
        }
        Command::Token(command) => token::token(settings, command).await,
        Command::Backup(arguments) => ops::backup(settings, arguments).await,
        Command::Restore(arguments) => ops::restore(settings, arguments).await,
        Command::Doctor(arguments) => ops::doctor(settings, arguments).await,
        Command::Outbox(command) => ops::outbox(settings, command).await,
        Command::Config(ConfigCommand::Show) => Ok(()),
        Command::Healthcheck => serve::healthcheck(&settings).await,
    }
}

/// A line for whoever typed the command.
pub(crate) fn say(text: &str) -> Outcome {
    match writeln!(std::io::stdout(), "{text}") {
        // `lectern config show | head` has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// The database, brought up to date where that is safe: all that a command needs that does its work and ends. It asks for no
/// mail server and no payment gateway.
async fn database(settings: &Settings) -> Result<Db, Box<dyn Error + Send + Sync>> {
    let db = Db::connect(&services::location(&settings.database), Clocks::system(), Randomness::from_system()).await?;
    server::prepare(&db, settings.profile).await?;
    Ok(db)
}

fn log(settings: &Settings) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&settings.log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // A second initialisation (in one process, a test's) is no error.
    let _ = match settings.log.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
