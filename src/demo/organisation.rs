//! Whose demonstration it is. The policies stay as shipped, so that their review can be tried.

use super::DemoError;
use crate::db::Txn;
use crate::organisation;
use crate::organisation::model::{BankDetails, Change, Identity, Officer, Signer, Signers, TransferHold};

/// Sets what an admin sets first.
pub(super) async fn seed(txn: &Txn) -> Result<(), DemoError> {
    for change in changes()? {
        organisation::change(txn, change).await?;
    }
    Ok(())
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, DemoError> {
    text.parse().map_err(|error: T::Err| DemoError::Content(error.to_string()))
}

fn changes() -> Result<[Change; 4], DemoError> {
    let signer = |name, title| Ok::<_, DemoError>(Signer { name: read(name)?, title: read(title)? });
    let signers = vec![signer("Demo Editor", "Editor")?, signer("Demo Director", "Director of the course")?];
    Ok([
        Change::Identity(Identity {
            legal_name: read("Example Journal (demonstration)")?,
            short_name: read("Example Journal")?,
            address: read("1 Example Street\nExample Town 000000\nIndia")?,
            contact: read("courses@example.org")?,
            phone: Some(read("+91 00000 00000")?),
        }),
        Change::Officer(Officer {
            name: read("Demo Officer")?,
            designation: read("Grievance officer")?,
            email: read("grievance@example.org")?,
            phone: None,
        }),
        Change::Payee {
            bank: Some(BankDetails {
                account_name: read("Example Journal (demonstration)")?,
                account_number: read("000000000000")?,
                ifsc: read("EXMP0000001")?,
                bank: read("Example Bank")?,
                branch: read("Example Town")?,
            }),
            upi: Some(read("example.journal@exbank")?),
            hold: TransferHold::default(),
        },
        Change::Signers(Signers::new(signers).map_err(|error| DemoError::Content(error.to_string()))?),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demonstrations_own_words_can_be_set() {
        assert_eq!(changes().unwrap().len(), 4);
    }
}
