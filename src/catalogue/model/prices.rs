//! What a seat costs: in one or more currencies, for less until some moment, with tax in it or added to it.

use serde::{Deserialize, Serialize};

use crate::kernel::{Currency, Money, Timestamp};

/// How the prices stand to the tax on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxBasis {
    /// The price is before tax; what tax there is comes on top.
    Added,
    /// The price is all that is paid; what tax there is lies in it.
    Included,
}

impl TaxBasis {
    /// A stable word, in forms and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Included => "included",
        }
    }

    /// The basis of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Added, Self::Included].into_iter().find(|basis| basis.word() == word)
    }
}

/// The price of a seat in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    regular: Money,
    early: Option<Money>,
}

/// Why amounts are no price, or prices no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    #[error("Enter a price above nothing, such as 6500")]
    Nothing,
    /// The gateway takes eight digits of minor units ("Create a Checkout Session", `unit_amount`), and tax may come on top.
    #[error("Enter a price of at most {0}")]
    TooMuch(Money),
    /// The gateway takes three-decimal amounts that end in 0 alone ("Supported currencies", three-decimal currencies).
    #[error("In {0} the last decimal must be 0")]
    LastDecimal(Currency),
    #[error("The early price must be below the other")]
    NotCheaper,
    #[error("Each currency can have one price")]
    Twice,
    #[error("Choose until when the early price holds")]
    NoEnd,
    #[error("Enter an early price, or leave its end empty")]
    NoEarly,
}

/// The dearest price, in minor units.
const MOST: i64 = 80_000_000;

impl Price {
    /// A price, with the lower one that holds at first, if any.
    ///
    /// # Errors
    /// [`PriceError`].
    pub fn new(regular: Money, early: Option<Money>) -> Result<Self, PriceError> {
        for amount in std::iter::once(regular).chain(early) {
            if amount.minor <= 0 {
                return Err(PriceError::Nothing);
            }
            if amount.minor > MOST {
                return Err(PriceError::TooMuch(Money::new(MOST, amount.currency)));
            }
            if amount.currency.decimals() == 3 && amount.minor % 10 != 0 {
                return Err(PriceError::LastDecimal(amount.currency));
            }
        }
        match early {
            Some(early) if early.currency != regular.currency || early.minor >= regular.minor => Err(PriceError::NotCheaper),
            _ => Ok(Self { regular, early }),
        }
    }

    pub fn currency(&self) -> Currency {
        self.regular.currency
    }

    pub fn regular(&self) -> Money {
        self.regular
    }

    /// The lower price that holds at first.
    pub fn early(&self) -> Option<Money> {
        self.early
    }
}

/// The prices of a cohort. The first is the one that is asked where no other fits better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    first: Price,
    more: Vec<Price>,
    tax: TaxBasis,
    /// From this moment on (service time) no early price holds.
    early_until: Option<Timestamp>,
}

impl Prices {
    /// The price `first`, and prices in other currencies.
    ///
    /// # Errors
    /// [`PriceError`].
    pub fn new(first: Price, more: Vec<Price>, tax: TaxBasis, early_until: Option<Timestamp>) -> Result<Self, PriceError> {
        let prices = Self { first, more, tax, early_until };
        let currencies: Vec<Currency> = prices.all().map(Price::currency).collect();
        if currencies.iter().enumerate().any(|(place, currency)| currencies[..place].contains(currency)) {
            return Err(PriceError::Twice);
        }
        let has_early = prices.all().any(|price| price.early.is_some());
        match (has_early, early_until) {
            (true, None) => Err(PriceError::NoEnd),
            (false, Some(_)) => Err(PriceError::NoEarly),
            _ => Ok(prices),
        }
    }

    pub fn first(&self) -> &Price {
        &self.first
    }

    /// All of them, the first first.
    pub fn all(&self) -> impl Iterator<Item = &Price> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// The price in this currency.
    pub fn of(&self, currency: Currency) -> Option<&Price> {
        self.all().find(|price| price.currency() == currency)
    }

    pub fn tax(&self) -> TaxBasis {
        self.tax
    }

    /// Until when the early prices hold, where there are any.
    pub fn early_until(&self) -> Option<Timestamp> {
        self.early_until
    }

    /// What `price` asks at service time `now`.
    pub fn at(&self, price: &Price, now: Timestamp) -> Money {
        match (price.early, self.early_until) {
            (Some(early), Some(until)) if now < until => early,
            _ => price.regular,
        }
    }
}

/// One price before tax, of which nothing is checked: for what is known to be one.
impl From<Money> for Prices {
    fn from(price: Money) -> Self {
        Self { first: Price { regular: price, early: None }, more: Vec::new(), tax: TaxBasis::Added, early_until: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, currency: Currency) -> Money {
        Money::new(minor, currency)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_early_price_holds_up_to_its_end_and_not_at_it() {
        let price = Price::new(money(650_000, Currency::INR), Some(money(500_000, Currency::INR))).unwrap();
        let end = at("2027-01-01T00:00:00Z");
        let prices = Prices::new(price, Vec::new(), TaxBasis::Added, Some(end)).unwrap();
        assert_eq!(prices.at(&price, at("2026-12-31T23:59:59Z")).minor, 500_000);
        assert_eq!(prices.at(&price, end).minor, 650_000);
    }

    #[test]
    fn each_currency_has_one_price_with_its_own_decimals() {
        let price = |minor, currency| Price::new(money(minor, currency), None);
        assert_eq!(price(0, Currency::INR), Err(PriceError::Nothing));
        assert_eq!(price(1_005, Currency::KWD), Err(PriceError::LastDecimal(Currency::KWD)));
        assert!(price(1_010, Currency::KWD).is_ok() && price(1_005, Currency::JPY).is_ok());
        assert!(matches!(price(MOST + 1, Currency::EUR), Err(PriceError::TooMuch(_))));
        let (inr, usd) = (price(650_000, Currency::INR).unwrap(), price(12_000, Currency::USD).unwrap());
        let prices = Prices::new(inr, vec![usd], TaxBasis::Included, None).unwrap();
        assert_eq!((prices.of(Currency::USD), prices.of(Currency::EUR)), (Some(&usd), None));
        assert_eq!(Prices::new(inr, vec![usd, usd], TaxBasis::Added, None), Err(PriceError::Twice));
    }

    #[test]
    fn an_early_price_is_lower_and_has_an_end() {
        let (full, less) = (money(100, Currency::EUR), money(80, Currency::EUR));
        assert_eq!(Price::new(less, Some(full)), Err(PriceError::NotCheaper));
        assert_eq!(Price::new(full, Some(money(80, Currency::USD))), Err(PriceError::NotCheaper));
        let (early, plain) = (Price::new(full, Some(less)).unwrap(), Price::new(full, None).unwrap());
        assert_eq!(Prices::new(early, Vec::new(), TaxBasis::Added, None), Err(PriceError::NoEnd));
        let end = at("2027-01-01T00:00:00Z");
        assert_eq!(Prices::new(plain, Vec::new(), TaxBasis::Added, Some(end)), Err(PriceError::NoEarly));
    }

    #[test]
    fn prices_are_stored_and_read_back() {
        let price = Price::new(money(650_000, Currency::INR), Some(money(500_000, Currency::INR))).unwrap();
        let dollars = Price::new(money(12_000, Currency::USD), None).unwrap();
        let prices = Prices::new(price, vec![dollars], TaxBasis::Included, Some(at("2027-01-01T00:00:00Z"))).unwrap();
        let stored = serde_json::to_value(&prices).unwrap();
        assert_eq!(serde_json::from_value::<Prices>(stored).unwrap(), prices);
        // As the migration writes it.
        let old = serde_json::json!({
            "first": { "regular": { "minor": 650_000, "currency": "INR" }, "early": null },
            "more": [], "tax": "included", "early_until": null,
        });
        let all_in = Price::new(money(650_000, Currency::INR), None).unwrap();
        let all_in = Prices::new(all_in, Vec::new(), TaxBasis::Included, None).unwrap();
        assert_eq!(serde_json::from_value::<Prices>(old).unwrap(), all_in);
    }
}
