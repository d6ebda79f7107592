//! Steps: what a process does that outlives it, told as it happens, so that a test can lose the process right after any one.
//!
//! A step is a committed transaction, an answer of the payment gateway, or a mail that was taken. There is one way to each (`Db::write`,
//! the gateway's client, a letter's delivery), and it is there that steps are told: whatever a flow does in whatever order, no step of
//! it can be forgotten, and between two of them there is nothing to lose.
//!
//! Only debug builds can be watched. In a release build [`Steps`] and [`Words`] are nothing, and to tell is to do nothing.

use std::fmt;
#[cfg(debug_assertions)]
use std::sync::{Arc, Mutex, PoisonError};

/// What a transaction says that changed nothing: a worker that looked for work and found none.
pub const NOTHING: &str = "nothing";

/// What becomes of who did a step.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    GoesOn,
    /// Nothing after the step runs, as in a process that was lost right then: no error is told, nothing is given back.
    IsLost,
}

#[cfg(debug_assertions)]
type Watcher = Arc<dyn Fn(&str) -> Then + Send + Sync>;

/// The steps of one process. Clones tell the same watcher.
#[derive(Clone, Default)]
pub struct Steps {
    #[cfg(debug_assertions)]
    watcher: Arc<Mutex<Option<Watcher>>>,
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Steps")
    }
}

impl Steps {
    /// A step is done. Does not return where the watcher says that the process is lost.
    #[inline]
    pub async fn done(&self, step: impl FnOnce() -> String) {
        #[cfg(debug_assertions)]
        {
            let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let then = watcher.map_or(Then::GoesOn, |watcher| watcher(&step()));
            if then == Then::IsLost {
                std::future::pending::<()>().await;
            }
        }
        #[cfg(not(debug_assertions))]
        drop(step);
    }

    /// Has `watcher` told of each step from now on, by its name.
    #[cfg(debug_assertions)]
    pub fn watch(&self, watcher: impl Fn(&str) -> Then + Send + Sync + 'static) {
        *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(watcher));
    }
}

/// What a transaction did, by which its step is named.
#[derive(Debug, Default)]
pub struct Words {
    #[cfg(debug_assertions)]
    said: Mutex<Vec<String>>,
}

impl Words {
    /// Adds a word; one that was said just before is not repeated.
    #[inline]
    pub fn add(&self, word: &str) {
        #[cfg(debug_assertions)]
        {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.last().is_none_or(|last| last != word) {
                said.push(word.to_owned());
            }
        }
        #[cfg(not(debug_assertions))]
        let _ = word;
    }

    /// All of them, in their order.
    #[inline]
    pub fn text(&self) -> String {
        #[cfg(debug_assertions)]
        {
            self.said.lock().unwrap_or_else(PoisonError::into_inner).join(", ")
        }
        #[cfg(not(debug_assertions))]
        String::new()
    }
}

#[cfg(not(debug_assertions))]
const _: () = assert!(size_of::<Steps>() == 0 && size_of::<Words>() == 0, "what is for tests costs nothing where people are");

#[cfg(all(test, debug_assertions))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn who_is_lost_at_a_step_never_goes_on_and_others_do() {
        let steps = Steps::default();
        let told = Arc::new(AtomicUsize::new(0));
        let poll = |name: &'static str| {
            let mut done = std::pin::pin!(steps.done(|| name.to_owned()));
            done.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        };
        assert_eq!(poll("one"), Poll::Ready(()), "nobody watches");
        let count = told.clone();
        steps.clone().watch(move |step| {
            count.fetch_add(1, Ordering::Relaxed);
            if step == "two" { Then::IsLost } else { Then::GoesOn }
        });
        assert_eq!((poll("one"), poll("two"), poll("three")), (Poll::Ready(()), Poll::Pending, Poll::Ready(())));
        assert_eq!(told.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn words_stand_in_their_order_and_not_twice_in_a_row() {
        let words = Words::default();
        for word in ["order.paid", "mail", "mail", "order.paid"] {
            words.add(word);
        }
        assert_eq!(words.text(), "order.paid, mail, order.paid");
    }
}
