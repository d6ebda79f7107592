//! How much of a long run is done: a sample, which every run of the tests affords, or all of it.

/// Whether all is asked for: `LECTERN_FULL=1`.
pub fn is_full() -> bool {
    std::env::var("LECTERN_FULL").is_ok_and(|value| value == "1")
}

/// All of `full` where the full counts are asked for, else a part.
pub fn count(full: usize, sample: usize) -> usize {
    if is_full() { full } else { sample }
}

/// The seed that `LECTERN_SEED` names, or so many, from 1.
pub fn seeds(many: usize) -> Vec<u64> {
    match std::env::var("LECTERN_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (1..).take(many).collect(),
    }
}
