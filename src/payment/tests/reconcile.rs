//! Whatever happens to money, the accounts reconcile: with the tills, with what is owed, and with each other.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use crate::kernel::ids::{OrderId, PaymentId, RefundId};
use crate::kernel::{Currency, Money};
use crate::ledger::{Account, Entry, Refs, Unbalanced};
use crate::payment::books::{self, Against, Came, Till, Turn};

/// What becomes of one sale.
#[derive(Debug, Clone)]
enum Fate {
    Kept,
    /// So many per cent of it go back with a credit note; the refund first fails so often.
    Cancelled {
        percent: i64,
        failures: u32,
    },
    Won,
    Lost,
}

#[derive(Debug, Clone)]
enum Step {
    Sale {
        taxable: i64,
        tax: i64,
        till: Till,
        fee: i64,
        fate: Fate,
    },
    /// Money that settles nothing, and whether it went back.
    Stray {
        amount: i64,
        till: Till,
        returned: bool,
    },
    /// Money that waited before it settled its order.
    Late {
        taxable: i64,
        tax: i64,
    },
    Payout {
        amount: i64,
        fails: bool,
    },
}

fn till() -> impl Strategy<Value = Till> {
    prop::sample::select(vec![Till::Gateway, Till::Bank, Till::Cash])
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        3 => Just(Fate::Kept),
        2 => (0_i64..=100, 0_u32..3).prop_map(|(percent, failures)| Fate::Cancelled { percent, failures }),
        1 => Just(Fate::Won),
        1 => Just(Fate::Lost),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || 0_i64..10_000_000;
    prop_oneof![
        4 => (amount(), amount(), till(), 0_i64..50_000, fate())
            .prop_map(|(taxable, tax, till, fee, fate)| Step::Sale { taxable, tax, till, fee, fate }),
        1 => (amount(), till(), any::<bool>()).prop_map(|(amount, till, returned)| Step::Stray { amount, till, returned }),
        1 => (amount(), amount()).prop_map(|(taxable, tax)| Step::Late { taxable, tax }),
        1 => (amount(), any::<bool>()).prop_map(|(amount, fails)| Step::Payout { amount, fails }),
    ]
}

fn money(minor: i64) -> Money {
    Money::new(minor, Currency::INR)
}

/// What an honest clerk counts beside the books: what is in each till, and why.
#[derive(Debug, Default)]
struct Clerk {
    gateway: i64,
    bank: i64,
    cash: i64,
    sold: i64,
    tax: i64,
    fees: i64,
    /// What came, settles nothing and has not gone back.
    stray: i64,
}

impl Clerk {
    fn puts(&mut self, till: Till, minor: i64) {
        match till {
            Till::Gateway => self.gateway += minor,
            Till::Bank => self.bank += minor,
            Till::Cash => self.cash += minor,
        }
    }
}

#[derive(Debug, Default)]
struct World {
    clerk: Clerk,
    accounts: BTreeMap<Account, i64>,
    keys: BTreeSet<String>,
    count: u128,
}

impl World {
    fn book(&mut self, entry: Result<Entry, Unbalanced>) {
        let entry = entry.unwrap();
        assert!(self.keys.insert(entry.key().to_owned()), "{} is the key of two facts", entry.key());
        for posting in entry.postings() {
            *self.accounts.entry(posting.account).or_default() += posting.amount.minor;
        }
    }

    fn of(&self, account: Account) -> i64 {
        self.accounts.get(&account).copied().unwrap_or(0)
    }

    fn number(&mut self) -> Uuid {
        self.count += 1;
        Uuid::from_u128(self.count)
    }

    fn happens(&mut self, step: Step) {
        match step {
            Step::Sale { taxable, tax, till, fee, fate } => {
                let (order, payment) = (OrderId(self.number()), PaymentId(self.number()));
                self.sells(order, taxable, tax);
                let total = money(taxable + tax);
                self.book(books::received(Came::Payment(payment), Some(order), total, till, Against::Order));
                self.clerk.puts(till, total.minor);
                if till == Till::Gateway {
                    self.book(books::fee(payment, money(fee)));
                    self.clerk.gateway -= fee;
                    self.clerk.fees += fee;
                }
                self.ends(order, payment, (taxable, tax), till, fate);
            }
            Step::Stray { amount, till, returned } => {
                let (session, refund) = (self.number().to_string(), RefundId(self.number()));
                self.book(books::received(Came::Session(&session), None, money(amount), till, Against::Nothing));
                if returned && till == Till::Gateway {
                    // The first refund fails.
                    let failed = self.number().to_string();
                    self.book(books::stray_refunded(&failed, money(amount)));
                    self.book(books::stray_refund_failed(&failed, money(amount)));
                    self.book(books::stray_refunded(&refund.to_string(), money(amount)));
                } else if returned {
                    self.book(books::refunded(refund, Refs::default(), money(amount), till, Against::Nothing));
                } else {
                    self.clerk.puts(till, amount);
                    self.clerk.stray += amount;
                }
            }
            Step::Late { taxable, tax } => {
                let (order, payment, total) = (OrderId(self.number()), PaymentId(self.number()), money(taxable + tax));
                self.book(books::received(Came::Payment(payment), Some(order), total, Till::Gateway, Against::Nothing));
                self.sells(order, taxable, tax);
                self.book(books::applied(payment, order, total));
                self.clerk.gateway += total.minor;
            }
            Step::Payout { amount, fails } => {
                let payout = self.number().to_string();
                self.book(books::paid_out(&payout, money(amount)));
                if fails {
                    self.book(books::payout_failed(&payout, money(amount)));
                } else {
                    self.clerk.gateway -= amount;
                    self.clerk.bank += amount;
                }
            }
        }
    }

    fn sells(&mut self, order: OrderId, taxable: i64, tax: i64) {
        self.book(books::invoiced(order, money(taxable + tax), money(taxable), money(tax)));
        self.clerk.sold += taxable;
        self.clerk.tax += tax;
    }

    fn ends(&mut self, order: OrderId, payment: PaymentId, (taxable, tax): (i64, i64), till: Till, fate: Fate) {
        let refs = Refs { order: Some(order), payment: Some(payment), refund: None };
        let dispute = self.number().to_string();
        match fate {
            Fate::Kept => {}
            Fate::Cancelled { percent, failures } => {
                let (taxable, tax, refund) = (taxable * percent / 100, tax * percent / 100, RefundId(self.number()));
                let total = money(taxable + tax);
                for nth in 1..=failures {
                    let again = RefundId(self.number());
                    self.book(books::refunded(again, refs, total, till, Against::Order));
                    self.book(books::refund_failed(again, nth, refs, total, till, Against::Order));
                }
                self.book(books::refunded(refund, refs, total, till, Against::Order));
                self.unsells(order, taxable, tax);
                self.clerk.puts(till, -total.minor);
            }
            Fate::Won | Fate::Lost if till != Till::Gateway => {}
            Fate::Won => {
                let total = money(taxable + tax);
                self.book(books::disputed(&dispute, refs, total, Turn::Withdrawn));
                self.book(books::disputed(&dispute, refs, total, Turn::Reinstated));
            }
            Fate::Lost => {
                let total = money(taxable + tax);
                self.book(books::disputed(&dispute, refs, total, Turn::Withdrawn));
                self.book(books::dispute_fee(&dispute, refs, money(1_500)));
                self.book(books::disputed(&dispute, refs, total, Turn::Lost(Against::Order)));
                self.unsells(order, taxable, tax);
                self.clerk.gateway -= total.minor + 1_500;
                self.clerk.fees += 1_500;
            }
        }
    }

    fn unsells(&mut self, order: OrderId, taxable: i64, tax: i64) {
        let note = self.number().to_string();
        self.book(books::credited(&note, order, money(taxable + tax), money(taxable), money(tax)));
        self.clerk.sold -= taxable;
        self.clerk.tax -= tax;
    }
}

proptest! {
    #[test]
    fn the_accounts_are_what_an_honest_clerk_counts(steps in prop::collection::vec(step(), 0..24)) {
        let mut world = World::default();
        for step in steps {
            world.happens(step);
        }
        let (of, clerk) = (|account| world.of(account), &world.clerk);
        prop_assert_eq!(of(Account::GatewayClearing), clerk.gateway);
        prop_assert_eq!((of(Account::Bank), of(Account::Cash)), (clerk.bank, clerk.cash));
        prop_assert_eq!(-of(Account::Revenue) - of(Account::Refunds), clerk.sold);
        prop_assert_eq!((-of(Account::TaxPayable), of(Account::Fees)), (clerk.tax, clerk.fees));
        prop_assert_eq!(-of(Account::Suspense), clerk.stray);
        prop_assert_eq!((of(Account::Receivable), of(Account::Disputes)), (0, 0), "all is paid and decided");
        let cash = clerk.gateway + clerk.bank + clerk.cash;
        prop_assert_eq!(cash, clerk.sold + clerk.tax + clerk.stray - clerk.fees);
    }

    #[test]
    fn money_changed_into_another_currency_leaves_the_one_and_is_in_the_other(from in 1_i64..1_000_000, to in 1_i64..1_000_000) {
        let (from, to) = (Money::new(from, Currency::USD), Money::new(to, Currency::INR));
        let entry = books::converted(PaymentId(Uuid::nil()), from, to).unwrap();
        let held = |currency| {
            let at_gateway = entry.postings().iter().filter(|posting| posting.account == Account::GatewayClearing);
            at_gateway.filter(|posting| posting.amount.currency == currency).map(|posting| posting.amount.minor).sum::<i64>()
        };
        prop_assert_eq!((held(Currency::USD), held(Currency::INR)), (-from.minor, to.minor));
    }
}

#[test]
fn an_invoice_whose_parts_are_not_its_total_is_no_entry() {
    let order = OrderId(Uuid::nil());
    assert!(books::invoiced(order, money(118), money(100), money(18)).is_ok());
    let refused = books::invoiced(order, money(118), money(100), money(17)).unwrap_err();
    assert_eq!(refused.to_string(), format!("the entry invoiced:{order} does not balance in INR"));
    assert!(books::credited("CN/2627/00001", order, money(118), money(100), money(17)).is_err());
}
