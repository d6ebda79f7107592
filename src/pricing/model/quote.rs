//! What one seat costs one buyer: the listed price, what a coupon takes off, the taxes, and the total, to the minor unit.

use serde::{Deserialize, Serialize};

use super::Supply;
use crate::catalogue::model::TaxBasis;
use crate::kernel::ids::CouponId;
use crate::kernel::{Currency, Money, Timestamp};
use crate::organisation::model::Rate;

/// One tax of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxLine {
    /// `CGST`, or what another country's tax is called.
    pub label: String,
    pub rate: Rate,
    pub amount: Money,
}

/// The price, frozen when the order is placed: what the cohort costs later, or what tax is then, does not matter.
///
/// Always `taxable + taxes = total`; and the total is `list - discount`, with the taxes on top where the basis is
/// [`TaxBasis::Added`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// As it was listed: before tax or with it, as the basis says.
    pub list: Money,
    /// Taken off the listed price, so that the tax is on what is left (CGST Act s.15(3)(a): a discount given at the supply and
    /// shown in its invoice is no part of its value).
    pub discount: Money,
    pub basis: TaxBasis,
    /// The value that the taxes are on.
    pub taxable: Money,
    pub supply: Supply,
    /// CGST and SGST are the same amount.
    pub taxes: Vec<TaxLine>,
    pub total: Money,
    pub coupon: Option<CouponId>,
    /// When the hold was to end that the quote was made with. A checkout may extend the hold; the quote holds as long as it does.
    /// Not kept of orders from before there were taxes.
    pub valid_until: Option<Timestamp>,
}

impl Quote {
    /// The quote for a listed price.
    pub fn new(list: Money, basis: TaxBasis, supply: Supply, valid_until: Option<Timestamp>) -> Self {
        let none = Money::new(0, list.currency);
        let quote = Self {
            list,
            discount: none,
            basis,
            taxable: list,
            supply,
            taxes: Vec::new(),
            total: list,
            coupon: None,
            valid_until,
        };
        quote.taxed()
    }

    /// A quote of a seller who collects no tax.
    pub fn untaxed(total: Money) -> Self {
        Self::new(total, TaxBasis::Added, Supply::Untaxed, None)
    }

    /// The same with so much taken off the listed price, at the same taxes; never more than the price.
    #[must_use]
    pub fn discounted(self, coupon: CouponId, discount: Money) -> Self {
        let discount = Money::new(discount.minor.clamp(0, self.list.minor), self.list.currency);
        Self { discount, coupon: Some(coupon), ..self }.taxed()
    }

    /// The value without the discount: what the taxes would have been on.
    pub fn undiscounted(&self) -> Money {
        let discount = Money::new(0, self.list.currency);
        Self { discount, ..self.clone() }.taxed().taxable
    }

    /// All taxes.
    pub fn tax(&self) -> Money {
        Money::new(self.taxes.iter().map(|line| line.amount.minor).sum(), self.total.currency)
    }

    /// Works out taxes, value and total. The taxes of one supply are all of one rate.
    fn taxed(self) -> Self {
        let currency = self.list.currency;
        let net = self.list.minor - self.discount.minor;
        let rates: Vec<(String, Rate)> = self.supply.rates().into_iter().map(|(name, rate)| (name.to_owned(), rate)).collect();
        let rate = rates.first().map_or(0, |(_, rate)| i64::from(rate.basis_points()));
        let count = i64::try_from(rates.len()).unwrap_or_default();
        let whole = match self.basis {
            TaxBasis::Added => 10_000,
            // Of a price with tax in it, the value is 100 / (100 + all rates).
            TaxBasis::Included => 10_000 + rate * count,
        };
        let each = share(net, rate, whole, currency);
        let (taxable, total) = match self.basis {
            TaxBasis::Added => (net, net + each * count),
            TaxBasis::Included => (net - each * count, net),
        };
        let line = |(label, rate)| TaxLine { label, rate, amount: Money::new(each, currency) };
        Self {
            taxable: Money::new(taxable, currency),
            taxes: rates.into_iter().map(line).collect(),
            total: Money::new(total, currency),
            ..self
        }
    }
}

/// The least amount that is charged, in minor units: the gateway takes three-decimal amounts that end in 0 alone.
pub(super) const fn step(currency: Currency) -> i64 {
    if currency.decimals() == 3 { 10 } else { 1 }
}

/// `amount * part / whole`, rounded to the nearest charged amount, the half up. Amounts are not negative.
pub(super) fn share(amount: i64, part: i64, whole: i64, currency: Currency) -> i64 {
    let (step, divisor) = (i128::from(step(currency)), i128::from(whole) * i128::from(step(currency)));
    let rounded = (2 * i128::from(amount) * i128::from(part) + divisor) / (2 * divisor) * step;
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn within() -> Supply {
        Supply::WithinState { place: "29".parse().unwrap() }
    }

    fn quote(minor: i64, currency: Currency, basis: TaxBasis, supply: Supply) -> Quote {
        Quote::new(Money::new(minor, currency), basis, supply, None)
    }

    fn amounts(quote: &Quote) -> (i64, Vec<i64>, i64) {
        (quote.taxable.minor, quote.taxes.iter().map(|line| line.amount.minor).collect(), quote.total.minor)
    }

    #[test]
    fn tax_is_added_to_a_price_before_it_and_found_in_one_with_it() {
        let between = Supply::BetweenStates { place: None };
        let added = quote(650_000, Currency::INR, TaxBasis::Added, within());
        assert_eq!(amounts(&added), (650_000, vec![58_500, 58_500], 767_000));
        assert_eq!(amounts(&quote(650_000, Currency::INR, TaxBasis::Added, between.clone())), (650_000, vec![117_000], 767_000));
        let included = quote(650_000, Currency::INR, TaxBasis::Included, within());
        assert_eq!(amounts(&included), (550_848, vec![49_576, 49_576], 650_000));
        assert_eq!(amounts(&quote(650_000, Currency::INR, TaxBasis::Included, between)), (550_847, vec![99_153], 650_000));
    }

    #[test]
    fn currencies_without_decimals_and_with_three_are_charged_as_the_gateway_takes_them() {
        let vat = || Supply::Elsewhere { label: "VAT".parse().unwrap(), rate: "7.5".parse().unwrap() };
        assert_eq!(amounts(&quote(9_999, Currency::JPY, TaxBasis::Added, vat())), (9_999, vec![750], 10_749));
        assert_eq!(amounts(&quote(12_340, Currency::KWD, TaxBasis::Added, vat())), (12_340, vec![930], 13_270));
        assert_eq!(amounts(&quote(12_340, Currency::KWD, TaxBasis::Included, vat())), (11_480, vec![860], 12_340));
    }

    #[test]
    fn a_discount_is_off_the_price_and_the_tax_is_on_the_rest() {
        let coupon = CouponId(Uuid::from_u128(1));
        let tenth = Money::new(65_000, Currency::INR);
        let added = quote(650_000, Currency::INR, TaxBasis::Added, within()).discounted(coupon, tenth);
        assert_eq!((amounts(&added), added.coupon), ((585_000, vec![52_650, 52_650], 690_300), Some(coupon)));
        let whole = added.discounted(coupon, Money::new(999_999, Currency::INR));
        assert_eq!((whole.discount.minor, amounts(&whole)), (650_000, (0, vec![0, 0], 0)));
    }

    fn supplies() -> impl Strategy<Value = Supply> {
        prop_oneof![
            Just(Supply::Untaxed),
            Just(within()),
            Just(Supply::BetweenStates { place: None }),
            Just(Supply::ExportWithTax),
            (0u32..=10_000).prop_map(|points| Supply::Elsewhere {
                label: "VAT".parse().unwrap(),
                rate: format!("{}.{:02}", points / 100, points % 100).parse().unwrap(),
            }),
        ]
    }

    fn currencies() -> impl Strategy<Value = Currency> {
        proptest::sample::select(vec![Currency::INR, Currency::EUR, Currency::USD, Currency::JPY, Currency::KWD])
    }

    proptest! {
        #[test]
        fn the_parts_of_a_quote_are_its_total_and_central_tax_is_the_states(
            units in 1i64..8_000_000, off in 0i64..9_000_000, currency in currencies(), included: bool, supply in supplies(),
        ) {
            let basis = if included { TaxBasis::Included } else { TaxBasis::Added };
            let step = step(currency);
            let quote = quote(units * step, currency, basis, supply)
                .discounted(CouponId(Uuid::nil()), Money::new(off * step, currency));
            let (taxable, taxes, total) = amounts(&quote);
            prop_assert_eq!(taxable + taxes.iter().sum::<i64>(), total);
            prop_assert!(taxable >= 0 && taxes.iter().all(|tax| *tax >= 0));
            prop_assert!(taxes.windows(2).all(|two| two[0] == two[1]));
            let net = quote.list.minor - quote.discount.minor;
            match basis {
                TaxBasis::Added => prop_assert_eq!(taxable, net),
                TaxBasis::Included => prop_assert_eq!(total, net),
            }
            prop_assert!([taxable, total].iter().chain(&taxes).all(|amount| amount % step == 0));
            // Each tax is its rate of the value, but for the rounding.
            for line in &quote.taxes {
                let exact = i128::from(taxable) * i128::from(line.rate.basis_points());
                let told = i128::from(line.amount.minor) * 10_000;
                prop_assert!((exact - told).abs() <= 10_000 * i128::from(step), "{quote:?}");
            }
        }

        #[test]
        fn a_discount_never_makes_anything_dearer(units in 1i64..8_000_000, off in 0i64..8_000_000, supply in supplies()) {
            let before = quote(units, Currency::INR, TaxBasis::Added, supply);
            let after = before.clone().discounted(CouponId(Uuid::nil()), Money::new(off, Currency::INR));
            prop_assert!(after.total.minor <= before.total.minor && after.total.minor >= 0);
        }
    }
}
