//! An order's money, row by row: the listed price, what a coupon took off, each tax, the total.

use crate::catalogue::model::TaxBasis;
use crate::kernel::Money;
use crate::payment::Order;
use crate::pricing::TaxLine;

/// The rows, in words and amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// What adds up to the total.
    pub above: Vec<(String, Money)>,
    pub total: Money,
    /// What lies in the total, where the price is with tax.
    pub within: Vec<(String, Money)>,
    /// Where the supply is made, where that decides the tax.
    pub supply: Option<String>,
}

impl Sums {
    pub fn of(order: &Order) -> Self {
        let quote = &order.quote;
        let mut above = vec![(order.description().to_owned(), quote.list)];
        if quote.coupon.is_some() {
            above.push(("Discount by coupon".to_owned(), Money::new(-quote.discount.minor, quote.discount.currency)));
        }
        let taxes = quote.taxes.iter().map(|line| (tax(line), line.amount));
        let mut within = Vec::new();
        match quote.basis {
            TaxBasis::Added => above.extend(taxes),
            TaxBasis::Included if quote.taxes.is_empty() => {}
            TaxBasis::Included => {
                within.push(("Of which before tax".to_owned(), quote.taxable));
                within.extend(taxes.map(|(label, amount)| (format!("Of which {label}"), amount)));
            }
        }
        Self { above, total: quote.total, within, supply: quote.supply.told() }
    }
}

fn tax(line: &TaxLine) -> String {
    format!("{}, {} %", line.label, line.rate)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kernel::Currency;
    use crate::kernel::ids::{CouponId, OrderId, UserId};
    use crate::payment::{Buyer, OrderLine, OrderState, Quote};
    use crate::pricing::Supply;

    fn order(basis: TaxBasis) -> Order {
        let list = Money::new(650_000, Currency::INR);
        let supply = Supply::WithinState { place: "29".parse().unwrap() };
        let quote = Quote::new(list, basis, supply, None);
        let line = OrderLine {
            id: Uuid::nil(),
            enrolment: None,
            description: "One seat".to_owned(),
            quantity: 1,
            unit: list,
            total: list,
        };
        Order {
            id: OrderId(Uuid::nil()),
            number: "L-000001".parse().unwrap(),
            user: UserId(Uuid::nil()),
            state: OrderState::Open,
            quote: quote.discounted(CouponId(Uuid::nil()), Money::new(65_000, Currency::INR)),
            buyer: Buyer {
                name: "Demo Student 01".parse().unwrap(),
                email: "demo.01@example.org".parse().unwrap(),
                country: "IN".parse().unwrap(),
                address: "1 Example Street".parse().unwrap(),
                postal_code: None,
                state: None,
                gstin: None,
            },
            lines: vec![line],
            created_at: crate::kernel::Timestamp::UNIX_EPOCH,
        }
    }

    fn told(rows: &[(String, Money)]) -> Vec<String> {
        rows.iter().map(|(words, amount)| format!("{words}: {amount}")).collect()
    }

    #[test]
    fn taxes_on_top_stand_above_the_total_and_those_in_it_below() {
        let added = Sums::of(&order(TaxBasis::Added));
        let above = ["One seat: ₹6,500.00", "Discount by coupon: −₹650.00", "CGST, 9 %: ₹526.50", "SGST, 9 %: ₹526.50"];
        assert_eq!((told(&added.above), added.within), (above.map(str::to_owned).to_vec(), Vec::new()));
        assert_eq!(added.total.to_string(), "₹6,903.00");
        let included = Sums::of(&order(TaxBasis::Included));
        assert_eq!(told(&included.above), above[..2]);
        assert_eq!(
            told(&included.within),
            ["Of which before tax: ₹4,957.62", "Of which CGST, 9 %: ₹446.19", "Of which SGST, 9 %: ₹446.19"]
        );
        assert_eq!(included.supply.as_deref(), Some("Place of supply: Karnataka (29)."));
    }
}
