//! What a credit note over a part of a document says.

use super::{Credited, Export, Facts, Line, Rupees, Sums, Supply, TaxLine};
use crate::kernel::Money;
use crate::kernel::time::Date;

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

/// The last day on which a credit note over a document of `issued_on` reduces the supplier's tax: 30 November after the end of the
/// financial year of the supply (CGST Act s.34(2)), or the annual return's day, should that be earlier, which nobody here knows.
pub fn reduces_tax_until(issued_on: Date) -> Date {
    let ends = if issued_on.month() >= APRIL { issued_on.year() + 1 } else { issued_on.year() };
    Date::new(ends, 11, 30).unwrap_or(Date::MAX)
}

/// In which a financial year begins.
const APRIL: i8 = 4;
/// So long before it, the deadline is worth a word.
const SOON: i32 = 60;

/// Until when a credit note over a document reduces tax, where it does at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxDeadline {
    /// It is near.
    Soon(Date),
    /// It was then: whatever goes back from now on, the tax stays paid.
    Missed(Date),
}

impl Facts {
    /// Whether the document charges Indian tax, which a credit note can take back.
    fn charges_gst(&self) -> bool {
        self.supply.place().is_some() && !self.sums.taxes.is_empty()
    }

    /// What is to be said on `today` about taking back this document of `issued_on`: nothing while there is time, or no tax.
    pub fn tax_deadline(&self, issued_on: Date, today: Date) -> Option<TaxDeadline> {
        let last = reduces_tax_until(issued_on);
        match (last - today).get_days() {
            _ if !self.charges_gst() => None,
            days if days < 0 => Some(TaxDeadline::Missed(last)),
            days if days <= SOON => Some(TaxDeadline::Soon(last)),
            _ => None,
        }
    }

    /// What a credit note of `today` over a part of this document says: the same parties, supply and taxes, and what it takes back.
    /// Nothing for a total that is no part of the document's. One that comes too late for the tax says so, and takes back none.
    pub fn credited(&self, total: Money, credits: Credited, today: Date) -> Option<Self> {
        let part = self.sums.part(total)?;
        let (sums, credits) = match self.tax_deadline(credits.issued_on, today) {
            Some(TaxDeadline::Missed(last)) => {
                (Sums { taxable: total, taxes: Vec::new(), ..part }, Credited { tax_until: Some(last), ..credits })
            }
            _ => (part, credits),
        };
        let line = |line: &Line| Line { quantity: 1, unit: sums.taxable, amount: sums.taxable, ..line.clone() };
        Some(Self {
            lines: self.lines.iter().take(1).map(line).collect(),
            supply: self.supply.clone().part(&sums, &self.sums),
            sums,
            paid: Vec::new(),
            payee: None,
            credits: Some(credits),
            ..self.clone()
        })
    }
}

impl Supply {
    /// The same supply over a part of its sums: an export's rupees in proportion, at its own rate of exchange.
    fn part(self, part: &Sums, whole: &Sums) -> Self {
        let Self::Export(Export { place, declaration, rupees }) = self else { return self };
        let in_proportion = |rupees: Rupees| {
            let (total, of) = (part.total.minor, whole.total.minor);
            let (value, tax) = (share(rupees.value, total, of), rupees.tax.map(|tax| share(tax, total, of)));
            match tax {
                // The tax stays, and all of it that goes back is value.
                Some(tax) if part.taxes.is_empty() => {
                    let value = Money::new(value.minor + tax.minor, value.currency);
                    Rupees { value, tax: Some(Money::new(0, tax.currency)), ..rupees }
                }
                tax => Rupees { value, tax, ..rupees },
            }
        };
        Self::Export(Export { place, declaration, rupees: rupees.map(in_proportion) })
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

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// A day on which tax is still reduced.
    fn in_time() -> Date {
        day("2027-02-01")
    }

    #[test]
    fn tax_is_reduced_until_thirty_november_after_the_financial_year() {
        let of = |text: &str| reduces_tax_until(day(text)).to_string();
        assert_eq!(of("2027-03-31"), "2027-11-30");
        assert_eq!(of("2027-04-01"), "2028-11-30");
        assert_eq!(of("2026-12-31"), "2027-11-30");
        let invoice = testing::within_state();
        let said = |today: &str| invoice.tax_deadline(day("2027-01-04"), day(today));
        let last = day("2027-11-30");
        assert_eq!(said("2027-09-30"), None);
        assert_eq!((said("2027-10-01"), said("2027-11-30")), (Some(TaxDeadline::Soon(last)), Some(TaxDeadline::Soon(last))));
        assert_eq!(said("2027-12-01"), Some(TaxDeadline::Missed(last)));
        for untaxed in [testing::receipt(), testing::under_undertaking(), testing::elsewhere()] {
            assert_eq!(untaxed.tax_deadline(day("2020-01-04"), day("2027-12-01")), None, "{:?}", untaxed.supply);
        }
    }

    #[test]
    fn a_credit_note_that_comes_too_late_takes_back_the_money_and_no_tax() {
        let invoice = testing::within_state();
        let half = Money::new(345_150, Currency::INR);
        let late = invoice.credited(half, credits(), day("2027-12-01")).unwrap();
        assert_eq!((late.sums.taxable, late.sums.total, late.sums.taxes.len()), (half, half, 0));
        assert_eq!(late.credits.unwrap().tax_until, Some(day("2027-11-30")));
        let last = invoice.credited(half, credits(), day("2027-11-30")).unwrap();
        assert_eq!((last.sums.taxes.len(), last.credits.unwrap().tax_until), (2, None));
        let export = testing::export(crate::documents::model::Declaration::WithTax);
        let Supply::Export(late) = export.credited(export.sums.total, credits(), day("2027-12-01")).unwrap().supply else {
            panic!("it is an export no more")
        };
        let rupees = late.rupees.unwrap();
        assert_eq!((rupees.value.minor, rupees.tax.unwrap().minor), (883_111 + 158_960, 0));
    }

    #[test]
    fn a_credit_note_over_a_part_has_each_tax_in_proportion() {
        let invoice = testing::within_state();
        let half = invoice.credited(Money::new(345_150, invoice.sums.total.currency), credits(), in_time()).unwrap();
        let taxes: Vec<i64> = half.sums.taxes.iter().map(|tax| tax.amount.minor).collect();
        assert_eq!((half.sums.taxable.minor, taxes), (292_500, vec![26_325, 26_325]));
        assert_eq!((half.lines[0].amount, half.paid.len(), half.supply), (half.sums.taxable, 0, invoice.supply.clone()));
        let export = testing::under_undertaking();
        let Supply::Export(third) =
            export.credited(Money::new(3_000, export.sums.total.currency), credits(), in_time()).unwrap().supply
        else {
            panic!("it is an export no more")
        };
        assert_eq!(third.rupees.unwrap().value.minor, 294_370);
        for (minor, currency) in [(0, Currency::INR), (-1, Currency::INR), (690_306, Currency::INR), (100, Currency::EUR)] {
            assert_eq!(invoice.credited(Money::new(minor, currency), credits(), in_time()), None, "{minor} {currency}");
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
