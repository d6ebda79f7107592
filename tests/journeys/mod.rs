//! The journeys of `product.md`, each walked through the whole program: over HTTP, with the clock in the test's hands, mail read
//! from the mailbox, on both databases.

mod a3;
pub mod cast;
mod i1;
mod s1;
mod s2;
mod s2_gateway;
mod s4;
mod s5;
pub mod webhooks;
