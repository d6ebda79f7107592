//! The stories, and how each must end: written by hand, from what the buyer, the seat, the books and the law of documents need.
//!
//! The seat costs 650000 paise; the gateway keeps a fiftieth of a payment, and 100000 for a dispute. The cohort has one seat.

mod paying;
mod returning;
mod straying;

use super::acts::Act;

/// What happens, and how it ends.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    pub name: &'static str,
    pub acts: &'static [Act],
    /// Kinds of notifications that are always lost, so that six at most are told.
    pub untold: &'static [&'static str],
    /// A fact a line, in any order. More than one end only where what was told to somebody in time cannot be unsaid.
    pub ends: &'static [&'static str],
}

impl Story {
    /// The facts of an end, in order.
    pub fn lines(end: &str) -> Vec<String> {
        let mut lines: Vec<String> = end.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
        lines.sort();
        lines
    }

    pub fn may_end(&self, lines: &[String]) -> bool {
        self.ends.iter().any(|end| Self::lines(end) == lines)
    }

    /// How an end that may not be differs from each that may.
    pub fn difference(&self, lines: &[String]) -> String {
        let mut told = String::new();
        for end in self.ends {
            let wanted = Self::lines(end);
            let without = |all: &[String], these: &[String]| {
                let mut left = all.to_vec();
                for line in these {
                    if let Some(place) = left.iter().position(|known| known == line) {
                        left.remove(place);
                    }
                }
                left
            };
            told.push_str(&format!("missing: {:#?}\ntoo many: {:#?}\n", without(&wanted, lines), without(lines, &wanted)));
        }
        told
    }
}

/// What a charge tells of itself, which only fees are learnt by.
const CHARGES: &[&str] = &["charge.succeeded", "charge.updated"];

/// Every story.
pub fn all() -> Vec<&'static Story> {
    [paying::STORIES, returning::STORIES, straying::STORIES].into_iter().flatten().collect()
}
