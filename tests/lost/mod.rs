//! A process lost between any two steps of checkout, refund and cancel: after a restart, the same final state.
//!
//! What is a step is not listed by hand: every committed transaction, every answer of the gateway and every mail that was taken is one
//! (`src/kernel/steps.rs`), so that no flow can have a step at which it is not lost. Each story is first told without a loss; the
//! names of its steps are [`Story::steps`], neither more nor fewer. Then it is told once for each of them, by a program that is lost
//! right after it (unless an earlier story was, there after the same step) and started anew on the same data: leases run out, whoever
//! saw no answer presses the button again (in one telling at once, in another minutes later), and what nobody would press is done by jobs, notifications and the sweep. Each time it must
//! end as if nothing had happened.
//!
//! A sample by default; all of it with `LECTERN_FULL=1`. Which: `LECTERN_SEED`.

mod state;
mod steps;
mod stories;
mod world;

use std::collections::BTreeSet;

use lectern::kernel::random::Randomness;
use tokio::runtime::Builder;

use self::stories::Story;
use self::world::{Again, Told, World};
use crate::support::app::{Storage, postgres};
use crate::support::database;
use crate::support::runs::count;

/// How many stories a sample tells, and how many steps of each it is lost at.
const SAMPLE: (usize, usize) = (4, 2);

/// All of these, or a sample of so many.
fn chosen<T: Copy>(all: &[T], sample: usize, chance: &Randomness) -> Vec<T> {
    let few = count(all.len(), sample).min(all.len());
    let from = if few == all.len() { 0 } else { usize::from(u16::from_le_bytes(chance.bytes())) };
    (0..few).map(|part| all[(from + part * all.len() / few) % all.len()]).collect()
}

/// Which steps were told so far, each with the one before it.
type Known = BTreeSet<(String, String)>;

/// Tells a story whole, and once for each step that is chosen; what is not as it should be.
async fn told(world: &mut World, story: Story, known: &mut Known, chance: &Randomness) -> Vec<String> {
    let whole = world.tell(story, None, Again::AtOnce).await;
    let (mut names, mut news, mut before) = (Vec::new(), Vec::new(), "");
    for step in whole.steps.iter().map(String::as_str) {
        if !names.contains(&step) {
            names.push(step);
            // What an earlier story was lost at, there after the same step, is the same again.
            if known.insert((before.to_owned(), step.to_owned())) {
                news.push(step);
            }
        }
        before = step;
    }
    let mut wrong = Vec::new();
    let listed: BTreeSet<&str> = story.steps().iter().copied().collect();
    if names.iter().copied().collect::<BTreeSet<_>>() != listed {
        wrong.push(format!("the steps of {story:?} are others than its list says: {names:#?}"));
    }
    let chosen = chosen(&news, SAMPLE.1, chance);
    for step in &chosen {
        let told = world.tell(story, Some(step), Again::AtOnce).await;
        wrong.extend(amiss((story, step), &told, &whole));
        if told.was_unanswered {
            let told = world.tell(story, Some(step), Again::Later).await;
            wrong.extend(amiss((story, step), &told, &whole));
        }
    }
    println!("{story:?}: lost after {} of {} new steps, {} in all", chosen.len(), news.len(), names.len());
    wrong
}

/// How a story that was lost after a step ended otherwise than it does whole.
fn amiss((story, step): (Story, &str), told: &Told, whole: &Told) -> Option<String> {
    if !told.was_lost {
        return Some(format!("{story:?} never came to {step:?}: {:#?}", told.steps));
    }
    if told.state == whole.state {
        return None;
    }
    let (more, less) = (without(&told.state, &whole.state), without(&whole.state, &told.state));
    Some(format!("{story:?}, lost after {step:?}, ends with {more:#?}, without {less:#?}: {:#?}", told.steps))
}

/// The lines of one state that another has not, counted.
fn without(state: &[String], other: &[String]) -> Vec<String> {
    let mut left = other.to_vec();
    let is_more = |line: &&String| left.iter().position(|known| known == *line).map(|at| left.swap_remove(at)).is_none();
    state.iter().filter(is_more).cloned().collect()
}

/// A database of its own for each story: what the gateway keeps, and is read again at each start, stays short.
async fn every_story(storage: impl AsyncFn() -> Storage) {
    let seed = std::env::var("LECTERN_SEED").map_or(1, |seed| seed.parse().unwrap());
    let chance = Randomness::from_seed(seed);
    let (mut wrong, mut known) = (Vec::new(), Known::new());
    for story in chosen(&Story::ALL, SAMPLE.0, &chance) {
        let began = tokio::time::Instant::now();
        let mut world = World::open(storage().await).await;
        wrong.extend(told(&mut world, story, &mut known, &chance).await);
        world.finish().await;
        println!("LECTERN_SEED={seed}: {:?}", began.elapsed());
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The futures of a debug build are large, and these tests nest many.
const STACK: usize = 16 * 1024 * 1024;

/// Runs a test on a thread with a deep stack.
fn deep(test: impl AsyncFnOnce() + Send + 'static) {
    let runtime = || Builder::new_multi_thread().worker_threads(2).thread_stack_size(STACK).enable_all().build().unwrap();
    let run = std::thread::Builder::new().stack_size(STACK).spawn(move || runtime().block_on(test()));
    if let Err(panic) = run.unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn lost_after_any_step_it_ends_as_if_nothing_had_happened() {
    deep(async || every_story(async || Storage::Sqlite).await);
}

#[test]
fn lost_after_any_step_it_ends_as_if_nothing_had_happened_on_postgresql() {
    if let Some(url) = database::postgres_url() {
        deep(async move || every_story(async || postgres(&url).await).await);
    }
}
