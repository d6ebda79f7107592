//! The doctor: what is wrong is named with its setting; nothing is sent.

use lectern::config::{MailSecurity, MailTransport, Settings};
use lectern::db::Txn;
use lectern::gateway::About;
use lectern::kernel::random::Randomness;
use lectern::kernel::time::SignedDuration;
use lectern::kernel::{Actor, Clocks};
use lectern::ops::doctor::{Finding, Reach, Verdict, examine};
use lectern::organisation::{self, model::Change, model::Identity};
use sea_orm::ConnectionTrait;

use crate::support::app::{TestApp, on_each_database};
use crate::support::smtp_server::{Act, Protection, SmtpServer, Step};
use crate::support::{school, stuck};

async fn look(settings: &Settings, reach: Reach) -> Vec<Finding> {
    examine(settings, &Clocks::system(), &Randomness::from_seed(1), reach).await
}

#[track_caller]
fn find<'a>(found: &'a [Finding], check: &str) -> &'a Finding {
    found.iter().find(|finding| finding.check == check).unwrap_or_else(|| panic!("no {check} in {found:#?}"))
}

fn smtp(app: &TestApp, server: &SmtpServer) -> Settings {
    let mut settings = Settings::clone(&app.services().settings);
    settings.mail.transport = MailTransport::Smtp;
    settings.mail.security = MailSecurity::Plain;
    (settings.mail.host, settings.mail.port) = ("127.0.0.1".to_owned(), server.port);
    (settings.mail.username, settings.mail.password) = ("demo".to_owned(), "wrong".to_owned().into());
    settings
}

#[tokio::test]
async fn a_running_program_is_well() {
    on_each_database(async |app: TestApp| {
        school::open(&app, "").await;
        let found = look(&app.services().settings, Reach::Network).await;
        for check in [
            "settings",
            "database",
            "schema",
            "writing",
            "seats",
            "payments",
            "orders",
            "books",
            "fonts",
            "certificate texts",
            "payment gateway",
            "clock",
            "public url",
        ] {
            assert_eq!(find(&found, check).verdict, Verdict::Ok, "{found:#?}");
        }
        assert!(found.iter().all(|finding| finding.verdict != Verdict::Fault), "{found:#?}");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_mail_server_is_asked_and_nothing_is_sent() {
    let app = TestApp::sqlite().await;
    let server = SmtpServer::accepting().await;
    let found = look(&smtp(&app, &server), Reach::Network).await;
    assert_eq!(find(&found, "mail server").verdict, Verdict::Ok, "{found:#?}");
    let lines = server.connections().remove(0).lines;
    assert!(lines.iter().any(|line| line.starts_with("AUTH")) && lines.iter().all(|line| !line.starts_with("MAIL")), "{lines:?}");

    let refusing = SmtpServer::start(Protection::None, vec![vec![(Step::Auth, Act::Say("535 5.7.8 no"))]]).await;
    let found = look(&smtp(&app, &refusing), Reach::Network).await;
    let mail = find(&found, "mail server");
    assert!(mail.verdict == Verdict::Fault && mail.remedy.as_deref().unwrap().contains("mail.password"), "{mail:#?}");
    assert!(mail.says.contains("535") && !format!("{found:?}").contains("wrong"), "{found:#?}");
    app.abandon().await;
}

#[tokio::test]
async fn keys_and_records_are_told() {
    let app = TestApp::sqlite().await;
    let mut settings = Settings::clone(&app.services().settings);
    settings.mail.dkim_domain = "example.org".to_owned();
    settings.mail.dkim_selector = "course1".to_owned();
    settings.mail.dkim_key = include_str!("../support/dkim/ed25519.pem").to_owned().into();
    let found = look(&settings, Reach::Offline).await;
    let key = find(&found, "mail signature");
    assert!(key.says.contains("course1._domainkey.example.org: v=DKIM1; k=ed25519; p="), "{key:#?}");

    settings.mail.dkim_key = "none".to_owned().into();
    settings.gateway.secret_key = "sk_live_other".to_owned().into();
    settings.server.public_url = serde_json::from_value("http://127.0.0.1:9".into()).unwrap();
    let found = look(&settings, Reach::Network).await;
    for (check, setting) in
        [("mail signature", "mail.dkim_key"), ("payment gateway", "gateway.secret_key"), ("public url", "server.public_url")]
    {
        let finding = find(&found, check);
        assert!(finding.verdict != Verdict::Ok && finding.remedy.as_deref().unwrap().contains(setting), "{finding:#?}");
    }
    app.abandon().await;
}

#[tokio::test]
async fn what_cannot_be_printed_on_a_certificate_is_named() {
    on_each_database(async |app: TestApp| {
        school::open(&app, "").await;
        let settings = &app.services().settings;
        let found = look(settings, Reach::Offline).await;
        let fonts = find(&found, "fonts");
        assert!(fonts.verdict == Verdict::Ok && fonts.says.contains("on one page"), "{fonts:#?}");
        assert_eq!(find(&found, "certificate texts").verdict, Verdict::Ok, "{found:#?}");

        let conn = app.services().db.for_migrations();
        let named = Identity { legal_name: "例 Journal".parse().unwrap(), ..school::seller() };
        let change = async |txn: &Txn| organisation::change(txn, Change::Identity(named)).await;
        app.services().db.write(Actor::Operator, change).await.unwrap();
        conn.execute_unprepared("UPDATE cohorts SET name = 'ಜನವರಿ' WHERE slug = 'january'").await.unwrap();
        let found = look(settings, Reach::Offline).await;
        let texts = find(&found, "certificate texts");
        assert_eq!(texts.verdict, Verdict::Warning);
        for told in ["the legal name, at /staff/settings/identity: no letter for “例” (U+4F8B)", "the name of the cohort january"]
        {
            assert!(texts.says.contains(told), "{told} is not in {texts:#?}");
        }
        app.abandon().await;
    })
    .await;
}

#[tokio::test]
async fn what_does_not_add_up_is_a_fault() {
    on_each_database(async |app: TestApp| {
        let school = school::open(&app, "").await;
        let conn = app.services().db.for_migrations();
        conn.execute_unprepared("UPDATE cohorts SET capacity = 1 WHERE slug = 'february'").await.unwrap();
        conn.execute_unprepared("UPDATE enrolments SET enrolled_at = NULL, state = 'lapsed' WHERE state = 'enrolled'")
            .await
            .unwrap();
        conn.execute_unprepared("UPDATE enrolments SET state = 'held' WHERE state = 'lapsed'").await.unwrap();
        conn.execute_unprepared("UPDATE outbox SET state = 'dead' WHERE state = 'pending'").await.unwrap();
        conn.execute_unprepared("UPDATE payments SET amount_minor = 1").await.unwrap();
        let found = look(&app.services().settings, Reach::Offline).await;
        assert!(find(&found, "books").says.starts_with("2 not so: the payment pay_"), "{found:#?}");
        assert_eq!(find(&found, "seats").says, "1 not so: february (2 of 1)");
        assert_eq!(find(&found, "payments").verdict, Verdict::Fault);
        assert!(find(&found, "orders").says.starts_with("2 not so: "), "{found:#?}");
        assert!(find(&found, "mail, dead").verdict == Verdict::Warning && school.order.starts_with("ord_"));
        app.abandon().await;
    })
    .await;
}

/// The webhook's finding, once an event of this body has come.
async fn heard(app: &TestApp, id: &str, sent: bool) -> Finding {
    let event = stuck::notification(app, id, Some(About::Session("cs_test_demo".to_owned())));
    let body = if sent { format!(r#"{{"id":"{}","data":{{"object":{{}}}}}}"#, event.id).into_bytes() } else { event.gist() };
    let receive = async |txn: &Txn| lectern::payment::receive_notification(txn, &event, &body).await;
    app.services().db.write(Actor::Operator, receive).await.unwrap();
    find(&look(&app.services().settings, Reach::Offline).await, "webhook").clone()
}

#[tokio::test]
async fn a_webhook_that_nothing_comes_by_is_told_though_the_gateway_is_asked() {
    on_each_database(async |app: TestApp| {
        school::open(&app, "").await;
        let never = find(&look(&app.services().settings, Reach::Offline).await, "webhook").clone();
        assert_eq!((never.verdict, never.says.as_str()), (Verdict::Warning, "no notification was ever received"));
        let listed = heard(&app, "evt_listed", false).await;
        assert!(listed.verdict == Verdict::Warning && listed.says.contains("found by asking the gateway"), "{listed:#?}");
        assert!(listed.remedy.unwrap().contains("gateway.webhook_secrets"));
        app.pass(SignedDuration::from_mins(1)).await;
        let sent = heard(&app, "evt_sent", true).await;
        assert!(sent.verdict == Verdict::Ok && sent.says.starts_with("the last notification was received at"), "{sent:#?}");
        app.pass(SignedDuration::from_mins(1)).await;
        let again = heard(&app, "evt_missed", false).await;
        assert!(again.verdict == Verdict::Warning && again.says.starts_with("the last notification was received"), "{again:#?}");
        app.abandon().await;
    })
    .await;
}
