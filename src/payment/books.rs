//! How each fact about money is booked: one pure function a fact, and no other place that says it. `Dr` is a debit, `Cr` a credit.
//!
//! An amount that is owed, came or went is positive. All are of the currency in which the thing happened; only [`converted`] knows two.

use crate::kernel::Money;
use crate::kernel::ids::{OrderId, PaymentId, RefundId};
use crate::ledger::{Account, Entry, Posting, Refs, Unbalanced};
use crate::payment::model::Method;

/// The kind of the entry of a paid order.
pub const INVOICED: &str = "invoiced";
/// The kind of the entry of money that came.
pub const CAPTURED: &str = "captured";

/// Where money is, or came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Till {
    Gateway,
    Bank,
    Cash,
}

impl Till {
    /// Where money of this method comes to.
    pub const fn of(method: Method) -> Self {
        match method {
            Method::BankTransfer | Method::Upi | Method::Cheque => Self::Bank,
            Method::Cash => Self::Cash,
        }
    }

    const fn account(self) -> Account {
        match self {
            Self::Gateway => Account::GatewayClearing,
            Self::Bank => Account::Bank,
            Self::Cash => Account::Cash,
        }
    }
}

/// What money that comes or goes back is set against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// It settles its order, or goes back to whom it had settled one for.
    Order,
    /// It settles nothing: an admin, or a rule, decides about it.
    Nothing,
}

impl Against {
    const fn account(self) -> Account {
        match self {
            Self::Order => Account::Receivable,
            Self::Nothing => Account::Suspense,
        }
    }
}

/// Money that came: the payment that it is, or, where no payment of ours is known, the gateway's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came<'a> {
    Payment(PaymentId),
    Session(&'a str),
}

impl Came<'_> {
    /// The key of what happened to it.
    pub(super) fn key(self, what: &'static str) -> String {
        match self {
            Self::Payment(payment) => format!("{what}:{payment}"),
            Self::Session(session) => format!("{what}:session:{session}"),
        }
    }

    const fn refs(self) -> Refs {
        Refs { order: None, payment: self.payment(), refund: None }
    }

    const fn payment(self) -> Option<PaymentId> {
        match self {
            Self::Payment(payment) => Some(payment),
            Self::Session(_) => None,
        }
    }
}

impl From<PaymentId> for Came<'_> {
    fn from(payment: PaymentId) -> Self {
        Self::Payment(payment)
    }
}

/// `amount` from the account `from` to the account `to`.
fn moved(key: String, kind: &'static str, refs: Refs, to: Account, from: Account, amount: Money) -> Result<Entry, Unbalanced> {
    Entry::new(key, kind, refs, vec![Posting::debit(to, amount), Posting::credit(from, amount)])
}

const fn of_order(order: OrderId) -> Refs {
    Refs { order: Some(order), payment: None, refund: None }
}

const fn of_payment(payment: PaymentId) -> Refs {
    Refs { order: None, payment: Some(payment), refund: None }
}

/// An order became due by being settled. `Dr receivable total; Cr revenue taxable; Cr tax payable tax`. Once an order.
///
/// # Errors
/// [`Unbalanced`], unless the total is what is taxable and the tax.
pub fn invoiced(order: OrderId, total: Money, taxable: Money, tax: Money) -> Result<Entry, Unbalanced> {
    let postings = vec![
        Posting::debit(Account::Receivable, total),
        Posting::credit(Account::Revenue, taxable),
        Posting::credit(Account::TaxPayable, tax),
    ];
    Entry::new(format!("invoiced:{order}"), INVOICED, of_order(order), postings)
}

/// Money came. `Dr gateway clearing (bank, cash); Cr receivable`, or `Cr suspense` where it settles no order. Once a payment,
/// whatever is found out about it later.
///
/// # Errors
/// None, for an amount that has an opposite.
pub fn received(
    came: Came<'_>,
    order: Option<OrderId>,
    amount: Money,
    till: Till,
    against: Against,
) -> Result<Entry, Unbalanced> {
    let refs = Refs { order, payment: came.payment(), refund: None };
    moved(came.key(CAPTURED), CAPTURED, refs, till.account(), against.account(), amount)
}

/// Money that had settled nothing settles its order after all. `Dr suspense; Cr receivable`. Once a payment.
///
/// # Errors
/// As [`received`].
pub fn applied(payment: PaymentId, order: OrderId, amount: Money) -> Result<Entry, Unbalanced> {
    let refs = Refs { order: Some(order), ..of_payment(payment) };
    moved(format!("applied:{payment}"), "applied", refs, Account::Suspense, Account::Receivable, amount)
}

/// The gateway kept its fee. `Dr fees; Cr gateway clearing`. Once for money that came; a fee that it gives back is negative, under the
/// key of what it is given back for.
///
/// # Errors
/// As [`received`].
pub fn fee<'a>(came: impl Into<Came<'a>>, fee: Money) -> Result<Entry, Unbalanced> {
    let came = came.into();
    moved(came.key("fee"), "fee", came.refs(), Account::Fees, Account::GatewayClearing, fee)
}

/// Money went back. `Dr receivable (suspense, where it had settled no order); Cr gateway clearing (bank, cash)`. Once a refund.
///
/// # Errors
/// As [`received`].
pub fn refunded(refund: RefundId, refs: Refs, amount: Money, till: Till, against: Against) -> Result<Entry, Unbalanced> {
    let refs = Refs { refund: Some(refund), ..refs };
    moved(Leg::Out.key(refund), "refunded", refs, against.account(), till.account(), amount)
}

/// The `nth` time that a refund which had gone out came back to us. The reverse of [`refunded`].
///
/// # Errors
/// As [`received`].
pub fn refund_failed(
    refund: RefundId,
    nth: u32,
    refs: Refs,
    amount: Money,
    till: Till,
    against: Against,
) -> Result<Entry, Unbalanced> {
    let refs = Refs { refund: Some(refund), ..refs };
    moved(failed(refund, nth), "refund_failed", refs, till.account(), against.account(), amount)
}

/// The key of the `nth` time that a refund came back.
fn failed(refund: RefundId, nth: u32) -> String {
    format!("refund_failed:{refund}:{nth}")
}

/// A credit note took back all or a part of what was invoiced. `Dr refunds taxable; Dr tax payable tax; Cr receivable total`. Once a
/// credit note, by its number.
///
/// # Errors
/// [`Unbalanced`], unless the total is what is taxable and the tax.
pub fn credited(note: &str, order: OrderId, total: Money, taxable: Money, tax: Money) -> Result<Entry, Unbalanced> {
    let postings = vec![
        Posting::debit(Account::Refunds, taxable),
        Posting::debit(Account::TaxPayable, tax),
        Posting::credit(Account::Receivable, total),
    ];
    Entry::new(format!("credited:{note}"), "credited", of_order(order), postings)
}

/// Money that no payment of ours is went back, once under the gateway's id of the refund. `Dr suspense; Cr gateway clearing`.
///
/// # Errors
/// As [`received`].
pub fn stray_refunded(refund: &str, amount: Money) -> Result<Entry, Unbalanced> {
    let key = format!("refunded:{refund}");
    moved(key, "refunded", Refs::default(), Account::Suspense, Account::GatewayClearing, amount)
}

/// It came back to us. The reverse of [`stray_refunded`].
///
/// # Errors
/// As [`received`].
pub fn stray_refund_failed(refund: &str, amount: Money) -> Result<Entry, Unbalanced> {
    let key = format!("refund_failed:{refund}");
    moved(key, "refund_failed", Refs::default(), Account::GatewayClearing, Account::Suspense, amount)
}

const WITHDRAWN: &str = "dispute_withdrawn";

/// What became of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The bank took the money: `Dr disputes; Cr gateway clearing`. Once a movement of the balance.
    Withdrawn,
    /// It gave it back: the reverse.
    Reinstated,
    /// It keeps it, and the order is unpaid again: `Dr receivable; Cr disputes`. A credit note may follow ([`credited`]). Money that
    /// had settled no order is owed to nobody any more: `Dr suspense`.
    Lost(Against),
    /// What counted as lost is in dispute again, or came back: the reverse.
    Regained(Against),
}

/// A dispute took a turn, once under the `name` of the fact: the id of the movement of the balance, or of the dispute and how far
/// it was.
///
/// # Errors
/// As [`received`].
pub fn disputed(name: &str, refs: Refs, amount: Money, turn: Turn) -> Result<Entry, Unbalanced> {
    let (kind, to, from) = match turn {
        Turn::Withdrawn => (WITHDRAWN, Account::Disputes, Account::GatewayClearing),
        Turn::Reinstated => ("dispute_reinstated", Account::GatewayClearing, Account::Disputes),
        Turn::Lost(against) => ("dispute_lost", against.account(), Account::Disputes),
        Turn::Regained(against) => ("dispute_regained", Account::Disputes, against.account()),
    };
    moved(format!("{kind}:{name}"), kind, refs, to, from, amount)
}

/// The key under which it is booked that a movement of the balance took disputed money.
pub fn withdrawn(movement: &str) -> String {
    format!("{WITHDRAWN}:{movement}")
}

/// What the gateway takes for a dispute; what it gives back of it is negative. `Dr fees; Cr gateway clearing`. Once a movement of
/// the balance, by its id.
///
/// # Errors
/// As [`received`].
pub fn dispute_fee(movement: &str, refs: Refs, fee: Money) -> Result<Entry, Unbalanced> {
    moved(format!("dispute_fee:{movement}"), "dispute_fee", refs, Account::Fees, Account::GatewayClearing, fee)
}

/// The gateway paid out to the bank. `Dr bank; Cr gateway clearing`. Once a payout, by the gateway's id.
///
/// # Errors
/// As [`received`].
pub fn paid_out(payout: &str, amount: Money) -> Result<Entry, Unbalanced> {
    moved(format!("payout:{payout}"), "payout", Refs::default(), Account::Bank, Account::GatewayClearing, amount)
}

/// The bank did not take a payout. The reverse of [`paid_out`].
///
/// # Errors
/// As [`received`].
pub fn payout_failed(payout: &str, amount: Money) -> Result<Entry, Unbalanced> {
    let key = format!("payout_failed:{payout}");
    moved(key, "payout_failed", Refs::default(), Account::GatewayClearing, Account::Bank, amount)
}

/// The gateway changed money that it held. `Dr conversion from; Cr gateway clearing from; Dr gateway clearing to; Cr conversion to`, so
/// that each currency balances by itself. Once for money that came.
///
/// # Errors
/// As [`received`].
pub fn converted<'a>(came: impl Into<Came<'a>>, from: Money, to: Money) -> Result<Entry, Unbalanced> {
    let came = came.into();
    changed(came.key("converted"), "converted", came.refs(), from, to)
}

/// As [`converted`], of money that a dispute moved: both are below nothing where it left. Once a movement of the balance, by its id.
///
/// # Errors
/// As [`received`].
pub fn dispute_converted(movement: &str, refs: Refs, from: Money, to: Money) -> Result<Entry, Unbalanced> {
    changed(format!("dispute_converted:{movement}"), "dispute_converted", refs, from, to)
}

/// Which way a refund's money went: out, or, when it failed, back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    Out,
    Back,
}

impl Leg {
    /// The key of the entry by which the money itself is booked.
    pub fn key(self, refund: RefundId) -> String {
        match self {
            Self::Out => format!("refunded:{refund}"),
            Self::Back => failed(refund, 1),
        }
    }
}

/// The gateway changed what a refund of `amount` moved: `to` is below nothing where it left. As [`converted`], once a refund each way.
///
/// # Errors
/// As [`received`].
pub fn refund_converted(refund: RefundId, refs: Refs, leg: Leg, amount: Money, to: Money) -> Result<Entry, Unbalanced> {
    let (kind, sign) = match leg {
        Leg::Out => ("refund_converted", -1),
        Leg::Back => ("refund_failed_converted", 1),
    };
    let from = Money::new(sign * amount.minor, amount.currency);
    changed(format!("{kind}:{refund}"), kind, Refs { refund: Some(refund), ..refs }, from, to)
}

/// What the gateway took for a refund, or gave back of it when it failed. `Dr fees; Cr gateway clearing`. Once a refund each way.
///
/// # Errors
/// As [`received`].
pub fn refund_fee(refund: RefundId, refs: Refs, leg: Leg, fee: Money) -> Result<Entry, Unbalanced> {
    let kind = match leg {
        Leg::Out => "refund_fee",
        Leg::Back => "refund_failed_fee",
    };
    let refs = Refs { refund: Some(refund), ..refs };
    moved(format!("{kind}:{refund}"), kind, refs, Account::Fees, Account::GatewayClearing, fee)
}

fn changed(key: String, kind: &'static str, refs: Refs, from: Money, to: Money) -> Result<Entry, Unbalanced> {
    let postings = vec![
        Posting::debit(Account::Conversion, from),
        Posting::credit(Account::GatewayClearing, from),
        Posting::debit(Account::GatewayClearing, to),
        Posting::credit(Account::Conversion, to),
    ];
    Entry::new(key, kind, refs, postings)
}
