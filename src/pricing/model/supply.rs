//! Which tax a supply bears: the seller's registration and the buyer's place decide. Each case cites its law.
//!
//! What is sold is an online course: commercial training and coaching (SAC 9992), 18 %. An accountant should confirm the reading of
//! s.12(5) and s.13(5) of the IGST Act, under which some training is supplied where it is performed.

use serde::{Deserialize, Serialize};

use crate::identity::model::Country;
use crate::kernel::{Currency, Timestamp};
use crate::organisation::model::{ExportTerms, Gstin, LutNumber, Rate, StateCode, TaxLabel, TaxRegistration};

/// What of the seller's registration decides taxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seller {
    Unregistered,
    /// Registered for GST in this State.
    India {
        state: StateCode,
        export: ExportTerms,
    },
    Elsewhere {
        label: TaxLabel,
        rate: Rate,
    },
}

impl From<&TaxRegistration> for Seller {
    fn from(registration: &TaxRegistration) -> Self {
        match registration {
            TaxRegistration::Unregistered => Self::Unregistered,
            TaxRegistration::RegisteredInIndia { gstin, export, .. } => {
                Self::India { state: gstin.state(), export: export.clone() }
            }
            TaxRegistration::Elsewhere { label, rate, .. } => Self::Elsewhere { label: label.clone(), rate: *rate },
        }
    }
}

/// Where the buyer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub country: Country,
    /// Of an address in India.
    pub state: Option<StateCode>,
    pub gstin: Option<Gstin>,
}

impl Place {
    pub fn is_in_india(&self) -> bool {
        self.gstin.is_some() || self.country.code() == "IN"
    }

    /// The State of an Indian buyer: of the registration where there is one (IGST Act s.12(2)(a)), else of the address on record
    /// (s.12(2)(b)(i)).
    fn state(&self) -> Option<StateCode> {
        self.gstin.as_ref().map(Gstin::state).or(self.state.filter(|_| self.is_in_india()))
    }
}

/// The kind of a supply, which says its taxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Supply {
    /// Who is not registered collects no tax (CGST Act s.32(1)).
    Untaxed,
    /// Within the seller's State or Union territory: central tax and the State's, in equal parts (IGST Act s.8(2), CGST Act s.9(1)).
    WithinState { place: StateCode },
    /// Between States: integrated tax (IGST Act s.7(3), s.5(1)). Without a State, abroad for rupees: still inter-State
    /// (s.7(5)(a)), and no export, for that is paid in foreign exchange or in rupees where the Reserve Bank permits (s.2(6)(iv)).
    BetweenStates { place: Option<StateCode> },
    /// An export without tax under a letter of undertaking (IGST Act s.16(3)(a), CGST Rules rule 96A).
    ExportUnderLut { lut: LutNumber, year: String },
    /// An export with integrated tax, whose refund is claimed (IGST Act s.16(3)(b), CGST Rules rule 96).
    ExportWithTax,
    /// Under another country's law, at the rate that the seller has set.
    Elsewhere { label: TaxLabel, rate: Rate },
}

/// What kind of supply a sale is that is paid in `currency` at `now`.
pub fn supply(seller: &Seller, buyer: &Place, currency: Currency, now: Timestamp) -> Supply {
    let (from, export) = match seller {
        Seller::Unregistered => return Supply::Untaxed,
        Seller::Elsewhere { label, rate } => return Supply::Elsewhere { label: label.clone(), rate: *rate },
        Seller::India { state, export } => (*state, export),
    };
    match buyer.state() {
        Some(to) if to == from => Supply::WithinState { place: to },
        Some(to) => Supply::BetweenStates { place: Some(to) },
        // No State on record: the place is the supplier's (IGST Act s.12(2)(b)(ii)).
        None if buyer.is_in_india() => Supply::WithinState { place: from },
        // To a recipient outside India the place is the recipient's (IGST Act s.13(2)).
        None if currency == Currency::INR => Supply::BetweenStates { place: None },
        None => match export.letter(now) {
            Some((lut, year)) => Supply::ExportUnderLut { lut: lut.clone(), year: year.to_string() },
            None => Supply::ExportWithTax,
        },
    }
}

/// Union territories without a legislature: their part of the tax is the Union territory's (UTGST Act s.7).
const WITHOUT_LEGISLATURE: [&str; 6] = ["04", "26", "31", "35", "38", "97"];

impl Supply {
    /// The taxes that it bears, by name and rate: none, one, or two of the same rate.
    pub fn rates(&self) -> Vec<(&str, Rate)> {
        match self {
            Self::Untaxed | Self::ExportUnderLut { .. } => Vec::new(),
            Self::WithinState { place } => {
                let is_union = WITHOUT_LEGISLATURE.contains(&place.to_string().as_str());
                vec![("CGST", Rate::HALF_GST), (if is_union { "UTGST" } else { "SGST" }, Rate::HALF_GST)]
            }
            Self::BetweenStates { .. } | Self::ExportWithTax => vec![("IGST", Rate::GST)],
            Self::Elsewhere { label, rate } => vec![(label.as_str(), *rate)],
        }
    }

    /// A stable word, in the database and for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Untaxed => "untaxed",
            Self::WithinState { .. } => "within_state",
            Self::BetweenStates { .. } => "between_states",
            Self::ExportUnderLut { .. } => "export_under_lut",
            Self::ExportWithTax => "export_with_tax",
            Self::Elsewhere { .. } => "elsewhere",
        }
    }

    /// The State of India where it is supplied.
    pub const fn state(&self) -> Option<StateCode> {
        match self {
            Self::WithinState { place } => Some(*place),
            Self::BetweenStates { place } => *place,
            _ => None,
        }
    }

    /// What a buyer is told of it; nothing where there is nothing to tell.
    pub fn told(&self) -> Option<String> {
        match self {
            Self::Untaxed | Self::Elsewhere { .. } => None,
            Self::WithinState { place } | Self::BetweenStates { place: Some(place) } => {
                Some(format!("Place of supply: {} ({place}).", place.name()))
            }
            Self::BetweenStates { place: None } => Some("Place of supply: outside India, paid in rupees.".to_owned()),
            Self::ExportUnderLut { .. } => {
                Some("An export of services under a letter of undertaking: no GST is paid.".to_owned())
            }
            Self::ExportWithTax => Some("An export of services, on payment of integrated tax.".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GSTIN: &str = "29ABCDE1234F1ZW";

    fn india(export: ExportTerms) -> Seller {
        Seller::India { state: "29".parse().unwrap(), export }
    }

    fn place(country: &str, state: Option<&str>, gstin: Option<&str>) -> Place {
        Place {
            country: country.parse().unwrap(),
            state: state.map(|code| code.parse().unwrap()),
            gstin: gstin.map(|text| text.parse().unwrap()),
        }
    }

    fn now() -> Timestamp {
        "2027-01-04T00:00:00Z".parse().unwrap()
    }

    fn in_rupees(buyer: &Place) -> Supply {
        supply(&india(ExportTerms::WithTax), buyer, Currency::INR, now())
    }

    fn names(supply: &Supply) -> Vec<&str> {
        supply.rates().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_own_state_bears_two_equal_taxes_and_another_one() {
        let own = in_rupees(&place("IN", Some("29"), None));
        assert_eq!((own.word(), names(&own)), ("within_state", vec!["CGST", "SGST"]));
        let other = in_rupees(&place("IN", Some("27"), None));
        assert_eq!((other.word(), names(&other)), ("between_states", vec!["IGST"]));
        assert_eq!(other.told().unwrap(), "Place of supply: Maharashtra (27).");
    }

    #[test]
    fn a_union_territory_without_a_legislature_has_its_own_word() {
        let union = |code: &str| Supply::WithinState { place: code.parse().unwrap() };
        assert_eq!(names(&union("04")), ["CGST", "UTGST"]);
        assert_eq!(names(&union("07")), ["CGST", "SGST"], "Delhi has a legislature");
    }

    #[test]
    fn a_registrations_state_decides_over_the_addresss() {
        let registered = in_rupees(&place("IN", Some("27"), Some(GSTIN)));
        assert_eq!(registered, Supply::WithinState { place: "29".parse().unwrap() });
    }

    #[test]
    fn an_indian_without_a_state_on_record_is_supplied_at_the_sellers() {
        assert_eq!(in_rupees(&place("IN", None, None)), Supply::WithinState { place: "29".parse().unwrap() });
    }

    #[test]
    fn abroad_for_rupees_is_no_export() {
        let rupees = in_rupees(&place("NP", None, None));
        assert_eq!((rupees.word(), names(&rupees)), ("between_states", vec!["IGST"]));
    }

    #[test]
    fn an_export_is_free_of_tax_while_a_letter_covers_it() {
        let number = "AD290326001234X".parse().unwrap();
        let letter = india(ExportTerms::UnderLut { number, year: "2026-27".parse().unwrap() });
        let abroad = place("GB", None, None);
        let under = supply(&letter, &abroad, Currency::USD, now());
        assert_eq!((under.word(), names(&under).len()), ("export_under_lut", 0));
        let later = supply(&letter, &abroad, Currency::USD, "2027-04-01T00:00:00Z".parse().unwrap());
        assert_eq!((later.clone(), names(&later)), (Supply::ExportWithTax, vec!["IGST"]));
        // A State that an address abroad cannot have says nothing.
        let odd = supply(&letter, &place("GB", Some("29"), None), Currency::USD, now());
        assert_eq!(odd.word(), "export_under_lut");
    }

    #[test]
    fn who_is_not_registered_collects_nothing_and_another_country_by_its_rate() {
        let buyer = place("IN", Some("29"), None);
        assert_eq!(supply(&Seller::Unregistered, &buyer, Currency::INR, now()), Supply::Untaxed);
        let vat = Seller::Elsewhere { label: "VAT".parse().unwrap(), rate: "19".parse().unwrap() };
        let supply = supply(&vat, &buyer, Currency::EUR, now());
        assert_eq!(supply.rates(), [("VAT", "19".parse().unwrap())]);
    }

    #[test]
    fn every_kind_is_stored_and_read_back() {
        let state: StateCode = "29".parse().unwrap();
        for supply in [
            Supply::Untaxed,
            Supply::WithinState { place: state },
            Supply::BetweenStates { place: Some(state) },
            Supply::BetweenStates { place: None },
            Supply::ExportUnderLut { lut: "AD290326001234X".parse().unwrap(), year: "2026-27".to_owned() },
            Supply::ExportWithTax,
            Supply::Elsewhere { label: "VAT".parse().unwrap(), rate: "19".parse().unwrap() },
        ] {
            let stored = serde_json::to_value(&supply).unwrap();
            assert_eq!(stored["kind"], supply.word());
            assert_eq!(serde_json::from_value::<Supply>(stored).unwrap(), supply);
        }
    }
}
