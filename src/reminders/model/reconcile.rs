//! What must change in the outbox so that it holds what is planned.

use std::collections::{BTreeMap, BTreeSet};

use super::{Intent, IntentKey, IntentKind};
use crate::kernel::Timestamp;
use crate::kernel::ids::EnrolmentId;

/// A reminder in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Existing {
    pub key: IntentKey,
    pub state: IntentState,
    /// The moment of opening that the mail tells.
    pub opens_at: Timestamp,
    pub due_at: Timestamp,
    pub revision: i32,
}

/// How far a reminder has come: the outbox's states, as far as they differ here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentState {
    /// `pending` or `held`: it may still be changed.
    Waiting,
    /// `leased`: a worker has it, and asks `still_true` itself.
    InFlight,
    /// `sent` or `in_doubt`: a reminder in doubt counts as sent.
    Sent,
    /// `cancelled`, never sent.
    Cancelled,
    /// `expired`, never sent.
    Expired,
    /// `dead` or `suppressed`: not to be tried again.
    Stopped,
}

/// A change to one reminder in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A new row.
    Insert(Intent),
    /// A waiting row's moments and payload become the intent's.
    MoveTo(Intent),
    /// A waiting row is not to be sent.
    Cancel(IntentKey),
    /// A row that was cancelled or expired waits again, with the intent's moments and payload.
    Revive(Intent),
    /// Nothing to do.
    Keep(IntentKey),
}

/// Compares what is planned at `now` with what the outbox holds **for the same students**: every key, planned or existing, gets
/// one change. A planned date replaces a waiting one; what was sent stays sent. Where "the module is open" was sent and
/// the module opens later after all, the student gets one notice of the new moment for each change of it.
///
/// The notices are made here and not planned, since they depend on what was sent. Doing it twice changes nothing more.
pub fn reconcile(planned: &[Intent], existing: &[Existing], now: Timestamp) -> Vec<Change> {
    let by_key: BTreeMap<IntentKey, &Existing> = existing.iter().map(|row| (row.key, row)).collect();
    let wanted: Vec<Intent> =
        planned.iter().copied().chain(planned.iter().filter_map(|intent| notice(intent, existing, now))).collect();
    let keys: BTreeSet<IntentKey> = wanted.iter().map(|intent| intent.key).collect();
    let dropped = existing.iter().filter(|row| !keys.contains(&row.key)).map(|row| match row.state {
        IntentState::Waiting => Change::Cancel(row.key),
        _ => Change::Keep(row.key),
    });
    wanted.iter().map(|intent| towards(intent, by_key.get(&intent.key).copied())).chain(dropped).collect()
}

fn towards(intent: &Intent, row: Option<&Existing>) -> Change {
    let Some(row) = row else { return Change::Insert(*intent) };
    let same = row.opens_at == intent.opens_at && row.due_at == intent.due_at;
    match row.state {
        IntentState::Waiting if same => Change::Keep(row.key),
        IntentState::Waiting => Change::MoveTo(*intent),
        IntentState::Cancelled => Change::Revive(*intent),
        // It expired for a moment that is no longer the one.
        IntentState::Expired if intent.due_at > row.due_at => Change::Revive(*intent),
        IntentState::Expired | IntentState::InFlight | IntentState::Sent | IntentState::Stopped => Change::Keep(row.key),
    }
}

/// The notice that a module's opening has moved ahead again, where "it is open" went already and the last mail told another
/// moment.
fn notice(planned: &Intent, existing: &[Existing], now: Timestamp) -> Option<Intent> {
    let IntentKey::ModuleReleased { enrolment, position } = planned.key else { return None };
    if planned.opens_at <= now {
        return None;
    }
    existing.iter().find(|row| row.key == planned.key && row.state == IntentState::Sent)?;
    let told = last_told(existing, enrolment, position)?;
    if told.opens_at == planned.opens_at {
        return None;
    }
    let key = IntentKey::ReleaseMoved { enrolment, position, revision: planned.revision };
    // A notice that stands keeps its own due moment, else each run would move it.
    let standing = existing.iter().find(|row| row.key == key && row.state != IntentState::Cancelled);
    let due_at = standing.map_or(now, |row| row.due_at);
    Some(Intent { key, due_at, not_after: planned.opens_at, ..*planned })
}

/// The last mail sent about a module's opening.
fn last_told(existing: &[Existing], enrolment: EnrolmentId, position: u32) -> Option<&Existing> {
    existing
        .iter()
        .filter(|row| row.key.enrolment() == enrolment && row.key.position() == position)
        .filter(|row| matches!(row.state, IntentState::Sent | IntentState::InFlight))
        // A notice is later than the mail that it corrects.
        .max_by_key(|row| (row.key.kind() == IntentKind::ReleaseMoved, row.revision))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kernel::ids::UserId;
    use crate::schedule::model::testing::{at, module_id, student};

    const EARLY: &str = "2027-01-04T03:30:00Z";
    const LATER: &str = "2027-01-06T03:30:00Z";
    const LATEST: &str = "2027-01-08T03:30:00Z";

    fn released() -> IntentKey {
        IntentKey::ModuleReleased { enrolment: student(), position: 1 }
    }

    fn moved(revision: i32) -> IntentKey {
        IntentKey::ReleaseMoved { enrolment: student(), position: 1, revision }
    }

    fn planned(opens_at: &str, revision: i32) -> Intent {
        let opens_at = at(opens_at);
        Intent {
            key: released(),
            user: UserId(Uuid::from_u128(1)),
            module: module_id(1),
            opens_at,
            due_at: opens_at,
            not_after: at("2027-01-20T00:00:00Z"),
            revision,
        }
    }

    fn row(key: IntentKey, state: IntentState, opens_at: &str, revision: i32) -> Existing {
        Existing { key, state, opens_at: at(opens_at), due_at: at(opens_at), revision }
    }

    fn changes(planned: &[Intent], existing: &[Existing]) -> Vec<Change> {
        reconcile(planned, existing, at("2027-01-05T00:00:00Z"))
    }

    #[test]
    fn what_is_new_is_inserted_and_what_stands_is_kept() {
        let intent = planned(LATER, 1);
        assert_eq!(changes(&[intent], &[]), [Change::Insert(intent)]);
        assert_eq!(changes(&[intent], &[row(released(), IntentState::Waiting, LATER, 1)]), [Change::Keep(released())]);
    }

    #[test]
    fn a_moved_date_moves_the_waiting_mail_either_way() {
        let waiting = row(released(), IntentState::Waiting, LATER, 1);
        assert_eq!(changes(&[planned(LATEST, 2)], &[waiting]), [Change::MoveTo(planned(LATEST, 2))]);
        assert_eq!(changes(&[planned(EARLY, 2)], &[waiting]), [Change::MoveTo(planned(EARLY, 2))]);
    }

    #[test]
    fn what_is_no_longer_planned_is_cancelled_unless_it_went() {
        assert_eq!(changes(&[], &[row(released(), IntentState::Waiting, LATER, 1)]), [Change::Cancel(released())]);
        for state in
            [IntentState::Sent, IntentState::InFlight, IntentState::Stopped, IntentState::Expired, IntentState::Cancelled]
        {
            assert_eq!(changes(&[], &[row(released(), state, EARLY, 1)]), [Change::Keep(released())], "{state:?}");
        }
    }

    #[test]
    fn what_was_cancelled_is_revived_and_what_expired_only_for_a_later_moment() {
        let intent = planned(LATER, 2);
        let revived = [Change::Revive(intent)];
        assert_eq!(changes(&[intent], &[row(released(), IntentState::Cancelled, LATER, 1)]), revived);
        assert_eq!(changes(&[intent], &[row(released(), IntentState::Expired, EARLY, 1)]), revived);
        let kept = [Change::Keep(released())];
        assert_eq!(changes(&[intent], &[row(released(), IntentState::Expired, LATER, 1)]), kept);
        assert_eq!(changes(&[intent], &[row(released(), IntentState::Stopped, EARLY, 1)]), kept);
        assert_eq!(changes(&[intent], &[row(released(), IntentState::InFlight, EARLY, 1)]), kept);
    }

    #[test]
    fn a_date_moved_later_after_its_mail_went_gives_one_notice_for_each_change() {
        let sent = row(released(), IntentState::Sent, EARLY, 1);
        let now = at("2027-01-05T00:00:00Z");
        let notice = Intent { key: moved(2), due_at: now, not_after: at(LATER), ..planned(LATER, 2) };
        assert_eq!(changes(&[planned(LATER, 2)], &[sent]), [Change::Keep(released()), Change::Insert(notice)]);

        let told = row(moved(2), IntentState::Sent, LATER, 2);
        let kept = [Change::Keep(released()), Change::Keep(moved(2))];
        assert_eq!(changes(&[planned(LATER, 2)], &[sent, told]), kept);
        // Another module's change raises the cohort's revision: nothing new is to be told of this one.
        assert_eq!(changes(&[planned(LATER, 3)], &[sent, told]), kept);

        let again = Intent { key: moved(4), due_at: now, not_after: at(LATEST), ..planned(LATEST, 4) };
        let third = changes(&[planned(LATEST, 4)], &[sent, told]);
        assert_eq!(third, [Change::Keep(released()), Change::Insert(again), Change::Keep(moved(2))]);
    }

    #[test]
    fn a_notice_that_waits_is_left_alone_and_gives_way_when_the_date_moves_once_more_or_back() {
        let sent = row(released(), IntentState::Sent, EARLY, 1);
        let waiting = row(moved(2), IntentState::Waiting, LATER, 2);
        assert_eq!(changes(&[planned(LATER, 2)], &[sent, waiting]), [Change::Keep(released()), Change::Keep(moved(2))]);
        let again = changes(&[planned(LATEST, 3)], &[sent, waiting]);
        assert!(
            again.contains(&Change::Cancel(moved(2))) && matches!(again[1], Change::Insert(intent) if intent.key == moved(3))
        );
        let back = changes(&[planned(EARLY, 3)], &[sent, waiting]);
        assert_eq!(back, [Change::Keep(released()), Change::Cancel(moved(2))]);
    }
}
