//! The program as real processes that are killed, doubled and replaced while students enrol and pay: nothing is lost, nothing doubled.
//!
//! The payment gateway is a process of its own (`lectern gateway`) and the mail server is the test's, so that both outlive what is
//! killed. What is decided by chance is repeated by its seed, which a run prints:
//! `LECTERN_SEED=7 cargo test --test main chaos`. The sums are asked of the database, the gateway and the mail server.

mod kill;
#[cfg(debug_assertions)]
mod lost;
mod post;
mod proxy;
mod restore;
mod rolling;
mod student;
mod truth;
mod two;
mod world;

use lectern::kernel::random::Randomness;

use crate::support::runs::count;

/// What is decided by chance.
#[derive(Debug, Clone)]
struct Chance(Randomness);

impl Chance {
    /// By the seed that was asked for, or another one each time.
    fn new() -> Self {
        let asked = std::env::var("LECTERN_SEED").ok().map(|seed| seed.parse().unwrap());
        let seed = asked.unwrap_or_else(|| u64::from(u32::from_le_bytes(Randomness::from_system().bytes())));
        println!("LECTERN_SEED={seed}");
        Self(Randomness::from_seed(seed))
    }

    fn below(&self, limit: u64) -> u64 {
        u64::from(u32::from_le_bytes(self.0.bytes())) % limit
    }
}
