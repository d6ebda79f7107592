//! A token's secret: `lectern_`, 160 random bits in Crockford's base 32, and a checksum.
//!
//! The prefix lets scanners of public code find a lost token. The checksum lets them, and us, tell a token from a text that looks like
//! one without asking the database.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::kernel::random::Randomness;

const PREFIX: &str = "lectern_";
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 160 bits.
const DIGITS: usize = 32;
const CHECK: usize = 6;
/// So much of it is kept in the clear, to tell one token from another: 20 bits of 160.
const HINT: usize = 4;

/// The plain text of a token: shown once, and sent with each request.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The text is no token of ours: another form, or mistyped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no token of ours, or it was not copied whole")]
pub struct SecretError;

fn encode(bytes: &[u8]) -> String {
    let (mut text, mut held, mut bits) = (String::new(), 0u32, 0);
    for &byte in bytes {
        (held, bits) = ((held << 8) | u32::from(byte), bits + 8);
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[((held >> bits) & 31) as usize]));
        }
    }
    text
}

fn checksum(body: &str) -> String {
    let mut check = encode(&Sha256::digest(format!("{PREFIX}{body}"))[..5]);
    check.truncate(CHECK);
    check
}

impl Secret {
    /// A new one.
    pub fn new(random: &Randomness) -> Self {
        let body = encode(&random.bytes::<20>());
        let check = checksum(&body);
        Self(format!("{PREFIX}{body}_{check}"))
    }

    /// The whole text.
    pub fn plain(&self) -> &str {
        &self.0
    }

    /// How it begins.
    pub fn hint(&self) -> &str {
        &self.0[..PREFIX.len() + HINT]
    }

    /// For the database: SHA-256 as hexadecimal. 160 random bits need no salt and no slow hash.
    pub fn hash(&self) -> String {
        Sha256::digest(self.0.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let (body, check) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).ok_or(SecretError)?;
        let digits = body.len() == DIGITS && body.bytes().all(|byte| ALPHABET.contains(&byte));
        if digits && check == checksum(body) { Ok(Self(text.to_owned())) } else { Err(SecretError) }
    }
}

/// A log has only its beginning.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}…)", self.hint())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_has_its_form_and_hides_itself() {
        let random = Randomness::from_seed(5);
        let (one, two) = (Secret::new(&random), Secret::new(&random));
        assert_ne!(one, two);
        assert_eq!(one.plain().len(), PREFIX.len() + DIGITS + 1 + CHECK);
        assert_eq!(one.plain().parse(), Ok(one.clone()));
        let shown = format!("{one:?}");
        assert!(shown.contains(one.hint()) && !shown.contains(&one.plain()[14..]), "{shown}");
        assert_eq!(one.hash().len(), 64);
        assert_eq!(encode(&[0xff; 5]), "zzzzzzzz");
        assert_eq!(encode(&[0, 0, 0, 0, 1]), "00000001");
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_seen(seed: u64, place in 0_usize..47, to in 0_usize..32) {
            let secret = Secret::new(&Randomness::from_seed(seed));
            let mut text = secret.plain().as_bytes().to_vec();
            prop_assume!(text[place] != ALPHABET[to]);
            text[place] = ALPHABET[to];
            prop_assert_eq!(String::from_utf8(text).unwrap().parse::<Secret>(), Err(SecretError));
        }

        #[test]
        fn any_text_is_refused_or_read_but_never_panics(text: String) {
            let _ = text.parse::<Secret>();
        }
    }
}
