//! What the audit log hears of the organisation: the section that changed, whole, before and after. So every text of the
//! policies that was ever in force can be read there.

use serde_json::{Value, json};

use super::{Change, Organisation, Policy};
use crate::kernel::{Event, Subject};

/// A section, without its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Identity,
    Officer,
    Tax,
    Payee,
    Signers,
    Mail,
    Terms,
    Privacy,
    Refunds,
    Logo,
    Waitlist,
    Approval,
}

impl From<&Change> for Section {
    fn from(change: &Change) -> Self {
        match change {
            Change::Identity(_) => Self::Identity,
            Change::Officer(_) => Self::Officer,
            Change::Tax(_) => Self::Tax,
            Change::Payee { .. } => Self::Payee,
            Change::Signers(_) => Self::Signers,
            Change::Mail(_) => Self::Mail,
            Change::Terms(_) => Self::Terms,
            Change::Privacy(_) => Self::Privacy,
            Change::Refunds { .. } => Self::Refunds,
            Change::Logo(_) => Self::Logo,
            Change::Waitlist(_) => Self::Waitlist,
            Change::Approval(_) => Self::Approval,
        }
    }
}

/// A section was changed.
#[derive(Debug)]
pub(crate) struct Changed<'a> {
    pub section: Section,
    pub before: &'a Organisation,
    pub after: &'a Organisation,
}

impl Changed<'_> {
    fn value(&self, of: &Organisation) -> Value {
        match self.section {
            Section::Identity => json!(of.identity),
            // People's names and addresses are personal; that they are set is not.
            Section::Officer => json!({ "set": of.officer.is_some() }),
            Section::Signers => json!({ "signers": of.signers.len() }),
            Section::Tax => json!(of.tax),
            Section::Payee => json!({ "bank": of.bank, "upi": of.upi, "days_of_a_hold": of.transfer_hold.days() }),
            Section::Mail => json!(of.mail),
            Section::Terms => policy(&of.terms),
            Section::Privacy => policy(&of.privacy),
            Section::Refunds => json!({ "days": of.refund_rule.days(), "policy": policy(&of.refunds) }),
            Section::Logo => json!(of.logo),
            Section::Waitlist => json!({ "hours_of_an_offer": of.offer_length.hours() }),
            Section::Approval => json!({ "above": of.approval.above }),
        }
    }
}

fn policy(policy: &Policy) -> Value {
    match policy {
        Policy::Shipped => Value::Null,
        Policy::Reviewed(own) => json!(own),
    }
}

impl Event for Changed<'_> {
    fn kind(&self) -> &'static str {
        match self.section {
            Section::Identity => "organisation.identity_changed",
            Section::Officer => "organisation.officer_changed",
            Section::Tax => "organisation.tax_changed",
            Section::Payee => "organisation.payee_changed",
            Section::Signers => "organisation.signers_changed",
            Section::Mail => "organisation.mail_changed",
            Section::Terms => "organisation.terms_changed",
            Section::Privacy => "organisation.privacy_changed",
            Section::Refunds => "organisation.refunds_changed",
            Section::Logo => "organisation.logo_changed",
            Section::Waitlist => "organisation.waitlist_changed",
            Section::Approval => "organisation.approval_changed",
        }
    }

    fn subject(&self) -> Subject {
        Subject::Organisation
    }

    fn before(&self) -> Value {
        self.value(self.before)
    }

    fn after(&self) -> Value {
        self.value(self.after)
    }

    fn personal(&self) -> Option<Value> {
        match self.section {
            Section::Officer => Some(json!({ "before": self.before.officer, "after": self.after.officer })),
            Section::Signers => Some(json!({ "before": self.before.signers, "after": self.after.signers })),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organisation::model::{Officer, PolicyText};

    fn told(change: Change) -> (&'static str, Value, Value, Option<Value>) {
        let section = Section::from(&change);
        let before = Organisation::default();
        let after = before.clone().with(change, "2027-01-01T00:00:00Z".parse().unwrap());
        let event = Changed { section, before: &before, after: &after };
        (event.kind(), event.before(), event.after(), event.personal())
    }

    #[test]
    fn a_policy_is_told_whole() {
        let text: PolicyText = "Our terms.".parse().unwrap();
        let (kind, before, after, personal) = told(Change::Terms(text));
        assert_eq!((kind, before, personal), ("organisation.terms_changed", Value::Null, None));
        assert_eq!((&after["text"], &after["revision"]), (&json!("Our terms."), &json!(1)));
    }

    #[test]
    fn peoples_names_stand_in_the_personal_column_alone() {
        let officer = Officer {
            name: "Demo Officer".parse().unwrap(),
            designation: "Grievance officer".parse().unwrap(),
            email: "grievance@example.org".parse().unwrap(),
            phone: None,
        };
        let (kind, before, after, personal) = told(Change::Officer(officer));
        assert_eq!((kind, before, after), ("organisation.officer_changed", json!({ "set": false }), json!({ "set": true })));
        assert_eq!(personal.unwrap()["after"]["name"], "Demo Officer");
    }
}
