//! What a credit note over a part of a document says.

use super::{Credited, Export, Facts, Line, Rupees, Sums, Supply, TaxLine};
use crate::kernel::Money;

/// `amount` × `part` / `whole`, to the nearest minor unit, halves up.
fn share(amount: Money, part: i64, whole: i64) -> Money {
    let (amount_minor, part, whole) = (i128::from(amount.minor), i128::from(part), i128::from(whole).max(1));
    let minor = (2 * amount_minor * part + whole).div_euclid(2 * whole);
    Money::new(i64::try_from(minor).unwrap_or(i64::MAX), amount.currency)
}

impl Sums {
    /// What a part of the total comes to: each tax in proportion, so that equal taxes stay equal, and the taxable value the rest.
    /// The whole is the same sums without the discount. Nothing for what is no part of it.
    pub fn part(&self, total: Money) -> Option<Self> {
        if total.currency != self.total.currency || !(1..=self.total.minor).contains(&total.minor) {
            return None;
        }
        let tax = |tax: &TaxLine| TaxLine { amount: share(tax.amount, total.minor, self.total.minor), ..tax.clone() };
        let taxes: Vec<TaxLine> = self.taxes.iter().map(tax).collect();
        let taxable = total.minor - taxes.iter().map(|tax| tax.amount.minor).sum::<i64>();
        Some(Self { discount: None, taxable: Money::new(taxable, total.currency), taxes, total })
    }
}

impl Facts {
    /// What a credit note over a part of this document says: the same parties, supply and taxes, and what it takes back. Nothing for
    /// a total that is no part of the document's.
    pub fn credited(&self, total: Money, credits: Credited) -> Option<Self> {
        let sums = self.sums.part(total)?;
        let line = |line: &Line| Line { quantity: 1, unit: sums.taxable, amount: sums.taxable, ..line.clone() };
        let supply = match self.supply.clone() {
            Supply::Export(Export { place, declaration, rupees }) => {
                let part = |rupees: Rupees| Rupees { value: share(rupees.value, total.minor, self.sums.total.minor), ..rupees };
                Supply::Export(Export { place, declaration, rupees: rupees.map(part) })
            }
            other => other,
        };
        Some(Self {
            lines: self.lines.iter().take(1).map(line).collect(),
            sums,
            supply,
            paid: Vec::new(),
            payee: None,
            credits: Some(credits),
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::documents::model::testing;
    use crate::kernel::Currency;

    fn credits() -> Credited {
        testing::credit_note().credits.unwrap()
    }

    #[test]
    fn a_credit_note_over_a_part_has_each_tax_in_proportion() {
        let invoice = testing::within_state();
        let half = invoice.credited(Money::new(345_150, invoice.sums.total.currency), credits()).unwrap();
        let taxes: Vec<i64> = half.sums.taxes.iter().map(|tax| tax.amount.minor).collect();
        assert_eq!((half.sums.taxable.minor, taxes), (292_500, vec![26_325, 26_325]));
        assert_eq!((half.lines[0].amount, half.paid.len(), half.supply), (half.sums.taxable, 0, invoice.supply.clone()));
        let export = testing::under_undertaking();
        let Supply::Export(third) = export.credited(Money::new(3_000, export.sums.total.currency), credits()).unwrap().supply
        else {
            panic!("it is an export no more")
        };
        assert_eq!(third.rupees.unwrap().value.minor, 294_370);
        for (minor, currency) in [(0, Currency::INR), (-1, Currency::INR), (690_306, Currency::INR), (100, Currency::EUR)] {
            assert_eq!(invoice.credited(Money::new(minor, currency), credits()), None, "{minor} {currency}");
        }
    }

    proptest! {
        #[test]
        fn a_part_adds_up_and_the_whole_is_the_whole(minor in 1_i64..=690_305) {
            let invoice = testing::within_state().sums;
            let part = invoice.part(Money::new(minor, Currency::INR)).unwrap();
            let taxes: i64 = part.taxes.iter().map(|tax| tax.amount.minor).sum();
            prop_assert_eq!(part.taxable.minor + taxes, minor);
            prop_assert_eq!(part.taxes[0].amount, part.taxes[1].amount);
            prop_assert!(part.taxable.minor >= 0 && taxes >= 0);
            let whole = invoice.part(invoice.total).unwrap();
            prop_assert_eq!(Sums { discount: invoice.discount.clone(), ..whole }, invoice);
        }
    }
}
