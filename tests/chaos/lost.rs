//! A real process that ends itself right after a step of the checkout, while a student pays. `tests/lost` does so after every step of
//! checkout, refund and cancel, with a runtime in the place of the process.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::student::{End, Student, Wish, ends};
use super::world::{World, on_each_database};
use super::{count, truth};

/// Steps by a part of their names.
const STEPS: [&str; 8] = [
    "payment.started",
    "Post /checkout/sessions",
    "customer known",
    "payment.captured",
    "notification kept",
    "job taken, payment.process_event",
    "letter taken, enrolment_confirmed",
    "mail taken, enrolment_confirmed",
];
/// How long a process may take to come to its step.
const PATIENCE: Duration = Duration::from_secs(60);

/// The sample begins with the capture.
fn chosen() -> impl Iterator<Item = &'static str> {
    STEPS.into_iter().cycle().skip(3).take(count(STEPS.len(), 1))
}

async fn lose(world: &World, number: usize, step: &str) {
    let cohort = format!("lost-{number}");
    world.open(&cohort, 1).await;
    let mut server = world.serve_until(world.public(), step);
    let student = Arc::new(Student::new(world, number, &cohort, Wish::Pay));
    let (mut running, pays) = (JoinSet::new(), student.clone());
    running.spawn(async move { (0, pays.enrol().await) });
    let until = tokio::time::Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = server.ended() {
            break status;
        }
        assert!(tokio::time::Instant::now() < until, "it never came to {step:?}: {}\n{}", student.seen(), world.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(status.code(), None, "{step}: it ended by itself, {status}");
    world.a_minute_passes().await;
    let server = world.serve_ready(world.public()).await;
    let ends = ends(world, &[student], Duration::from_secs(120), running).await;
    truth::settled(world).await;
    server.stop().await;
    assert_eq!(ends, [End::Enrolled], "{step}");
    let counts = truth::told(world).await;
    assert_eq!((counts.seats[&cohort], counts.captured, counts.queued), ((0, 1), number + 1, 0), "{step}: {counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_that_ends_right_after_a_step_loses_nothing_and_doubles_nothing() {
    on_each_database(async |world| {
        for (number, step) in chosen().enumerate() {
            lose(world, number, step).await;
        }
    })
    .await;
}
