//! Prices and taxes as values: where a supply is made decides its taxes, a quote freezes both, a coupon lowers it.

mod asked;
mod coupon;
mod events;
mod quote;
mod supply;

pub use asked::{Tag, Whom, asked_of, tags};
pub use coupon::{Code, Coupon, CouponError, Discount, Limits, NewCoupon, NotACode, NotAPercentage, Percentage, Purchase, Uses};
pub use events::PricingEvent;
pub use quote::{Quote, TaxLine};
pub use supply::{Place, Seller, Supply, supply};
