//! The flows that span domains, on a database: opening, access, marking, moving, and the mail that follows.

mod access;
mod board;
mod counting;
mod editing;
mod library;
mod nudges;
mod planning;
mod readdress;
mod world;
