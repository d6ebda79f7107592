//! The journeys of `product.md`, each walked through the whole program: over HTTP, with the clock in the test's hands, mail read
//! from the mailbox, on both databases.

mod a1;
mod a2;
mod a2_events;
mod a3;
mod a5;
mod a5_dispute;
mod a6;
mod a7;
mod a8;
mod a8_documents;
mod a8_payouts;
pub mod cast;
mod enrolments;
mod i1;
mod i1_library;
mod i7;
mod s1;
mod s1_offline;
mod s1_price;
mod s1_transfer;
mod s2;
mod s2_gateway;
mod s3;
mod s4;
mod s5;
mod s6;
mod s6_reminders;
mod s7;
mod s8;
mod settings;
mod staff_access;
mod unsubscribe;
pub mod webhooks;
