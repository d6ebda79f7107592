//! Where a bank transfer goes.

use serde::{Deserialize, Serialize};

use super::texts::parsed_text;
use crate::kernel::text::{TextError, single_line, text_type};

/// An account at a bank in India, as a payer must enter it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankDetails {
    pub account_name: BankLine,
    pub account_number: AccountNumber,
    pub ifsc: Ifsc,
    pub bank: BankLine,
    pub branch: BankLine,
}

parsed_text! {
    /// A name on an account's papers: one line of up to 100 characters.
    BankLine, TextError, |text| single_line(text, 100)
}

/// The text is no account's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter the account’s number: 5 to 34 letters and digits")]
pub struct NotAnAccount;

parsed_text! {
    /// An account's number: 5 to 34 letters and digits (34 is the longest IBAN, ISO 13616), kept without spaces, in capitals.
    AccountNumber, NotAnAccount, |text: &str| {
        let text: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let fits = (5..=34).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(text.to_ascii_uppercase()) } else { Err(NotAnAccount) }
    }
}

/// The text is no IFSC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter the 11 characters of the IFSC: four letters, a zero, six more, like EXMP0000001")]
pub struct NotAnIfsc;

parsed_text! {
    /// A branch's Indian Financial System Code: the bank's four letters, a zero, six letters or digits; kept in capitals.
    Ifsc, NotAnIfsc, |text: &str| {
        let text = text.trim().to_ascii_uppercase();
        let fits = |(place, byte): (usize, u8)| match place {
            0..=3 => byte.is_ascii_uppercase(),
            4 => byte == b'0',
            _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        };
        if text.len() == 11 && text.bytes().enumerate().all(fits) { Ok(text) } else { Err(NotAnIfsc) }
    }
}

/// The text is no UPI address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a UPI ID like name@bank")]
pub struct NotAVpa;

parsed_text! {
    /// A UPI ID (virtual payment address): `name@handle`, where the handle has no dot; kept in small letters.
    Vpa, NotAVpa, |text: &str| {
        let text = text.trim().to_ascii_lowercase();
        let (name, handle) = text.split_once('@').ok_or(NotAVpa)?;
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let name_fits = (2..=255).contains(&name.len()) && name.bytes().all(in_name);
        let handle_fits = (2..=64).contains(&handle.len())
            && handle.starts_with(|c: char| c.is_ascii_lowercase())
            && handle.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if name_fits && handle_fits { Ok(text) } else { Err(NotAVpa) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_ifsc_has_four_letters_a_zero_and_six_more() {
        assert_eq!(" exmp0a1b2c3 ".parse::<Ifsc>().unwrap().as_str(), "EXMP0A1B2C3");
        for bad in ["", "EXMP000001", "EXMP1000001", "EXM00000001", "EXMP00000012", "EXMP000000-", "ÉXMP000001"] {
            assert_eq!(bad.parse::<Ifsc>(), Err(NotAnIfsc), "{bad:?}");
        }
    }

    #[test]
    fn a_upi_id_is_a_name_at_a_handle() {
        assert_eq!("Example.Journal-1@EXBANK".parse::<Vpa>().unwrap().as_str(), "example.journal-1@exbank");
        for bad in [
            "",
            "@ex",
            "a@ex",
            "name@",
            "name@e",
            "name@1ex",
            "name@example.org",
            "na me@ex",
            "a@b@ex",
            "name@ex\n x",
            "name@ex?am=1",
        ] {
            assert_eq!(bad.parse::<Vpa>(), Err(NotAVpa), "{bad:?}");
        }
    }

    #[test]
    fn an_account_number_is_kept_without_its_groups() {
        assert_eq!("0000 0000-0000".parse::<AccountNumber>().unwrap().as_str(), "000000000000");
        for bad in ["", "1234", "12345/6", "1\n23456", &"1".repeat(35)] {
            assert_eq!(bad.parse::<AccountNumber>(), Err(NotAnAccount), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read_the_same_again(text in "[ -~é]{0,40}") {
            if let Ok(ifsc) = text.parse::<Ifsc>() {
                prop_assert_eq!(ifsc.as_str().parse::<Ifsc>(), Ok(ifsc.clone()));
            }
            if let Ok(vpa) = text.parse::<Vpa>() {
                prop_assert_eq!(vpa.as_str().parse::<Vpa>(), Ok(vpa.clone()));
            }
            if let Ok(number) = text.parse::<AccountNumber>() {
                prop_assert_eq!(number.as_str().parse::<AccountNumber>(), Ok(number.clone()));
            }
        }
    }
}
