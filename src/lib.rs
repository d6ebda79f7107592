//! Lectern: a paid cohort course on the web. `ARCHITECTURE.md` is the map.
//!
//! The floors, lowest first; a module imports from its own floor and below, and on floor 2 only from the domains before it.

// 0: words
pub mod kernel;

// 1: the world
pub mod audit;
pub mod config;
pub mod db;
pub mod gateway;
pub mod jobs;
pub mod mail;
pub mod pdf;
pub mod search;
pub mod services;

// 2: domains; ARCHITECTURE.md has their order
pub mod catalogue;
pub mod certificates;
pub mod documents;
pub mod enrolment;
pub mod identity;
pub mod learning;
pub mod ledger;
pub mod organisation;
pub mod payment;
pub mod pricing;
pub mod readings;
pub mod reminders;
pub mod schedule;
pub mod tokens;

// 2b: what spans domains
pub mod acts;
pub mod views;

// 3: the edges
pub mod web;
pub mod work;

// 4: the whole
pub mod commands;
pub mod demo;
pub mod ops;
pub mod server;

#[cfg(test)]
mod testing;
