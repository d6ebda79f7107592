//! One order with all that hangs on it: its seat, who pays, every attempt to pay, and what waits for a person.

use sea_orm::DbErr;

use super::offer::{self, Offer};
use crate::audit;
use crate::db::Conn;
use crate::documents::{self, Document};
use crate::enrolment::{self, Enrolment, EnrolmentState};
use crate::identity::{self, Person};
use crate::kernel::Timestamp;
use crate::kernel::ids::{EnrolmentId, OrderId, UserId};
use crate::payment::{self, Buyer, CardState, Dispute, Exception, Lacking, Order, OrderState, Payment, Refund, Transfer};

/// As many entries of the log about its payments are read.
const ENTRIES: u64 = 100;

/// An order with what hangs on it.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub order: Order,
    pub person: Person,
    pub enrolment: Enrolment,
    pub offer: Offer,
    /// Newest first.
    pub payments: Vec<Payment>,
    /// Oldest first.
    pub refunds: Vec<Refund>,
    /// The oldest that waits for an admin.
    pub exception: Option<Exception>,
    /// The way to pay that was chosen instead of the card.
    pub transfer: Option<Transfer>,
    /// Receipts, invoices and the like, oldest first.
    pub documents: Vec<Document>,
    /// For admins alone: why it has neither receipt nor invoice, if it should.
    pub lacking: Option<Lacking>,
    /// For admins alone, oldest first, and what the log says of them, newest first.
    pub disputes: Vec<Dispute>,
    pub disputed: Vec<audit::Entry>,
}

/// Where an order stands for the person who pays it. Money comes first: what is paid is never told as anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can be paid until then; the bank refused the last try.
    Declined {
        until: Timestamp,
    },
    /// It can be paid until then.
    Payable {
        until: Timestamp,
    },
    /// It is to be paid by the sheet's `transfer` until then, or by card.
    Transfer {
        until: Timestamp,
    },
    /// Money may be on its way.
    Waiting {
        until: Option<Timestamp>,
    },
    /// More money may have come, which waits for an admin: that is the sheet's `exception`.
    Enrolled {
        paid_at: Timestamp,
    },
    /// Money came that fits no rule, and they are not enrolled by it.
    Queued {
        since: Timestamp,
    },
    /// Given up, paid or not: what goes back is among the sheet's refunds.
    Cancelled {
        at: Timestamp,
    },
    /// Money came too late for a seat, and goes back.
    Returned {
        since: Timestamp,
    },
    Lapsed {
        at: Timestamp,
    },
}

impl Sheet {
    /// Where it stands at service time `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if let (OrderState::Lapsed { .. }, None, Some(refund)) = (self.order.state, &self.exception, self.refunds.first()) {
            return Standing::Returned { since: refund.created_at };
        }
        match (self.order.state, self.enrolment.state, &self.exception) {
            // Whatever else came: the seat is theirs.
            (OrderState::Paid { at: paid_at }, EnrolmentState::Enrolled { .. }, _) => Standing::Enrolled { paid_at },
            (OrderState::Cancelled { at }, _, _) => Standing::Cancelled { at },
            (_, _, Some(exception)) => Standing::Queued { since: exception.created_at },
            (OrderState::Paid { .. }, _, None) => Standing::Waiting { until: None },
            (OrderState::Open, EnrolmentState::Held { until, .. }, None) => self.held(until, now),
            (_, _, None) if self.bank_decides() => Standing::Waiting { until: None },
            (OrderState::Lapsed { at }, _, None)
            | (_, EnrolmentState::Lapsed { at } | EnrolmentState::Cancelled { at }, None) => Standing::Lapsed { at },
            // A seat that came by another order: nothing can be paid here any more.
            (OrderState::Open, EnrolmentState::Enrolled { at }, None) => Standing::Lapsed { at },
        }
    }

    fn held(&self, until: Timestamp, now: Timestamp) -> Standing {
        if self.bank_decides() {
            return Standing::Waiting { until: Some(until) };
        }
        if until <= now {
            // The hold is over and about to be freed; what was begun on the payment page may still have been paid.
            let open = self.payments.iter().any(Payment::is_unfinished);
            return if open { Standing::Waiting { until: None } } else { Standing::Lapsed { at: until } };
        }
        if self.transfer.is_some() {
            return Standing::Transfer { until };
        }
        if self.is_declined() { Standing::Declined { until } } else { Standing::Payable { until } }
    }

    /// Whether the last try by card was refused.
    pub fn is_declined(&self) -> bool {
        let last = self.payments.first().and_then(Payment::card);
        last.is_some_and(|attempt| matches!(attempt.state, CardState::Failed { .. }))
    }

    fn bank_decides(&self) -> bool {
        self.payments.iter().any(Payment::is_with_bank)
    }

    /// Until when the seat is held, where it is.
    pub fn held_until(&self) -> Option<Timestamp> {
        match self.enrolment.state {
            EnrolmentState::Held { until, .. } => Some(until),
            _ => None,
        }
    }

    /// Whom the receipt names, on one line.
    pub fn billing(&self) -> String {
        let Buyer { address, postal_code, country, state, gstin, .. } = &self.order.buyer;
        let mut line = address.as_str().lines().collect::<Vec<_>>().join(", ");
        if let Some(code) = postal_code {
            line.push(' ');
            line.push_str(code.as_str());
        }
        if let Some(state) = state {
            line.push_str(", ");
            line.push_str(state.name());
        }
        let gstin = gstin.as_ref().map(|gstin| format!(" (GSTIN {gstin})")).unwrap_or_default();
        format!("{line}, {}{gstin}", country.name())
    }
}

/// The order that pays for an enrolment: the newest, where there are several.
///
/// # Errors
/// The database's own.
pub async fn of_enrolment(conn: &Conn, enrolment: EnrolmentId) -> Result<Option<OrderId>, DbErr> {
    Ok(payment::orders_of_enrolment(conn, enrolment).await?.first().map(|order| order.id))
}

/// This person's order; another's is not found.
///
/// # Errors
/// The database's own.
pub async fn of_user(conn: &Conn, user: UserId, id: OrderId, now: Timestamp) -> Result<Option<Sheet>, DbErr> {
    sheet(conn, payment::order_of_user(conn, user, id).await?, now).await
}

/// Any order, for admins.
///
/// # Errors
/// The database's own.
pub async fn any(conn: &Conn, id: OrderId, now: Timestamp) -> Result<Option<Sheet>, DbErr> {
    let Some(mut sheet) = sheet(conn, payment::order(conn, id).await?, now).await? else { return Ok(None) };
    sheet.lacking = payment::lacking_document(conn, &sheet.order).await?;
    sheet.disputes = payment::disputes_of_order(conn, id).await?;
    if !sheet.disputes.is_empty() {
        let subjects: Vec<String> = sheet.payments.iter().map(|payment| payment.id.to_string()).collect();
        sheet.disputed = audit::of_subjects(conn, &subjects, ENTRIES).await?;
        sheet.disputed.retain(|entry| entry.kind.starts_with("dispute."));
    }
    Ok(Some(sheet))
}

async fn sheet(conn: &Conn, order: Option<Order>, now: Timestamp) -> Result<Option<Sheet>, DbErr> {
    let Some(order) = order else { return Ok(None) };
    let missing = |what: &str| DbErr::Custom(format!("order {} has no {what}", order.id));
    let enrolment = order.enrolment().ok_or_else(|| missing("enrolment"))?;
    let enrolment = enrolment::enrolment(conn, enrolment).await?.ok_or_else(|| missing("enrolment"))?;
    let offer = offer::by_id(conn, enrolment.cohort, now).await?.ok_or_else(|| missing("cohort"))?;
    let person = identity::person(conn, order.user).await?.ok_or_else(|| missing("person with an account"))?;
    let mut payments = payment::payments_of_order(conn, order.id).await?;
    payments.reverse();
    let refunds = payment::refunds_of_order(conn, order.id).await?;
    let exception = payment::queue_of_order(conn, order.id).await?.into_iter().next();
    let transfer = payment::transfer(conn, order.id).await?;
    let documents = documents::of_order(conn, order.id).await?;
    Ok(Some(Sheet {
        order,
        person,
        enrolment,
        offer,
        payments,
        refunds,
        exception,
        transfer,
        documents,
        lacking: None,
        disputes: Vec::new(),
        disputed: Vec::new(),
    }))
}
