//! Cancelling an enrolment: one act over seat, order, refund, access and mail. All of it happens, or nothing.

use sea_orm::DbErr;

use crate::certificates::CertificateState;
use crate::db::{Conn, Txn};
use crate::enrolment::{Enrolment, EnrolmentState, SeatRefusal};
use crate::kernel::ids::{EnrolmentId, OrderId};
use crate::kernel::{Currency, Money, Timestamp};
use crate::payment::model::{QuoteFacts, RefundQuote, refund_quote, refundable_in_all};
use crate::payment::{self, Order, OrderState, Refund, RefundRefusal};
use crate::{catalogue, certificates, enrolment, identity};

/// Who cancels, and what goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancellation {
    /// The student themselves, who saw this amount: the policy's. Another one by now is refused.
    ByStudent { quoted: Money },
    /// An admin, who chose what goes back, and why.
    ByAdmin { back: Back, reason: String },
}

/// What an admin lets go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    AsPolicy,
    Amount(Money),
    Nothing,
}

/// What was cancelled, and what goes back for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    pub enrolment: EnrolmentId,
    /// The order that was paid; none for a seat that was free or not paid yet.
    pub order: Option<OrderId>,
    pub refunds: Vec<Refund>,
}

/// Why nothing is cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelRefusal {
    #[error("there is no such enrolment")]
    NoSuchEnrolment,
    #[error("there is no seat to give back")]
    NoSeat,
    /// It is in force: it must be revoked first, which only an admin does.
    #[error("a certificate is issued for it")]
    Certified,
    /// The policy gives another amount now than the student was shown.
    #[error("{} goes back now", now.amount)]
    QuoteChanged { now: RefundQuote },
    #[error(transparent)]
    Refund(RefundRefusal),
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<RefundRefusal> for CancelRefusal {
    fn from(refusal: RefundRefusal) -> Self {
        match refusal {
            RefundRefusal::Db(error) => Self::Db(error),
            other => Self::Refund(other),
        }
    }
}

/// What cancelling an enrolment means for its money now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelQuote {
    /// What the cohort's policy gives back.
    pub policy: RefundQuote,
    /// The most that can go back.
    pub most: Money,
    /// What a bank took for good after a dispute.
    pub lost: Money,
    /// The order that was paid, where one was.
    pub paid: Option<OrderId>,
    /// A certificate is in force: nothing is cancelled while it is.
    pub certified: bool,
}

/// What the policy gives back for an enrolment at `now`; `None` where it has no seat.
///
/// # Errors
/// The database's own.
pub async fn cancel_quote(conn: &Conn, seat: &Enrolment, now: Timestamp) -> Result<Option<CancelQuote>, DbErr> {
    if !seat.state.takes_a_seat() {
        return Ok(None);
    }
    let Some(cohort) = catalogue::cohort(conn, seat.cohort).await? else { return Ok(None) };
    let orders = payment::orders_of_enrolment(conn, seat.id).await?;
    let paid = orders.iter().find(|order| matches!(order.state, OrderState::Paid { .. }));
    let (most, lost) = match paid {
        Some(order) => left_of(conn, order).await?,
        None => {
            let none = Money::new(0, orders.first().map_or(Currency::INR, |order| order.quote.total.currency));
            (none, none)
        }
    };
    let newest = certificates::newest(conn, seat.id).await?;
    let facts = QuoteFacts {
        rule: cohort.refund_rule,
        starts_on: cohort.starts_on,
        zone: &cohort.zone,
        certified: newest.is_some(),
        paid: most,
        now,
    };
    let certified = newest.is_some_and(|certificate| certificate.state == CertificateState::Issued);
    Ok(Some(CancelQuote { policy: refund_quote(&facts), most, lost, paid: paid.map(|order| order.id), certified }))
}

/// What of an order's price can still go back, and what of it a bank took for good.
async fn left_of(conn: &Conn, order: &Order) -> Result<(Money, Money), DbErr> {
    let payments = payment::payments_of_order(conn, order.id).await?;
    let refunds = payment::refunds_of_order(conn, order.id).await?;
    let disputes = payment::disputes_of_order(conn, order.id).await?;
    let left = refundable_in_all(&payments, &refunds, &disputes, order.quote.total);
    let lost = disputes.iter().map(|dispute| dispute.told.gone()).fold(0, i64::saturating_add);
    Ok((Money::new(left.minor.min(order.quote.total.minor), left.currency), Money::new(lost, left.currency)))
}

/// Cancels an enrolment: the seat is free, access and reminders end, pages that could take money are closed, what goes back is on
/// its way, and the student is told, in one transaction.
///
/// # Errors
/// [`CancelRefusal`]; nothing is cancelled then.
pub async fn cancel(txn: &Txn, id: EnrolmentId, how: &Cancellation) -> Result<Cancelled, CancelRefusal> {
    // Orders before seats, as settling locks them: two acts on one enrolment take turns.
    let orders = payment::orders_for_update(txn, id).await?;
    let seat = enrolment::enrolment_for_update(txn, id).await?.ok_or(CancelRefusal::NoSuchEnrolment)?;
    let quote = cancel_quote(txn, &seat, txn.now()).await?.ok_or(CancelRefusal::NoSeat)?;
    if quote.certified {
        return Err(CancelRefusal::Certified);
    }
    let back = amount_back(&quote, how)?;
    let reason = match how {
        Cancellation::ByStudent { .. } => None,
        Cancellation::ByAdmin { reason, .. } => Some(reason.as_str()),
    };
    payment::end(txn, &orders, id, reason).await.map_err(refused)?;
    let paid = orders.iter().find(|order| Some(order.id) == quote.paid);
    let refunds = match paid {
        Some(order) if back.minor > 0 => payment::refund_cancelled(txn, order, back, chosen(how)).await?,
        _ => Vec::new(),
    };
    tell(txn, &seat, paid, back).await?;
    if let Some(order) = quote.paid {
        payment::settle_lost(txn, order).await?;
    }
    Ok(Cancelled { enrolment: id, order: quote.paid, refunds })
}

/// # Errors
/// [`CancelRefusal`].
fn amount_back(quote: &CancelQuote, how: &Cancellation) -> Result<Money, CancelRefusal> {
    match how {
        Cancellation::ByStudent { quoted } if *quoted != quote.policy.amount => {
            Err(CancelRefusal::QuoteChanged { now: quote.policy })
        }
        Cancellation::ByStudent { .. } | Cancellation::ByAdmin { back: Back::AsPolicy, .. } => Ok(quote.policy.amount),
        Cancellation::ByAdmin { back: Back::Nothing, .. } => Ok(Money::new(0, quote.most.currency)),
        Cancellation::ByAdmin { back: Back::Amount(amount), .. } => {
            let fits = amount.currency == quote.most.currency && (0..=quote.most.minor).contains(&amount.minor);
            if fits { Ok(*amount) } else { Err(RefundRefusal::TooMuch { left: quote.most }.into()) }
        }
    }
}

/// The reason of an admin who chose the amount themselves: that may need a second one.
fn chosen(how: &Cancellation) -> Option<&str> {
    match how {
        Cancellation::ByAdmin { back: Back::Amount(_), reason } => Some(reason),
        _ => None,
    }
}

fn refused(refusal: SeatRefusal) -> CancelRefusal {
    match refusal {
        SeatRefusal::Db(error) => CancelRefusal::Db(error),
        SeatRefusal::NoSuchEnrolment => CancelRefusal::NoSuchEnrolment,
        _ => CancelRefusal::NoSeat,
    }
}

/// Mails the student, unless their account is closed.
async fn tell(txn: &Txn, seat: &Enrolment, paid: Option<&Order>, back: Money) -> Result<(), DbErr> {
    let Some(person) = identity::person(txn, seat.user).await? else { return Ok(()) };
    // A hold that was given up is no news to who gave it up.
    if let (EnrolmentState::Held { .. }, true) = (seat.state, txn.actor().user() == Some(seat.user)) {
        return Ok(());
    }
    let back = paid.filter(|_| back.minor > 0).map(|order| (order.id, back));
    payment::tell_cancelled(txn, seat.id, (person.id, person.email), back).await
}
