//! Terms, privacy and refunds: what the organisation promises, as plain paragraphs.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::texts::parsed_text;
use crate::kernel::Timestamp;
use crate::kernel::text::{TextError, several_lines, text_type};
use crate::kernel::time::{Date, SignedDuration};

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyKind {
    Terms,
    /// The itemised notice (DPDP Act s.5, DPDP Rules 2025 rule 3): what is kept, why, how to withdraw, whom to complain to.
    Privacy,
    Refunds,
}

impl PolicyKind {
    pub const ALL: [Self; 3] = [Self::Terms, Self::Privacy, Self::Refunds];

    /// The word of its page's address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Privacy => "privacy",
            Self::Refunds => "refunds",
        }
    }

    /// As a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Terms => "Terms",
            Self::Privacy => "Privacy notice",
            Self::Refunds => "Refunds",
        }
    }

    /// Ours, for a small seller in India to review.
    fn default_text(self) -> &'static str {
        match self {
            Self::Terms => include_str!("../policies/terms.txt"),
            Self::Privacy => include_str!("../policies/privacy.txt"),
            Self::Refunds => include_str!("../policies/refunds.txt"),
        }
    }
}

parsed_text! {
    /// A policy's text: lines of plain text, at most 20,000 characters.
    PolicyText, TextError, |text| several_lines(text, 20_000)
}

/// Whether an admin has made the text the organisation's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Policy {
    /// Ours, as shipped: nobody has reviewed it.
    #[default]
    Shipped,
    Reviewed(OwnPolicy),
}

/// A text that an admin has saved. The audit log keeps those before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPolicy {
    pub text: PolicyText,
    /// Counts from 1.
    pub revision: u32,
    pub updated_at: Timestamp,
}

impl Policy {
    /// The text in force; a shipped one states the refund rule in force.
    pub fn text(&self, kind: PolicyKind, rule: RefundRule) -> Cow<'_, str> {
        match self {
            Self::Shipped => Cow::Owned(kind.default_text().trim().replace("{refund rule}", &rule.promise())),
            Self::Reviewed(own) => Cow::Borrowed(own.text.as_str()),
        }
    }

    /// The next revision; the same text again is no change.
    #[must_use]
    pub fn with(self, text: PolicyText, now: Timestamp) -> Self {
        match self {
            Self::Reviewed(own) if own.text == text => Self::Reviewed(own),
            Self::Reviewed(own) => Self::Reviewed(OwnPolicy { text, revision: own.revision + 1, updated_at: now }),
            Self::Shipped => Self::Reviewed(OwnPolicy { text, revision: 1, updated_at: now }),
        }
    }
}

/// A piece of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Heading(String),
    Paragraph(String),
}

/// A policy's text in pieces: a blank line ends a paragraph, a line that begins with `# ` is a heading. Nothing else is markup.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    let end = |lines: &mut Vec<&str>, blocks: &mut Vec<Block>| {
        if !lines.is_empty() {
            blocks.push(Block::Paragraph(lines.join(" ")));
            lines.clear();
        }
    };
    for line in text.lines().map(str::trim) {
        let heading = line.strip_prefix("# ").map(str::trim).filter(|heading| !heading.is_empty());
        match heading {
            Some(heading) => {
                end(&mut lines, &mut blocks);
                blocks.push(Block::Heading(heading.to_owned()));
            }
            None if line.is_empty() => end(&mut lines, &mut blocks),
            None => lines.push(line),
        }
    }
    end(&mut lines, &mut blocks);
    blocks
}

/// Until when a student has the whole price back: so many days after the cohort's first day. The one place of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRule {
    days: u16,
}

/// The most days of a rule.
const MOST_DAYS: u16 = 60;

/// The text is no number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a number of days from 0 to {MOST_DAYS}")]
pub struct NotDays;

impl Default for RefundRule {
    fn default() -> Self {
        Self { days: 14 }
    }
}

impl RefundRule {
    /// # Errors
    /// More than 60 days.
    pub fn new(days: u16) -> Result<Self, NotDays> {
        if days <= MOST_DAYS { Ok(Self { days }) } else { Err(NotDays) }
    }

    /// Days after the cohort's first day.
    pub fn days(self) -> u16 {
        self.days
    }

    /// The last day on which the money goes back in full.
    pub fn until(self, starts_on: Date) -> Date {
        starts_on.saturating_add(SignedDuration::from_hours(24 * i64::from(self.days)))
    }

    /// `14 days after the start`.
    fn limit(self) -> String {
        match self.days {
            0 => "the day of the start".to_owned(),
            1 => "1 day after the start".to_owned(),
            days => format!("{days} days after the start"),
        }
    }

    /// As a note beside a price.
    pub fn note(self) -> String {
        format!("Full refund until {}; none after a certificate.", self.limit())
    }

    /// As a sentence to a student.
    pub fn promise(self) -> String {
        format!("You can have your money back in full until {}.", self.limit())
    }
}

impl FromStr for RefundRule {
    type Err = NotDays;

    fn from_str(text: &str) -> Result<Self, NotDays> {
        let text = text.trim();
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| plain).ok_or(NotDays).and_then(Self::new)
    }
}

/// The number of days.
impl fmt::Display for RefundRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.days.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blank_lines_part_paragraphs_and_a_hash_makes_a_heading() {
        let heading = |text: &str| Block::Heading(text.to_owned());
        let paragraph = |text: &str| Block::Paragraph(text.to_owned());
        let text = "# What we keep\nYour name\nand address.\n\n\nMore. <b>Not</b> bold.\n#No heading\n#  Who  \n# \n";
        assert_eq!(
            blocks(text),
            [
                heading("What we keep"),
                paragraph("Your name and address."),
                paragraph("More. <b>Not</b> bold. #No heading"),
                heading("Who"),
                paragraph("#"),
            ]
        );
        assert_eq!(blocks(" \n\n"), []);
    }

    proptest! {
        #[test]
        fn no_word_of_a_policy_is_lost(text in "([a-z#<>&]{1,6}|[ \n]){0,60}") {
            let told: Vec<String> = blocks(&text).into_iter().map(|block| match block {
                Block::Heading(text) => format!("# {text}"),
                Block::Paragraph(text) => text,
            }).collect();
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&told.join(" ")), words(&text));
        }
    }

    #[test]
    fn the_shipped_texts_can_be_saved_as_they_are_and_state_the_rule() {
        for kind in PolicyKind::ALL {
            let text = Policy::Shipped.text(kind, RefundRule::default()).into_owned();
            assert_eq!(text.parse::<PolicyText>().unwrap().as_str(), text);
            assert!(blocks(&text).iter().any(|block| matches!(block, Block::Heading(_))) && !text.contains('{'), "{kind:?}");
        }
        let refunds = Policy::Shipped.text(PolicyKind::Refunds, RefundRule::new(7).unwrap()).into_owned();
        assert!(refunds.contains("in full until 7 days after the start"), "{refunds}");
    }

    #[test]
    fn a_changed_text_is_another_revision_and_the_same_one_is_not() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (one, two) = (at("2027-01-01T00:00:00Z"), at("2027-02-01T00:00:00Z"));
        let text = |text: &str| text.parse::<PolicyText>().unwrap();
        let first = Policy::Shipped.with(text("Ours."), one);
        assert_eq!(first.clone().with(text("Ours."), two), first);
        let Policy::Reviewed(second) = first.with(text("Ours, changed."), two) else { panic!("not reviewed") };
        assert_eq!((second.revision, second.updated_at), (2, two));
    }

    #[test]
    fn the_rule_counts_days_from_the_start() {
        let rule: RefundRule = " 14 ".parse().unwrap();
        assert_eq!(rule, RefundRule::default());
        assert_eq!(rule.until("2026-12-07".parse().unwrap()).to_string(), "2026-12-21");
        assert_eq!(rule.note(), "Full refund until 14 days after the start; none after a certificate.");
        assert_eq!(RefundRule::new(0).unwrap().promise(), "You can have your money back in full until the day of the start.");
        for bad in ["", "-1", "61", "014", "1.5", "x"] {
            assert_eq!(bad.parse::<RefundRule>(), Err(NotDays), "{bad:?}");
        }
    }
}
