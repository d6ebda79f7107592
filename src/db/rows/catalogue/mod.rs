//! Rows of the domain `catalogue`.

pub mod cohort_instructors;
pub mod cohort_module_readings;
pub mod cohort_modules;
pub mod cohorts;
pub mod course_module_readings;
pub mod course_modules;
pub mod courses;
