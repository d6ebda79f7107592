//! What is taught and when it is offered: courses, the cohorts that copied them, modules and their reading keys.

pub mod model;
