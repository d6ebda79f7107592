//! `lectern token`.

use clap::{Args, Subcommand};

use super::{Outcome, database, say};
use crate::config::Settings;
use crate::identity;
use crate::kernel::ids::TokenId;
use crate::kernel::{Actor, EmailAddress};
use crate::tokens::{self, Life, NewToken, Scope, Scopes, Token, TokenName, TokenState};

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and print it, once. Nothing else goes to standard output, so that a script can keep it.
    Create(NewArguments),
    /// List the tokens, without their secrets.
    List,
    /// Take a token back, for ever.
    Revoke {
        /// Its id, as `lectern token list` prints it.
        id: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = scopes_help())]
pub(super) struct NewArguments {
    /// What it is for.
    #[arg(long)]
    name: String,
    /// What it may do; again for each scope, or separated by commas.
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
    scopes: Vec<String>,
    /// How many days it works: 1 to 365.
    #[arg(long, default_value_t = 90)]
    days: u16,
    /// The admin in whose name it acts.
    #[arg(long = "for", value_name = "EMAIL")]
    admin: String,
}

fn scopes_help() -> String {
    let scope = |scope: Scope| format!("  {:<20}{}", scope.word(), scope.about());
    format!("Scopes:\n{}", Scope::ALL.map(scope).join("\n"))
}

pub(super) async fn token(settings: Settings, command: TokenCommand) -> Outcome {
    match command {
        TokenCommand::Create(arguments) => create(settings, arguments).await,
        TokenCommand::List => list(settings).await,
        TokenCommand::Revoke { id } => revoke(settings, &id).await,
    }
}

async fn create(settings: Settings, arguments: NewArguments) -> Outcome {
    let name: TokenName = arguments.name.parse().map_err(|error| format!("--name: {error}"))?;
    let life = Life::days(arguments.days).map_err(|error| format!("--days: {error}"))?;
    let email: EmailAddress = arguments.admin.parse().map_err(|error| format!("--for: {error}"))?;
    let scope = |text: &String| text.parse::<Scope>().map_err(|error| format!("--scope {text}: {error}"));
    let scopes = arguments.scopes.iter().map(scope).collect::<Result<Vec<_>, _>>()?;
    let scopes = Scopes::new(scopes).ok_or("--scope: name one")?;
    let db = database(&settings).await?;
    let made = db.write(Actor::Operator, async |txn| {
        let Some(admin) = identity::person_by_email(txn, &email).await? else { return Ok(None) };
        tokens::create(txn, &admin, NewToken { name, scopes, life }).await.map(Some)
    });
    let made = made.await.map_err(|refusal| format!("{email}: {refusal}"))?;
    db.close().await?;
    let (_, secret) = made.ok_or_else(|| format!("no active account has the address {email}"))?;
    say(secret.plain())
}

async fn list(settings: Settings) -> Outcome {
    let db = database(&settings).await?;
    let snapshot = db.snapshot().await?;
    let found = tokens::tokens(&snapshot).await?;
    drop(snapshot);
    let now = db.clocks().machine();
    db.close().await?;
    if found.is_empty() {
        return say("There is no token.");
    }
    found.iter().try_for_each(|token| say(&line(token, token.state(now))))
}

fn line(token: &Token, state: TokenState) -> String {
    let state = match state {
        TokenState::Works { until } => format!("works until {until:.0}"),
        TokenState::Expired { at } => format!("expired {at:.0}"),
        TokenState::Revoked { at } => format!("revoked {at:.0}"),
    };
    format!("{}  {}…  {}  {}  {}", token.id, token.hint, token.name, state, token.scopes)
}

async fn revoke(settings: Settings, id: &str) -> Outcome {
    let id: TokenId = id.parse().map_err(|error| format!("{id}: {error}"))?;
    let db = database(&settings).await?;
    let revoked = db.write(Actor::Operator, async |txn| tokens::revoke(txn, id).await).await;
    let token = revoked.map_err(|refusal| format!("{id}: {refusal}"))?;
    db.close().await?;
    say(&format!("Revoked. Programs that use “{}” are refused from now on.", token.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_made_for_an_admin_alone_and_revoked_once() {
        let folder = tempfile::tempdir().unwrap();
        let settings = || {
            let mut settings = crate::testing::settings();
            settings.database.data = folder.path().to_owned();
            settings
        };
        crate::commands::admin::create(settings(), "admin@example.org", "Demo Admin", "UTC").await.unwrap();
        let make = async |scopes: &[&str], days, admin: &str| {
            let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            let arguments = NewArguments { name: "Ledger".to_owned(), scopes, days, admin: admin.to_owned() };
            create(settings(), arguments).await.map_err(|error| error.to_string())
        };
        let nobody = Err("no active account has the address nobody@example.org".to_owned());
        assert_eq!(make(&["orders:read"], 30, "nobody@example.org").await, nobody);
        let unknown = Err("--scope orders: choose one of the scopes, such as catalogue:read".to_owned());
        assert_eq!(make(&["orders"], 30, "admin@example.org").await, unknown);
        let never = Err("--days: Enter a number of days from 1 to 365".to_owned());
        assert_eq!(make(&["orders:read"], 0, "admin@example.org").await, never);
        assert_eq!(make(&["orders:read"], 30, "admin@example.org").await, Ok(()));
        list(settings()).await.unwrap();

        let db = database(&settings()).await.unwrap();
        let snapshot = db.snapshot().await.unwrap();
        let made = tokens::tokens(&snapshot).await.unwrap();
        drop(snapshot);
        db.close().await.unwrap();
        let [only] = made.as_slice() else { panic!("{made:?}") };
        assert_eq!(only.scopes.to_string(), "orders:read");
        revoke(settings(), &only.id.to_string()).await.unwrap();
        let again = revoke(settings(), &only.id.to_string()).await.unwrap_err().to_string();
        assert_eq!(again, format!("{}: the token is revoked already", only.id));
    }
}
