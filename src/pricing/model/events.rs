//! What the audit log hears of coupons. That one was used is told by the order.

use serde_json::{Value, json};

use super::Coupon;
use crate::kernel::{Event, Subject};

/// A change of a coupon.
#[derive(Debug, Clone, Copy)]
pub enum PricingEvent<'a> {
    Made(&'a Coupon),
    Stopped { before: &'a Coupon, after: &'a Coupon },
}

impl Event for PricingEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Made(_) => "coupon.made",
            Self::Stopped { .. } => "coupon.stopped",
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Made(coupon) | Self::Stopped { after: coupon, .. } => Subject::Coupon(coupon.id),
        }
    }

    fn before(&self) -> Value {
        match self {
            Self::Made(_) => Value::Null,
            Self::Stopped { before, .. } => told(before),
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::Made(coupon) | Self::Stopped { after: coupon, .. } => told(coupon),
        }
    }
}

fn told(coupon: &Coupon) -> Value {
    json!({
        "code": coupon.code,
        "discount": coupon.discount.to_string(),
        "cohort": coupon.cohort,
        "currency": coupon.discount.currency(),
        "opens": coupon.opens,
        "closes": coupon.closes,
        "limit": coupon.limits.total,
        "limit_per_person": coupon.limits.per_person,
        "stopped_at": coupon.stopped_at,
    })
}
