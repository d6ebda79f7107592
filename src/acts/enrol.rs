//! Enrolling: a seat is held and the order that pays for it is placed, both or neither.

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::db::Txn;
use crate::enrolment::{self, HoldRefusal};
use crate::identity::{Country, Details, Person};
use crate::kernel::ids::{CohortId, OrderId};
use crate::kernel::{PersonName, Zone};
use crate::organisation::model::{Gstin, StateCode};
use crate::payment::{self, Buyer, PlaceRefusal, PostalAddress, PostalCode};

/// What a student says of themselves to enrol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Application {
    /// As it shall stand on the certificate.
    pub name: PersonName,
    pub country: Country,
    pub address: PostalAddress,
    /// Some countries have none.
    pub postal_code: Option<PostalCode>,
    /// Of an address in India.
    pub state: Option<StateCode>,
    /// Of who is registered for tax in India.
    pub gstin: Option<Gstin>,
    /// The zone they read times in.
    pub zone: Zone,
}

/// The form in which an application waits for its address to be proved.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    name: PersonName,
    country: Country,
    address: String,
    postal_code: Option<String>,
    #[serde(default)]
    state: Option<StateCode>,
    #[serde(default)]
    gstin: Option<Gstin>,
    zone: Zone,
}

impl From<Application> for Kept {
    fn from(application: Application) -> Self {
        let Application { name, country, address, postal_code, state, gstin, zone } = application;
        let postal_code = postal_code.map(|code| code.as_str().to_owned());
        Self { name, country, address: address.as_str().to_owned(), postal_code, state, gstin, zone }
    }
}

impl TryFrom<Kept> for Application {
    type Error = crate::kernel::text::TextError;

    fn try_from(kept: Kept) -> Result<Self, Self::Error> {
        let Kept { name, country, address, postal_code, state, gstin, zone } = kept;
        let postal_code = postal_code.map(|code| code.parse()).transpose()?;
        Ok(Self { name, country, address: address.parse()?, postal_code, state, gstin, zone })
    }
}

impl Application {
    /// What of it belongs to the person rather than to the enrolment.
    pub fn details(&self) -> Details {
        Details { name: self.name.clone(), zone: self.zone.clone(), country: self.country }
    }
}

/// Why nobody is enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolRefusal {
    #[error(transparent)]
    Hold(#[from] HoldRefusal),
    #[error(transparent)]
    Order(#[from] PlaceRefusal),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Holds a seat in a cohort for a person and places the order that pays for it.
///
/// `holds_per_person` limits how many seats one person may hold unpaid at once, over all cohorts.
///
/// # Errors
/// [`EnrolRefusal`]; neither seat nor order then.
pub async fn enrol(
    txn: &Txn,
    person: &Person,
    cohort: CohortId,
    application: Application,
    holds_per_person: u32,
) -> Result<OrderId, EnrolRefusal> {
    let Application { name, country, address, postal_code, state, gstin, .. } = application;
    let held = enrolment::hold_seat(txn, cohort, person.id, name.clone(), holds_per_person).await?;
    let buyer = Buyer { name, email: person.email.clone(), country, address, postal_code, state, gstin };
    let order = payment::place_order(txn, &held, &description(txn, cohort).await?, buyer).await?;
    Ok(order.id)
}

/// What is bought, as the receipt and the payment page say it.
async fn description(txn: &Txn, cohort: CohortId) -> Result<String, EnrolRefusal> {
    let cohort = catalogue::cohort(txn, cohort).await?.ok_or(HoldRefusal::NoSuchCohort)?;
    Ok(format!("{}, {} cohort, one seat", cohort.course_title, cohort.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_waits_unchanged() {
        let application = Application {
            name: "Demo Student 03".parse().unwrap(),
            country: "IN".parse().unwrap(),
            address: "12 Demonstration Road\nExampleville".parse().unwrap(),
            postal_code: Some("110001".parse().unwrap()),
            state: Some("07".parse().unwrap()),
            gstin: Some("29ABCDE1234F1ZW".parse().unwrap()),
            zone: "Asia/Kolkata".parse().unwrap(),
        };
        let kept = serde_json::to_value(&application).unwrap();
        assert_eq!(serde_json::from_value::<Application>(kept.clone()).unwrap(), application);
        let mut before = kept.clone();
        for new in ["state", "gstin"] {
            before.as_object_mut().unwrap().remove(new);
        }
        let old = serde_json::from_value::<Application>(before).unwrap();
        assert_eq!((old.state, old.gstin), (None, None), "one from before the form asked");
        let mut more = kept;
        more["role"] = "admin".into();
        assert!(serde_json::from_value::<Application>(more).is_err());
    }
}
