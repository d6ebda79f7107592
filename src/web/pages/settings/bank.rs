//! Where students pay to without a card.

use serde::Deserialize;

use super::form::{Field, Section, needed, optional};
use crate::organisation::Organisation;
use crate::organisation::model::{AccountNumber, BankDetails, Change, Ifsc, TransferHold, Vpa};
use crate::web::form::FieldErrors;

/// The fields as sent. All five of the account empty: no account is offered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    account_name: String,
    account_number: String,
    ifsc: String,
    bank: String,
    branch: String,
    upi: String,
    days: String,
}

impl Input {
    fn account(&self, errors: &mut FieldErrors) -> Option<Option<BankDetails>> {
        let all = [&self.account_name, &self.account_number, &self.ifsc, &self.bank, &self.branch];
        if all.iter().all(|field| field.trim().is_empty()) {
            return Some(None);
        }
        let account_name =
            needed(errors, "account_name", &self.account_name, "Enter the account’s name, or empty the whole account");
        let account_number = errors.parse("account_number", self.account_number.parse::<AccountNumber>());
        let ifsc = errors.parse("ifsc", self.ifsc.parse::<Ifsc>());
        let bank = needed(errors, "bank", &self.bank, "Enter the bank’s name");
        let branch = needed(errors, "branch", &self.branch, "Enter the branch’s name");
        match (account_name, account_number, ifsc, bank, branch) {
            (Some(account_name), Some(account_number), Some(ifsc), Some(bank), Some(branch)) => {
                Some(Some(BankDetails { account_name, account_number, ifsc, bank, branch }))
            }
            _ => None,
        }
    }
}

impl Section for Input {
    const PATH: &'static str = "/staff/settings/bank";
    const TITLE: &'static str = "Bank and UPI";
    const DEK: &'static str = "Where students send a transfer. Leave empty what you do not offer.";

    fn known(organisation: &Organisation) -> Self {
        let upi = organisation.upi.as_ref().map(Vpa::to_string).unwrap_or_default();
        let days = organisation.transfer_hold.days().to_string();
        let Some(bank) = &organisation.bank else { return Self { upi, days, ..Self::default() } };
        Self {
            account_name: bank.account_name.to_string(),
            account_number: bank.account_number.to_string(),
            ifsc: bank.ifsc.to_string(),
            bank: bank.bank.to_string(),
            branch: bank.branch.to_string(),
            upi,
            days,
        }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            Field::line("account_name", "Account name", &self.account_name, 100)
                .optional()
                .group("Bank account")
                .hint("As the bank has it."),
            Field::line("account_number", "Account number", &self.account_number, 42).optional(),
            Field::line("ifsc", "IFSC", &self.ifsc, 11).optional().hint("11 characters: four letters, a zero, six more."),
            Field::line("bank", "Bank", &self.bank, 100).optional(),
            Field::line("branch", "Branch", &self.branch, 100).optional(),
            Field::line("upi", "UPI ID", &self.upi, 320).optional().group("UPI").hint("Like name@bank."),
            Field::line("days", "Days for which a seat is kept", &self.days, 2)
                .group("Seats")
                .hint("From 1 to 14, from when a student chooses to pay so. A hold that runs keeps its time."),
        ]
    }

    fn read(&self) -> Result<Change, FieldErrors> {
        let mut errors = FieldErrors::default();
        let bank = self.account(&mut errors);
        let upi = optional(&mut errors, "upi", &self.upi);
        let hold = errors.parse("days", self.days.parse::<TransferHold>());
        match (bank, upi, hold) {
            (Some(bank), Some(upi), Some(hold)) => Ok(Change::Payee { bank, upi, hold }),
            _ => Err(errors),
        }
    }
}
