//! Whatever happens to money, the accounts reconcile in each currency: with the tills, with what is owed, and with each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use uuid::Uuid;

use super::disputing::history;
use crate::kernel::ids::{OrderId, PaymentId, RefundId};
use crate::kernel::{Currency, Money};
use crate::ledger::{Account, Entry, Refs, Unbalanced};
use crate::payment::books::{self, Against, Came, Till};
use crate::payment::disputing::entries;
use crate::payment::model::{DisputeFacts, Method, Standing};

/// What the gateway's balance is kept in.
const SETTLEMENT: Currency = Currency::INR;
const CURRENCIES: [Currency; 4] = [Currency::INR, Currency::USD, Currency::JPY, Currency::KWD];

/// How money came.
#[derive(Debug, Clone, Copy)]
enum How {
    /// By card: the fee, and how many units of the settlement currency's least the gateway gave for one where it changed it. A fee that
    /// it gives back is below nothing.
    Card {
        fee: i64,
        rate: i64,
    },
    Offline(Method),
}

impl How {
    const fn till(self) -> Till {
        match self {
            Self::Card { .. } => Till::Gateway,
            Self::Offline(method) => Till::of(method),
        }
    }
}

/// Money that goes back: so many per cent of what is left, from here or from the gateway's own pages.
#[derive(Debug, Clone, Copy)]
struct Back {
    percent: i64,
    /// An admin sends it, where it cannot go the way that it came.
    by_hand: Option<Method>,
    /// It came back to us after it had left.
    fails: bool,
}

#[derive(Debug, Clone)]
enum Step {
    /// An order is settled, at once or by money that had waited in the queue.
    Sale {
        currency: Currency,
        taxable: i64,
        tax: i64,
        how: How,
        waited: bool,
        backs: Vec<Back>,
    },
    /// Money that settles nothing: late, double, of nobody.
    Stray {
        amount: Money,
        how: How,
        backs: Vec<Back>,
    },
    /// Money of no attempt of ours, sent back at the gateway's own pages.
    OtherPrograms {
        amount: i64,
    },
    /// A dispute about money that came, told again and again as it goes on; credited once it is lost, or not.
    Disputed {
        history: Vec<DisputeFacts>,
        against: Against,
        credited: bool,
    },
    Payout {
        amount: i64,
        fails: bool,
    },
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![Method::BankTransfer, Method::Upi, Method::Cash, Method::Cheque])
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![
        3 => (-500_i64..50_000, 1_i64..300).prop_map(|(fee, rate)| How::Card { fee, rate }),
        1 => method().prop_map(How::Offline),
    ]
}

fn backs() -> impl Strategy<Value = Vec<Back>> {
    let back = (0_i64..=100, prop::option::of(method()), any::<bool>());
    prop::collection::vec(back.prop_map(|(percent, by_hand, fails)| Back { percent, by_hand, fails }), 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || 0_i64..10_000_000;
    let currency = || prop::sample::select(CURRENCIES.to_vec());
    let against = prop::sample::select(vec![Against::Order, Against::Nothing]);
    prop_oneof![
        4 => (currency(), amount(), amount(), how(), any::<bool>(), backs()).prop_map(
            |(currency, taxable, tax, how, waited, backs)| Step::Sale { currency, taxable, tax, how, waited, backs }
        ),
        2 => (currency(), amount(), how(), backs())
            .prop_map(|(currency, minor, how, backs)| Step::Stray { amount: Money::new(minor, currency), how, backs }),
        1 => amount().prop_map(|amount| Step::OtherPrograms { amount }),
        2 => (history(), against, any::<bool>())
            .prop_map(|(history, against, credited)| Step::Disputed { history, against, credited }),
        1 => (amount(), any::<bool>()).prop_map(|(amount, fails)| Step::Payout { amount, fails }),
    ]
}

/// What an honest clerk counts beside the books, of one currency: what is in each till, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    gateway: i64,
    bank: i64,
    cash: i64,
    /// What was invoiced and what credit notes took back, without tax.
    sold: i64,
    unsold: i64,
    tax: i64,
    fees: i64,
    /// What came, settles nothing and has not gone.
    stray: i64,
    /// What buyers owe for what was sold; below nothing: what is owed to them.
    unpaid: i64,
    /// What banks took and have not decided about.
    disputed: i64,
    /// What left for other currencies, less what came from them.
    changed: i64,
}

impl Count {
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
    clerk: HashMap<Currency, Count>,
    accounts: BTreeMap<(&'static str, Account), i64>,
    keys: BTreeSet<String>,
    count: u128,
}

impl World {
    fn book(&mut self, entry: Result<Entry, Unbalanced>) {
        let entry = entry.unwrap();
        assert!(self.keys.insert(entry.key().to_owned()), "{} is the key of two facts", entry.key());
        for posting in entry.postings() {
            *self.accounts.entry((posting.amount.currency.code(), posting.account)).or_default() += posting.amount.minor;
        }
    }

    /// What the books say that the clerk counted.
    fn booked(&self, currency: Currency) -> Count {
        let of = |account| self.accounts.get(&(currency.code(), account)).copied().unwrap_or(0);
        Count {
            gateway: of(Account::GatewayClearing),
            bank: of(Account::Bank),
            cash: of(Account::Cash),
            sold: -of(Account::Revenue),
            unsold: of(Account::Refunds),
            tax: -of(Account::TaxPayable),
            fees: of(Account::Fees),
            stray: -of(Account::Suspense),
            unpaid: of(Account::Receivable),
            disputed: of(Account::Disputes),
            changed: of(Account::Conversion),
        }
    }

    fn number(&mut self) -> Uuid {
        self.count += 1;
        Uuid::from_u128(self.count)
    }

    fn of(&mut self, currency: Currency) -> &mut Count {
        self.clerk.entry(currency).or_default()
    }

    fn happens(&mut self, step: Step) {
        match step {
            Step::Sale { currency, taxable, tax, how, waited, backs } => {
                let (order, payment) = (OrderId(self.number()), PaymentId(self.number()));
                let total = Money::new(taxable + tax, currency);
                let against = if waited { Against::Nothing } else { Against::Order };
                self.comes(Came::Payment(payment), Some(order), total, how, against);
                self.sells(order, total, taxable);
                if waited {
                    self.book(books::applied(payment, order, total));
                }
                self.goes_back((order, payment), (total, taxable), how, &backs);
            }
            Step::Stray { amount, how, backs } => {
                let payment = PaymentId(self.number());
                self.comes(Came::Payment(payment), None, amount, how, Against::Nothing);
                self.of(amount.currency).stray += amount.minor;
                self.strays_back(payment, amount, how, &backs);
            }
            Step::OtherPrograms { amount } => {
                let [session, failed, refund] = std::array::from_fn(|_| self.number().to_string());
                let amount = Money::new(amount, SETTLEMENT);
                self.book(books::received(Came::Session(&session), None, amount, Till::Gateway, Against::Nothing));
                self.book(books::stray_refunded(&failed, amount));
                self.book(books::stray_refund_failed(&failed, amount));
                self.book(books::stray_refunded(&refund, amount));
            }
            Step::Disputed { history, against, credited } => self.is_disputed(&history, against, credited),
            Step::Payout { amount, fails } => {
                let (payout, amount) = (self.number().to_string(), Money::new(amount, SETTLEMENT));
                self.book(books::paid_out(&payout, amount));
                if fails {
                    self.book(books::payout_failed(&payout, amount));
                } else {
                    self.of(SETTLEMENT).gateway -= amount.minor;
                    self.of(SETTLEMENT).bank += amount.minor;
                }
            }
        }
    }

    /// Money is in the till; the gateway keeps its fee, and changes what is not of its balance's currency.
    fn comes(&mut self, came: Came<'_>, order: Option<OrderId>, amount: Money, how: How, against: Against) {
        self.book(books::received(came, order, amount, how.till(), against));
        self.of(amount.currency).puts(how.till(), amount.minor);
        let (Came::Payment(payment), How::Card { fee, rate }) = (came, how) else { return };
        if amount.currency != SETTLEMENT {
            let kept = Money::new(amount.minor * rate, SETTLEMENT);
            self.book(books::converted(payment, amount, kept));
            self.changes(amount, kept);
        }
        self.book(books::fee(payment, Money::new(fee, SETTLEMENT)));
        self.of(SETTLEMENT).gateway -= fee;
        self.of(SETTLEMENT).fees += fee;
    }

    fn changes(&mut self, from: Money, to: Money) {
        for (amount, sign) in [(from, 1), (to, -1)] {
            self.of(amount.currency).gateway -= sign * amount.minor;
            self.of(amount.currency).changed += sign * amount.minor;
        }
    }

    fn sells(&mut self, order: OrderId, total: Money, taxable: i64) {
        let of = |minor| Money::new(minor, total.currency);
        self.book(books::invoiced(order, total, of(taxable), of(total.minor - taxable)));
        self.of(total.currency).sold += taxable;
        self.of(total.currency).tax += total.minor - taxable;
    }

    /// A credit note: what was sold is taken back, and its tax in the same part.
    fn credits(&mut self, order: OrderId, note: Money, (total, taxable): (Money, i64)) {
        let number = self.number().to_string();
        let part = i128::from(taxable) * i128::from(note.minor) / i128::from(total.minor.max(1));
        let part = i64::try_from(part).unwrap();
        let of = |minor| Money::new(minor, note.currency);
        self.book(books::credited(&number, order, note, of(part), of(note.minor - part)));
        let count = self.of(note.currency);
        count.unsold += part;
        count.tax -= note.minor - part;
        count.unpaid -= note.minor;
    }

    /// Each refund leaves, and may come back. What is gone is credited once: one that came back keeps its note, and what is sent in
    /// its place needs no second one.
    fn goes_back(&mut self, (order, payment): (OrderId, PaymentId), sale: (Money, i64), how: How, backs: &[Back]) {
        let refs = Refs { order: Some(order), payment: Some(payment), refund: None };
        let (mut gone, mut credited, currency) = (0, 0, sale.0.currency);
        for back in backs {
            let amount = Money::new((sale.0.minor - gone) * back.percent / 100, currency);
            let left = self.leaves(refs, amount, how, *back, Against::Order);
            self.of(currency).unpaid += left;
            // The note is issued the moment that the money leaves, before anybody knows that it comes back.
            let due = gone + amount.minor - credited;
            if due > 0 {
                self.credits(order, Money::new(due, currency), sale);
                credited += due;
            }
            gone += left;
        }
    }

    fn strays_back(&mut self, payment: PaymentId, came: Money, how: How, backs: &[Back]) {
        let refs = Refs { order: None, payment: Some(payment), refund: None };
        let mut gone = 0;
        for back in backs {
            let amount = Money::new((came.minor - gone) * back.percent / 100, came.currency);
            let left = self.leaves(refs, amount, how, *back, Against::Nothing);
            self.of(came.currency).stray -= left;
            gone += left;
        }
    }

    /// What is gone for good of a refund.
    fn leaves(&mut self, refs: Refs, amount: Money, how: How, back: Back, against: Against) -> i64 {
        let (refund, till) = (RefundId(self.number()), back.by_hand.map_or(how.till(), Till::of));
        self.book(books::refunded(refund, refs, amount, till, against));
        if back.fails {
            self.book(books::refund_failed(refund, 1, refs, amount, till, against));
            return 0;
        }
        self.of(amount.currency).puts(till, -amount.minor);
        amount.minor
    }

    /// The clerk looks at how it stands in the end alone, and at what the bank took and gave.
    fn is_disputed(&mut self, history: &[DisputeFacts], against: Against, credited: bool) {
        let (name, order) = (self.number().to_string(), OrderId(self.number()));
        let refs = Refs { order: Some(order), payment: Some(PaymentId(self.number())), refund: None };
        let of_its_own = |told: &DisputeFacts| {
            let mut told = told.clone();
            told.movements.iter_mut().for_each(|movement| movement.id = format!("{name}:{}", movement.id));
            told
        };
        let history: Vec<_> = history.iter().map(of_its_own).collect();
        let mut booked = None;
        for told in &history {
            for entry in entries(&name, told, booked, refs, against) {
                self.book(entry);
            }
            booked = Some(told);
        }
        let Some(told) = history.last() else { return };
        let (taken, returned) = (told.taken().unwrap(), told.returned().unwrap());
        let out = taken.minor - returned.minor;
        for movement in &told.movements {
            let count = self.of(movement.amount.currency);
            count.gateway += movement.amount.minor - movement.fee.minor;
            count.fees += movement.fee.minor;
            if movement.amount.currency != taken.currency {
                count.changed -= movement.amount.minor;
            }
        }
        if told.movements.iter().any(|movement| movement.amount.currency != taken.currency) {
            self.of(taken.currency).changed -= out;
        }
        match (told.standing, against) {
            (Standing::Lost, Against::Order) => {
                self.of(taken.currency).unpaid += out;
                if credited && out > 0 {
                    self.credits(order, Money::new(out, taken.currency), (Money::new(out, taken.currency), out));
                }
            }
            (Standing::Lost, Against::Nothing) => self.of(taken.currency).stray -= out,
            _ => self.of(taken.currency).disputed += out,
        }
    }
}

proptest! {
    #[test]
    fn the_accounts_are_what_an_honest_clerk_counts(steps in prop::collection::vec(step(), 0..24)) {
        let mut world = World::default();
        for step in steps {
            world.happens(step);
        }
        for currency in CURRENCIES {
            let (booked, clerk) = (world.booked(currency), world.clerk.get(&currency).copied().unwrap_or_default());
            prop_assert_eq!(booked, clerk, "{}", currency);
            let cash = clerk.gateway + clerk.bank + clerk.cash;
            let (ours, owed) = (clerk.sold - clerk.unsold - clerk.fees, clerk.tax + clerk.stray - clerk.unpaid);
            prop_assert_eq!(cash, ours + owed - clerk.disputed - clerk.changed, "{}", currency);
        }
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
    let (order, money) = (OrderId(Uuid::nil()), |minor| Money::new(minor, Currency::INR));
    assert!(books::invoiced(order, money(118), money(100), money(18)).is_ok());
    let refused = books::invoiced(order, money(118), money(100), money(17)).unwrap_err();
    assert_eq!(refused.to_string(), format!("the entry invoiced:{order} does not balance in INR"));
    assert!(books::credited("CN/2627/00001", order, money(118), money(100), money(17)).is_err());
}
