//! What must hold for every cohort, student and history. `PROPTEST_CASES` sets how many are tried.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Change, Existing, Intent, IntentKey, IntentKind, IntentState, LIFETIME, Recipient, SendDecision, Standing, plan, reconcile,
    still_true,
};
use crate::kernel::Timestamp;
use crate::kernel::ids::UserId;
use crate::kernel::time::shifted;
use crate::schedule::model::testing::{self, after, any_change, any_inputs, any_sample, any_seconds, apply, start_of};
use crate::schedule::model::{Access, Inputs};

fn recipient(enrolled_at: Timestamp) -> Recipient {
    Recipient { user: UserId(Uuid::from_u128(1)), enrolled_at, standing: Standing::Active }
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

    /// Plans and reconciles. A second time must find nothing to do.
    fn touch(&mut self, inputs: &Inputs, recipient: &Recipient, now: Timestamp) -> Result<(), TestCaseError> {
        let planned = plan(inputs, recipient, now);
        for change in reconcile(&planned, &self.existing(), now) {
            match change {
                Change::Insert(intent) => {
                    let before = self.rows.insert(intent.key, (intent, IntentState::Waiting));
                    prop_assert_eq!(before, None, "an insert over a row");
                }
                Change::MoveTo(intent) | Change::Revive(intent) => {
                    let (_, state) = self.rows[&intent.key];
                    prop_assert_ne!(state, IntentState::Sent, "a sent mail is planned again");
                    self.rows.insert(intent.key, (intent, IntentState::Waiting));
                }
                Change::Cancel(key) => self.rows.get_mut(&key).unwrap().1 = IntentState::Cancelled,
                Change::Keep(key) => prop_assert!(self.rows.contains_key(&key)),
            }
        }
        let again = reconcile(&planned, &self.existing(), now);
        prop_assert!(again.iter().all(|change| matches!(change, Change::Keep(_))), "not idempotent: {again:?}");
        Ok(())
    }

    /// Handles every due moment up to `now`, one after the other.
    fn work(&mut self, inputs: &Inputs, recipient: &Recipient, now: Timestamp, since: Timestamp) -> Result<(), TestCaseError> {
        loop {
            let waiting = self.rows.values().filter(|row| row.1 == IntentState::Waiting && row.0.due_at <= now);
            let Some(&(intent, _)) = waiting.min_by_key(|row| row.0.due_at) else { return Ok(()) };
            let wakes = intent.due_at.max(since);
            let row = self.rows.get_mut(&intent.key).unwrap();
            if intent.not_after <= wakes {
                row.1 = IntentState::Expired;
                continue;
            }
            match still_true(&intent, inputs, recipient, wakes) {
                SendDecision::Send => {
                    row.1 = IntentState::Sent;
                    let access = inputs.access(intent.module, wakes);
                    let open = matches!(access, Some(Access::Open { .. }));
                    prop_assert_eq!(
                        open,
                        intent.kind() == IntentKind::ModuleReleased,
                        "{:?} at {} of {:?}",
                        intent,
                        wakes,
                        access
                    );
                    prop_assert!(self.sent.iter().all(|(key, _)| *key != intent.key), "sent twice: {}", intent.key);
                    self.sent.push((intent.key, wakes));
                }
                SendDecision::Postpone(until) => {
                    prop_assert!(until > wakes);
                    row.0.due_at = until;
                }
                SendDecision::Cancel(_) => row.1 = IntentState::Cancelled,
            }
        }
    }
}

proptest! {
    #[test]
    fn no_planned_mail_precedes_access((sample, inputs) in any_inputs(), enrolled in any_seconds(), seconds in any_seconds()) {
        let (start, recipient) = (start_of(&sample), recipient(after(start_of(&sample), enrolled)));
        for intent in plan(&inputs, &recipient, after(start, seconds)) {
            prop_assert_eq!(inputs.access(intent.module, intent.due_at), Some(Access::Open { since: intent.due_at }));
            prop_assert_eq!(still_true(&intent, &inputs, &recipient, intent.due_at), SendDecision::Send);
            prop_assert!(intent.due_at > recipient.enrolled_at && intent.due_at < intent.not_after);
        }
    }

    #[test]
    fn through_any_history_each_opening_is_mailed_once_and_never_before_it(
        mut sample in any_sample(),
        steps in proptest::collection::vec((0..4 * 86_400i64, any_change()), 1..25),
        enrolled in 0..20 * 86_400i64,
    ) {
        let (mut inputs, mut outbox, mut now) = (sample.inputs(), Outbox::default(), start_of(&sample));
        let recipient = recipient(after(now, enrolled));
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
                    let key = IntentKey::ModuleReleased { enrolment: testing::student(), position: decided.position };
                    let mailed = outbox.sent.iter().any(|(sent, _)| *sent == key);
                    // A step is shorter than a mail's lifetime: only what a change put into the past has missed it.
                    let past = since <= recipient.enrolled_at || shifted(since, LIFETIME) <= now;
                    prop_assert!(mailed || past, "module {} opened at {since} unmailed at {now}", decided.position);
                    prop_assert!(!mailed || since > recipient.enrolled_at, "mailed about what was open before");
                }
            }
        }
        prop_assert!(outbox.sent.iter().all(|(key, _)| key.kind() == IntentKind::ModuleReleased), "a notice while nothing was closed");
    }

    #[test]
    fn an_opening_that_staff_withdraw_gives_at_most_one_notice_for_each_change(
        mut sample in any_sample(),
        steps in proptest::collection::vec((0..6 * 86_400i64, any_change(), any::<bool>(), any::<bool>()), 1..25),
    ) {
        let (mut inputs, mut outbox, mut now) = (sample.inputs(), Outbox::default(), start_of(&sample));
        let recipient = recipient(now);
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
                let released = IntentKey::ModuleReleased { enrolment, position };
                prop_assert!(outbox.sent.iter().any(|(sent, first)| *sent == released && first <= at), "a notice before its mail");
            }
        }
    }
}
