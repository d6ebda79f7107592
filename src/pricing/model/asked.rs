//! Which of a cohort's prices is asked of whom, and how a page says it to those whom it does not know.

use super::{Place, Quote, Seller, supply};
use crate::catalogue::model::{Price, Prices};
use crate::identity::model::Country;
use crate::kernel::{Currency, Money, Timestamp};
use crate::organisation::model::StateCode;

/// The members of the euro area.
const EURO: [&str; 21] = [
    "AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK",
];

/// The currency of a country, where prices can be in it.
fn of_country(country: &str) -> Option<Currency> {
    match country {
        "IN" => Some(Currency::INR),
        "GB" => Some(Currency::GBP),
        "US" => Some(Currency::USD),
        "JP" => Some(Currency::JPY),
        "KW" => Some(Currency::KWD),
        code => EURO.contains(&code).then_some(Currency::EUR),
    }
}

/// The price that is asked of a buyer with an address in this country: in its own currency where there is one, else abroad the
/// first that is not in rupees (a charge to a foreign address and card in rupees is no export), else the first.
pub fn asked_of<'a>(prices: &'a Prices, country: &str) -> &'a Price {
    let own = of_country(country).and_then(|currency| prices.of(currency));
    let foreign = || prices.all().find(|price| country != "IN" && price.currency() != Currency::INR);
    own.or_else(foreign).unwrap_or(prices.first())
}

/// Who is asked a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Everybody,
    /// Who has an address in India.
    India,
    /// Who has an address elsewhere; and in no country of the other tags.
    Abroad,
    /// Who has an address where this currency is the country's own.
    Of(Currency),
}

impl Whom {
    /// As it follows a price; empty where it is for all.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Everybody => "",
            Self::India => "with an address in India",
            Self::Abroad => "with an address elsewhere",
            Self::Of(Currency::GBP) => "with an address in the United Kingdom",
            Self::Of(Currency::USD) => "with an address in the United States",
            Self::Of(Currency::JPY) => "with an address in Japan",
            Self::Of(Currency::KWD) => "with an address in Kuwait",
            Self::Of(Currency::EUR) => "with an address in the euro area",
            Self::Of(Currency::INR) => "with an address in India",
        }
    }
}

/// A price as it hangs on a page, with its tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub whom: Whom,
    /// All that is paid now.
    pub total: Money,
    /// What of the total is tax, by the taxes' name.
    pub tax: Option<(String, Money)>,
    /// What is paid from the end of the early price on.
    pub after: Option<(Money, Timestamp)>,
}

/// The tags of a cohort at service time `now`: one, unless buyers pay differently by their place.
pub fn tags(prices: &Prices, seller: &Seller, now: Timestamp) -> Vec<Tag> {
    let abroad = asked_of(prices, "");
    let mut tags = vec![tag(Whom::India, prices, asked_of(prices, "IN"), seller, now)];
    for price in prices.all().filter(|price| price.currency() != Currency::INR && *price != abroad) {
        tags.push(tag(Whom::Of(price.currency()), prices, price, seller, now));
    }
    tags.push(tag(Whom::Abroad, prices, abroad, seller, now));
    match tags.as_slice() {
        [one, other] if one.total == other.total && one.after == other.after && one.tax.is_some() == other.tax.is_some() => {
            vec![Tag { whom: Whom::Everybody, ..one.clone() }]
        }
        _ => tags,
    }
}

fn tag(whom: Whom, prices: &Prices, price: &Price, seller: &Seller, now: Timestamp) -> Tag {
    let quote = |list| Quote::new(list, prices.tax(), supply(seller, &stand_in(whom, seller), price.currency(), now), None);
    let quoted = quote(prices.at(price, now));
    let is_early = prices.at(price, now) != price.regular();
    Tag {
        whom,
        total: quoted.total,
        tax: (quoted.tax().minor > 0).then(|| (name(&quoted), quoted.tax())),
        after: prices.early_until().filter(|_| is_early).map(|until| (quote(price.regular()).total, until)),
    }
}

/// CGST, SGST and IGST are GST to somebody whose State is not known yet.
fn name(quote: &Quote) -> String {
    let label = quote.taxes.first().map_or("", |line| line.label.as_str());
    if label.ends_with("GST") { "GST".to_owned() } else { label.to_owned() }
}

/// A buyer in the seller's State, or one abroad: within India the total is the same in every State, but for the rounding.
fn stand_in(whom: Whom, seller: &Seller) -> Place {
    let state: Option<StateCode> = match (whom, seller) {
        (Whom::India | Whom::Everybody, Seller::India { state, .. }) => Some(*state),
        _ => None,
    };
    let code = if matches!(whom, Whom::India | Whom::Everybody) { "IN" } else { "GB" };
    Place { country: code.parse().unwrap_or(Country::INDIA), state, gstin: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::model::TaxBasis;
    use crate::organisation::model::ExportTerms;

    const NOW: &str = "2027-01-04T00:00:00Z";

    fn price(minor: i64, currency: Currency, early: Option<i64>) -> Price {
        Price::new(Money::new(minor, currency), early.map(|early| Money::new(early, currency))).unwrap()
    }

    fn prices(more: Vec<Price>) -> Prices {
        Prices::new(price(650_000, Currency::INR, None), more, TaxBasis::Added, None).unwrap()
    }

    fn shown(prices: &Prices, seller: &Seller) -> Vec<String> {
        let tags = tags(prices, seller, NOW.parse().unwrap());
        tags.into_iter().map(|tag| format!("{} {}", tag.total, tag.whom.words()).trim().to_owned()).collect()
    }

    #[test]
    fn rupees_are_asked_in_india_and_abroad_the_countrys_currency_or_the_first_foreign_one() {
        let three = prices(vec![price(12_000, Currency::USD, None), price(11_000, Currency::EUR, None)]);
        let asked = |country| asked_of(&three, country).currency();
        assert_eq!(["IN", "DE", "US", "GB", "AE"].map(asked), {
            use Currency::{EUR, INR, USD};
            [INR, EUR, USD, USD, USD]
        });
        assert_eq!(asked_of(&prices(Vec::new()), "DE").currency(), Currency::INR, "there is no other");
        let dollars: Prices = Money::new(12_000, Currency::USD).into();
        assert_eq!(asked_of(&dollars, "IN").currency(), Currency::USD, "there is no other");
    }

    #[test]
    fn one_price_without_tax_is_everybodys() {
        assert_eq!(shown(&prices(Vec::new()), &Seller::Unregistered), ["₹6,500.00"]);
        let two = prices(vec![price(12_000, Currency::USD, None)]);
        assert_eq!(
            shown(&two, &Seller::Unregistered),
            ["₹6,500.00 with an address in India", "US$120.00 with an address elsewhere"]
        );
    }

    #[test]
    fn a_tag_holds_the_tax_of_its_place() {
        let lut = ExportTerms::UnderLut { number: "AD290326001234X".parse().unwrap(), year: "2026-27".parse().unwrap() };
        let seller = Seller::India { state: "29".parse().unwrap(), export: lut };
        let two = prices(vec![price(12_000, Currency::USD, None)]);
        assert_eq!(shown(&two, &seller), ["₹7,670.00 with an address in India", "US$120.00 with an address elsewhere"]);
        let tags = tags(&two, &seller, NOW.parse().unwrap());
        assert_eq!(tags[0].tax, Some(("GST".to_owned(), Money::new(117_000, Currency::INR))));
        assert_eq!(tags[1].tax, None);
        assert_eq!(shown(&prices(Vec::new()), &seller), ["₹7,670.00"], "rupees bear tax from abroad, too");
    }

    #[test]
    fn a_price_that_bears_tax_in_india_alone_is_told_apart_though_the_total_is_one() {
        let lut = ExportTerms::UnderLut { number: "AD290326001234X".parse().unwrap(), year: "2026-27".parse().unwrap() };
        let seller = Seller::India { state: "29".parse().unwrap(), export: lut };
        let dollars = Prices::new(price(12_000, Currency::USD, None), Vec::new(), TaxBasis::Included, None).unwrap();
        let tags = tags(&dollars, &seller, NOW.parse().unwrap());
        let told: Vec<_> = tags.iter().map(|tag| (tag.whom, tag.total.minor, tag.tax.is_some())).collect();
        assert_eq!(told, [(Whom::India, 12_000, true), (Whom::Abroad, 12_000, false)]);
    }

    #[test]
    fn an_early_price_tells_what_comes_after_it() {
        let until: Timestamp = "2027-01-05T00:00:00Z".parse().unwrap();
        let early = price(650_000, Currency::INR, Some(500_000));
        let prices = Prices::new(early, Vec::new(), TaxBasis::Added, Some(until)).unwrap();
        let tag = |now: &str| tags(&prices, &Seller::Unregistered, now.parse().unwrap()).remove(0);
        let first = tag(NOW);
        assert_eq!((first.total.minor, first.after), (500_000, Some((Money::new(650_000, Currency::INR), until))));
        assert_eq!((tag("2027-01-05T00:00:00Z").total.minor, tag("2027-01-05T00:00:00Z").after), (650_000, None));
    }
}
