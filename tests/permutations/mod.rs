//! However the gateway's notifications of a story are told, it ends the same.
//!
//! A story (`stories.rs`) is what people and banks do: it is acted at a practice gateway, whose events are its real stream. A history of
//! it is a way to tell them: each at any moment after its act, before or after any other and any act that follows, as often as one likes,
//! or never. In the end the sweep finds what was lost. Everything but the order is the program's own: signed notifications, jobs, and
//! whatever they ask of the gateway over HTTP.
//!
//! The full run (`LECTERN_FULL=1`) goes through *all* histories of up to six notifications on SQLite: every interleaving with the acts,
//! every order, every loss, every repetition of what was told at every moment, and late news after the end. It forks the program and the
//! gateway together at each step, and goes on once from each state (`explore.rs`, `state.rs`); how many histories that are is printed.
//! Without it, and on PostgreSQL, seeded walks through the same histories run, in which jobs may also wait and a sweep come between:
//! `LECTERN_SEED=7 cargo test --test main permutations` repeats those of one seed.

mod acts;
mod ending;
mod explore;
mod state;
mod stories;
mod world;

use std::sync::{Arc, Mutex};

use lectern::kernel::random::Randomness;

use self::acts::Cast;
use self::explore::{OVER, SWEPT, Seen, explore, sweeps_after, told, trouble};
use self::stories::Story;
use self::world::{Moment, World};
use crate::promises::Chance;
use crate::support::app::{Storage, postgres};
use crate::support::database;
use crate::support::runs::{count, is_full, seeds};

/// One history by chance.
///
/// # Errors
/// How it ends, where it must not end so.
async fn walk(world: &mut World, start: &Moment, story: &Story, seed: u64) -> Result<(), String> {
    world.back_to(start).await;
    let (chance, mut cast, mut acted, mut steps) = (Chance(Randomness::from_seed(seed)), Cast::default(), 0, Vec::new());
    loop {
        let events = told(world, story).await;
        let acts_left = acted < story.acts.len();
        match chance.below(if acts_left { 10 } else { 8 }) {
            8.. => {
                cast.act(world, story.acts[acted]).await;
                steps.push(format!("{:?}", story.acts[acted]));
                acted += 1;
            }
            0 if !acts_left => break,
            1 if acts_left || chance.below(4) > 0 => {
                world.work().await;
                steps.push("work".to_owned());
            }
            1 => {
                world.age(3);
                world.sweep().await;
                steps.push("sweep".to_owned());
            }
            _ => {
                let Some((event, known)) = chance.of(&events) else { continue };
                world.hear(event).await;
                let again = if *known { " again" } else { "" };
                steps.push(format!("told {}{again}", event["type"].as_str().unwrap_or_default()));
                if chance.below(3) > 0 {
                    world.work().await;
                }
            }
        }
    }
    sweeps_after(world, SWEPT).await;
    sweeps_after(world, OVER).await;
    match trouble(world, story).await {
        Some(trouble) => Err(format!("LECTERN_SEED={seed}: {} ends wrongly after {}:\n{trouble}", story.name, steps.join(", "))),
        None => Ok(()),
    }
}

/// Every story by these seeds; what went wrong.
async fn walks(storage: Storage, seeds: Vec<u64>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut world = World::start(storage).await;
    let start = world.moment().await;
    for story in stories::all() {
        for &seed in &seeds {
            wrong.extend(walk(&mut world, &start, story, seed).await.err());
        }
    }
    println!("LECTERN_SEED {seeds:?}: {} stories, each once a seed", stories::all().len());
    world.end().await;
    wrong
}

/// Takes story after story until none is left; what was seen, and what went wrong.
async fn explorer(left: Arc<Mutex<Vec<&'static Story>>>) -> (Seen, Vec<String>) {
    let mut world = World::start(Storage::Sqlite).await;
    let (start, mut all, mut wrong) = (world.moment().await, Seen::default(), Vec::new());
    loop {
        let Some(story) = left.lock().unwrap().pop() else { break };
        match explore(&mut world, &start, story).await {
            Ok(seen) => {
                println!("{}: {} histories through {} states by {} steps", story.name, seen.histories, seen.states, seen.steps);
                all.histories += seen.histories;
                all.states += seen.states;
                all.steps += seen.steps;
            }
            Err(trouble) => wrong.push(trouble),
        }
    }
    world.end().await;
    (all, wrong)
}

/// All histories of all stories, by as many explorers as there are processors for; what went wrong.
async fn all() -> Vec<String> {
    let left = Arc::new(Mutex::new(stories::all()));
    let (one, other) = (tokio::spawn(explorer(Arc::clone(&left))), tokio::spawn(explorer(left)));
    let ((one, mut wrong), (other, more)) = (one.await.unwrap(), other.await.unwrap());
    let (histories, steps) = (one.histories + other.histories, one.steps + other.steps);
    println!(
        "{histories} histories of {} stories, through {} states by {steps} steps",
        stories::all().len(),
        one.states + other.states
    );
    wrong.extend(more);
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_story_ends_the_same_however_it_is_told() {
    let on_postgres = tokio::spawn(async {
        match database::postgres_url() {
            Some(url) => walks(postgres(&url).await, seeds(count(3, 1))).await,
            None => Vec::new(),
        }
    });
    let mut wrong = if is_full() { all().await } else { walks(Storage::Sqlite, seeds(1)).await };
    wrong.extend(on_postgres.await.unwrap());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
