//! Accounts, and entries that balance. Pure.

use std::str::FromStr;

use crate::kernel::ids::{OrderId, PaymentId, RefundId};
use crate::kernel::{Currency, Money};

/// What money is counted under. A debit raises what we have or are owed, and costs; a credit raises what we owe, and revenue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// What buyers owe us for what was invoiced.
    Receivable,
    /// What the gateway holds for us.
    GatewayClearing,
    Bank,
    /// Notes and coins.
    Cash,
    /// What the gateway kept for its work.
    Fees,
    /// What was sold, without tax.
    Revenue,
    /// Tax collected and not yet paid to the government.
    TaxPayable,
    /// What was sold and taken back by a credit note, without tax.
    Refunds,
    /// Money that came and settles nothing: it belongs to whoever sent it until an admin has decided.
    Suspense,
    /// Money that a bank took back and that is still disputed.
    Disputes,
    /// Between two currencies: what the gateway changed of one into another.
    Conversion,
}

const WORDS: [(Account, &str); 11] = [
    (Account::Receivable, "receivable"),
    (Account::GatewayClearing, "gateway_clearing"),
    (Account::Bank, "bank"),
    (Account::Cash, "cash"),
    (Account::Fees, "fees"),
    (Account::Revenue, "revenue"),
    (Account::TaxPayable, "tax_payable"),
    (Account::Refunds, "refunds"),
    (Account::Suspense, "suspense"),
    (Account::Disputes, "disputes"),
    (Account::Conversion, "conversion"),
];

impl Account {
    /// Every account, in the order of a report.
    pub fn all() -> impl Iterator<Item = Self> {
        WORDS.iter().map(|(account, _)| *account)
    }

    /// A stable word, as stored and exported.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(account, _)| *account == self).map_or("", |(_, word)| word)
    }
}

/// The text is no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownAccount;

impl FromStr for Account {
    type Err = UnknownAccount;

    fn from_str(text: &str) -> Result<Self, UnknownAccount> {
        WORDS.iter().find(|(_, word)| *word == text).map(|(account, _)| *account).ok_or(UnknownAccount)
    }
}

/// What an entry moves on one account: a debit is positive, a credit negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    pub account: Account,
    pub amount: Money,
}

impl Posting {
    pub const fn debit(account: Account, amount: Money) -> Self {
        Self { account, amount }
    }

    pub const fn credit(account: Account, amount: Money) -> Self {
        // The least i64 has no opposite: it becomes an amount with which nothing balances.
        Self { account, amount: Money::new(amount.minor.saturating_neg(), amount.currency) }
    }
}

/// What an entry is about, where it is about such a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refs {
    pub order: Option<OrderId>,
    pub payment: Option<PaymentId>,
    pub refund: Option<RefundId>,
}

/// Debits and credits of one currency differ.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the entry {key} does not balance in {currency}")]
pub struct Unbalanced {
    pub key: String,
    pub currency: Currency,
}

/// A fact about money in double entry. There is none that does not balance in each of its currencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    key: String,
    kind: &'static str,
    refs: Refs,
    postings: Vec<Posting>,
}

impl Entry {
    /// `key` names the fact, `kind` says what sort of fact it is. Postings of nothing are left out: a fact that moves no money, such
    /// as an order of nothing, is an entry without postings.
    ///
    /// # Errors
    /// [`Unbalanced`].
    pub fn new(key: String, kind: &'static str, refs: Refs, mut postings: Vec<Posting>) -> Result<Self, Unbalanced> {
        postings.retain(|posting| posting.amount.minor != 0);
        let of = |currency: Currency| postings.iter().filter(move |posting| posting.amount.currency == currency);
        let sum = |currency| of(currency).map(|posting| i128::from(posting.amount.minor)).sum::<i128>();
        let wrong = postings.iter().map(|posting| posting.amount.currency).find(|&currency| sum(currency) != 0);
        match wrong {
            Some(currency) => Err(Unbalanced { key, currency }),
            None => Ok(Self { key, kind, refs, postings }),
        }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    pub const fn refs(&self) -> Refs {
        self.refs
    }

    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }
}

/// One account in one currency over a time: all in minor units, debits and credits as positive amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    pub account: Account,
    /// Before it; a debit is positive.
    pub opening: Money,
    pub debits: Money,
    pub credits: Money,
}

impl Balance {
    /// After it; a debit is positive.
    pub const fn closing(&self) -> Money {
        let minor = self.opening.minor.saturating_add(self.debits.minor).saturating_sub(self.credits.minor);
        Money::new(minor, self.opening.currency)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn postings() -> impl Strategy<Value = Vec<Posting>> {
        let account = prop::sample::select(Account::all().collect::<Vec<_>>());
        let currency = prop::sample::select(vec![Currency::INR, Currency::USD, Currency::JPY]);
        let amount = prop_oneof![8 => -3_i64..=3, 1 => any::<i64>()];
        let posting = (account, amount, currency)
            .prop_map(|(account, minor, currency)| Posting { account, amount: Money::new(minor, currency) });
        prop::collection::vec(posting, 0..6)
    }

    fn sums(postings: &[Posting]) -> BTreeMap<&'static str, i128> {
        let mut sums = BTreeMap::new();
        for posting in postings {
            *sums.entry(posting.amount.currency.code()).or_default() += i128::from(posting.amount.minor);
        }
        sums
    }

    proptest! {
        #[test]
        fn there_is_an_entry_exactly_if_each_currency_balances(postings in postings()) {
            let made = Entry::new("key".to_owned(), "kind", Refs::default(), postings.clone());
            prop_assert_eq!(made.is_ok(), sums(&postings).values().all(|&sum| sum == 0));
            if let Ok(entry) = made {
                prop_assert!(entry.postings().iter().all(|posting| posting.amount.minor != 0));
                prop_assert!(sums(entry.postings()).values().all(|&sum| sum == 0));
            }
        }

        #[test]
        fn a_debit_and_a_credit_of_the_same_balance(minor in (i64::MIN + 1)..i64::MAX) {
            let amount = Money::new(minor, Currency::INR);
            let two = vec![Posting::debit(Account::Bank, amount), Posting::credit(Account::Receivable, amount)];
            prop_assert!(Entry::new("key".to_owned(), "kind", Refs::default(), two).is_ok());
        }
    }

    #[test]
    fn money_is_not_balanced_by_another_currency_and_not_by_what_has_no_opposite() {
        let refused = |one: Money, other: Money| {
            let two = vec![Posting::debit(Account::Bank, one), Posting::credit(Account::Receivable, other)];
            Entry::new("key".to_owned(), "kind", Refs::default(), two).unwrap_err().currency
        };
        assert_eq!(refused(Money::new(1, Currency::INR), Money::new(1, Currency::USD)), Currency::INR);
        let least = Money::new(i64::MIN, Currency::JPY);
        assert_eq!(refused(least, least), Currency::JPY);
    }

    #[test]
    fn every_account_reads_back_from_its_word() {
        for account in Account::all() {
            assert_eq!(account.word().parse(), Ok(account));
        }
        assert_eq!("".parse::<Account>(), Err(UnknownAccount));
    }
}
