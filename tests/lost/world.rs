//! A program that is lost at a step and started anew, and the people who use it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use lectern::gateway::practice::Delivery;
use lectern::jobs::lease::LEASE;
use lectern::kernel::steps::{NOTHING, Then};
use lectern::kernel::time::SignedDuration;
use tokio::sync::Notify;

use super::state;
use super::stories::Story;
use crate::journeys::{cast, webhooks};
use crate::support::app::{Storage, TestApp};

/// More than any run needs.
const SEATS: u32 = 2_000;
/// The notifications that arrive: those that move something. The sweep finds the others.
const HEARD: [&str; 3] = ["checkout.session.completed", "refund.created", "refund.updated"];
/// Within the time of a hold.
const LATER: SignedDuration = SignedDuration::from_mins(3);
/// What no process does by itself: tests move the clock.
const CLOCK: &str = "clock.moved";

/// The steps of the running process.
#[derive(Debug, Default)]
struct Watch {
    seen: Mutex<Seen>,
    lost: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    /// Whether steps are noted now.
    notes: bool,
    steps: Vec<String>,
    /// It is lost after the first step of this name.
    lose_after: Option<String>,
    is_lost: bool,
}

impl Watch {
    fn told(&self, step: &str) -> Then {
        let mut seen = self.seen.lock().unwrap();
        if seen.is_lost {
            // Whatever else was under way in the process is lost with it.
            return Then::IsLost;
        }
        if !seen.notes || step == NOTHING || step == CLOCK {
            return Then::GoesOn;
        }
        let step = without_ids(step);
        let is_last = seen.lose_after.as_ref() == Some(&step);
        seen.steps.push(step);
        if is_last {
            seen.is_lost = true;
            self.lost.notify_one();
            return Then::IsLost;
        }
        Then::GoesOn
    }

    fn notes(&self, notes: bool) {
        self.seen.lock().unwrap().notes = notes;
    }
}

/// The step's name without what differs each time: `Get /refunds/re_1f2e` is `Get /refunds/:id`.
fn without_ids(step: &str) -> String {
    let part = |part: &str| match part.rsplit_once('_') {
        Some((_, id)) if id.bytes().any(|byte| byte.is_ascii_digit()) => ":id".to_owned(),
        _ => part.to_owned(),
    };
    step.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// When who saw no answer presses the button again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    AtOnce,
    /// Minutes later, when the gateway takes no more what it was asked for then.
    Later,
}

/// How a story went.
#[derive(Debug)]
pub struct Told {
    /// Those up to the loss.
    pub steps: Vec<String>,
    pub was_lost: bool,
    /// Whether somebody saw no answer.
    pub was_unanswered: bool,
    pub state: Vec<String>,
}

/// The program, and what outlives its processes.
pub struct World {
    app: Option<TestApp>,
    watch: Arc<Watch>,
    /// The gateway's events whose notification was taken.
    notified: Mutex<BTreeSet<String>>,
    count: usize,
}

impl World {
    pub async fn open(storage: Storage) -> Self {
        let app = TestApp::apart(storage).await;
        cast::open(&app, SEATS).await;
        cast::start_periodic_jobs(&app).await;
        let mut world = Self { app: None, watch: Arc::default(), notified: Mutex::default(), count: 0 };
        world.runs(app);
        world.app().settle().await;
        world
    }

    pub fn app(&self) -> &TestApp {
        self.app.as_ref().expect("a program runs")
    }

    /// A new process: its steps are watched, and the gateway leaves it to the test to send notifications.
    fn runs(&mut self, app: TestApp) {
        app.practice().webhooks(Delivery::Drop);
        let watch = Arc::<Watch>::default();
        let watcher = watch.clone();
        app.services().db.steps().watch(move |step| watcher.told(step));
        (self.watch, self.app) = (watch, Some(app));
    }

    /// The process is lost, and another is started.
    async fn restart(&mut self) {
        let app = self.app.take().expect("a program runs").lost().await;
        self.runs(app);
    }

    /// So long that the leases of who was lost have run out.
    fn leases_run_out(&self) {
        self.app().age(LEASE + SignedDuration::from_secs(1));
    }

    /// Tells a story, by a process that is lost right after a step, where one is said.
    pub async fn tell(&mut self, story: Story, lose_after: Option<&str>, again: Again) -> Told {
        self.count += 1;
        let who = story.prepare(self, self.count).await;
        *self.watch.seen.lock().unwrap() = Seen { notes: true, lose_after: lose_after.map(str::to_owned), ..Seen::default() };
        let mut steps = None;
        let was_unanswered = self.until_lost(story.act(&who)).await.is_none();
        if was_unanswered {
            steps = Some(self.steps());
            self.restart().await;
            if again == Again::Later {
                self.app().age(LATER);
            }
            story.act(&who).await;
            self.leases_run_out();
        }
        if self.until_lost(self.becomes_quiet(story)).await.is_none() {
            steps = Some(self.steps());
            self.restart().await;
            self.leases_run_out();
            self.becomes_quiet(story).await;
        }
        self.watch.notes(false);
        let state = state::of(self.app(), &who).await;
        Told { was_lost: steps.is_some(), was_unanswered, steps: steps.unwrap_or_else(|| self.steps()), state }
    }

    fn steps(&self) -> Vec<String> {
        self.watch.seen.lock().unwrap().steps.clone()
    }

    async fn until_lost<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.watch.lost.notified() => None,
            done = work => Some(done),
        }
    }

    /// Does what follows: notifications, where the story has them, jobs, letters; and lets the sweep look.
    async fn becomes_quiet(&self, story: Story) {
        if story.is_notified() {
            self.notify().await;
        } else {
            self.app().settle().await;
        }
        self.watch.notes(story.is_swept());
        self.app().pass(story.time()).await;
        self.watch.notes(false);
    }

    /// Sends what the gateway would, and does what follows, until it has nothing more to tell.
    pub async fn notify(&self) {
        loop {
            self.app().settle().await;
            let mut sent = 0;
            for event in webhooks::events(self.app()).await {
                let (id, kind) = (event["id"].as_str().unwrap().to_owned(), event["type"].as_str().unwrap());
                if !HEARD.contains(&kind) || self.notified.lock().unwrap().contains(&id) {
                    continue;
                }
                assert_eq!(webhooks::post_signed(self.app(), &event).await, 200);
                self.notified.lock().unwrap().insert(id);
                sent += 1;
            }
            if sent == 0 {
                return;
            }
        }
    }

    /// Ends the test: nothing is left undone, and the books are what happened.
    pub async fn finish(self) {
        self.app.expect("a program runs").finish().await;
    }
}
