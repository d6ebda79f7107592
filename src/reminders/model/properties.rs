//! What must hold for every cohort, student and history. `PROPTEST_CASES` sets how many are tried.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::testing;
use super::{
    Change, Existing, Intent, IntentKey, IntentKind, IntentState, LIFETIME, MailGroup, Muted, Recipient, SendDecision, Wish,
    awake, missed, plan, reconcile, still_true, unread,
};
use crate::kernel::Timestamp;
use crate::kernel::time::{SignedDuration, shifted};
use crate::schedule::model::testing::{Sample, after, any_change, any_inputs, any_sample, any_seconds, apply, start_of, student};
use crate::schedule::model::{Access, Inputs};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

fn recipient(sample: &Sample, enrolled_at: Timestamp) -> Recipient {
    Recipient { zone: sample.zone.clone(), ..testing::recipient(enrolled_at) }
}

/// The outbox of one student, and a worker that wakes at every due moment.
#[derive(Debug, Default)]
struct Outbox {
    rows: BTreeMap<IntentKey, (Intent, IntentState)>,
    sent: Vec<(IntentKey, Timestamp)>,
}

impl Outbox {
    fn existing(&self) -> Vec<Existing> {
        let row = |(intent, state): &(Intent, IntentState)| Existing {
            key: intent.key,
            state: *state,
            opens_at: intent.opens_at,
            due_at: intent.due_at,
            revision: intent.revision,
        };
        self.rows.values().map(row).collect()
    }

    fn told_behind(&self) -> Vec<Timestamp> {
        self.sent.iter().filter(|(key, _)| key.kind() == IntentKind::FallenBehind).map(|(_, at)| *at).collect()
    }

    /// As the student's rules know them now.
    fn known(&self, recipient: &Recipient) -> Recipient {
        Recipient { told_behind: self.told_behind(), ..recipient.clone() }
    }

    /// Plans and reconciles. A second time must find nothing to do.
    fn touch(&mut self, inputs: &Inputs, recipient: &Recipient, now: Timestamp) -> Result<(), TestCaseError> {
        let planned = plan(inputs, &self.known(recipient), now);
        let off = MailGroup::ALL.into_iter().filter(|&group| recipient.wishes.of(group) == Wish::Off);
        let muted: Muted = off.map(|group| (student(), group)).collect();
        for change in reconcile(&planned, &self.existing(), &muted, now) {
            match change {
                Change::Insert(intent) => {
                    let before = self.rows.insert(intent.key, (intent, IntentState::Waiting));
                    prop_assert_eq!(before, None, "an insert over a row");
                    let timely = intent.due_at >= now || intent.kind().group() == MailGroup::CourseNews;
                    prop_assert!(timely, "{:?} is about the past at {}", intent, now);
                }
                Change::MoveTo(intent) | Change::Revive(intent) => {
                    let (_, state) = self.rows[&intent.key];
                    prop_assert!(!matches!(state, IntentState::Sent { .. }), "a sent mail is planned again");
                    self.rows.insert(intent.key, (intent, IntentState::Waiting));
                }
                Change::Cancel(key) => self.rows.get_mut(&key).unwrap().1 = IntentState::Cancelled,
                Change::Suppress(key) => self.rows.get_mut(&key).unwrap().1 = IntentState::Suppressed,
                Change::Keep(key) => prop_assert!(self.rows.contains_key(&key)),
            }
        }
        let again = reconcile(&planned, &self.existing(), &muted, now);
        prop_assert!(again.iter().all(|change| matches!(change, Change::Keep(_))), "not idempotent: {again:?}");
        Ok(())
    }

    /// Handles every due moment up to `now`, one after the other.
    fn work(&mut self, inputs: &Inputs, recipient: &Recipient, now: Timestamp, since: Timestamp) -> Result<(), TestCaseError> {
        loop {
            let waiting = self.rows.values().filter(|row| row.1 == IntentState::Waiting && row.0.due_at <= now);
            let Some(&(intent, _)) = waiting.min_by_key(|row| row.0.due_at) else { return Ok(()) };
            let wakes = intent.due_at.max(since);
            let known = self.known(recipient);
            let row = self.rows.get_mut(&intent.key).unwrap();
            if intent.not_after <= wakes {
                row.1 = IntentState::Expired;
                continue;
            }
            match still_true(&intent, inputs, &known, wakes) {
                SendDecision::Send => {
                    row.1 = IntentState::Sent { at: wakes };
                    may_go(&intent, inputs, &known, wakes)?;
                    prop_assert!(self.sent.iter().all(|(key, _)| *key != intent.key), "sent twice: {}", intent.key);
                    self.sent.push((intent.key, wakes));
                }
                SendDecision::Postpone(until) => {
                    prop_assert!(until > wakes);
                    row.0.due_at = until;
                }
                SendDecision::Cancel(_) => row.1 = IntentState::Cancelled,
                SendDecision::Suppress(_) => row.1 = IntentState::Suppressed,
            }
        }
    }
}

/// What must hold of a mail that goes at `at`.
fn may_go(intent: &Intent, inputs: &Inputs, recipient: &Recipient, at: Timestamp) -> Result<(), TestCaseError> {
    let access = inputs.access(intent.module, at);
    let open = matches!(access, Some(Access::Open { .. }));
    let wish = recipient.wishes.of(intent.kind().group());
    prop_assert!(matches!(wish, Wish::On { since } if since <= at), "{:?} against the wish {:?}", intent, wish);
    if intent.kind().group() == MailGroup::Nudges {
        prop_assert_eq!(awake(at, &recipient.zone), at, "a nudge at night");
        prop_assert!(at > recipient.enrolled_at);
    }
    match intent.kind() {
        IntentKind::ModuleReleased => prop_assert!(open, "{intent:?} at {at} of {access:?}"),
        IntentKind::ReleaseMoved | IntentKind::CohortStarts => prop_assert!(!open, "{intent:?} at {at} of {access:?}"),
        IntentKind::ReadingsUnread => {
            prop_assert!(open, "{intent:?} at {at} of {access:?}");
            prop_assert!(!unread(inputs, intent.module, at).is_empty(), "all is read");
        }
        IntentKind::FallenBehind => behind_may_go(intent, inputs, recipient, at)?,
    }
    Ok(())
}

fn behind_may_go(intent: &Intent, inputs: &Inputs, recipient: &Recipient, at: Timestamp) -> Result<(), TestCaseError> {
    let missed = missed(inputs, recipient.enrolled_at, intent.key.position(), at);
    prop_assert!(!missed.is_empty(), "all is read");
    for unread in missed {
        let module = inputs.plan.modules().iter().find(|module| module.position == unread.week).unwrap();
        prop_assert!(inputs.access(module.id, at).unwrap().is_open(), "it lists what is locked");
    }
    prop_assert!(recipient.told_behind.iter().all(|&told| shifted(told, WEEK) <= at), "twice within seven days");
    let progress = inputs.facts.read.values().map(|read| read.at).filter(|&read| read <= at).max();
    let since = recipient.told_behind.iter().filter(|&&told| progress.is_none_or(|progress| told > progress));
    prop_assert!(since.count() < 2, "a third time without progress");
    Ok(())
}

proptest! {
    #[test]
    fn no_planned_mail_precedes_access((sample, inputs) in any_inputs(), enrolled in any_seconds(), seconds in any_seconds()) {
        let (start, recipient) = (start_of(&sample), recipient(&sample, after(start_of(&sample), enrolled)));
        for intent in plan(&inputs, &recipient, after(start, seconds)) {
            prop_assert!(intent.due_at > recipient.enrolled_at && intent.due_at < intent.not_after);
            if intent.kind().group() == MailGroup::Nudges {
                prop_assert_eq!(awake(intent.due_at, &recipient.zone), intent.due_at);
                continue;
            }
            prop_assert_eq!(inputs.access(intent.module, intent.due_at), Some(Access::Open { since: intent.due_at }));
            prop_assert_eq!(still_true(&intent, &inputs, &recipient, intent.due_at), SendDecision::Send);
        }
    }

    #[test]
    fn at_no_moment_may_two_tell_who_has_fallen_behind(
        mut sample in any_sample(),
        together in proptest::collection::vec(any::<bool>(), 1..6),
        enrolled in any_seconds(),
        seconds in any_seconds(),
    ) {
        for (at, _) in together.iter().enumerate().filter(|(_, together)| **together) {
            if at + 1 < sample.modules.len() {
                sample.modules[at + 1].release = sample.modules[at].release;
            }
        }
        let (inputs, start) = (sample.inputs(), start_of(&sample));
        let planned = plan(&inputs, &recipient(&sample, after(start, enrolled)), after(start, seconds));
        let mut behind: Vec<_> = planned.iter().filter(|intent| intent.kind() == IntentKind::FallenBehind).collect();
        behind.sort_unstable_by_key(|intent| intent.due_at);
        for pair in behind.windows(2) {
            prop_assert!(pair[0].not_after < pair[1].due_at, "{:?} and {:?}", pair[0], pair[1]);
        }
    }

    #[test]
    fn through_any_history_each_opening_is_mailed_once_and_never_before_it(
        mut sample in any_sample(),
        steps in proptest::collection::vec((0..4 * 86_400i64, any_change()), 1..25),
        enrolled in 0..20 * 86_400i64,
    ) {
        let (mut inputs, mut outbox, mut now) = (sample.inputs(), Outbox::default(), start_of(&sample));
        let recipient = recipient(&sample, after(now, enrolled));
        let mut found = BTreeMap::new();
        now = recipient.enrolled_at;
        outbox.touch(&inputs, &recipient, now)?;
        for (seconds, change) in steps {
            let before = now;
            now = after(now, seconds);
            outbox.work(&inputs, &recipient, now, before)?;
            apply(&mut sample, &mut inputs, &change, now);
            outbox.touch(&inputs, &recipient, now)?;
            outbox.work(&inputs, &recipient, now, now)?;
            for decided in inputs.decide(now) {
                if let Access::Open { since } = decided.access {
                    prop_assert_eq!(*found.entry(decided.position).or_insert(since), since);
                    let key = IntentKey::ModuleReleased { enrolment: student(), position: decided.position };
                    let mailed = outbox.sent.iter().any(|(sent, _)| *sent == key);
                    // A step is shorter than a mail's lifetime: only what a change put into the past has missed it.
                    let past = since <= recipient.enrolled_at || shifted(since, LIFETIME) <= now;
                    prop_assert!(mailed || past, "module {} opened at {since} unmailed at {now}", decided.position);
                    prop_assert!(!mailed || since > recipient.enrolled_at, "mailed about what was open before");
                }
            }
        }
        let start = |key: &IntentKey| IntentKey::CohortStarts { enrolment: student(), position: key.position() };
        for (key, _) in outbox.sent.iter().filter(|(key, _)| key.kind() == IntentKind::ReleaseMoved) {
            prop_assert!(outbox.sent.iter().any(|(sent, _)| *sent == start(key)), "a notice while nothing was closed");
        }
    }

    #[test]
    fn an_opening_that_staff_withdraw_gives_at_most_one_notice_for_each_change(
        mut sample in any_sample(),
        steps in proptest::collection::vec((0..6 * 86_400i64, any_change(), any::<bool>(), any::<bool>()), 1..25),
    ) {
        let (mut inputs, mut outbox, mut now) = (sample.inputs(), Outbox::default(), start_of(&sample));
        let recipient = recipient(&sample, now);
        for (seconds, change, withdrawn, reconciled) in steps {
            let before = now;
            now = after(now, seconds);
            outbox.work(&inputs, &recipient, now, before)?;
            apply(&mut sample, &mut inputs, &change, now);
            if withdrawn {
                inputs.openings.clear();
            }
            // Else the worker meets rows planned for what no longer holds: the check before sending stands alone.
            if reconciled {
                outbox.touch(&inputs, &recipient, now)?;
            }
            outbox.work(&inputs, &recipient, now, now)?;
        }
        for (key, at) in &outbox.sent {
            if let IntentKey::ReleaseMoved { enrolment, position, .. } = *key {
                let told = [IntentKey::ModuleReleased { enrolment, position }, IntentKey::CohortStarts { enrolment, position }];
                let before = outbox.sent.iter().any(|(sent, first)| told.contains(sent) && first <= at);
                prop_assert!(before, "a notice before its mail");
            }
        }
    }

    #[test]
    fn what_is_turned_off_does_not_go_and_is_not_made_up_for(
        mut sample in any_sample(),
        steps in proptest::collection::vec((0..4 * 86_400i64, any_change(), any::<bool>()), 1..25),
        group in proptest::sample::select(MailGroup::ALL.as_slice()),
    ) {
        let (mut inputs, mut outbox, mut now) = (sample.inputs(), Outbox::default(), start_of(&sample));
        let mut recipient = recipient(&sample, now);
        outbox.touch(&inputs, &recipient, now)?;
        for (seconds, change, toggles) in steps {
            let (before, sent) = (now, outbox.sent.len());
            now = after(now, seconds);
            outbox.work(&inputs, &recipient, now, before)?;
            if recipient.wishes.of(group) == Wish::Off {
                prop_assert!(outbox.sent[sent..].iter().all(|(key, _)| key.kind().group() != group));
            }
            if toggles {
                let wish = if recipient.wishes.of(group) == Wish::Off { Wish::On { since: now } } else { Wish::Off };
                recipient.wishes = recipient.wishes.with(group, wish);
            }
            apply(&mut sample, &mut inputs, &change, now);
            outbox.touch(&inputs, &recipient, now)?;
            for (intent, state) in outbox.rows.values() {
                let waits = *state == IntentState::Waiting && intent.kind().group() == group;
                prop_assert!(!waits || recipient.wishes.of(group) != Wish::Off, "{:?} waits", intent);
            }
        }
    }
}
