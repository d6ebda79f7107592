//! Rows of the domain `pricing`.

pub mod coupon_uses;
pub mod coupons;
