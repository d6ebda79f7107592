//! Who people are, and how a browser proves an address. Pure.

mod account;
mod countries;
mod events;
mod factor;
mod notice;
mod seal;

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::kernel::ids::{ChallengeId, SessionId, UserId};
use crate::kernel::random::Randomness;
use crate::kernel::time::{SignedDuration, Zone, shifted};
use crate::kernel::{EmailAddress, PersonName, Timestamp};

pub use self::account::{Account, AccountState, PendingSignIn, SIGN_IN_LIFE, SessionRow};
pub use self::countries::COUNTRIES;
pub use self::events::IdentityEvent;
pub(super) use self::factor::StepJudgement;
pub use self::factor::{FAILURE_WINDOW, FAILURES, Failures, RecoveryCode, TotpSecret, Typed};
pub use self::notice::Notice;
pub use self::seal::{FactorKeys, Sealed};

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Student,
    Instructor,
    Admin,
}

impl Role {
    /// The word of the glossary.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Instructor => "instructor",
            Self::Admin => "admin",
        }
    }

    /// As a page names it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Student => "Student",
            Self::Instructor => "Instructor",
            Self::Admin => "Admin",
        }
    }

    /// Instructors and admins.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Instructor | Self::Admin)
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Choose a role")]
pub struct UnknownRole;

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        [Self::Student, Self::Instructor, Self::Admin].into_iter().find(|role| role.word() == word).ok_or(UnknownRole)
    }
}

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country([u8; 2]);

/// The text is no country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Choose a country")]
pub struct UnknownCountry;

impl Country {
    pub const INDIA: Self = Self(*b"IN");

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// The English short name, for forms and documents.
    pub fn name(&self) -> &'static str {
        COUNTRIES.iter().find(|(code, _)| *code == self.code()).map_or("", |(_, name)| name)
    }
}

impl std::str::FromStr for Country {
    type Err = UnknownCountry;

    fn from_str(text: &str) -> Result<Self, UnknownCountry> {
        let known = COUNTRIES.iter().find(|(code, _)| *code == text).ok_or(UnknownCountry)?;
        known.0.as_bytes().try_into().map(Self).map_err(|_| UnknownCountry)
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub email: EmailAddress,
    pub name: PersonName,
    /// The zone they read times in.
    pub zone: Zone,
    pub country: Option<Country>,
    pub role: Role,
    pub created_at: Timestamp,
}

/// A code is good for so long (machine time), as ASVS 5.0 section 6.5.5 asks of an out-of-band code.
pub const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// So many wrong codes end a challenge.
pub const CODE_ATTEMPTS: i32 = 5;
/// Limits are counted over this window.
pub const CODE_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The key that sign-in codes are derived with. It leaves the process in no form.
#[derive(Clone)]
pub struct CodeKey(SecretString);

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey")
    }
}

impl CodeKey {
    pub fn new(server_secret: SecretString) -> Self {
        Self(server_secret)
    }

    /// The six digits of a challenge. Derived, so that neither the database nor the outbox ever holds a code.
    pub fn code(&self, challenge: ChallengeId) -> String {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(self.0.expose_secret().as_bytes()).expect("HMAC takes a key of any length");
        mac.update(b"lectern sign-in code\0");
        mac.update(challenge.0.as_bytes());
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let number = u64::from_be_bytes(digest[..8].try_into().expect("eight of thirty-two bytes"));
        format!("{:06}", number % 1_000_000)
    }

    fn is_code(&self, challenge: ChallengeId, typed: &str) -> bool {
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        digits.as_bytes().ct_eq(self.code(challenge).as_bytes()).into()
    }
}

/// A secret held by a browser: the plain form goes into a cookie, the hash into the database.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserToken(String);

impl BrowserToken {
    /// 32 random bytes.
    pub fn new(random: &Randomness) -> Self {
        use base64::Engine;
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random.bytes::<32>()))
    }

    /// From a cookie; anything but 43 characters of base64url is no token.
    pub fn from_cookie(value: &str) -> Option<Self> {
        let fits = value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| Self(value.to_owned()))
    }

    /// For the cookie.
    pub fn plain(&self) -> &str {
        &self.0
    }

    /// For the database: SHA-256 as hexadecimal. The token has 256 bits of its own, so it needs no salt and no slow hash.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Debug for BrowserToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserToken(…)")
    }
}

/// What the database keeps of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHash(pub(super) String);

/// One proof of an address, not yet decided.
#[derive(Debug, Clone)]
pub struct Challenge {
    pub id: ChallengeId,
    pub email: EmailAddress,
    pub intent: Value,
    pub(super) browser: TokenHash,
    pub(super) attempts: i32,
    pub(super) expires_at: Timestamp,
    pub(super) used: bool,
}

/// What a typed code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    Right,
    Wrong {
        left: i32,
    },
    /// Used, expired, tried too often, or asked for by another browser.
    Dead,
}

impl Challenge {
    /// Whether a code can still pass at machine time `now`.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        !self.used && self.attempts < CODE_ATTEMPTS && now < self.expires_at
    }

    /// Whether this browser asked for it.
    pub fn was_asked_by(&self, browser: &TokenHash) -> bool {
        self.browser == *browser
    }

    /// Judges a code typed in the browser `browser` at machine time `now`.
    pub(super) fn judge(&self, key: &CodeKey, browser: &TokenHash, typed: &str, now: Timestamp) -> Judgement {
        if !self.is_alive(now) || self.browser != *browser {
            Judgement::Dead
        } else if key.is_code(self.id, typed) {
            Judgement::Right
        } else {
            Judgement::Wrong { left: CODE_ATTEMPTS - self.attempts - 1 }
        }
    }
}

/// A signed-in browser and whose it is.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub session: SessionId,
    pub person: Person,
    pub(super) last_seen_at: Timestamp,
    pub(super) confirmed_at: Option<Timestamp>,
    /// Service time, as the staff see it.
    pub(super) last_shown_at: Option<Timestamp>,
}

/// So long (machine time) a session counts as confirmed after its person gave their strongest proof: for acts on money, roles,
/// certificates and settings (ASVS 5.0 section 7.5).
pub const CONFIRMED_FOR: SignedDuration = SignedDuration::from_mins(10);

impl SignedIn {
    /// Whether its person confirmed within [`CONFIRMED_FOR`] before machine time `now` that it is them.
    pub fn is_confirmed(&self, now: Timestamp) -> bool {
        self.confirmed_at.is_some_and(|at| now < shifted(at, CONFIRMED_FOR))
    }

    /// Whether to mark the session as seen, by both clocks: this often at most, for a page view should not cost a write. Service
    /// time may have been moved on without machine time.
    pub fn is_due_to_be_marked(&self, machine: Timestamp, service: Timestamp) -> bool {
        let over = |seen: Timestamp, now| now >= shifted(seen, SignedDuration::from_mins(10));
        over(self.last_seen_at, machine) || self.last_shown_at.is_none_or(|seen| over(seen, service))
    }
}

/// How long a session lasts unseen (machine time): shorter for staff (ASVS 5.0 section 7.3.1).
pub fn idle_limit(role: Role) -> SignedDuration {
    match role {
        Role::Student => SignedDuration::from_hours(14 * 24),
        Role::Instructor | Role::Admin => SignedDuration::from_hours(12),
    }
}

/// How long a session lasts at most (ASVS 5.0 section 7.3.2).
pub fn absolute_limit(role: Role) -> SignedDuration {
    match role {
        Role::Student => SignedDuration::from_hours(60 * 24),
        Role::Instructor | Role::Admin => SignedDuration::from_hours(7 * 24),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn challenge(attempts: i32) -> Challenge {
        let browser = BrowserToken::new(&Randomness::from_seed(1)).hash();
        Challenge {
            id: ChallengeId(Uuid::from_u128(9)),
            email: "demo@example.org".parse().unwrap(),
            intent: Value::Null,
            browser,
            attempts,
            expires_at: Timestamp::from_second(600).unwrap(),
            used: false,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_code_is_six_digits_of_its_challenge_and_key() {
        let key = |secret: &str| CodeKey::new(secret.into());
        let one = key("a").code(ChallengeId(Uuid::from_u128(1)));
        assert!(one.len() == 6 && one.bytes().all(|b| b.is_ascii_digit()));
        assert_ne!(one, key("b").code(ChallengeId(Uuid::from_u128(1))));
        assert_ne!(one, key("a").code(ChallengeId(Uuid::from_u128(2))));
    }

    #[test]
    fn only_the_right_code_in_time_from_the_same_browser_passes() {
        let key = CodeKey::new("secret".into());
        let fresh = challenge(0);
        let (code, browser) = (key.code(fresh.id), fresh.browser.clone());
        let other = BrowserToken::new(&Randomness::from_seed(2)).hash();
        assert_eq!(fresh.judge(&key, &browser, &format!(" {} {} ", &code[..3], &code[3..]), at(599)), Judgement::Right);
        assert_eq!(fresh.judge(&key, &browser, "000", at(1)), Judgement::Wrong { left: 4 });
        assert_eq!(fresh.judge(&key, &browser, &code, at(600)), Judgement::Dead);
        assert_eq!(fresh.judge(&key, &other, &code, at(1)), Judgement::Dead);
        assert_eq!(challenge(5).judge(&key, &browser, &code, at(1)), Judgement::Dead);
        assert_eq!(Challenge { used: true, ..fresh }.judge(&key, &browser, &code, at(1)), Judgement::Dead);
    }

    #[test]
    fn every_country_has_a_code_and_a_name() {
        assert!(COUNTRIES.len() > 190);
        for (code, name) in COUNTRIES {
            let country: Country = code.parse().unwrap();
            assert!(country.code() == *code && country.name() == *name && !name.is_empty());
        }
        assert!("XX".parse::<Country>().is_err() && "in".parse::<Country>().is_err());
    }
}
