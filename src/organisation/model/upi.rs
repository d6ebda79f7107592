//! The payment address that UPI apps read: as a link on a telephone, and as a QR code.

use std::fmt::Write as _;

use crate::kernel::Money;

/// To whom, how much, and for what (NPCI, UPI Linking Specifications: `pa`, `pn`, `am`, `cu` and `tn`; `tr` is the payee's own
/// reference, without signs). The amount is of rupees: UPI moves nothing else.
pub fn upi_link(id: &str, name: &str, amount: Money, note: &str, reference: Option<&str>) -> String {
    let amount = amount.decimal();
    let link = format!("upi://pay?pa={}&pn={}&am={amount}&cu=INR&tn={}", escaped(id), escaped(name), escaped(note));
    match reference {
        Some(reference) => format!("{link}&tr={}", escaped(reference)),
        None => link,
    }
}

/// Percent-encoded (RFC 3986 section 2.1), but for the sign that stands in a UPI ID.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::Currency;

    #[test]
    fn a_upi_link_names_payee_amount_and_order() {
        let amount = Money::new(650_000, Currency::INR);
        assert_eq!(
            upi_link("example.journal@exbank", "Example Journal & Söhne", amount, "L-7K3M9Q", None),
            "upi://pay?pa=example.journal@exbank&pn=Example%20Journal%20%26%20S%C3%B6hne&am=6500.00&cu=INR&tn=L-7K3M9Q"
        );
        assert!(upi_link("a.b@exbank", "A", amount, "L-7K3M9Q", Some("PI262700001")).ends_with("&tn=L-7K3M9Q&tr=PI262700001"));
    }

    proptest! {
        #[test]
        fn what_an_app_reads_is_what_was_written(name in "\\PC{0,40}", minor in 1_i64..10_000_000) {
            let link = upi_link("example@exbank", &name, Money::new(minor, Currency::INR), "L-7K3M9Q", None);
            let query = link.strip_prefix("upi://pay?").unwrap();
            let read: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
            let read: Vec<(&str, &str)> = read.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            let amount = format!("{}.{:02}", minor / 100, minor % 100);
            let cu = ("cu", "INR");
            prop_assert_eq!(read, [("pa", "example@exbank"), ("pn", &name), ("am", &amount), cu, ("tn", "L-7K3M9Q")]);
        }
    }
}
