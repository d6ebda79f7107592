//! Second factors at rest: a secret is sealed for its person (AEAD), a recovery code kept as a keyed hash. Both keys are derived
//! from the server's secret (HKDF, RFC 5869), so that a copy of the database alone is of no use.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use secrecy::{ExposeSecret, SecretString};

use super::{RecoveryCode, TotpSecret};
use crate::kernel::ids::UserId;
use crate::kernel::random::Randomness;

const EXPAND: &str = "one key is within the limit of RFC 5869 section 2.3";

/// The keys. They leave the process in no form.
#[derive(Clone)]
pub struct FactorKeys(Arc<Keys>);

struct Keys {
    seal: LessSafeKey,
    recovery: hmac::Key,
}

impl fmt::Debug for FactorKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FactorKeys")
    }
}

/// A sealed secret: base64 of nonce, ciphertext and tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub String);

/// Not sealed by this key for this person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a second factor cannot be opened: was server.secret changed?")]
pub struct NotOpened;

impl FactorKeys {
    pub fn new(server_secret: &SecretString) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"lectern").extract(server_secret.expose_secret().as_bytes());
        let seal = root.expand(&[b"second factor secrets"], &AES_256_GCM).map(UnboundKey::from).expect(EXPAND);
        let recovery = root.expand(&[b"recovery codes"], hmac::HMAC_SHA256).map(hmac::Key::from).expect(EXPAND);
        Self(Arc::new(Keys { seal: LessSafeKey::new(seal), recovery }))
    }

    /// Seals a secret for this person alone.
    pub fn seal(&self, random: &Randomness, user: UserId, secret: &TotpSecret) -> Sealed {
        let nonce = random.bytes::<NONCE_LEN>();
        let mut bytes = secret.0.to_vec();
        self.0
            .seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(user.0.as_bytes()), &mut bytes)
            .expect("twenty bytes are within the limit of AES-GCM");
        Sealed(STANDARD_NO_PAD.encode([nonce.as_slice(), &bytes].concat()))
    }

    /// Opens what was sealed for this person.
    ///
    /// # Errors
    /// `NotOpened`.
    pub fn open(&self, user: UserId, sealed: &Sealed) -> Result<TotpSecret, NotOpened> {
        let mut bytes = STANDARD_NO_PAD.decode(&sealed.0).map_err(|_| NotOpened)?;
        let (nonce, body) = bytes.split_at_mut_checked(NONCE_LEN).ok_or(NotOpened)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotOpened)?;
        let plain = self.0.seal.open_in_place(nonce, Aad::from(user.0.as_bytes()), body).map_err(|_| NotOpened)?;
        <[u8; 20]>::try_from(&*plain).map(TotpSecret).map_err(|_| NotOpened)
    }

    /// What the database keeps of a recovery code. It has sixty bits and the key is not in the database: no slow hash is needed.
    pub fn recovery_hash(&self, user: UserId, code: &RecoveryCode) -> String {
        let mut context = hmac::Context::with_key(&self.0.recovery);
        context.update(user.0.as_bytes());
        context.update(code.letters().as_bytes());
        STANDARD_NO_PAD.encode(context.sign())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn keys(secret: &str) -> FactorKeys {
        FactorKeys::new(&secret.into())
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_for_its_person_and_key_alone_and_only_whole(seed: u64, one: u128, other: u128, at in 0usize..48, bit in 0u8..8) {
            prop_assume!(one != other);
            let random = Randomness::from_seed(seed);
            let secret = TotpSecret::new(&random);
            let (mine, theirs) = (UserId(Uuid::from_u128(one)), UserId(Uuid::from_u128(other)));
            let sealed = keys("a").seal(&random, mine, &secret);
            prop_assert_eq!(keys("a").open(mine, &sealed), Ok(secret.clone()));
            prop_assert_eq!(keys("a").open(theirs, &sealed), Err(NotOpened));
            prop_assert_eq!(keys("b").open(mine, &sealed), Err(NotOpened));
            let mut bytes = STANDARD_NO_PAD.decode(&sealed.0).unwrap();
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(keys("a").open(mine, &Sealed(STANDARD_NO_PAD.encode(&bytes))), Err(NotOpened));
            prop_assert_eq!(keys("a").open(mine, &Sealed(STANDARD_NO_PAD.encode(&bytes[..at]))), Err(NotOpened));
            prop_assert_ne!(keys("a").seal(&random, mine, &secret), sealed, "a nonce was used twice");
        }
    }

    #[test]
    fn a_recovery_codes_hash_is_its_persons_and_its_keys() {
        let code = RecoveryCode::new(&Randomness::from_seed(1));
        let (one, other) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let hash = keys("a").recovery_hash(one, &code);
        assert_eq!(hash, keys("a").recovery_hash(one, &code));
        assert!(hash != keys("a").recovery_hash(other, &code) && hash != keys("b").recovery_hash(one, &code));
        assert!(!hash.contains(code.letters()));
    }
}
