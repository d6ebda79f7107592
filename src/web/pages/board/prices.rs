//! The prices of a cohort as its forms bring them: three lines of price, currency and early price, and what holds for all.

use super::input::{civil, moment};
use crate::catalogue::model::{Price, PriceError, Prices, TaxBasis};
use crate::kernel::{Currency, Money, Timestamp, Zone};
use crate::web::form::FieldErrors;
use crate::web::pages::CURRENCIES;
use crate::web::pages::shown::plain;

/// The fields of each line, by name and id: price, currency, early price; and what the price is called.
const LINES: [(&str, &str, &str, &str); 3] = [
    ("price", "currency", "early", "Price"),
    ("price_2", "currency_2", "early_2", "Second price"),
    ("price_3", "currency_3", "early_3", "Third price"),
];

/// One line as sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) price: String,
    pub(super) currency: String,
    pub(super) early: String,
}

impl Line {
    fn is_empty(&self) -> bool {
        [&self.price, &self.currency, &self.early].into_iter().all(|field| field.trim().is_empty())
    }
}

/// The fields as sent, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    lines: [Line; 3],
    pub(super) early_until: String,
    /// A word of [`TaxBasis`]; tax comes on top where a form does not say.
    pub(super) tax: String,
}

/// A line as the form shows it.
pub(super) struct Row<'a> {
    pub(super) price: &'static str,
    pub(super) currency: &'static str,
    pub(super) early: &'static str,
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) line: &'a Line,
    pub(super) currencies: &'static [Currency],
}

impl Asked {
    /// The lines of a form that nothing is known for.
    pub(super) fn first_of_all() -> Self {
        let first = Line { currency: Currency::INR.code().to_owned(), ..Line::default() };
        Self { lines: [first, Line::default(), Line::default()], ..Self::default() }
    }

    /// Those of a cohort, as they stand.
    pub(super) fn of(prices: &Prices, zone: &Zone) -> Self {
        let line = |price: &Price| Line {
            price: plain(price.regular()),
            currency: price.currency().code().to_owned(),
            early: price.early().map(plain).unwrap_or_default(),
        };
        let mut lines = prices.all().map(line);
        Self {
            lines: std::array::from_fn(|_| lines.next().unwrap_or_default()),
            early_until: prices.early_until().map(|until| civil(zone, until)).unwrap_or_default(),
            tax: prices.tax().word().to_owned(),
        }
    }

    /// The same for another cohort, whose early prices end at another time.
    pub(super) fn without_end(self) -> Self {
        Self { early_until: String::new(), ..self }
    }

    /// Whether a form has a line with such a field.
    pub(super) fn has(name: &str) -> bool {
        LINES.iter().any(|(price, currency, early, _)| [*price, *currency, *early].contains(&name))
    }

    /// The field of a line.
    pub(super) fn field(&mut self, name: &str) -> &mut String {
        let place = LINES.iter().position(|(price, currency, early, _)| [*price, *currency, *early].contains(&name));
        let line = &mut self.lines[place.unwrap_or_default()];
        match name.split('_').next() {
            Some("currency") => &mut line.currency,
            Some("early") => &mut line.early,
            _ => &mut line.price,
        }
    }

    /// The lines of the form.
    pub(super) fn rows(&self) -> Vec<Row<'_>> {
        let row = |(place, (price, currency, early, name)): (usize, (&'static str, &'static str, &'static str, &'static str))| {
            Row { price, currency, early, name, required: place == 0, line: &self.lines[place], currencies: &CURRENCIES }
        };
        LINES.into_iter().enumerate().map(row).collect()
    }

    /// The prices, with the early ones' end in `zone`.
    pub(super) fn read(&self, zone: &Zone, errors: &mut FieldErrors) -> Option<Prices> {
        let filled = self.lines.iter().zip(LINES).enumerate();
        let filled = filled.filter(|(place, (line, _))| *place == 0 || !line.is_empty());
        let read: Vec<Option<Price>> = filled.map(|(_, (line, fields))| price(line, fields, errors)).collect();
        let until = self.until(zone, errors);
        let tax = TaxBasis::from_word(if self.tax.is_empty() { TaxBasis::Added.word() } else { &self.tax });
        let tax = errors.parse("tax", tax.ok_or("Choose how the prices stand to tax"));
        let mut all = read.into_iter().collect::<Option<Vec<Price>>>()?;
        let (first, until, tax) = (all.remove(0), until?, tax?);
        match Prices::new(first, all, tax, until) {
            Ok(prices) => Some(prices),
            Err(error) => {
                let field = match error {
                    PriceError::NoEnd => "early_until",
                    PriceError::NoEarly => "early",
                    _ => "currency",
                };
                errors.add(field, error.to_string());
                None
            }
        }
    }

    fn until(&self, zone: &Zone, errors: &mut FieldErrors) -> Option<Option<Timestamp>> {
        if self.early_until.trim().is_empty() {
            return Some(None);
        }
        let until = moment(&self.early_until, zone).ok_or("Choose until when the early prices hold, or leave it empty");
        errors.parse("early_until", until).map(Some)
    }
}

fn price(
    line: &Line,
    fields: (&'static str, &'static str, &'static str, &'static str),
    errors: &mut FieldErrors,
) -> Option<Price> {
    let (price, currency, early, _) = fields;
    let known = CURRENCIES.into_iter().find(|currency| currency.code() == line.currency);
    let known = errors.parse(currency, known.ok_or("Choose a currency"))?;
    let amount = |text: &str| Money::parse(text, known).map_err(|_| PriceError::Nothing);
    let regular = errors.parse(price, amount(&line.price).and_then(|regular| Price::new(regular, None)))?;
    if line.early.trim().is_empty() {
        return Some(regular);
    }
    errors.parse(early, amount(&line.early).and_then(|early| Price::new(regular.regular(), Some(early))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(fields: &[(&str, &str)]) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in fields {
            match *name {
                "tax" => asked.tax = (*value).to_owned(),
                "early_until" => asked.early_until = (*value).to_owned(),
                name => *asked.field(name) = (*value).to_owned(),
            }
        }
        asked
    }

    fn read(fields: &[(&str, &str)]) -> Result<Prices, FieldErrors> {
        let mut errors = FieldErrors::default();
        asked(fields).read(&"Europe/London".parse().unwrap(), &mut errors).ok_or(errors)
    }

    const WHOLE: [(&str, &str); 7] = [
        ("price", "6,500"),
        ("currency", "INR"),
        ("early", "5500"),
        ("price_3", "120"),
        ("currency_3", "USD"),
        ("early_until", "2027-07-01T10:00"),
        ("tax", "included"),
    ];

    #[test]
    fn prices_are_read_by_line_with_an_end_in_the_cohorts_zone() {
        let prices = read(&WHOLE).unwrap();
        let told: Vec<_> =
            prices.all().map(|price| (price.regular().to_string(), price.early().map(|early| early.minor))).collect();
        assert_eq!(told, [("₹6,500.00".to_owned(), Some(550_000)), ("US$120.00".to_owned(), None)]);
        assert_eq!((prices.tax(), prices.early_until()), (TaxBasis::Included, "2027-07-01T09:00:00Z".parse().ok()));
        // An empty line between two is closed.
        let shown = Asked::of(&prices, &"Europe/London".parse().unwrap());
        assert_eq!(shown.rows()[1].line.currency, "USD");
        assert_eq!(read(&[("price", "5"), ("currency", "EUR")]).unwrap(), Money::new(500, Currency::EUR).into());
    }

    #[test]
    fn each_bad_field_has_its_own_message() {
        let cases: [(&str, &[(&str, &str)]); 11] = [
            ("currency", &[("currency", "XXX")]),
            ("price", &[("price", "0")]),
            ("price", &[("price", "6500.001")]),
            ("price", &[("price", "99999999")]),
            ("price", &[("price", "")]),
            ("early", &[("early", "6500")]),
            ("currency_3", &[("currency_3", "")]),
            ("price_2", &[("price_2", "1.005"), ("currency_2", "KWD")]),
            ("currency", &[("currency_3", "INR")]),
            ("early_until", &[("early_until", "")]),
            ("tax", &[("tax", "none")]),
        ];
        for (field, change) in cases {
            let fields: Vec<_> = WHOLE.iter().chain(change).copied().collect();
            let errors = read(&fields).unwrap_err();
            assert_eq!((errors.list().len(), errors.of(field).is_some()), (1, true), "{change:?}: {errors:?}");
        }
    }
}
