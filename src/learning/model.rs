//! A student's progress, what is next, and whether a reading may be marked as read.

use std::fmt;

use crate::catalogue::model::{CohortModule, ReadingKey, Verdict};
use crate::kernel::Timestamp;
use crate::kernel::ids::{ModuleId, ReadingId};
use crate::kernel::text::{TextError, several_lines};
use crate::schedule::model::{Access, Inputs, ModuleAccess};

/// What a student writes about a reading: 1 to 2,000 characters, over several lines.
#[derive(Clone, PartialEq, Eq)]
pub struct Reflection(String);

impl Reflection {
    /// The longest accepted, in characters.
    pub const MAX: usize = 2000;

    /// # Errors
    /// [`TextError`]: empty, too long, or with control characters.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        several_lines(text, Self::MAX).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A reflection is personal: a debug print does not show it.
impl fmt::Debug for Reflection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reflection(…)")
    }
}

/// What marking a reading as read comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Write the progress row, with now as its moment. It replaces a row that does not count, such as one from before the
    /// module asked for a reflection.
    Write { reflection: Option<Reflection> },
    /// It is read already: its row and its moment stay as they are.
    Unchanged,
}

/// Why a reading cannot be marked as read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkRefusal {
    /// To be answered as not found.
    #[error("no such reading in this course")]
    NotInCourse,
    #[error("the module is not open")]
    Locked(Access),
    #[error("Write a sentence of reflection")]
    ReflectionMissing,
    #[error(transparent)]
    Reflection(TextError),
}

/// Decides on "I have read this". `reflection` is the field as it was typed, empty where nothing was.
///
/// # Errors
/// [`MarkRefusal`]. A module that asks for a reflection asks it for each of its readings.
pub fn mark(
    inputs: &Inputs,
    module: ModuleId,
    reading: ReadingId,
    reflection: &str,
    now: Timestamp,
) -> Result<Mark, MarkRefusal> {
    let module = inputs.plan.module(module).ok_or(MarkRefusal::NotInCourse)?;
    match inputs.access(module.id, now) {
        Some(Access::Open { .. }) => {}
        Some(locked) => return Err(MarkRefusal::Locked(locked)),
        None => return Err(MarkRefusal::NotInCourse),
    }
    if !module.readings.iter().any(|key| key.reading == reading) {
        return Err(MarkRefusal::NotInCourse);
    }
    if inputs.facts.read_at(module, reading, now).is_some() {
        return Ok(Mark::Unchanged);
    }
    match Reflection::parse(reflection) {
        Ok(reflection) => Ok(Mark::Write { reflection: Some(reflection) }),
        Err(TextError::Empty) if module.asks_reflection() => Err(MarkRefusal::ReflectionMissing),
        Err(TextError::Empty) => Ok(Mark::Write { reflection: None }),
        Err(error) => Err(MarkRefusal::Reflection(error)),
    }
}

/// A student's progress through a cohort at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// In order.
    pub modules: Vec<ModuleProgress>,
    pub next: NextStep,
    /// The completion rule's word on it.
    pub completion: Verdict,
}

/// Progress through one module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleProgress {
    pub module: ModuleId,
    pub position: u32,
    pub access: Access,
    /// In reading order. Not to be shown while the module is locked.
    pub readings: Vec<ReadingProgress>,
    /// Minutes of the readings not yet read, optional ones included.
    pub minutes_left: u32,
}

/// Progress on one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingProgress {
    pub reading: ReadingId,
    pub required: bool,
    /// When it was read, with a reflection where the module asks for one.
    pub read_at: Option<Timestamp>,
}

/// The one thing to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Nothing is open yet; the first module's release is at `starts`.
    NotStarted { starts: Timestamp },
    /// Read this: the first required reading not read, in the earliest open module that has one.
    Read { module: ModuleId, reading: ReadingId },
    /// What is open is done. This module opens next, at a moment known only where nothing but time is awaited.
    WaitFor { module: ModuleId, opens_at: Option<Timestamp> },
    /// Every required reading of every module is read.
    AllDone,
}

impl ModuleProgress {
    /// How many readings are read, optional ones included.
    pub fn read(&self) -> usize {
        self.readings.iter().filter(|reading| reading.read_at.is_some()).count()
    }

    /// How many readings there are, optional ones included.
    pub fn total(&self) -> usize {
        self.readings.len()
    }

    /// How many readings are required.
    pub fn required(&self) -> usize {
        self.readings.iter().filter(|reading| reading.required).count()
    }

    /// How many required readings are not read.
    pub fn required_left(&self) -> usize {
        self.readings.iter().filter(|reading| reading.required && reading.read_at.is_none()).count()
    }

    fn next_reading(&self) -> Option<ReadingId> {
        self.readings.iter().find(|reading| reading.required && reading.read_at.is_none()).map(|reading| reading.reading)
    }
}

/// The student's progress at `now`.
pub fn progress(inputs: &Inputs, now: Timestamp) -> Progress {
    let decided = inputs.decide(now).into_iter().zip(inputs.plan.modules());
    let modules: Vec<_> = decided.map(|(decided, module)| module_progress(inputs, decided, module, now)).collect();
    let next = next_step(&modules, now);
    Progress { next, completion: inputs.plan.completion(&inputs.facts, now), modules }
}

fn module_progress(inputs: &Inputs, decided: ModuleAccess, module: &CohortModule, now: Timestamp) -> ModuleProgress {
    let reading = |key: &ReadingKey| ReadingProgress {
        reading: key.reading,
        required: key.required,
        read_at: inputs.facts.read_at(module, key.reading, now),
    };
    let readings: Vec<_> = module.readings.iter().map(reading).collect();
    let minutes = inputs.plan.minutes();
    let left = readings.iter().filter(|reading| reading.read_at.is_none()).filter_map(|reading| minutes.get(&reading.reading));
    ModuleProgress {
        module: decided.module,
        position: decided.position,
        access: decided.access,
        minutes_left: left.sum(),
        readings,
    }
}

fn next_step(modules: &[ModuleProgress], now: Timestamp) -> NextStep {
    let open = || modules.iter().filter(|module| module.access.is_open());
    if let Some((module, reading)) = open().find_map(|module| Some((module.module, module.next_reading()?))) {
        return NextStep::Read { module, reading };
    }
    let locked = || modules.iter().filter(|module| !module.access.is_open());
    let soonest = || locked().filter(|module| module.access.moment().is_some()).min_by_key(|module| module.access.moment());
    let Some(waiting) = soonest().or_else(|| locked().next()) else { return NextStep::AllDone };
    if open().next().is_none()
        && let Some(starts) = modules.iter().filter_map(scheduled_for).min().filter(|&starts| starts > now)
    {
        return NextStep::NotStarted { starts };
    }
    NextStep::WaitFor { module: waiting.module, opens_at: waiting.access.moment() }
}

fn scheduled_for(module: &ModuleProgress) -> Option<Timestamp> {
    match module.access {
        Access::Open { .. } => None,
        Access::Locked { scheduled_for, .. } => Some(scheduled_for),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::readings::model::testing::card;
    use crate::schedule::model::testing::{
        Sample, after, any_inputs, any_seconds, at, mark_read, module_id, reading_id, start_of,
    };

    const DAY_2: &str = "2027-01-05T00:00:00Z";
    const WEEK_2: &str = "2027-01-11T03:30:00Z";

    fn next(inputs: &Inputs, now: &str) -> NextStep {
        progress(inputs, at(now)).next
    }

    #[test]
    fn the_next_step_follows_the_student_through_the_course() {
        let mut inputs = Sample::default().inputs();
        assert_eq!(next(&inputs, "2027-01-01T00:00:00Z"), NextStep::NotStarted { starts: at("2027-01-04T03:30:00Z") });
        assert_eq!(next(&inputs, DAY_2), NextStep::Read { module: module_id(1), reading: reading_id(1, 1) });
        mark_read(&mut inputs, 1, 1, DAY_2);
        mark_read(&mut inputs, 1, 2, DAY_2);
        assert_eq!(next(&inputs, DAY_2), NextStep::WaitFor { module: module_id(2), opens_at: Some(at(WEEK_2)) });
        assert_eq!(next(&inputs, WEEK_2), NextStep::Read { module: module_id(2), reading: reading_id(2, 1) });
        for (position, place) in [(2, 1), (2, 2), (3, 1), (3, 2)] {
            mark_read(&mut inputs, position, place, WEEK_2);
        }
        let done = "2027-01-18T03:30:00Z";
        assert_eq!(next(&inputs, done), NextStep::AllDone);
        let completion = progress(&inputs, at(done)).completion;
        assert_eq!(completion, Verdict::Met { at: Some(at(WEEK_2)) });
    }

    #[test]
    fn a_module_whose_reading_is_not_ready_is_waited_for_without_a_moment() {
        let mut inputs = Sample::default().inputs();
        inputs.facts.ready.remove(&reading_id(1, 1));
        assert_eq!(next(&inputs, DAY_2), NextStep::WaitFor { module: module_id(1), opens_at: None });
    }

    #[test]
    fn progress_counts_readings_and_the_minutes_left() {
        let mut inputs = Sample::default().inputs();
        mark_read(&mut inputs, 1, 1, DAY_2);
        let cards = [(1, 3), (2, 22), (3, 15)].map(|(place, minutes)| card(reading_id(1, place), "A reading", minutes));
        inputs.plan = Arc::new(Sample::default().plan().with_cards(cards));
        let first = progress(&inputs, at(DAY_2)).modules.remove(0);
        assert_eq!((first.read(), first.total(), first.required(), first.required_left()), (1, 3, 2, 1));
        assert_eq!(first.minutes_left, 37);
    }

    #[test]
    fn a_reading_is_marked_with_or_without_words_where_none_are_asked_for() {
        let inputs = Sample::default().inputs();
        let marked = |text: &str| mark(&inputs, module_id(1), reading_id(1, 1), text, at(DAY_2));
        assert_eq!(marked("  \n "), Ok(Mark::Write { reflection: None }));
        let words = Reflection::parse("One host,\ntwo parties.").unwrap();
        assert_eq!(marked(" One host,\r\ntwo parties. "), Ok(Mark::Write { reflection: Some(words) }));
        assert_eq!(marked(&"x".repeat(2001)), Err(MarkRefusal::Reflection(TextError::TooLong(2000))));
    }

    #[test]
    fn a_module_that_asks_for_a_reflection_gets_one_or_the_reading_stays_unread() {
        let mut sample = Sample::default();
        sample.modules[0].reflection_prompt = Some("What surprised you?".to_owned());
        let mut inputs = sample.inputs();
        let marked = |inputs: &Inputs, text: &str| mark(inputs, module_id(1), reading_id(1, 1), text, at(DAY_2));
        assert_eq!(marked(&inputs, ""), Err(MarkRefusal::ReflectionMissing));

        // Marked before the module asked: it does not count, and may be marked again.
        mark_read(&mut inputs, 1, 1, "2027-01-04T12:00:00Z");
        inputs.facts.read.values_mut().for_each(|read| read.reflected = false);
        assert!(matches!(marked(&inputs, "The annex."), Ok(Mark::Write { reflection: Some(_) })));
        inputs.facts.read.values_mut().for_each(|read| read.reflected = true);
        assert_eq!(marked(&inputs, ""), Ok(Mark::Unchanged));
    }

    #[test]
    fn a_locked_module_and_a_strangers_reading_are_refused() {
        let inputs = Sample::default().inputs();
        let marked = |position, reading| mark(&inputs, module_id(position), reading, "", at(DAY_2));
        assert!(matches!(marked(2, reading_id(2, 1)), Err(MarkRefusal::Locked(Access::Locked { .. }))));
        // Whether a locked module has the reading is not told.
        assert!(matches!(marked(2, reading_id(9, 9)), Err(MarkRefusal::Locked(_))));
        assert_eq!(marked(1, reading_id(2, 1)), Err(MarkRefusal::NotInCourse));
        assert_eq!(marked(9, reading_id(1, 1)), Err(MarkRefusal::NotInCourse));
    }

    proptest! {
        #[test]
        fn the_next_reading_can_always_be_marked_and_then_is_no_longer_next((sample, mut inputs) in any_inputs(), seconds in any_seconds()) {
            let now = after(start_of(&sample), seconds);
            let step = progress(&inputs, now).next;
            if let NextStep::Read { module, reading } = step {
                let marked = mark(&inputs, module, reading, "It shows how.", now);
                let words = Reflection::parse("It shows how.").unwrap();
                prop_assert_eq!(marked, Ok(Mark::Write { reflection: Some(words) }));
                inputs.facts.read.insert((module, reading), crate::catalogue::model::Read { at: now, reflected: true });
                prop_assert_ne!(progress(&inputs, now).next, step);
            }
        }
    }
}
