//! The public code of a certificate.

use std::fmt;
use std::str::FromStr;

use crate::kernel::random::Randomness;

/// Crockford's base 32: no letter that is taken for a digit or another letter.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS: usize = 16;
const GROUP: usize = 4;

/// 80 random bits: whoever has it was given it. It reads `7K3M-9QXD-2F4T-0A1B`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

/// The text is not a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter the 16 letters and digits of the code, like 7K3M-9QXD-2F4T-0A1B")]
pub struct CodeError;

impl Code {
    /// A new one.
    pub fn random(random: &Randomness) -> Self {
        let value = random.bytes::<10>().iter().fold(0u128, |value, &byte| (value << 8) | u128::from(byte));
        let digit = |place: usize| char::from(ALPHABET[((value >> (5 * place)) & 31) as usize]);
        Self((0..DIGITS).rev().map(digit).collect())
    }

    /// Its digits without the groups, as they are stored.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, digit) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A code opens a page with a name on it: a log has its beginning.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({}…)", self.0.get(..GROUP).unwrap_or_default())
    }
}

/// As people type it: small letters, spaces and hyphens anywhere, O for 0, I and L for 1.
impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let mut digits = String::with_capacity(DIGITS);
        for c in text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2014}' | '.' | '_')) {
            let digit = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if digits.len() == DIGITS || !digit.is_ascii() || !ALPHABET.contains(&(digit as u8)) {
                return Err(CodeError);
            }
            digits.push(digit);
        }
        if digits.len() == DIGITS { Ok(Self(digits)) } else { Err(CodeError) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let code: Code = "7K3M-9QXD-2F4T-0A1B".parse().unwrap();
        for typed in
            ["7k3m9qxd2f4t0a1b", " 7K3M 9QXD\t2F4T 0A1B ", "7K3M-9QXD-2F4T-OAIB", "7k3m–9qxd–2f4t–oalb", "7K3M.9QXD.2F4T.0A1B"]
        {
            assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
        }
        assert_eq!(code.to_string(), "7K3M-9QXD-2F4T-0A1B");
        assert_eq!(format!("{code:?}"), "Code(7K3M…)");
        for wrong in ["", "7K3M-9QXD-2F4T-0A1", "7K3M-9QXD-2F4T-0A1B0", "7K3M-9QXD-2F4T-0A1U", "7K3M-9QXD-2F4T-0A1é"] {
            assert_eq!(wrong.parse::<Code>(), Err(CodeError), "{wrong}");
        }
    }

    #[test]
    fn codes_differ_in_every_place() {
        let random = Randomness::from_seed(1);
        let codes: Vec<Code> = (0..500).map(|_| Code::random(&random)).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        for place in 0..DIGITS {
            let digits: BTreeSet<_> = codes.iter().filter_map(|code| code.digits().chars().nth(place)).collect();
            assert_eq!(digits.len(), 32, "place {place}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_never_panics(text: String) {
            if let Ok(code) = text.parse::<Code>() {
                prop_assert_eq!(code.to_string().parse::<Code>(), Ok(code));
            }
        }
    }
}
