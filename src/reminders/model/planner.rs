//! What mail a student should get, and whether one about to go is still true.

use super::{Intent, IntentKey, IntentKind, MailGroup, Wish, Wishes, nudges};
use crate::kernel::ids::UserId;
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Timestamp, Zone};
use crate::schedule::model::{Access, Inputs, ModuleAccess};

/// How long "the module is open" is worth saying: a week, after which the next module has usually opened.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// To whom a student's reminders go. The enrolment's id is in the facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub user: UserId,
    /// What opened up to this moment is the enrolment's own mail to tell.
    pub enrolled_at: Timestamp,
    pub standing: Standing,
    /// Nudges leave its nights alone.
    pub zone: Zone,
    pub wishes: Wishes,
    /// When a mail of the kind `fallen_behind` went about this enrolment, in any order.
    pub told_behind: Vec<Timestamp>,
}

/// Whether an enrolment still gets mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Active,
    /// Cancelled, refunded or otherwise over.
    Ended,
}

/// Whether a reminder about to be sent may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendDecision {
    Send,
    /// Not yet: from this moment, later than now.
    Postpone(Timestamp),
    Cancel(CancelReason),
    /// The person turned this group off.
    Suppress(MailGroup),
}

/// Why a reminder is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelReason {
    EnrolmentEnded,
    /// The cohort has no such module any more.
    ModuleGone,
    /// The module was open before the student came.
    OpenAtEnrolment,
    /// It is too late to say so.
    TooLate,
    /// More than time is awaited. The planner revives the mail when the moment is known.
    NoMoment,
    /// A notice that tells a moment which is no longer the one; or another mail says it.
    Superseded,
    /// The student came, or the module opened, less than a day before.
    TooSoon,
    /// Nothing that is asked for is unread.
    NothingUnread,
    /// It was said twice, and nothing was read since.
    ToldTwice,
}

/// The mail that `recipient` should get, of what is known at `now`: one for each module that opened after they enrolled or
/// will open at a known moment, and the nudges. A module that waits for more than time has none until its moment is known. What
/// is past its last moment to be sent is left out, so that a rule added later mails nobody about the past; and so is what was due
/// before its group was turned on again. What is turned off is planned all the same: the reconciler holds it back.
pub fn plan(inputs: &Inputs, recipient: &Recipient, now: Timestamp) -> Vec<Intent> {
    if recipient.standing == Standing::Ended {
        return Vec::new();
    }
    let decided = inputs.decide(now);
    let news = decided.iter().filter_map(|decided| released(inputs, recipient, decided, now));
    let planned = news.chain(nudges::plan(inputs, &decided, recipient, now));
    planned.filter(|intent| recipient.wishes.of(intent.kind().group()).covers(intent.due_at)).collect()
}

fn released(inputs: &Inputs, recipient: &Recipient, decided: &ModuleAccess, now: Timestamp) -> Option<Intent> {
    let opens_at = decided.access.moment()?;
    let not_after = shifted(opens_at, LIFETIME);
    let wanted = opens_at > recipient.enrolled_at && now < not_after;
    wanted.then(|| Intent {
        key: IntentKey::ModuleReleased { enrolment: inputs.facts.enrolment, position: decided.position },
        user: recipient.user,
        module: decided.module,
        opens_at,
        due_at: opens_at,
        not_after,
        revision: inputs.revision(decided.module),
    })
}

/// The check before a reminder is sent, whatever became of it since it was planned.
pub fn still_true(intent: &Intent, inputs: &Inputs, recipient: &Recipient, now: Timestamp) -> SendDecision {
    if recipient.standing == Standing::Ended {
        return SendDecision::Cancel(CancelReason::EnrolmentEnded);
    }
    let group = intent.kind().group();
    if recipient.wishes.of(group) == Wish::Off {
        return SendDecision::Suppress(group);
    }
    let decided = inputs.decide(now);
    if group == MailGroup::Nudges {
        return nudges::still_true(intent, inputs, &decided, recipient, now);
    }
    // The key names the module by position, as the planner does: a re-plan may have put another module there.
    let decided = decided.into_iter().find(|decided| decided.position == intent.key.position());
    let Some(decided) = decided else { return SendDecision::Cancel(CancelReason::ModuleGone) };
    match intent.kind() {
        IntentKind::ReleaseMoved => moved_still_true(intent, &decided.access, now),
        _ => released_still_true(&decided.access, recipient, now),
    }
}

fn released_still_true(access: &Access, recipient: &Recipient, now: Timestamp) -> SendDecision {
    match *access {
        Access::Open { since } if since <= recipient.enrolled_at => SendDecision::Cancel(CancelReason::OpenAtEnrolment),
        Access::Open { since } if shifted(since, LIFETIME) <= now => SendDecision::Cancel(CancelReason::TooLate),
        Access::Open { .. } => SendDecision::Send,
        Access::Locked { opens_at: Some(moment), .. } => SendDecision::Postpone(moment),
        Access::Locked { opens_at: None, .. } => SendDecision::Cancel(CancelReason::NoMoment),
    }
}

fn moved_still_true(intent: &Intent, access: &Access, now: Timestamp) -> SendDecision {
    match *access {
        Access::Locked { opens_at: Some(moment), .. } if moment != intent.opens_at => {
            SendDecision::Cancel(CancelReason::Superseded)
        }
        Access::Locked { opens_at: Some(_), .. } if now < intent.due_at => SendDecision::Postpone(intent.due_at),
        Access::Locked { opens_at: Some(_), .. } => SendDecision::Send,
        Access::Locked { opens_at: None, .. } => SendDecision::Cancel(CancelReason::NoMoment),
        Access::Open { .. } => SendDecision::Cancel(CancelReason::TooLate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reminders::model::testing::recipient;
    use crate::schedule::model::testing::{Sample, at, mark_read, module_id, override_of, student};

    const WEEK_1: &str = "2027-01-04T03:30:00Z";
    const WEEK_2: &str = "2027-01-11T03:30:00Z";

    fn enrolled(when: &str) -> Recipient {
        recipient(at(when))
    }

    fn news(inputs: &Inputs, recipient: &Recipient, now: &str) -> Vec<Intent> {
        let planned = plan(inputs, recipient, at(now)).into_iter();
        planned.filter(|intent| intent.kind() == IntentKind::ModuleReleased).collect()
    }

    fn due(inputs: &Inputs, recipient: &Recipient, now: &str) -> Vec<(u32, String)> {
        news(inputs, recipient, now).iter().map(|intent| (intent.key.position(), intent.due_at.to_string())).collect()
    }

    #[test]
    fn a_module_has_a_reminder_once_only_time_is_awaited() {
        let mut inputs = Sample::default().inputs();
        let recipient = enrolled("2027-01-01T00:00:00Z");
        assert_eq!(due(&inputs, &recipient, "2027-01-02T00:00:00Z"), [(1, WEEK_1.to_owned())]);
        mark_read(&mut inputs, 1, 1, "2027-01-05T00:00:00Z");
        mark_read(&mut inputs, 1, 2, "2027-01-05T00:00:00Z");
        let both = [(1, WEEK_1.to_owned()), (2, WEEK_2.to_owned())];
        assert_eq!(due(&inputs, &recipient, "2027-01-06T00:00:00Z"), both);
    }

    #[test]
    fn a_reminder_has_the_key_times_and_revision_of_its_module() {
        let mut inputs = Sample::default().inputs();
        inputs.overrides.push(override_of(1, None, "2027-01-05T09:00", "2027-01-02T00:00:00Z"));
        let recipient = enrolled("2027-01-01T00:00:00Z");
        let opens_at = at("2027-01-05T03:30:00Z");
        let expected = Intent {
            key: IntentKey::ModuleReleased { enrolment: student(), position: 1 },
            user: recipient.user,
            module: module_id(1),
            opens_at,
            due_at: opens_at,
            not_after: at("2027-01-12T03:30:00Z"),
            revision: 2,
        };
        assert_eq!(news(&inputs, &recipient, "2027-01-02T00:00:00Z"), [expected]);
    }

    #[test]
    fn nobody_is_mailed_about_what_was_open_when_they_came_or_is_long_past() {
        let inputs = Sample::default().inputs();
        assert_eq!(due(&inputs, &enrolled(WEEK_1), "2027-01-04T04:00:00Z"), []);
        let early = enrolled("2027-01-01T00:00:00Z");
        assert_eq!(due(&inputs, &early, "2027-01-11T03:29:59Z").len(), 1);
        assert_eq!(due(&inputs, &early, "2027-01-11T03:30:00Z"), []);
    }

    #[test]
    fn an_ended_enrolment_gets_nothing() {
        let inputs = Sample::default().inputs();
        let recipient = enrolled("2027-01-01T00:00:00Z");
        let intent = plan(&inputs, &recipient, at("2027-01-02T00:00:00Z"))[0];
        let ended = Recipient { standing: Standing::Ended, ..recipient.clone() };
        assert_eq!(due(&inputs, &ended, "2027-01-02T00:00:00Z"), []);
        let decision = still_true(&intent, &inputs, &ended, at(WEEK_1));
        assert_eq!(decision, SendDecision::Cancel(CancelReason::EnrolmentEnded));
    }

    #[test]
    fn a_reminder_is_checked_against_what_holds_when_it_is_sent() {
        let mut inputs = Sample::default().inputs();
        let recipient = enrolled("2027-01-01T00:00:00Z");
        let intent = plan(&inputs, &recipient, at("2027-01-02T00:00:00Z"))[0];
        let decided = |inputs: &Inputs, now: &str| still_true(&intent, inputs, &recipient, at(now));
        assert_eq!(decided(&inputs, "2027-01-04T03:29:59Z"), SendDecision::Postpone(at(WEEK_1)));
        assert_eq!(decided(&inputs, WEEK_1), SendDecision::Send);
        assert_eq!(decided(&inputs, WEEK_2), SendDecision::Cancel(CancelReason::TooLate));

        let late = Recipient { enrolled_at: at("2027-01-04T12:00:00Z"), ..recipient.clone() };
        let decision = still_true(&intent, &inputs, &late, at("2027-01-04T12:00:00Z"));
        assert_eq!(decision, SendDecision::Cancel(CancelReason::OpenAtEnrolment));

        inputs.overrides.push(override_of(1, None, "2027-01-06T09:00", "2027-01-02T00:00:00Z"));
        assert_eq!(decided(&inputs, WEEK_1), SendDecision::Postpone(at("2027-01-06T03:30:00Z")));
        inputs.facts.ready.clear();
        assert_eq!(decided(&inputs, WEEK_1), SendDecision::Cancel(CancelReason::NoMoment));

        let gone = Intent { key: IntentKey::ModuleReleased { enrolment: student(), position: 9 }, ..intent };
        assert_eq!(still_true(&gone, &inputs, &recipient, at(WEEK_1)), SendDecision::Cancel(CancelReason::ModuleGone));
    }

    #[test]
    fn a_notice_of_a_moved_date_goes_only_while_it_tells_the_truth() {
        let mut inputs = Sample::default().inputs();
        let recipient = enrolled("2027-01-01T00:00:00Z");
        let opens_at = at("2027-01-06T03:30:00Z");
        let key = IntentKey::ReleaseMoved { enrolment: student(), position: 1, revision: 2 };
        let (due_at, module) = (at("2027-01-05T00:00:00Z"), module_id(1));
        let notice = Intent { key, user: recipient.user, module, opens_at, due_at, not_after: opens_at, revision: 2 };
        let decided = |inputs: &Inputs, now: &str| still_true(&notice, inputs, &recipient, at(now));
        inputs.overrides.push(override_of(1, None, "2027-01-06T09:00", "2027-01-05T00:00:00Z"));
        assert_eq!(decided(&inputs, "2027-01-04T00:00:00Z"), SendDecision::Postpone(due_at));
        assert_eq!(decided(&inputs, "2027-01-05T00:00:00Z"), SendDecision::Send);
        assert_eq!(decided(&inputs, "2027-01-06T03:30:00Z"), SendDecision::Cancel(CancelReason::TooLate));
        inputs.overrides.push(override_of(1, None, "2027-01-07T09:00", "2027-01-05T01:00:00Z"));
        assert_eq!(decided(&inputs, "2027-01-05T02:00:00Z"), SendDecision::Cancel(CancelReason::Superseded));
    }
}
