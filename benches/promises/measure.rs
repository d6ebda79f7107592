//! Ratios of a subject to a control, measured in turns, and the bounds promised of them.

use std::fmt;
use std::time::Duration;

use crate::Outcome;

/// How long it is measured.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    pub rounds: usize,
    /// One turn of the control, or of the subject.
    pub turn: Duration,
}

impl Effort {
    /// Five rounds of two seconds each, unless the environment says otherwise.
    pub fn from_environment() -> Outcome<Self> {
        let number = |name: &str, default: f64| std::env::var(name).map_or(Ok(default), |text| text.parse::<f64>());
        let rounds = number("LECTERN_BENCH_ROUNDS", 5.0)?.max(1.0) as usize;
        Ok(Self { rounds, turn: Duration::from_secs_f64(number("LECTERN_BENCH_SECONDS", 2.0)?) })
    }
}

/// How a subject does beside its control, both in units of work a second.
#[derive(Debug)]
pub struct Ratio {
    /// The median of the rounds' ratios.
    pub median: f64,
    pub control: f64,
    pub subject: f64,
}

/// Measures the control and the subject in turns, after an unmeasured turn of each.
pub async fn compare(
    rounds: usize,
    mut control: impl AsyncFnMut() -> Outcome<f64>,
    mut subject: impl AsyncFnMut() -> Outcome<f64>,
) -> Outcome<Ratio> {
    control().await?;
    subject().await?;
    let (mut controls, mut subjects, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (bare, ours) = (control().await?, subject().await?);
        controls.push(bare);
        subjects.push(ours);
        ratios.push(ours / bare);
    }
    Ok(Ratio { median: median(&mut ratios), control: median(&mut controls), subject: median(&mut subjects) })
}

/// The middle one; of an even number the mean of the middle two. Zero where there are none.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match (values.len(), values.len() / 2) {
        (0, _) => 0.0,
        (length, middle) if length % 2 == 1 => values[middle],
        (_, middle) => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The value that so great a part of the values does not exceed (nearest rank). Zero where there are none.
pub fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (part * values.len() as f64).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// What is promised of a figure.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// A line of the report.
#[derive(Debug)]
pub struct Line {
    name: &'static str,
    measured: f64,
    bound: Bound,
    detail: String,
}

impl Line {
    pub fn new(name: &'static str, measured: f64, bound: Bound, detail: String) -> Self {
        Self { name, measured, bound, detail }
    }

    /// Whether the promise holds.
    pub fn is_kept(&self) -> bool {
        match self.bound {
            Bound::AtLeast(least) => self.measured >= least,
            Bound::AtMost(most) => self.measured <= most,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bound, places) = match self.bound {
            Bound::AtLeast(least) => (format!(">= {least:.2}"), 3),
            Bound::AtMost(most) => (format!("<= {most:.0}"), 1),
        };
        let kept = if self.is_kept() { "kept" } else { "MISSED" };
        write!(f, "{:<44} {:>10.places$} {bound:>10}   {kept:<6} {}", self.name, self.measured, self.detail)
    }
}
