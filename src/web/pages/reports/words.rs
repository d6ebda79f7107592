//! Accounts and balances in words.

use std::cmp::Ordering;

use crate::kernel::Money;
use crate::ledger::Account;

/// An account's name, and what it holds.
pub const fn account(account: Account) -> (&'static str, &'static str) {
    match account {
        Account::Receivable => ("Receivable", "owed by buyers"),
        Account::GatewayClearing => ("Payment gateway", "came by card, less fees, payouts and what banks took"),
        Account::Bank => ("Bank", "transfers, UPI, cheques and payouts"),
        Account::Cash => ("Cash", "notes and coins"),
        Account::Fees => ("Fees", "kept by the gateway"),
        Account::Revenue => ("Revenue", "sold, without tax"),
        Account::TaxPayable => ("Tax payable", "collected, owed to the government"),
        Account::Refunds => ("Refunds", "sold and credited back, without tax"),
        Account::Suspense => ("Suspense", "came and settles no order: see Today"),
        Account::Disputes => ("Disputes", "taken back by banks, not decided yet"),
        Account::Conversion => ("Conversion", "changed into or from another currency"),
    }
}

/// A balance with its side: `₹6,500.00 Dr`, `₹6,500.00 Cr`, `₹0.00`.
pub fn balance(money: Money) -> String {
    let amount = Money::new(money.minor.saturating_abs(), money.currency);
    match money.minor.cmp(&0) {
        Ordering::Greater => format!("{amount}\u{a0}Dr"),
        Ordering::Less => format!("{amount}\u{a0}Cr"),
        Ordering::Equal => amount.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    #[test]
    fn a_balance_names_its_side_and_no_minus() {
        let shown = |minor| balance(Money::new(minor, Currency::INR));
        assert_eq!(shown(650_000), "₹6,500.00\u{a0}Dr");
        assert_eq!(shown(-650_000), "₹6,500.00\u{a0}Cr");
        assert_eq!(shown(0), "₹0.00");
    }
}
