//! The commands as an operator types them: processes of their own.

use std::path::Path;
use std::process::Output;

use crate::support::process::{Running, command, free_port};

/// Runs the program in a folder, with no setting from outside.
fn lectern(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = lectern(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", out(&output));
    out(&output)
}

#[track_caller]
fn fails(folder: &Path, arguments: &[&str]) -> String {
    let output = lectern(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", out(&output));
    out(&output)
}

#[test]
fn a_backup_is_taken_checked_and_restored_by_commands() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert!(fails(here, &["backup", "early", "--data", "one"]).contains("there is no database at one"));
    assert!(!here.join("one").exists() && !here.join("early").exists());
    succeeds(here, &["admin", "create", "--email", "admin@example.org", "--name", "Demo Admin", "--data", "one"]);
    assert!(succeeds(here, &["backup", "file", "--data", "one"]).contains("Backed up"));
    assert!(succeeds(here, &["restore", "--check", "file", "--data", "none"]).contains("A whole backup"));
    assert!(!here.join("none").exists());

    let said = succeeds(here, &["restore", "file", "--data", "two"]);
    assert!(said.contains("Restored") && said.contains("sessions were ended") && said.contains("No letter was due"), "{said}");
    let refused = fails(here, &["restore", "file", "--data", "two"]);
    assert!(refused.contains("1 in users") && refused.contains("--replace"), "{refused}");
    assert!(succeeds(here, &["restore", "file", "--data", "two", "--replace"]).contains("are gone"));
    assert!(succeeds(here, &["outbox", "release", "--data", "two"]).contains("No letter is held."));

    let whole = std::fs::read(here.join("file")).unwrap();
    std::fs::write(here.join("cut"), &whole[..whole.len() / 2]).unwrap();
    let refused = fails(here, &["restore", "cut", "--data", "three"]);
    assert!(refused.contains("cut: ") && refused.contains("use another copy"), "{refused}");
    assert!(!here.join("three").exists(), "a database was made for a file that is no backup");

    // To standard output and from there.
    let output = lectern(here, &["backup", "-", "--data", "two"]);
    std::fs::write(here.join("piped"), &output.stdout).unwrap();
    assert!(succeeds(here, &["restore", "--check", "piped"]).contains("A whole backup"));
}

#[test]
fn the_doctor_names_each_setting_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let said = fails(here, &["doctor", "--offline", "--data", "none"]);
    for setting in [
        "server.public_url",
        "server.secret",
        "mail.host",
        "mail.from_address",
        "gateway.secret_key",
        "gateway.webhook_secrets",
        "database.data",
    ] {
        assert!(said.contains(setting), "{setting} is not in {said}");
    }
    assert!(said.contains("FAULT") && !here.join("none").exists(), "{said}");

    succeeds(here, &["migrate", "--data", "one"]);
    let said = succeeds(here, &["doctor", "--offline", "--data", "one", "--profile", "development", "--json"]);
    let found: serde_json::Value = serde_json::from_str(said[..=said.rfind(']').unwrap()].trim()).unwrap();
    let found = found.as_array().unwrap();
    assert!(found.iter().any(|finding| finding["check"] == "integrity" && finding["verdict"] == "ok"), "{found:#?}");
}

#[test]
fn the_practice_gateway_is_not_for_production() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("settings.toml"), format!("{PRODUCTION}\n[database]\ndata = \"data\"\n")).unwrap();
    let arguments = ["gateway", "--profile", "production", "--config", "settings.toml"];
    let output = command(here, &arguments).env("LECTERN_SERVER__SECRET", "0123456789".repeat(5)).output().unwrap();
    let said = out(&output);
    assert!(output.status.code() == Some(1) && said.contains("takes no money"), "{said}");
    // Nor is a server that would use one.
    let output = command(here, &["serve", "--config", "settings.toml"])
        .env("LECTERN_SERVER__SECRET", "0123456789".repeat(5))
        .env("LECTERN_GATEWAY__KIND", "practice-apart")
        .output()
        .unwrap();
    let said = out(&output);
    assert!(output.status.code() == Some(1) && said.contains("gateway.kind is the practice gateway"), "{said}");
}

#[test]
fn a_practice_gateway_apart_is_at_a_port_that_its_servers_can_know() {
    let folder = tempfile::tempdir().unwrap();
    let output = lectern(folder.path(), &["gateway", "--profile", "development", "--listen", "127.0.0.1:0"]);
    let said = out(&output);
    assert!(output.status.code() == Some(1) && said.contains("needs a port"), "{said}");
}

/// A server of its own, stopped as a supervisor stops it.
#[cfg(unix)]
#[tokio::test]
async fn a_server_that_is_told_to_stop_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    succeeds(here, &["migrate", "--data", "one"]);
    let free = format!("127.0.0.1:{}", free_port());
    std::fs::write(here.join("settings.toml"), PRODUCTION).unwrap();
    let mut serve = command(here, &["serve", "--data", "one", "--listen", &free, "--config", "settings.toml"]);
    let server = Running::start(serve.env("LECTERN_SERVER__SECRET", "0123456789".repeat(5)));
    let healthy = || lectern(here, &["healthcheck", "--listen", &free]).status.success();
    let started = (0..150).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(200));
        healthy()
    });
    assert!(started, "it does not serve");
    server.stop().await;
    assert!(!healthy());
    assert!(!here.join("one/lectern.sqlite-wal").exists(), "the database was not closed");
}

const PRODUCTION: &str = r#"
profile = "production"
[server]
public_url = "https://courses.example.com"
[mail]
host = "127.0.0.1"
port = 9
security = "plain"
from_address = "courses@example.com"
[gateway]
base_url = "https://127.0.0.1:9/"
secret_key = "sk_test_none"
webhook_secrets = ["whsec_none"]
live = false
"#;
