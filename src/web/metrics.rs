//! `/metrics`: counters of this process and the state of the database, as Prometheus reads them (text format 0.0.4). Shown to the
//! addresses that `metrics.allow` names; where it names none, there is no such page, and nothing is counted.
//!
//! No label holds a name, an address or an id: their values are words of this program.

use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::guard::ClientAddress;
use super::{App, Problem};
use crate::config::Settings;
use crate::services::Services;
use crate::views::vitals::{ByState, Vitals, vitals};

/// What a page may take, in seconds: 50 ms are promised, 5 s are an alarm.
const BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// How often measurements are folded together, so that they need no memory where nobody reads them.
const UPKEEP: Duration = Duration::from_secs(5);

/// One for the process: what the parts of the program count, they count here.
static COUNTERS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to count, where somebody may see it.
pub fn install(settings: &Settings) {
    if settings.metrics.allow.is_empty() {
        return;
    }
    let handle = COUNTERS.get_or_init(|| {
        let recorder = builder().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("something else counts in this process already: /metrics lacks the counters");
        }
        describe();
        handle
    });
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            handle.run_upkeep();
        }
    });
}

fn builder() -> PrometheusBuilder {
    let builder = PrometheusBuilder::new();
    let matcher = Matcher::Full("lectern_http_request_seconds".to_owned());
    builder.set_buckets_for_metric(matcher, &BUCKETS).expect("the buckets are not empty")
}

fn describe() {
    metrics::describe_counter!("lectern_http_requests_total", "Requests answered, by route pattern and class of status.");
    metrics::describe_histogram!("lectern_http_request_seconds", "How long requests took.");
    metrics::describe_counter!("lectern_jobs_total", "Runs of jobs, by kind and how they ended.");
    metrics::describe_counter!("lectern_mails_total", "Attempts to send mail, by message and how they ended.");
    metrics::describe_counter!("lectern_webhooks_total", "The payment gateway's notifications, by what became of them.");
}

/// The counters, and the state of things now.
///
/// # Errors
/// [`Problem::NotFound`] for an address that may not see them.
pub async fn scrape(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let settings = &app.services.settings;
    let client = ClientAddress::new(settings.server.trusted_proxies.clone()).of(&request);
    if !client.is_some_and(|client| settings.metrics.allow.iter().any(|allowed| allowed.covers(client))) {
        return Err(Problem::NotFound);
    }
    let conn = app.services.db.snapshot().await?;
    let found = vitals(&conn, app.services.clocks.service(), app.services.clocks.machine()).await?;
    drop(conn);
    let mut text = COUNTERS.get().map(PrometheusHandle::render).unwrap_or_default();
    text.push_str(&gauges(&app.services, &found));
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// The state of things, by a recorder of this scrape's own: what is gone now is not shown from an earlier one.
fn gauges(services: &Services, vitals: &Vitals) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        metrics::gauge!("lectern_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        metrics::counter!("lectern_db_statements_total").absolute(services.db.statements());
        by_state("lectern_outbox_letters", &vitals.letters);
        metrics::gauge!("lectern_outbox_overdue_seconds").set(vitals.letter_overdue.as_secs_f64());
        by_state("lectern_jobs", &vitals.jobs);
        metrics::gauge!("lectern_jobs_overdue_seconds").set(vitals.job_overdue.as_secs_f64());
        by_state("lectern_seats", &vitals.seats);
        metrics::gauge!("lectern_payment_queue").set(number(vitals.payment_queue));
        metrics::gauge!("lectern_sessions").set(number(vitals.sessions));
        if let Some(bytes) = resident_bytes() {
            metrics::gauge!("lectern_memory_resident_bytes").set(number(bytes));
        }
    });
    recorder.handle().render()
}

fn by_state(name: &'static str, counts: &ByState) {
    for (state, many) in counts {
        metrics::gauge!(name, "state" => *state).set(number(*many));
    }
}

/// Counts stay far below 2^53, where a float would lose them.
fn number(many: u64) -> f64 {
    many as f64
}

/// The process's memory, where the system tells (Linux: proc_pid_status(5)).
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
