//! Rows of the domain `reminders`.

pub mod mail_preferences;
