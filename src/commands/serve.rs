//! `lectern serve`, `lectern work` and `lectern healthcheck`.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Outcome, say};
use crate::config::{Gateway, GatewayKind, Profile, Settings};
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;
#[cfg(debug_assertions)]
use crate::kernel::steps::Then;
use crate::server::{self, Parts, Server};
use crate::services::Services;
use crate::work::{Registries, Workers};

/// Serves until told to stop.
pub(super) async fn serve(settings: Settings) -> Outcome {
    let development = settings.profile == Profile::Development;
    if development {
        say("Starting. The first start makes the database and the demonstration; that takes a few seconds.")?;
    }
    let server = Server::start(settings, Clocks::system(), Randomness::from_system(), Parts::All).await?;
    if development {
        #[cfg(debug_assertions)]
        lose_where_asked(server.services());
        say(&welcome(&server))?;
    } else {
        tracing::info!(address = %server.address(), "serving");
    }
    stop_signal().await;
    tracing::info!("stopping: finishing what was begun");
    server.stop().await?;
    Ok(())
}

/// Ends the process at once right after the first step (`src/kernel/steps.rs`) in whose name the variable `LOSE_AFTER` is, as a crash
/// there would. Not in a release build, which has nothing of it, and not where real students are.
#[cfg(debug_assertions)]
fn lose_where_asked(services: &Services) {
    let Ok(name) = std::env::var("LOSE_AFTER") else { return };
    services.db.steps().watch(move |step| if step.contains(&name) { std::process::abort() } else { Then::GoesOn });
}

fn welcome(server: &Server) -> String {
    let origin = server.services().settings.server.public_url.origin();
    let people: String = crate::demo::SIGN_INS.iter().map(|(role, email)| format!("    {role:<11} {email}\n")).collect();
    format!(
        "\nLectern is at {origin}\n\n\
         Sign in at {origin}/sign-in with one of these addresses; the code arrives at {origin}/dev/mailbox\n\n{people}\n\
         Or enrol as somebody new: start at {origin}/ with any address.\n\
         {payments}\n\
         Move time at {origin}/dev/clock. Stop with Ctrl-C; the data stays in {data}.\n",
        payments = how_paid(&server.services().settings.gateway),
        data = server.services().settings.database.data.display(),
    )
}

/// What becomes of payments here.
fn how_paid(gateway: &Gateway) -> String {
    match gateway.kind {
        GatewayKind::Practice | GatewayKind::PracticeApart => {
            format!("Payments go to the practice gateway at {}: no money moves.", gateway.hosted_origin.origin())
        }
        GatewayKind::Stripe => "Payments go to Stripe, with the key that is set.".to_owned(),
        GatewayKind::None => "No cards are taken: admins record what comes by bank transfer, UPI, cash or cheque.".to_owned(),
    }
}

/// Runs the workers until told to stop.
pub(super) async fn work(settings: Settings) -> Outcome {
    let services = Services::start(settings, Clocks::system(), Randomness::from_system()).await?;
    server::prepare(&services.db, services.settings.profile).await?;
    let workers = Workers::start(&services, &Registries::all()).await?;
    tracing::info!("working");
    stop_signal().await;
    workers.stop().await;
    Ok(services.db.close().await?)
}

/// Waits for Ctrl-C, or for a supervisor's SIGTERM.
pub(super) async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}

const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the server of these settings whether it is ready.
pub(super) async fn healthcheck(settings: &Settings) -> Outcome {
    let address = settings.server.listen;
    let answer = tokio::time::timeout(PATIENCE, async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    })
    .await
    .map_err(|_| format!("no answer from {address} within {} seconds", PATIENCE.as_secs()))?
    .map_err(|error| format!("cannot reach {address}: {error}; is it serving, and is --listen the same?"))?;
    if answer.starts_with(b"HTTP/1.1 200") { say("ready") } else { Err(format!("{address} answers, but is not ready").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_where_payments_go() {
        let said = |kind| how_paid(&Gateway { kind, ..crate::testing::settings().gateway });
        for practice in [GatewayKind::Practice, GatewayKind::PracticeApart] {
            assert!(said(practice).starts_with("Payments go to the practice gateway at http://"), "{}", said(practice));
        }
        assert_eq!(said(GatewayKind::Stripe), "Payments go to Stripe, with the key that is set.");
        assert!(said(GatewayKind::None).starts_with("No cards are taken"));
    }
}
