//! A student for the tests of what mail they get.

use uuid::Uuid;

use super::{Recipient, Standing, Wishes};
use crate::kernel::Timestamp;
use crate::kernel::ids::UserId;

/// Somebody in Kolkata, who gets every mail.
pub fn recipient(enrolled_at: Timestamp) -> Recipient {
    Recipient {
        user: UserId(Uuid::from_u128(1)),
        enrolled_at,
        standing: Standing::Active,
        zone: "Asia/Kolkata".parse().unwrap(),
        wishes: Wishes::default(),
        told_behind: Vec::new(),
    }
}
