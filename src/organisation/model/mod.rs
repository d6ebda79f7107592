//! Whose site it is: the facts that pages, mails and documents show, each in one place.
//!
//! There is one organisation. It begins with nothing set: what is not set is left out of public pages, and told to admins
//! ([`Organisation::missing`]). A [`Change`] replaces one section whole. Policies begin as texts of ours that nobody has
//! reviewed ([`Policy::Shipped`]) and become the organisation's own when an admin saves them.

mod approval;
mod bank;
mod events;
mod export;
mod logo;
mod policy;
mod tax;
mod texts;
mod transfer;
mod upi;
mod waitlist;

use serde::{Deserialize, Serialize};

use crate::kernel::{EmailAddress, PersonName, Timestamp};

pub use approval::Approval;
pub use bank::{AccountNumber, BankDetails, BankLine, Ifsc, NotAVpa, NotAnAccount, NotAnIfsc, Vpa};
pub(super) use events::{Changed, Section};
pub use export::{ExportTerms, FinancialYear, LutNumber, NotALut, NotAYear};
pub use logo::{Logo, LogoFacts, LogoRefusal, MAX_SIDE, MAX_UPLOAD};
pub use policy::{Block, NotDays, OwnPolicy, Policy, PolicyKind, PolicyText, RefundRule, blocks};
pub use tax::{
    Gstin, GstinError, NotARate, NotASac, NotAState, Rate, Sac, StateCode, TaxLabel, TaxNumber, TaxRegistration, USUAL_SAC,
};
pub use texts::{Address, Designation, LegalName, NotAPhone, Phone, SenderName, ShortName};
pub use transfer::{NotHoldDays, TransferHold};
pub use upi::upi_link;
pub use waitlist::{NotHours, OfferLength};

/// Everything that is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Organisation {
    /// Counts the changes; 0 is an organisation that nobody has touched.
    pub revision: u32,
    pub identity: Option<Identity>,
    pub officer: Option<Officer>,
    pub tax: TaxRegistration,
    pub bank: Option<BankDetails>,
    pub upi: Option<Vpa>,
    /// How long a seat is kept for who pays without a card.
    pub transfer_hold: TransferHold,
    /// Who signs certificates, in order; none until they are set.
    pub signers: Vec<Signer>,
    pub mail: MailIdentity,
    pub refund_rule: RefundRule,
    /// How long a seat is offered to somebody on a waitlist.
    pub offer_length: OfferLength,
    pub approval: Approval,
    pub terms: Policy,
    pub privacy: Policy,
    pub refunds: Policy,
    pub logo: Option<LogoFacts>,
}

/// Who sells the course (Consumer Protection (E-Commerce) Rules 2020, rule 4(2)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub legal_name: LegalName,
    /// In the head of every page and mail.
    pub short_name: ShortName,
    pub address: Address,
    pub contact: EmailAddress,
    pub phone: Option<Phone>,
}

/// Who answers complaints (Consumer Protection (E-Commerce) Rules 2020, rule 4(4); DPDP Act s.13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    pub name: PersonName,
    pub designation: Designation,
    pub email: EmailAddress,
    pub phone: Option<Phone>,
}

/// Whose name stands under a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    pub name: PersonName,
    pub title: Designation,
}

/// As many as find room under a certificate.
pub const MAX_SIGNERS: usize = 3;

/// One to three signers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signers(Vec<Signer>);

/// The list is no list of signers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter one to three signers")]
pub struct NotSigners;

impl Signers {
    /// # Errors
    /// None, or more than three.
    pub fn new(signers: Vec<Signer>) -> Result<Self, NotSigners> {
        if (1..=MAX_SIGNERS).contains(&signers.len()) { Ok(Self(signers)) } else { Err(NotSigners) }
    }
}

/// How mail presents itself. The address that it is from is a setting of the program (`mail.from_address`): it must fit the
/// mail server and the DKIM key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MailIdentity {
    /// Beside the sender's address; the short name where it is not set.
    pub sender: Option<SenderName>,
    /// Where answers go; to the sender's address where it is not set.
    pub reply_to: Option<EmailAddress>,
}

/// One section, as it is to be from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Identity(Identity),
    Officer(Officer),
    Tax(TaxRegistration),
    /// How students pay without a card; a way that is `None` is not offered.
    Payee {
        bank: Option<BankDetails>,
        upi: Option<Vpa>,
        hold: TransferHold,
    },
    Signers(Signers),
    Mail(MailIdentity),
    Terms(PolicyText),
    Privacy(PolicyText),
    /// The rule and the text that tells it.
    Refunds {
        rule: RefundRule,
        text: PolicyText,
    },
    Logo(Option<Logo>),
    Waitlist(OfferLength),
    Approval(Approval),
}

/// What is not set and should be before students come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Identity,
    Officer,
    Signers,
    Review(PolicyKind),
}

impl Organisation {
    /// The organisation after a change at `now`.
    #[must_use]
    pub fn with(mut self, change: Change, now: Timestamp) -> Self {
        match change {
            Change::Identity(identity) => self.identity = Some(identity),
            Change::Officer(officer) => self.officer = Some(officer),
            Change::Tax(tax) => self.tax = tax,
            Change::Payee { bank, upi, hold } => (self.bank, self.upi, self.transfer_hold) = (bank, upi, hold),
            Change::Signers(Signers(signers)) => self.signers = signers,
            Change::Mail(mail) => self.mail = mail,
            Change::Terms(text) => self.terms = self.terms.with(text, now),
            Change::Privacy(text) => self.privacy = self.privacy.with(text, now),
            Change::Refunds { rule, text } => {
                self.refund_rule = rule;
                self.refunds = self.refunds.with(text, now);
            }
            Change::Waitlist(length) => self.offer_length = length,
            Change::Approval(approval) => self.approval = approval,
            Change::Logo(logo) => self.logo = logo.map(|logo| logo.facts),
        }
        self
    }

    /// The name over pages, once it is set.
    pub fn short_name(&self) -> Option<&str> {
        self.identity.as_ref().map(|identity| identity.short_name.as_str())
    }

    /// The name beside the address that mail is from, once there is one.
    pub fn sender(&self) -> Option<&str> {
        self.mail.sender.as_ref().map(SenderName::as_str).or(self.short_name())
    }

    pub fn policy(&self, kind: PolicyKind) -> &Policy {
        match kind {
            PolicyKind::Terms => &self.terms,
            PolicyKind::Privacy => &self.privacy,
            PolicyKind::Refunds => &self.refunds,
        }
    }

    /// A policy's text in force.
    pub fn policy_text(&self, kind: PolicyKind) -> std::borrow::Cow<'_, str> {
        self.policy(kind).text(kind, self.refund_rule)
    }

    /// What an admin should see to, the gravest first.
    pub fn missing(&self) -> Vec<Missing> {
        let mut missing = Vec::new();
        missing.extend(self.identity.is_none().then_some(Missing::Identity));
        missing.extend(self.officer.is_none().then_some(Missing::Officer));
        missing.extend(self.signers.is_empty().then_some(Missing::Signers));
        let unread = |kind: &PolicyKind| *self.policy(*kind) == Policy::Shipped;
        missing.extend(PolicyKind::ALL.into_iter().filter(unread).map(Missing::Review));
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_until_it_is_there() {
        let new = Organisation::default();
        assert_eq!(new.missing().len(), 6);
        assert_eq!((new.short_name(), new.sender()), (None, None));
        let officer = Officer {
            name: "Demo Officer".parse().unwrap(),
            designation: "Grievance officer".parse().unwrap(),
            email: "grievance@example.org".parse().unwrap(),
            phone: None,
        };
        let now = "2027-01-01T00:00:00Z".parse().unwrap();
        let text = new.policy_text(PolicyKind::Terms).parse().unwrap();
        let half = new.with(Change::Officer(officer), now).with(Change::Terms(text), now);
        let left =
            [Missing::Identity, Missing::Signers, Missing::Review(PolicyKind::Privacy), Missing::Review(PolicyKind::Refunds)];
        assert_eq!(half.missing(), left);
    }

    #[test]
    fn a_certificate_has_one_to_three_signers() {
        let signer = Signer { name: "Demo Editor".parse().unwrap(), title: "Editor".parse().unwrap() };
        assert_eq!(Signers::new(vec![]), Err(NotSigners));
        assert!(Signers::new(vec![signer.clone(); 3]).is_ok());
        assert_eq!(Signers::new(vec![signer; 4]), Err(NotSigners));
    }
}
