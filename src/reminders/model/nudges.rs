//! The nudges: when each falls due, and whether it is true.
//!
//! A module's *turn* is the moment it opened, or its release where it has not. All moments are moved out of the student's quiet
//! hours ([`awake`]); one that then lies at or after the nudge's last moment is dropped. The rules:
//!
//! - `cohort_starts`: 24 hours before the first module opens, up to then; not for who enrolled later than that.
//! - `readings_unread` (week n): 48 hours before the turn of the module after n, up to that turn, while a required reading of n
//!   that can be read is unread; not within a day of enrolling or of n's opening. The last module has none.
//! - `fallen_behind` (week n, the last of those with its turn): three days after n's turn and seven days after the last one sent, up
//!   to the next turn of a module or for a week, while a required reading is unread of a module before n whose successor's turn came after the student enrolled.
//!   After two since the student last marked a reading there is none until they mark another. So it goes at most once a week, at
//!   most twice in a row, and never about weeks that were over before the student came.

use super::{CancelReason, Intent, IntentKey, IntentKind, Recipient, SendDecision, awake};
use crate::kernel::Timestamp;
use crate::kernel::ids::{ModuleId, ReadingId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::schedule::model::{Access, Inputs, ModuleAccess};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const TWO_DAYS: SignedDuration = SignedDuration::from_hours(48);
const THREE_DAYS: SignedDuration = SignedDuration::from_hours(72);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So many without a reading marked in between.
const IN_A_ROW: usize = 2;

/// When a nudge may go, as far as is known.
#[derive(Debug, Clone, Copy)]
struct Window {
    module: ModuleId,
    /// What the mail tells.
    opens_at: Timestamp,
    due_at: Timestamp,
    not_after: Timestamp,
}

/// A required reading that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// The position of its module.
    pub week: u32,
    pub reading: ReadingId,
}

/// The required readings of `module` that can be read and are not, in their order.
pub fn unread(inputs: &Inputs, module: ModuleId, now: Timestamp) -> Vec<Unread> {
    let Some(module) = inputs.plan.module(module) else { return Vec::new() };
    let required = module.readings.iter().filter(|key| key.required).map(|key| key.reading);
    required
        .filter(|&reading| inputs.facts.ready_at(reading, now).is_some())
        .filter(|&reading| inputs.facts.read_at(module, reading, now).is_none())
        .map(|reading| Unread { week: module.position, reading })
        .collect()
}

/// What a student who enrolled at `enrolled_at` has missed when the turn of the module at `position` has come: [`unread`] of the
/// modules before it whose successor's turn came after they enrolled. What opens only later is not missed yet.
pub fn missed(inputs: &Inputs, enrolled_at: Timestamp, position: u32, now: Timestamp) -> Vec<Unread> {
    missed_of(inputs, &inputs.decide(now), enrolled_at, position, now)
}

fn missed_of(inputs: &Inputs, decided: &[ModuleAccess], enrolled_at: Timestamp, position: u32, now: Timestamp) -> Vec<Unread> {
    let Some(at) = decided.iter().position(|decided| decided.position == position) else { return Vec::new() };
    let limit = turn(&decided[at]);
    let over = |pair: &&[ModuleAccess]| {
        let opened = pair[0].access.moment().is_some_and(|moment| moment < limit);
        opened && (enrolled_at < turn(&pair[1])) && turn(&pair[1]) <= limit
    };
    decided[..=at].windows(2).filter(over).flat_map(|pair| unread(inputs, pair[0].module, now)).collect()
}

fn turn(decided: &ModuleAccess) -> Timestamp {
    match decided.access {
        Access::Open { since } => since,
        Access::Locked { scheduled_for, .. } => scheduled_for,
    }
}

/// The nudges that the student should get, of what is known at `now`. What is unread now counts as unread then.
pub(super) fn plan(inputs: &Inputs, decided: &[ModuleAccess], recipient: &Recipient, now: Timestamp) -> Vec<Intent> {
    let enrolment = inputs.facts.enrolment;
    let starts = decided.iter().take(1).map(|first| IntentKey::CohortStarts { enrolment, position: first.position });
    let unread = decided.iter().map(|module| IntentKey::ReadingsUnread { enrolment, position: module.position });
    let behind = decided.iter().map(|module| IntentKey::FallenBehind { enrolment, position: module.position });
    let intent = |key: IntentKey| {
        let window = window(key, inputs, decided, recipient, now).ok()?;
        let open = window.due_at < window.not_after && now < window.not_after;
        open.then(|| Intent {
            key,
            user: recipient.user,
            module: window.module,
            opens_at: window.opens_at,
            due_at: window.due_at,
            not_after: window.not_after,
            revision: inputs.revision(window.module),
        })
    };
    starts.chain(unread).chain(behind).filter_map(intent).collect()
}

/// Whether a nudge is true at `now`, and not at night.
pub(super) fn still_true(
    intent: &Intent,
    inputs: &Inputs,
    decided: &[ModuleAccess],
    recipient: &Recipient,
    now: Timestamp,
) -> SendDecision {
    let window = match window(intent.key, inputs, decided, recipient, now) {
        Ok(window) => window,
        Err(reason) => return SendDecision::Cancel(reason),
    };
    let goes_at = awake(window.due_at.max(now), &recipient.zone);
    if goes_at >= window.not_after {
        return SendDecision::Cancel(CancelReason::TooLate);
    }
    if now < goes_at {
        return SendDecision::Postpone(goes_at);
    }
    if intent.kind() == IntentKind::FallenBehind && told_since_progress(inputs, recipient, now) >= IN_A_ROW {
        return SendDecision::Cancel(CancelReason::ToldTwice);
    }
    SendDecision::Send
}

/// How often the student was told that they have fallen behind since they last marked a reading.
fn told_since_progress(inputs: &Inputs, recipient: &Recipient, now: Timestamp) -> usize {
    let progress = inputs.facts.read.values().map(|read| read.at).filter(|&at| at <= now).max();
    recipient.told_behind.iter().filter(|&&told| progress.is_none_or(|progress| told > progress)).count()
}

fn window(
    key: IntentKey,
    inputs: &Inputs,
    decided: &[ModuleAccess],
    recipient: &Recipient,
    now: Timestamp,
) -> Result<Window, CancelReason> {
    let at = decided.iter().position(|decided| decided.position == key.position()).ok_or(CancelReason::ModuleGone)?;
    match key.kind() {
        IntentKind::CohortStarts => cohort_starts(decided, at, recipient),
        IntentKind::ReadingsUnread => readings_unread(inputs, decided, at, recipient, now),
        IntentKind::FallenBehind => fallen_behind(inputs, decided, at, recipient, now),
        IntentKind::ModuleReleased | IntentKind::ReleaseMoved => Err(CancelReason::ModuleGone),
    }
}

fn cohort_starts(decided: &[ModuleAccess], at: usize, recipient: &Recipient) -> Result<Window, CancelReason> {
    let first = &decided[at];
    if at > 0 {
        return Err(CancelReason::ModuleGone);
    }
    let opens_at = match first.access {
        Access::Open { .. } => return Err(CancelReason::TooLate),
        Access::Locked { opens_at, .. } => opens_at.ok_or(CancelReason::NoMoment)?,
    };
    let moment = shifted(opens_at, -DAY);
    if recipient.enrolled_at >= moment {
        return Err(CancelReason::TooSoon);
    }
    Ok(Window { module: first.module, opens_at, due_at: awake(moment, &recipient.zone), not_after: opens_at })
}

fn readings_unread(
    inputs: &Inputs,
    decided: &[ModuleAccess],
    at: usize,
    recipient: &Recipient,
    now: Timestamp,
) -> Result<Window, CancelReason> {
    let since = decided[at].access.moment().ok_or(CancelReason::NoMoment)?;
    let opens_at = turn(decided.get(at + 1).ok_or(CancelReason::NoMoment)?);
    let due_at = awake(shifted(opens_at, -TWO_DAYS), &recipient.zone);
    if due_at < shifted(since.max(recipient.enrolled_at), DAY) {
        return Err(CancelReason::TooSoon);
    }
    if unread(inputs, decided[at].module, now).is_empty() {
        return Err(CancelReason::NothingUnread);
    }
    Ok(Window { module: decided[at].module, opens_at, due_at, not_after: opens_at })
}

fn fallen_behind(
    inputs: &Inputs,
    decided: &[ModuleAccess],
    at: usize,
    recipient: &Recipient,
    now: Timestamp,
) -> Result<Window, CancelReason> {
    let (module, position) = (decided[at].module, decided[at].position);
    if missed_of(inputs, decided, recipient.enrolled_at, position, now).is_empty() {
        return Err(CancelReason::NothingUnread);
    }
    let opens_at = turn(&decided[at]);
    // Two of one turn would have one window, and each might go before the other has gone.
    if decided[at + 1..].iter().any(|later| turn(later) == opens_at) {
        return Err(CancelReason::Superseded);
    }
    let next = decided.iter().map(turn).filter(|&next| next > opens_at).min();
    let moment = shifted(opens_at, THREE_DAYS);
    let rested = recipient.told_behind.iter().max().map_or(moment, |&told| moment.max(shifted(told, WEEK)));
    let not_after = shifted(moment, WEEK);
    let not_after = next.map_or(not_after, |next| next.min(not_after));
    Ok(Window { module, opens_at, due_at: awake(rested, &recipient.zone), not_after })
}
