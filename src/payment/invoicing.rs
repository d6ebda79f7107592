//! From an order to its documents: the one place that says what a receipt or an invoice is made of.

use sea_orm::DbErr;

use super::jobs::IssueDocument;
use super::model::{Buyer, Means, Method, Order, OrderLine, Payment};
use super::{store, supplied};
use crate::db::{Conn, Txn};
use crate::documents::model::{
    Bank, Credited, ExchangeRate, Facts, Line, Paid, Party, Payee, Registration, Sums, Supply, TaxDeadline,
};
use crate::documents::{self, Calendar, Document, Draft, Kind};
use crate::jobs;
use crate::kernel::ids::OrderId;
use crate::kernel::time::{Date, SignedDuration, shifted};
use crate::kernel::{Money, Timestamp};
use crate::ledger::{self, Account};
use crate::organisation::model::TaxRegistration;
use crate::organisation::{self, Organisation};

/// A seller who has not said their name is asked for again after this: an invoice may come within thirty days (CGST Rules, rule 47).
const LATER: SignedDuration = SignedDuration::from_hours(24);

/// Issues what a paid order is owed: a tax invoice where tax was charged, else a receipt. Once an order.
///
/// While the organisation has no legal name there is no seller to print: the order is asked about again tomorrow.
pub(super) async fn issue_paid(txn: &Txn, order: &Order) -> Result<(), DbErr> {
    let organisation = organisation::current(txn).await?;
    let Some(seller) = seller(&organisation) else {
        return jobs::enqueue_at(txn, &IssueDocument { order: order.id }, shifted(txn.now(), LATER)).await;
    };
    let calendar = Calendar::of(&organisation.tax);
    let settled = settled_by(txn, order.id).await?;
    let paid = settled.iter().map(|payment| paid(payment, calendar)).collect();
    let facts = Facts { paid, ..facts(order, seller, &organisation) };
    let facts = if order.quote.total.minor == 0 { given(facts) } else { facts };
    let Some(facts) = valued(txn, order, facts).await? else { return Ok(()) };
    let draft = Draft { key: format!("paid:{}", order.id), kind: kind(&facts.supply), order: order.id, calendar, facts };
    documents::issue(txn, draft).await.map(drop)
}

/// With what an export is worth in rupees (CGST Rules, rule 34(2)). None while nobody has entered the rate of its day: the invoice
/// waits for it on the admins' list, and may, for thirty days (rule 47); the student is enrolled all the same.
async fn valued(txn: &Txn, order: &Order, facts: Facts) -> Result<Option<Facts>, DbErr> {
    let Some(currency) = facts.wants_rate() else { return Ok(Some(facts)) };
    // The time of supply is when the money came: no invoice was before it (CGST Act s.13(2)).
    let today = Calendar::IndianFinancialYear.day(txn.now());
    let supplied_on = facts.paid.iter().map(|paid| paid.on).max().unwrap_or(today);
    match documents::rate_on(txn, currency, supplied_on).await? {
        Some(rate) => {
            documents::await_no_rate(txn, order.id).await?;
            Ok(Some(facts.in_rupees(&rate)))
        }
        None => documents::await_rate(txn, order.id, currency, supplied_on).await.map(|()| None),
    }
}

/// Enters a rate of exchange, and asks for the invoices that wait for it.
///
/// # Errors
/// The database's own.
pub async fn enter_rate(txn: &Txn, rate: &ExchangeRate) -> Result<(), DbErr> {
    documents::enter_rate(txn, rate).await?;
    let waiting = documents::awaited_in(txn, rate.currency).await?;
    for awaited in waiting.iter().filter(|awaited| rate.holds_on(awaited.supplied_on)) {
        jobs::enqueue(txn, &IssueDocument { order: awaited.order }).await?;
    }
    Ok(())
}

/// What is to be said today about the tax of what an order's invoice charged, should some of it go back: nothing where a credit note
/// reduces it for long, or there is none.
///
/// # Errors
/// The database's own.
pub async fn tax_deadline(conn: &Conn, order: OrderId, now: Timestamp) -> Result<Option<TaxDeadline>, DbErr> {
    let today = Calendar::IndianFinancialYear.day(now);
    let known = documents::of_order(conn, order).await?;
    let invoice = known.iter().find(|known| known.kind == Kind::TaxInvoice);
    Ok(invoice.and_then(|invoice| invoice.facts.tax_deadline(invoice.issued_on, today)))
}

/// The payments that settled an order, as it is booked: not those that wait in the queue, or go back by rule.
///
/// # Errors
/// The database's own.
pub async fn settled_by(conn: &Conn, order: OrderId) -> Result<Vec<Payment>, DbErr> {
    let settled = ledger::payments_on(conn, order, Account::Receivable).await?;
    let payments = store::payments_of_order(conn, order).await?;
    Ok(payments.into_iter().filter(|payment| settled.contains(&payment.id)).collect())
}

/// Issues the pro-forma invoice of an order, by which it can be paid without a card: once an order. None while there is no seller
/// to print, or no way to pay them.
///
/// # Errors
/// The database's own.
pub async fn issue_proforma(txn: &Txn, order: OrderId, until: Option<Date>) -> Result<Option<Document>, DbErr> {
    let Some(order) = store::order_for_update(txn, order).await? else { return Ok(None) };
    let organisation = organisation::current(txn).await?;
    let (Some(seller), Some(payee)) = (seller(&organisation), payee(&organisation, until)) else { return Ok(None) };
    let facts = Facts { payee: Some(payee), ..facts(&order, seller, &organisation) };
    let key = format!("proforma:{}", order.id);
    let draft = Draft { key, kind: Kind::Proforma, order: order.id, calendar: Calendar::of(&organisation.tax), facts };
    documents::issue(txn, draft).await.map(Some)
}

/// Issues the credit note that takes back `total` of what the order's receipt or invoice came to (CGST Rules, rule 53(1A)): once a
/// key, such as `refund:rfd_…`. None while the order has no such document, or where `total` is no part of it.
///
/// # Errors
/// The database's own.
pub async fn issue_credit_note(
    txn: &Txn,
    order: OrderId,
    key: String,
    total: Money,
    reason: &str,
) -> Result<Option<Document>, DbErr> {
    let known = documents::of_order(txn, order).await?;
    let Some(original) = known.iter().find(|known| matches!(known.kind, Kind::Receipt | Kind::TaxInvoice)) else {
        return Ok(None);
    };
    let (number, issued_on) = (original.number.to_string(), original.issued_on);
    let credits = Credited { number, issued_on, reason: reason.to_owned(), tax_until: None };
    let calendar = Calendar::of(&organisation::current(txn).await?.tax);
    let Some(facts) = original.facts.credited(total, credits, calendar.day(txn.now())) else { return Ok(None) };
    documents::issue(txn, Draft { key, kind: Kind::CreditNote, order, calendar, facts }).await.map(Some)
}

/// What is given for nothing is no supply for a consideration (CGST Act s.7(1)(a)): there is no value to tax, and nothing to invoice.
fn given(facts: Facts) -> Facts {
    let sums = Sums { taxes: Vec::new(), ..facts.sums };
    Facts { supply: Supply::Untaxed, sums, ..facts }
}

/// Who is paid without tax gives a receipt, whether or not they are registered: what was not charged cannot be invoiced as tax.
const fn kind(supply: &Supply) -> Kind {
    match supply {
        Supply::Untaxed => Kind::Receipt,
        Supply::WithinState { .. } | Supply::BetweenStates { .. } | Supply::Export(_) | Supply::Elsewhere => Kind::TaxInvoice,
    }
}

/// What every document of an order says.
fn facts(order: &Order, seller: Party, organisation: &Organisation) -> Facts {
    let supply = supplied::supply(order);
    let lines = order.lines.iter().map(|line| self::line(line, order, &supply, &organisation.tax)).collect();
    Facts {
        seller,
        buyer: buyer(&order.buyer),
        order: order.number.to_string(),
        lines,
        sums: supplied::sums(&order.quote),
        supply,
        paid: Vec::new(),
        payee: None,
        credits: None,
    }
}

fn line(line: &OrderLine, order: &Order, supply: &Supply, tax: &TaxRegistration) -> Line {
    let sac = match tax {
        TaxRegistration::RegisteredInIndia { sac, .. } if supply.place().is_some() => Some(sac.to_string()),
        _ => None,
    };
    Line {
        description: line.description.clone(),
        sac,
        quantity: line.quantity.unsigned_abs(),
        unit: supplied::before_tax(line.unit, order),
        amount: supplied::before_tax(line.total, order),
    }
}

fn seller(organisation: &Organisation) -> Option<Party> {
    let identity = organisation.identity.as_ref()?;
    let (state, registration) = match &organisation.tax {
        TaxRegistration::Unregistered => (None, None),
        TaxRegistration::RegisteredInIndia { gstin, .. } => (Some(gstin.state()), Some(("GSTIN".to_owned(), gstin.to_string()))),
        TaxRegistration::Elsewhere { label, number, .. } => (None, Some((format!("{label} number"), number.to_string()))),
    };
    Some(Party {
        name: identity.legal_name.to_string(),
        address: identity.address.as_str().lines().map(str::to_owned).collect(),
        state: state.map(supplied::state),
        registration: registration.map(|(label, number)| Registration { label, number }),
        contact: Some(identity.contact.to_string()),
    })
}

fn buyer(buyer: &Buyer) -> Party {
    let lines = buyer.address.as_str().lines().map(str::to_owned);
    let code = buyer.postal_code.iter().map(|code| code.as_str().to_owned());
    Party {
        name: buyer.name.to_string(),
        address: lines.chain(code).chain([buyer.country.name().to_owned()]).collect(),
        state: buyer.state.map(supplied::state),
        registration: buyer.gstin.as_ref().map(|gstin| Registration { label: "GSTIN".to_owned(), number: gstin.to_string() }),
        contact: None,
    }
}

fn paid(payment: &Payment, calendar: Calendar) -> Paid {
    let (by, reference, on) = match &payment.means {
        Means::Card(attempt) => {
            let at = match attempt.state {
                super::CardState::Captured { at } => at,
                _ => payment.created_at,
            };
            ("Card", None, calendar.day(at))
        }
        Means::Offline(received) => (method(received.method), Some(received.reference.as_str().to_owned()), received.received_on),
    };
    Paid { by: by.to_owned(), reference, on, amount: payment.amount }
}

const fn method(method: Method) -> &'static str {
    match method {
        Method::BankTransfer => "Bank transfer",
        Method::Upi => "UPI",
        Method::Cash => "Cash",
        Method::Cheque => "Cheque",
    }
}

fn payee(organisation: &Organisation, until: Option<Date>) -> Option<Payee> {
    let bank = organisation.bank.as_ref().map(|bank| Bank {
        account_name: bank.account_name.to_string(),
        account_number: bank.account_number.to_string(),
        ifsc: bank.ifsc.to_string(),
        bank: bank.bank.to_string(),
        branch: bank.branch.to_string(),
    });
    let upi = organisation.upi.as_ref().map(ToString::to_string);
    (bank.is_some() || upi.is_some()).then_some(Payee { bank, upi, until })
}
