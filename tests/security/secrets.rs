//! Codes, session tokens, addresses and secrets of the settings: none is written to the log, and none but hashes to the database.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::rows;
use crate::support::app::TestApp;
use crate::support::raw::Ask;
use crate::support::school::{self, ADMIN, OWNER};

const SECRET: &str = "canary-server-secret-0123456789-0123456789";
const GATEWAY_KEY: &str = "sk_test_canary0123456789";
const WEBHOOK: &str = "whsec_canary0123456789";

/// A log that is kept to be searched.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Kept {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// A second listener, which hears nothing, to be kept beside the first: with one alone, a line that is logged first on another test's
/// thread, where nobody listens, would be taken as wanted by nobody on any thread.
pub fn company() -> tracing::Dispatch {
    tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default())
}

/// Signs in, fails to, pays, reads and is refused: the session's token and all codes that were mailed.
async fn walk(app: &TestApp) -> Vec<String> {
    let school = school::open(app, "").await;
    let mut secrets = Vec::new();
    let asked = Ask::post("/sign-in", &format!("email={OWNER}")).send(app).await;
    let browser = asked.cookie("lectern-browser").unwrap();
    let code = app.code_for(OWNER).await;
    let page = asked.header("location").to_owned();
    Ask::post(&page, "code=none").cookies(&browser).send(app).await.is(422);
    let session = Ask::post(&page, &format!("code={code}")).cookies(&browser).send(app).await.cookie("lectern").unwrap();
    secrets.extend([browser, session.clone()].map(|cookie| cookie.split_once('=').unwrap().1.to_owned()));
    secrets.push(code);

    Ask::post("/sign-in", &format!("email={OWNER}&email={ADMIN}")).send(app).await.is(400);
    Ask::get("/learn").cookies(&session).send(app).await.is(200);
    Ask::post(&format!("/orders/{}/checkout", school.open_order), "").cookies(&session).send(app).await.is(303);
    Ask::get(&format!("/orders/{}/return", school.open_order)).cookies(&session).send(app).await.is(200);
    let unsigned = Ask::post("/webhooks/stripe", "{\"canary\":\"body\"}").header("stripe-signature", "t=1,v1=canary");
    unsigned.send(app).await.is(400);
    Ask::get("/none").cookies(&session).header("authorization", "Bearer canary-bearer").send(app).await.is(404);
    app.settle().await;
    Ask::post("/sign-out", "").cookies(&session).send(app).await.is(303);
    secrets
}

#[tokio::test(flavor = "current_thread")]
async fn no_secret_is_in_the_log_or_in_the_database() {
    let log = Kept::default();
    // Everything of this test runs on this thread, so that this log is its alone.
    let filter = EnvFilter::new("trace,sqlx=warn,sea_orm=warn,hyper=info,hyper_util=info,reqwest=info,mio=info,h2=info");
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(log.clone()).with_ansi(false).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let _company = company();
    let app = TestApp::sqlite_with(|settings| {
        settings.server.secret = SECRET.to_owned().into();
        settings.gateway.secret_key = GATEWAY_KEY.to_owned().into();
        settings.gateway.webhook_secrets = vec![WEBHOOK.to_owned().into()];
    })
    .await;
    let mut secrets = walk(&app).await;
    secrets.extend([SECRET, GATEWAY_KEY, WEBHOOK].map(str::to_owned));
    let stored = rows(&app).await;
    drop(guard);

    let log = log.text();
    assert!(log.contains("bad_signature") && log.contains("/codes/{challenge}"), "the log was not kept: {log}");
    for secret in secrets.iter().map(String::as_str).chain([OWNER, ADMIN, "canary-bearer", "v1=canary", "\"body\""]) {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
    for (table, rows) in &stored {
        for secret in &secrets {
            let row = rows.iter().find(|row| holds(row, secret));
            assert_eq!(row, None, "{secret} is in {table}");
        }
    }
    // A person's name or address stands in the audit log only where it can be erased: in `personal`. The organisation's own are
    // public, and to be kept.
    let facts =
        "SELECT coalesce(before, '') || coalesce(after, '') AS line FROM audit_events WHERE kind NOT LIKE 'organisation.%'";
    let facts = super::column(&app, facts).await;
    assert!(!facts.is_empty() && facts.iter().all(|fact| !fact.contains('@') && !fact.contains("Demo Student")), "{facts:#?}");
    app.abandon().await;
}

/// Six digits may stand within an id or a time by chance: a code counts where it stands alone.
fn holds(row: &str, secret: &str) -> bool {
    row.match_indices(secret).any(|(at, _)| {
        let bound = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
        bound(row[..at].chars().next_back()) && bound(row[at + secret.len()..].chars().next())
    })
}
