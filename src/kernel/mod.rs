//! Floor 0: the words everything else is written in. Pure: no I/O, no clock read but in [`time`], no randomness but in [`random`].

pub mod actor;
pub mod event;
pub mod ids;
pub mod money;
mod quiet;
pub mod random;
pub mod shown;
pub mod steps;
pub mod text;
pub mod time;

pub use actor::{Actor, Component};
pub use event::{Event, Subject, Touch};
pub use money::{Currency, Money};
pub use quiet::awake;
pub use shown::ShownTime;
pub use text::{EmailAddress, PersonName, Slug};
pub use time::{Clocks, Timestamp, Zone};
