//! What the audit log hears of orders and payments.

use serde_json::{Value, json};

use super::{Exception, Means, Order, Payment};
use crate::kernel::{Event, Subject};

/// A change of an order, a payment or the queue.
#[derive(Debug, Clone)]
pub enum PaymentEvent<'a> {
    Placed(&'a Order),
    OrderPaid {
        before: &'a Order,
        after: &'a Order,
    },
    OrderLapsed {
        before: &'a Order,
        after: &'a Order,
    },
    /// A coupon made it cheaper.
    Discounted {
        before: &'a Order,
        after: &'a Order,
    },
    OrderCancelled {
        before: &'a Order,
        after: &'a Order,
    },
    Started(&'a Payment),
    Captured {
        before: Option<&'a Payment>,
        after: &'a Payment,
    },
    /// Opened, processing, failed or expired.
    Moved {
        before: &'a Payment,
        after: &'a Payment,
    },
    Queued(&'a Exception),
    /// An admin dealt with it, in these words.
    Resolved {
        exception: &'a Exception,
        resolution: &'a str,
    },
    /// An admin looked at an odd notification of this id.
    NotificationSeen(&'a str),
    /// An admin had a notification dealt with once more.
    NotificationReplayed {
        id: &'a str,
        oddity: Option<&'a str>,
        failure: Option<&'a str>,
    },
    /// An admin left one undone for good.
    NotificationPutAside {
        id: &'a str,
        reason: &'a str,
    },
}

impl Event for PaymentEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Placed(_) => "order.placed",
            Self::OrderPaid { .. } => "order.paid",
            Self::OrderLapsed { .. } => "order.lapsed",
            Self::Discounted { .. } => "order.discounted",
            Self::OrderCancelled { .. } => "order.cancelled",
            Self::Started(_) => "payment.started",
            Self::Captured { .. } => "payment.captured",
            Self::Moved { .. } => "payment.moved",
            Self::Queued(_) => "payment.queued",
            Self::Resolved { .. } => "payment.resolved",
            Self::NotificationSeen(_) => "payment.notification_seen",
            Self::NotificationReplayed { .. } => "payment.notification_replayed",
            Self::NotificationPutAside { .. } => "payment.notification_put_aside",
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Placed(order)
            | Self::OrderPaid { after: order, .. }
            | Self::OrderLapsed { after: order, .. }
            | Self::Discounted { after: order, .. }
            | Self::OrderCancelled { after: order, .. } => Subject::Order(order.id),
            Self::Started(payment) | Self::Captured { after: payment, .. } | Self::Moved { after: payment, .. } => {
                Subject::Payment(payment.id)
            }
            Self::Queued(exception) | Self::Resolved { exception, .. } => Subject::Exception(exception.id),
            Self::NotificationSeen(_) | Self::NotificationReplayed { .. } | Self::NotificationPutAside { .. } => Subject::Gateway,
        }
    }

    fn before(&self) -> Value {
        match self {
            Self::Placed(_)
            | Self::Started(_)
            | Self::Captured { before: None, .. }
            | Self::Queued(_)
            | Self::NotificationSeen(_)
            | Self::NotificationReplayed { .. }
            | Self::NotificationPutAside { .. } => Value::Null,
            Self::Resolved { .. } => json!({ "resolved": false }),
            Self::OrderPaid { before, .. }
            | Self::OrderLapsed { before, .. }
            | Self::OrderCancelled { before, .. }
            | Self::Discounted { before, .. } => of_order(before),
            Self::Captured { before: Some(before), .. } | Self::Moved { before, .. } => of_payment(before),
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::Placed(order)
            | Self::OrderPaid { after: order, .. }
            | Self::OrderLapsed { after: order, .. }
            | Self::Discounted { after: order, .. }
            | Self::OrderCancelled { after: order, .. } => of_order(order),
            Self::Started(payment) | Self::Captured { after: payment, .. } | Self::Moved { after: payment, .. } => {
                of_payment(payment)
            }
            Self::Queued(exception) => json!({
                "order": exception.order,
                "payment": exception.payment,
                "gateway_reference": exception.gateway_reference,
                "reason": exception.reason.word(),
                "detail": exception.detail,
            }),
            Self::Resolved { exception, .. } => {
                json!({ "resolved": true, "order": exception.order, "reason": exception.reason.word() })
            }
            Self::NotificationSeen(id) | Self::NotificationPutAside { id, .. } => json!({ "notification": id }),
            Self::NotificationReplayed { id, oddity, failure } => {
                json!({ "notification": id, "oddity": oddity, "failure": failure })
            }
        }
    }

    fn personal(&self) -> Option<Value> {
        match self {
            Self::Resolved { resolution, .. } => Some(json!({ "resolution": resolution })),
            Self::NotificationPutAside { reason, .. } => Some(json!({ "reason": reason })),
            _ => None,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Resolved { resolution: reason, .. } | Self::NotificationPutAside { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

fn of_order(order: &Order) -> Value {
    json!({
        "number": order.number.as_str(),
        "state": order.state.word(),
        "list": order.quote.list,
        "discount": order.quote.discount,
        "taxable": order.quote.taxable,
        "supply": order.quote.supply.word(),
        "taxes": order.quote.taxes,
        "total": order.quote.total,
        "coupon": order.quote.coupon,
        "enrolment": order.enrolment(),
    })
}

fn of_payment(payment: &Payment) -> Value {
    let (state, amount, order) = (payment.state_word(), payment.amount, payment.order);
    match &payment.means {
        Means::Card(attempt) => {
            json!({
                "order": order,
                "method": "card",
                "state": state,
                "amount": amount,
                "received": payment.received(),
                "session": attempt.session,
            })
        }
        Means::Offline(received) => json!({
            "order": order,
            "method": received.method.word(),
            "state": state,
            "amount": amount,
            "reference": received.reference.as_str(),
            "received_on": received.received_on.to_string(),
        }),
    }
}
