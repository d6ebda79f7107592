//! What of an order's frozen quote its documents say: the supply in the words of tax law, and the sums from the lines to the total.

use super::model::Order;
use crate::catalogue::model::TaxBasis;
use crate::documents::model::{Declaration, Discount, Export, Place, Sums, Supply, TaxLine};
use crate::kernel::Money;
use crate::organisation::model::StateCode;
use crate::pricing::{self, Quote};

/// The code under which returns list supplies to abroad: no State's.
const ABROAD: &str = "96";

/// A State as documents name it.
pub(super) fn state(state: StateCode) -> Place {
    Place { name: state.name().to_owned(), code: Some(state.to_string()) }
}

/// The supply, as the order's quote froze it.
pub(super) fn supply(order: &Order) -> Supply {
    let abroad = || Place { name: order.buyer.country.name().to_owned(), code: Some(ABROAD.to_owned()) };
    let export = |declaration| Supply::Export(Export { place: abroad(), declaration, rupees: None });
    match &order.quote.supply {
        pricing::Supply::Untaxed => Supply::Untaxed,
        pricing::Supply::WithinState { place } => Supply::WithinState { place: state(*place) },
        pricing::Supply::BetweenStates { place } => Supply::BetweenStates { place: place.map_or_else(abroad, state) },
        pricing::Supply::ExportUnderLut { lut, year } => {
            export(Declaration::UnderUndertaking { number: lut.to_string(), year: year.clone() })
        }
        pricing::Supply::ExportWithTax => export(Declaration::WithTax),
        pricing::Supply::Elsewhere { .. } => Supply::Elsewhere,
    }
}

/// From the lines, before tax, to the total.
pub(super) fn sums(quote: &Quote) -> Sums {
    let off = Money::new(quote.undiscounted().minor - quote.taxable.minor, quote.total.currency);
    let tax = |line: &pricing::TaxLine| TaxLine { label: line.label.clone(), rate: line.rate, amount: line.amount };
    Sums {
        discount: (off.minor != 0).then_some(Discount { label: None, amount: off }),
        taxable: quote.taxable,
        taxes: quote.taxes.iter().map(tax).collect(),
        total: quote.total,
    }
}

/// An amount of an order's line without the tax that is in it (CGST Rules, rule 46(k) asks for values before tax).
pub(super) fn before_tax(amount: Money, order: &Order) -> Money {
    match order.quote.basis {
        TaxBasis::Included if amount == order.quote.list => order.quote.undiscounted(),
        TaxBasis::Included | TaxBasis::Added => amount,
    }
}
