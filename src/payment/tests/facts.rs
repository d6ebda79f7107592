//! What the accounts must hold by the facts: the orders' papers, the money that came and went, and what the gateway says of itself.

use std::collections::BTreeMap;

use sea_orm::EntityTrait;

use super::*;
use crate::db::Conn;
use crate::db::rows::payment::{orders, payouts};
use crate::documents::{self, Kind};
use crate::kernel::Money;
use crate::ledger::Account;
use crate::payment::books::Till;
use crate::payment::model::Cause;

/// What an account holds, by currency and account; a debit is positive.
pub(super) type Accounts = BTreeMap<(&'static str, Account), i64>;

/// What the facts say, by their rows and by what the gateway told; nothing of it is read from the books.
#[derive(Default)]
pub(super) struct Facts(Accounts);

impl Facts {
    fn add(&mut self, account: Account, amount: Money, sign: i64) {
        *self.0.entry((amount.currency.code(), account)).or_default() += sign * amount.minor;
    }

    fn till(&mut self, till: Till, amount: Money, sign: i64) {
        match till {
            // The gateway says itself what it holds.
            Till::Gateway => {}
            Till::Bank => self.add(Account::Bank, amount, sign),
            Till::Cash => self.add(Account::Cash, amount, sign),
        }
    }

    pub(super) async fn of(stage: &Stage) -> Accounts {
        let snapshot = stage.services.db.snapshot().await.unwrap();
        let mut facts = Self::default();
        for row in orders::Entity::find().all(&*snapshot).await.unwrap() {
            facts.order(&snapshot, row.id).await;
        }
        for row in payouts::Entity::find().all(&*snapshot).await.unwrap() {
            if row.paid_at.is_some() && row.failed_at.is_none() {
                facts.add(Account::Bank, Money::new(row.amount_minor, row.currency.parse().unwrap()), 1);
            }
        }
        facts.add(Account::GatewayClearing, stage.practice.balance(), 1);
        facts.add(Account::Fees, stage.practice.fees(), 1);
        facts.0
    }

    async fn order(&mut self, conn: &Conn, order: OrderId) {
        for paper in documents::of_order(conn, order).await.unwrap() {
            let (taxable, total) = (paper.facts.sums.taxable, paper.facts.sums.total);
            let tax = Money::new(total.minor - taxable.minor, total.currency);
            let (account, sign) = if paper.kind == Kind::CreditNote { (Account::Refunds, 1) } else { (Account::Revenue, -1) };
            self.add(account, taxable, sign);
            self.add(Account::TaxPayable, tax, sign);
            self.add(Account::Receivable, total, -sign);
        }
        let refunds = refunds_of_order(conn, order).await.unwrap();
        let disputes = disputes_of_order(conn, order).await.unwrap();
        for payment in payments_of_order(conn, order).await.unwrap() {
            let Some(came) = payment.received() else { continue };
            // What settled nothing went back by a rule, or is an admin's to decide about.
            let by_rule = refunds.iter().any(|refund| refund.payment == payment.id && matches!(refund.cause, Cause::Rule(_)));
            let strays = by_rule || !payment.is_captured();
            let account = if strays { Account::Suspense } else { Account::Receivable };
            self.add(account, came, -1);
            let till = match &payment.means {
                Means::Card(_) => Till::Gateway,
                Means::Offline(received) => Till::of(received.method),
            };
            self.till(till, came, 1);
            for refund in refunds.iter().filter(|refund| refund.payment == payment.id && refund.has_left()) {
                self.add(account, refund.amount, 1);
                match &refund.way {
                    Way::Gateway { .. } => self.till(till, refund.amount, -1),
                    Way::ByHand { sent } => self.till(Till::of(sent.as_ref().unwrap().method), refund.amount, -1),
                }
            }
            for dispute in disputes.iter().filter(|dispute| dispute.payment == Some(payment.id)) {
                let (taken, returned) = (dispute.told.taken().unwrap(), dispute.told.returned().unwrap());
                let account = if dispute.told.standing == Standing::Lost { account } else { Account::Disputes };
                self.add(account, taken, 1);
                self.add(account, returned, -1);
            }
        }
    }
}
