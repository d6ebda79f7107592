//! What must change in the outbox so that it holds what is planned.

use std::collections::{BTreeMap, BTreeSet};

use super::{Intent, IntentKey, IntentKind, MailGroup};
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
    /// `sent` or `in_doubt`: a reminder in doubt counts as sent, at its due moment.
    Sent { at: Timestamp },
    /// `cancelled`, never sent.
    Cancelled,
    /// `expired`, never sent.
    Expired,
    /// `suppressed`: its group was turned off.
    Suppressed,
    /// `dead`: not to be tried again.
    Stopped,
}

/// The groups that are turned off, by student.
pub type Muted = BTreeSet<(EnrolmentId, MailGroup)>;

/// A change to one reminder in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A new row.
    Insert(Intent),
    /// A waiting row's moments and payload become the intent's.
    MoveTo(Intent),
    /// A waiting row is not to be sent.
    Cancel(IntentKey),
    /// A waiting row is held back, as its group is turned off.
    Suppress(IntentKey),
    /// A row that ended unsent waits again, with the intent's moments and payload.
    Revive(Intent),
    /// Nothing to do.
    Keep(IntentKey),
}

/// Compares what is planned at `now` with what the outbox holds **for the same students**: every key that the outbox holds or
/// shall hold gets one change. A planned date replaces a waiting one; what was sent stays sent. Where a module's moment was mailed
/// and the module opens at another after all, the student gets one notice of the new moment for each change of it.
///
/// A nudge is made, or made to wait again, only while its moment lies ahead: a rule, a reading or a wish that comes later mails
/// nobody about the past.
///
/// The notices are made here and not planned, since they depend on what was sent. Doing it twice changes nothing more.
pub fn reconcile(planned: &[Intent], existing: &[Existing], muted: &Muted, now: Timestamp) -> Vec<Change> {
    let by_key: BTreeMap<IntentKey, &Existing> = existing.iter().map(|row| (row.key, row)).collect();
    let wanted: Vec<Intent> =
        planned.iter().copied().chain(planned.iter().filter_map(|intent| notice(intent, existing, now))).collect();
    let keys: BTreeSet<IntentKey> = wanted.iter().map(|intent| intent.key).collect();
    let dropped = existing.iter().filter(|row| !keys.contains(&row.key)).map(|row| match row.state {
        IntentState::Waiting => Change::Cancel(row.key),
        _ => Change::Keep(row.key),
    });
    let towards = |intent: &Intent| {
        let row = by_key.get(&intent.key).copied();
        if muted.contains(&(intent.key.enrolment(), intent.kind().group())) { held_back(row) } else { towards(intent, row, now) }
    };
    wanted.iter().filter_map(towards).chain(dropped).collect()
}

fn held_back(row: Option<&Existing>) -> Option<Change> {
    row.map(|row| match row.state {
        IntentState::Waiting => Change::Suppress(row.key),
        _ => Change::Keep(row.key),
    })
}

fn towards(intent: &Intent, row: Option<&Existing>, now: Timestamp) -> Option<Change> {
    let ahead = intent.due_at >= now;
    let timely = ahead || intent.kind().group() != MailGroup::Nudges;
    let Some(row) = row else { return timely.then_some(Change::Insert(*intent)) };
    let same = row.opens_at == intent.opens_at && row.due_at == intent.due_at;
    Some(match row.state {
        IntentState::Waiting if same => Change::Keep(row.key),
        IntentState::Waiting => Change::MoveTo(*intent),
        IntentState::Cancelled if timely => Change::Revive(*intent),
        // It expired for a moment that is no longer the one.
        IntentState::Expired if timely && intent.due_at > row.due_at => Change::Revive(*intent),
        IntentState::Suppressed if ahead => Change::Revive(*intent),
        _ => Change::Keep(row.key),
    })
}

/// The notice that a module's opening is at another moment ahead, where a mail that told its moment went already.
fn notice(planned: &Intent, existing: &[Existing], now: Timestamp) -> Option<Intent> {
    let IntentKey::ModuleReleased { enrolment, position } = planned.key else { return None };
    if planned.opens_at <= now {
        return None;
    }
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

/// The last mail sent that told when a module opens: "it is open", "your cohort starts tomorrow", or a notice.
fn last_told(existing: &[Existing], enrolment: EnrolmentId, position: u32) -> Option<&Existing> {
    let sent = |row: &Existing| matches!(row.state, IntentState::Sent { .. });
    let ours = |row: &&Existing| row.key.enrolment() == enrolment && row.key.position() == position;
    let rank = |row: &Existing| match row.key.kind() {
        IntentKind::CohortStarts => Some(0),
        IntentKind::ModuleReleased => Some(1),
        // A notice is later than the mail that it corrects.
        IntentKind::ReleaseMoved => Some(2),
        IntentKind::ReadingsUnread | IntentKind::FallenBehind => None,
    };
    let announced = existing.iter().filter(ours).any(|row| sent(row) && rank(row).is_some_and(|rank| rank < 2));
    let told = existing.iter().filter(ours).filter(|row| sent(row) || row.state == IntentState::InFlight);
    if !announced {
        return None;
    }
    told.filter_map(|row| Some((rank(row)?, row))).max_by_key(|(rank, row)| (*rank, row.revision)).map(|(_, row)| row)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kernel::ids::UserId;
    use crate::schedule::model::testing::{at, module_id, student};

    const SENT: IntentState = IntentState::Sent { at: Timestamp::UNIX_EPOCH };
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
        reconcile(planned, existing, &Muted::new(), at("2027-01-05T00:00:00Z"))
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
        for state in [SENT, IntentState::InFlight, IntentState::Stopped, IntentState::Expired, IntentState::Cancelled] {
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
        let sent = row(released(), SENT, EARLY, 1);
        let now = at("2027-01-05T00:00:00Z");
        let notice = Intent { key: moved(2), due_at: now, not_after: at(LATER), ..planned(LATER, 2) };
        assert_eq!(changes(&[planned(LATER, 2)], &[sent]), [Change::Keep(released()), Change::Insert(notice)]);

        let told = row(moved(2), SENT, LATER, 2);
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
        let sent = row(released(), SENT, EARLY, 1);
        let waiting = row(moved(2), IntentState::Waiting, LATER, 2);
        assert_eq!(changes(&[planned(LATER, 2)], &[sent, waiting]), [Change::Keep(released()), Change::Keep(moved(2))]);
        let again = changes(&[planned(LATEST, 3)], &[sent, waiting]);
        assert!(
            again.contains(&Change::Cancel(moved(2))) && matches!(again[1], Change::Insert(intent) if intent.key == moved(3))
        );
        let back = changes(&[planned(EARLY, 3)], &[sent, waiting]);
        assert_eq!(back, [Change::Keep(released()), Change::Cancel(moved(2))]);
    }

    #[test]
    fn a_nudge_is_planned_ahead_or_not_at_all() {
        let key = IntentKey::ReadingsUnread { enrolment: student(), position: 1 };
        let (ahead, past) = (Intent { key, ..planned(LATER, 1) }, Intent { key, ..planned(EARLY, 1) });
        assert_eq!(changes(&[ahead], &[]), [Change::Insert(ahead)]);
        assert_eq!(changes(&[past], &[]), []);
        for state in [IntentState::Cancelled, IntentState::Suppressed, IntentState::Expired] {
            assert_eq!(changes(&[past], &[row(key, state, EARLY, 1)]), [Change::Keep(key)], "{state:?}");
            assert_eq!(changes(&[ahead], &[row(key, state, EARLY, 1)]), [Change::Revive(ahead)], "{state:?}");
        }
        // One that waits for a worker goes all the same.
        assert_eq!(changes(&[past], &[row(key, IntentState::Waiting, EARLY, 1)]), [Change::Keep(key)]);
    }

    #[test]
    fn what_is_turned_off_is_held_back_and_nothing_is_made_of_it() {
        let muted = Muted::from([(student(), MailGroup::CourseNews)]);
        let changes = |existing: &[Existing]| reconcile(&[planned(LATER, 1)], existing, &muted, at("2027-01-05T00:00:00Z"));
        assert_eq!(changes(&[]), []);
        assert_eq!(changes(&[row(released(), IntentState::Waiting, LATER, 1)]), [Change::Suppress(released())]);
        for state in [IntentState::Suppressed, IntentState::Cancelled, SENT] {
            assert_eq!(changes(&[row(released(), state, LATER, 1)]), [Change::Keep(released())], "{state:?}");
        }
    }

    #[test]
    fn a_start_that_was_told_and_moves_gives_a_notice() {
        let key = IntentKey::CohortStarts { enrolment: student(), position: 1 };
        let now = at("2027-01-05T00:00:00Z");
        let notice = Intent { key: moved(2), due_at: now, not_after: at(LATEST), ..planned(LATEST, 2) };
        let (waiting, sent) = (row(released(), IntentState::Waiting, LATER, 1), row(key, SENT, LATER, 1));
        let found = changes(&[planned(LATEST, 2)], &[waiting, sent]);
        assert_eq!(found, [Change::MoveTo(planned(LATEST, 2)), Change::Insert(notice), Change::Keep(key)]);
        assert_eq!(changes(&[planned(LATER, 2)], &[waiting, sent]).len(), 2, "the same moment is told once");
    }
}
