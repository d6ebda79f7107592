//! A cohort's prices as pages say them: what is paid in all, by whom, with which tax, and until when.

use crate::catalogue::model::Prices;
use crate::kernel::{Money, ShownTime, Timestamp, Zone};
use crate::pricing::model::tags;
use crate::pricing::{Seller, Tag};

/// One price with its tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTag {
    /// All that is paid.
    pub total: Money,
    /// Of whom it is asked: `with an address in India`; empty where of everybody.
    pub whom: &'static str,
    /// `with GST of ₹1,170.00`; empty where there is none.
    pub tax: String,
    /// The total from the end of the early price on, and that end.
    pub after: Option<(Money, ShownTime)>,
}

impl PriceTag {
    fn new(tag: Tag, zone: &Zone) -> Self {
        Self {
            total: tag.total,
            whom: tag.whom.words(),
            tax: tag.tax.map(|(label, amount)| format!("with {label} of {amount}")).unwrap_or_default(),
            after: tag.after.map(|(total, until)| (total, ShownTime::new(until, zone))),
        }
    }

    /// What stands below the total: `In all, with an address in India, with GST of ₹1,170.00.`
    pub fn note(&self) -> String {
        let parts = ["In all", self.whom, &self.tax];
        format!("{}.", parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "))
    }
}

/// The tags of these prices at service time `now`; times are shown in `zone`.
pub fn price_tags(prices: &Prices, seller: &Seller, now: Timestamp, zone: &Zone) -> Vec<PriceTag> {
    tags(prices, seller, now).into_iter().map(|tag| PriceTag::new(tag, zone)).collect()
}

/// All of them in a sentence: `₹6,500.00 with an address in India, or US$120.00 with an address elsewhere`.
pub fn in_words(tags: &[PriceTag]) -> String {
    let one = |tag: &PriceTag| format!("{} {}", tag.total, tag.whom).trim_end().to_owned();
    tags.iter().map(one).collect::<Vec<_>>().join(", or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::model::{Price, TaxBasis};
    use crate::kernel::Currency;
    use crate::organisation::model::ExportTerms;

    #[test]
    fn a_tag_says_whom_it_asks_what_tax_is_in_it_and_until_when() {
        let price = |minor, early, currency| Price::new(Money::new(minor, currency), Some(Money::new(early, currency))).unwrap();
        let (inr, usd) = (price(650_000, 500_000, Currency::INR), price(12_000, 10_000, Currency::USD));
        let until: Timestamp = "2027-01-05T00:00:00Z".parse().unwrap();
        let prices = Prices::new(inr, vec![usd], TaxBasis::Added, Some(until)).unwrap();
        let seller = Seller::India { state: "29".parse().unwrap(), export: ExportTerms::WithTax };
        let at = |now: &str| price_tags(&prices, &seller, now.parse().unwrap(), &"Asia/Kolkata".parse().unwrap());
        let early = at("2027-01-04T00:00:00Z");
        assert_eq!(early[0].note(), "In all, with an address in India, with GST of ₹900.00.");
        let (after, end) = early[0].after.clone().unwrap();
        assert_eq!((after.to_string(), end.short()), ("₹7,670.00".to_owned(), "Tue 5 Jan 2027, 05:30".to_owned()));
        assert_eq!(
            in_words(&at("2027-01-06T00:00:00Z")),
            "₹7,670.00 with an address in India, or US$141.60 with an address elsewhere"
        );
        let plain = price_tags(&Money::new(100, Currency::INR).into(), &Seller::Unregistered, until, &Zone::UTC);
        assert_eq!((plain[0].note(), in_words(&plain)), ("In all.".to_owned(), "₹1.00".to_owned()));
    }
}
