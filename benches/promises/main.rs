//! What the program promises of its speed and size, measured: `cargo bench`.
//!
//! Speeds are ratios to a control measured in the same run, in turns, so that they say the same on any machine. Exit code 1 if
//! a bound is missed; `LECTERN_BENCH_REPORT_ONLY=1` reports and exits 0. `LECTERN_BENCH_ROUNDS` and `LECTERN_BENCH_SECONDS`
//! (of one turn) make it longer or shorter, and `cargo bench -- lists money` measures those parts alone.

mod client;
mod control;
mod crowd;
mod marks;
mod measure;
mod money;
mod school;
mod subject;
mod till;

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use client::Target;
use control::Control;
use measure::{Bound, Effort, Line, Ratio, compare};
use school::School;
use subject::Subject;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const MEGABYTE: f64 = 1024.0 * 1024.0;

fn main() -> Outcome<ExitCode> {
    if let Some(sizes) = control::asked_for() {
        control::serve(&sizes)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    writeln!(std::io::stdout(), "{:<44} {:>10} {:>10}   {:<6} detail", "promise", "measured", "bound", "")?;
    let mut report = Report { kept: true };
    runtime.block_on(measure_all(&mut report))?;
    let report_only = std::env::var("LECTERN_BENCH_REPORT_ONLY").is_ok_and(|value| value == "1");
    Ok(if report.kept || report_only { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Told as it is measured.
struct Report {
    kept: bool,
}

impl Report {
    fn tell(&mut self, lines: impl IntoIterator<Item = Line>) -> Outcome<()> {
        for line in lines {
            self.kept &= line.is_kept();
            writeln!(std::io::stdout(), "{line}")?;
        }
        Ok(())
    }
}

/// What is measured, a word each: the parts whose words are arguments, or all.
const PARTS: [&str; 4] = ["pages", "marks", "lists", "money"];

async fn measure_all(report: &mut Report) -> Outcome<()> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if let Some(unknown) = asked.iter().find(|word| !PARTS.contains(&word.as_str())) {
        return Err(format!("{unknown:?} is no part: {}", PARTS.join(", ")).into());
    }
    let is_asked = |part: &str| asked.is_empty() || asked.iter().any(|word| word == part);
    let effort = Effort::from_environment()?;
    let folder = tempfile::tempdir()?;
    // The first start makes the demonstration; the measured ones find it there.
    Subject::start(folder.path())?.stop()?;
    let school = School::open(folder.path()).await?;
    if is_asked("pages") {
        pages(report, &school, folder.path(), effort).await?;
    }
    if is_asked("marks") {
        let ratio = marks::compare(&school, effort).await?;
        report.tell([per_second("\"mark as read\", to two bare statements", &ratio, 0.5, "one writer, durable")])?;
    }
    if is_asked("lists") {
        report.tell(crowd::measure(&school, folder.path(), effort).await?)?;
    }
    if is_asked("money") {
        let folder = tempfile::tempdir()?;
        let till = money::open(folder.path(), effort).await?;
        report.tell([money::settling(&till, effort).await?])?;
        report.tell([money::drained(&till, folder.path(), effort).await?])?;
    }
    Ok(())
}

/// A start, what the program holds while nobody is there, and how fast it gives pages.
async fn pages(report: &mut Report, school: &School, folder: &Path, effort: Effort) -> Outcome<()> {
    report.tell([first_answers(folder).await?])?;
    let subject = Subject::start(folder)?;
    let week = Target::get(&subject.authority, &school.week_path, Some(&school.cookie));
    let front = Target::get(&subject.authority, "/", None);
    let verify = Target::get(&subject.authority, &school.verify_path, None);
    for target in [&front, &week, &verify] {
        client::once(target).await?;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    report.tell([Line::new("idle memory, MiB", subject.resident_bytes()? / MEGABYTE, Bound::AtMost(60.0), String::new())])?;

    let (week_bytes, front_bytes, verify_bytes) =
        (client::once(&week).await?, client::once(&front).await?, client::once(&verify).await?);
    let control = Control::start(&[week_bytes, front_bytes, verify_bytes])?;
    for (name, target, bytes, bound) in [
        ("a student's week, to bare axum", &week, week_bytes, 0.10),
        ("the course page, to bare axum", &front, front_bytes, 0.25),
        ("the verify page, to bare axum", &verify, verify_bytes, 0.25),
    ] {
        let bare = Target::get(&control.authority, &control::path(bytes), None);
        let turns = async |target| client::rate(target, effort.turn).await;
        let ratio = compare(effort.rounds, async || turns(&bare).await, async || turns(target).await).await?;
        report.tell([per_second(name, &ratio, bound, &format!("{bytes} bytes, {} connections", client::CONNECTIONS))])?;
    }
    subject.stop()
}

fn per_second(name: &'static str, ratio: &Ratio, bound: f64, what: &str) -> Line {
    let detail = format!("{:.0}/s to {:.0}/s; {what}", ratio.subject, ratio.control);
    Line::new(name, ratio.median, Bound::AtLeast(bound), detail)
}

/// From the start of the process on an existing database to the course page in full: the median of several starts.
async fn first_answers(folder: &Path) -> Outcome<Line> {
    let mut times = Vec::new();
    for _ in 0..7 {
        let began = tokio::time::Instant::now();
        let subject = Subject::start(folder)?;
        client::once(&Target::get(&subject.authority, "/", None)).await?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        subject.stop()?;
    }
    let slowest = times.iter().copied().fold(0.0, f64::max);
    let detail = format!("slowest of {}: {slowest:.0} ms", times.len());
    Ok(Line::new("start to first answer, ms", measure::median(&mut times), Bound::AtMost(200.0), detail))
}
