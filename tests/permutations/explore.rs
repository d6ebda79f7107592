//! Every history of a story, by way of the states that they pass through.
//!
//! A history is what the gateway's notifications make of a story: each is told at any moment after its act, or never; the acts go on
//! meanwhile. Two histories that come to the same state (see [`State`]) have the same futures, so that each state is gone on from once,
//! in every way, by the program itself. The number of histories is the number of ways through the graph of states.

use std::collections::{HashMap, HashSet};

use lectern::gateway::EVENT_KINDS;
use serde_json::Value;

use super::acts::Cast;
use super::ending;
use super::state::{Start, State};
use super::stories::Story;
use super::world::{Moment, World};

/// A state, and what leads on from it.
struct Node {
    /// By what it was first come to: the state before, and the step.
    from: Option<(usize, String)>,
    acted: usize,
    cast: Cast,
    print: u64,
    /// Where it leads; known once it was gone on from.
    next: Vec<usize>,
}

/// What there was to be seen of a story.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    pub states: usize,
    pub steps: usize,
    /// Ways through, each with any number of repetitions at any place.
    pub histories: u128,
}

/// The notifications that are told in a story, oldest first, and whether each is known already.
pub async fn told(world: &World, story: &Story) -> Vec<(Value, bool)> {
    use lectern::db::rows::payment::gateway_events;
    use sea_orm::EntityTrait;
    let conn = world.services.db.snapshot().await.unwrap();
    let known: Vec<String> =
        gateway_events::Entity::find().all(&*conn).await.unwrap().into_iter().map(|event| event.id).collect();
    let wanted = |event: &Value| {
        let kind = event["type"].as_str().unwrap_or_default();
        EVENT_KINDS.contains(&kind) && !story.untold.contains(&kind)
    };
    let events = world.practice.saved().events().into_iter().filter(wanted);
    let is_known = |event: &Value| event["id"].as_str().is_some_and(|id| known.iter().any(|known| known == id));
    let with = |event: Value| {
        let known = is_known(&event);
        (event, known)
    };
    events.map(with).collect()
}

/// The minutes after which the sweep finds what nobody told.
pub const SWEPT: i64 = 3;
/// The minutes after which every hold is over.
pub const OVER: i64 = 52;

/// Minutes pass, and what is to be done is done.
pub async fn sweeps_after(world: &World, minutes: i64) {
    world.age(minutes);
    world.work().await;
    world.sweep().await;
}

/// What is wrong with how a story ended, if anything is.
pub async fn trouble(world: &World, story: &Story) -> Option<String> {
    let (lines, wrong) = (ending::lines(world).await, ending::wrong(world).await);
    if wrong.is_empty() && story.may_end(&lines) {
        return None;
    }
    Some(format!("{}\nwrong: {wrong:#?}\n{}", lines.join("\n"), story.difference(&lines)))
}

struct Explorer<'a> {
    world: &'a mut World,
    story: &'a Story,
    start: Start,
    nodes: Vec<Node>,
    places: HashMap<(usize, u64), usize>,
    /// The states after the sweep: what comes of one is the same each time.
    swept: HashSet<u64>,
    waiting: Vec<(usize, Moment)>,
    steps: usize,
    /// Which of the story's ends were come to.
    ends: Vec<bool>,
}

/// Goes through all histories of a story from `start`, where nothing of it has happened yet.
///
/// # Errors
/// The first history that does not end as it must, with how it does.
pub async fn explore(world: &mut World, start: &Moment, story: &Story) -> Result<Seen, String> {
    world.back_to(start).await;
    let beginning = Start::from(State::of(world).await);
    let ends = vec![false; story.ends.len()];
    let (nodes, places, swept, waiting) = (Vec::new(), HashMap::new(), HashSet::new(), Vec::new());
    let mut explorer = Explorer { world, story, start: beginning, nodes, places, swept, waiting, steps: 0, ends };
    explorer.arrive(None, 0, Cast::default()).await;
    while let Some((place, moment)) = explorer.waiting.pop() {
        explorer.go_on(place, &moment).await?;
    }
    for (end, seen) in story.ends.iter().zip(&explorer.ends) {
        if !seen {
            return Err(format!("{}: no history ends so:\n{end}", story.name));
        }
    }
    Ok(Seen { states: explorer.nodes.len(), steps: explorer.steps, histories: explorer.histories() })
}

impl Explorer<'_> {
    /// Notes that the world is where it is now; the state's place.
    async fn arrive(&mut self, from: Option<(usize, String)>, acted: usize, cast: Cast) -> usize {
        let print = State::of(self.world).await.fingerprint(&self.start);
        if let Some(&known) = self.places.get(&(acted, print)) {
            return known;
        }
        let place = self.nodes.len();
        self.nodes.push(Node { from, acted, cast, print, next: Vec::new() });
        self.places.insert((acted, print), place);
        self.waiting.push((place, self.world.moment().await));
        place
    }

    async fn go_on(&mut self, place: usize, moment: &Moment) -> Result<(), String> {
        let (acted, cast) = (self.nodes[place].acted, self.nodes[place].cast.clone());
        self.world.back_to(moment).await;
        let events = told(self.world, self.story).await;
        self.repeated(place, &events).await?;
        let mut moved = false;
        for (event, _) in events.iter().filter(|(_, known)| !known) {
            if std::mem::replace(&mut moved, true) {
                self.world.back_to(moment).await;
            }
            self.world.hear(event).await;
            self.world.work().await;
            self.arrive_by(place, format!("told {}", event["type"].as_str().unwrap_or_default()), acted, cast.clone()).await;
        }
        if moved {
            self.world.back_to(moment).await;
        }
        if let Some(&act) = self.story.acts.get(acted) {
            let mut cast = cast;
            cast.act(self.world, act).await;
            self.arrive_by(place, format!("{act:?}"), acted + 1, cast).await;
            return Ok(());
        }
        self.end(place, &events).await
    }

    async fn arrive_by(&mut self, place: usize, step: String, acted: usize, cast: Cast) {
        self.steps += 1;
        let next = self.arrive(Some((place, step)), acted, cast).await;
        self.nodes[place].next.push(next);
    }

    /// What is known already is told again, and changes nothing.
    async fn repeated(&mut self, place: usize, events: &[(Value, bool)]) -> Result<(), String> {
        let mut repeated = false;
        for (event, _) in events.iter().filter(|(_, known)| *known) {
            self.world.hear(event).await;
            repeated = true;
        }
        if repeated && State::of(self.world).await.fingerprint(&self.start) != self.nodes[place].print {
            return Err(format!("{}: a repetition changed something after {}", self.story.name, self.history(place)));
        }
        Ok(())
    }

    /// Nothing more is told but by the sweep; and what comes after that is late news of what is known.
    async fn end(&mut self, place: usize, events: &[(Value, bool)]) -> Result<(), String> {
        self.steps += 1;
        sweeps_after(self.world, SWEPT).await;
        if !self.swept.insert(State::of(self.world).await.fingerprint(&self.start)) {
            return Ok(());
        }
        sweeps_after(self.world, OVER).await;
        if let Some(trouble) = trouble(self.world, self.story).await {
            return Err(format!("{} ends wrongly after {}:\n{trouble}", self.story.name, self.history(place)));
        }
        let lines = ending::lines(self.world).await;
        for (end, seen) in self.story.ends.iter().zip(&mut self.ends) {
            *seen |= Story::lines(end) == lines;
        }
        for (event, _) in events {
            self.world.hear(event).await;
        }
        self.world.work().await;
        if ending::lines(self.world).await != lines {
            return Err(format!("{}: late news changed the end after {}", self.story.name, self.history(place)));
        }
        Ok(())
    }

    fn history(&self, place: usize) -> String {
        let (mut steps, mut at) = (Vec::new(), place);
        while let Some((from, step)) = &self.nodes[at].from {
            steps.push(step.as_str());
            at = *from;
        }
        steps.reverse();
        steps.join(", ")
    }

    /// A state's successors may have been found before it, so that they are counted by need.
    fn histories(&self) -> u128 {
        let mut counted: Vec<Option<u128>> = vec![None; self.nodes.len()];
        let mut stack = vec![0];
        while let Some(&place) = stack.last() {
            let node = &self.nodes[place];
            let open: Vec<usize> = node.next.iter().copied().filter(|&next| counted[next].is_none()).collect();
            if open.is_empty() {
                let onward: u128 = node.next.iter().filter_map(|&next| counted[next]).sum();
                counted[place] = Some(onward + u128::from(node.acted == self.story.acts.len()));
                stack.pop();
            } else {
                stack.extend(open);
            }
        }
        counted[0].unwrap_or_default()
    }
}
