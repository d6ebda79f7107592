//! What students do with an open module: mark readings as read, reflect, progress towards completion.

pub mod model;
