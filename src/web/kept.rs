//! The course page, and the pages that check a certificate, as visitors see them, kept for as long as they cannot have changed.
//!
//! They are what strangers ask for, in numbers, and the same for them all. A page is rendered again as soon as
//! this process has committed anything, and each second: that bounds how long a change made by another process goes unseen.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;

use crate::services::Services;

/// What a page depends on beside the rows: it is out of date when this is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    commits: u64,
    /// Whole seconds. Both clocks: service time may be moved.
    machine: i64,
    service: i64,
}

impl Stamp {
    /// To be taken before the snapshot is opened that the page is read in: a commit in between only costs a rendering.
    pub fn now(services: &Services) -> Self {
        Self {
            commits: services.db.commits(),
            machine: services.clocks.machine().as_second(),
            service: services.clocks.service().as_second(),
        }
    }
}

/// One page and its stamp.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Option<(Stamp, Bytes)>>);

impl Kept {
    /// The page, if it was kept under this stamp.
    pub fn get(&self, stamp: Stamp) -> Option<Bytes> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(of, _)| *of == stamp).map(|(_, page)| page.clone())
    }

    /// Keeps the page in place of the one before.
    pub fn keep(&self, stamp: Stamp, page: String) -> Bytes {
        let page = Bytes::from(page);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((stamp, page.clone()));
        page
    }
}

/// So many pages are kept under one stamp, which lives for a second at most.
const PAGES: usize = 256;

/// Pages of one stamp, by what they are about.
#[derive(Debug)]
pub struct KeptPages<Of>(Mutex<(Option<Stamp>, HashMap<Of, Bytes>)>);

impl<Of> Default for KeptPages<Of> {
    fn default() -> Self {
        Self(Mutex::new((None, HashMap::new())))
    }
}

impl<Of: Eq + Hash> KeptPages<Of> {
    /// The page, if it was kept under this stamp.
    pub fn get(&self, stamp: Stamp, of: &Of) -> Option<Bytes> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 == Some(stamp) { kept.1.get(of).cloned() } else { None }
    }

    /// Keeps a page; those of another stamp go, and beyond a number none is kept.
    pub fn keep(&self, stamp: Stamp, of: Of, page: String) -> Bytes {
        let page = Bytes::from(page);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != Some(stamp) {
            *kept = (Some(stamp), HashMap::new());
        }
        if kept.1.len() < PAGES {
            kept.1.insert(of, page.clone());
        }
        page
    }
}
