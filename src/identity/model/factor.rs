//! The second factor of staff: a code that an app derives from a shared secret and the time (RFC 6238), or a recovery code.
//!
//! States: none, offered (a secret was shown, no code came back), in use. An offered one is a row of another table, so that it
//! can prove nothing. A step is used once: only a later one is accepted after it (RFC 6238 section 5.2).

use std::fmt;

use totp_rs::{Builder, Totp};

use crate::kernel::Timestamp;
use crate::kernel::random::Randomness;
use crate::kernel::time::{SignedDuration, shifted};

/// So many wrong codes of one account, over [`FAILURE_WINDOW`], and none is judged until the window ends.
pub const FAILURES: i32 = 5;
/// Counted from the first wrong code (machine time).
pub const FAILURE_WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// What the app and we share: 160 bits, as RFC 4226 section 4 recommends.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(pub(super) [u8; 20]);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// What a typed code of six digits means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepJudgement {
    /// The code of this step, which is later than the last used.
    Right {
        step: i64,
    },
    /// The code of a step that was used, or of one before it.
    Replayed,
    Wrong,
}

impl TotpSecret {
    pub fn new(random: &Randomness) -> Self {
        Self(random.bytes())
    }

    /// SHA-1, six digits, steps of thirty seconds, one step to either side: what every app knows.
    fn totp(&self, issuer: Option<&str>, account: &str) -> Totp {
        Builder::new()
            .with_secret(self.0)
            .with_issuer(issuer.map(without_colons))
            .with_account_name(without_colons(account))
            .build()
            .expect("160 bits, six digits and thirty seconds are within RFC 6238")
    }

    /// Judges six digits at machine time `now`, when `last` is the newest step that was used.
    pub fn judge(&self, digits: &str, now: Timestamp, last: i64) -> StepJudgement {
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        match self.totp(None, "").check(digits, seconds).and_then(|step| i64::try_from(step).ok()) {
            Some(step) if step > last => StepJudgement::Right { step },
            Some(_) => StepJudgement::Replayed,
            None => StepJudgement::Wrong,
        }
    }

    /// The `otpauth` address that apps read from a QR code.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        self.totp(Some(issuer), account).to_url().unwrap_or_default()
    }

    /// The secret in base 32 (RFC 4648), in groups of four, to be typed.
    pub fn groups(&self) -> String {
        let text = self.totp(None, "").secret().to_base32();
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
    }
}

/// The address format separates issuer and account by a colon.
fn without_colons(text: &str) -> String {
    text.replace(':', " ")
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 12;

/// A code for who has lost the app: sixty bits, used once.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// How many a person has.
    pub const COUNT: usize = 10;

    pub fn new(random: &Randomness) -> Self {
        Self(random.bytes::<LETTERS>().into_iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect())
    }

    /// As typed, with or without hyphens; letters that are taken for digits count as these.
    fn parse(typed: &str) -> Option<Self> {
        let letters: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| match c.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            })
            .collect();
        let fits = letters.len() == LETTERS && letters.bytes().all(|byte| ALPHABET.contains(&byte));
        fits.then_some(Self(letters))
    }

    pub(super) fn letters(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", &self.0[..4], &self.0[4..8], &self.0[8..])
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// What was typed where a second factor was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    SixDigits(String),
    Recovery(RecoveryCode),
    Neither,
}

impl Typed {
    pub fn parse(typed: &str) -> Self {
        let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::SixDigits(digits);
        }
        RecoveryCode::parse(typed).map_or(Self::Neither, Self::Recovery)
    }
}

/// The wrong codes of an account since the last right one. Times are machine time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failures {
    None,
    Since { first: Timestamp, count: i32 },
}

impl Failures {
    /// Until when no code is judged, if so.
    pub fn locked_until(&self, now: Timestamp) -> Option<Timestamp> {
        match *self {
            Self::Since { first, count } if count >= FAILURES => {
                let until = shifted(first, FAILURE_WINDOW);
                (now < until).then_some(until)
            }
            _ => None,
        }
    }

    /// After one more wrong code.
    #[must_use]
    pub fn one_more(self, now: Timestamp) -> Self {
        match self {
            Self::Since { first, count } if now < shifted(first, FAILURE_WINDOW) => Self::Since { first, count: count + 1 },
            _ => Self::Since { first: now, count: 1 },
        }
    }

    pub fn count(&self) -> i32 {
        match *self {
            Self::None => 0,
            Self::Since { count, .. } => count,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn code(secret: &TotpSecret, second: i64) -> String {
        secret.totp(None, "").generate(u64::try_from(second).unwrap()).to_string()
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // RFC 6238 appendix B, SHA-1, the last six of its eight digits.
        let secret = TotpSecret(*b"12345678901234567890");
        for (second, digits) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(secret.judge(digits, at(second), -1), StepJudgement::Right { step: second / 30 });
        }
    }

    proptest! {
        #[test]
        fn a_code_passes_within_a_step_of_its_own_and_no_farther(seed: u64, second in 1_700_000_000i64..2_000_000_000, off in -4i64..=4) {
            let secret = TotpSecret::new(&Randomness::from_seed(seed));
            let judged = secret.judge(&code(&secret, second), at(second + 30 * off), -1);
            if off.abs() <= 1 {
                prop_assert_eq!(judged, StepJudgement::Right { step: second / 30 });
            } else {
                // One code in a million is another step's too.
                let own = StepJudgement::Right { step: second / 30 };
                prop_assert!(judged != own);
            }
        }

        #[test]
        fn a_used_step_and_those_before_it_never_pass_again(seed: u64, second in 1_700_000_000i64..2_000_000_000, typed_at in -40i64..40) {
            let secret = TotpSecret::new(&Randomness::from_seed(seed));
            let now = second + typed_at;
            if let StepJudgement::Right { step } = secret.judge(&code(&secret, second), at(now), -1) {
                for back in 0..3 {
                    let again = secret.judge(&code(&secret, (step - back) * 30), at(now), step);
                    let passed = matches!(again, StepJudgement::Right { step: passed } if passed <= step);
                    prop_assert!(!passed);
                }
            }
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(text: String) {
            let _ = Typed::parse(&text);
        }

        #[test]
        fn a_recovery_code_reads_back_however_it_is_written(seed: u64) {
            let code = RecoveryCode::new(&Randomness::from_seed(seed));
            let plain = code.letters().to_owned();
            for typed in [code.to_string(), plain.clone(), code.to_string().to_uppercase(), format!(" {plain} ")] {
                prop_assert_eq!(Typed::parse(&typed), Typed::Recovery(code.clone()));
            }
        }

        #[test]
        fn five_wrong_codes_lock_until_the_window_ends(steps in proptest::collection::vec(0i64..400, 1..30)) {
            let (mut now, mut failures) = (1_000_000, Failures::None);
            for step in steps {
                now += step;
                if let Some(until) = failures.locked_until(at(now)) {
                    prop_assert!(failures.count() >= FAILURES && until > at(now));
                    continue;
                }
                failures = failures.one_more(at(now));
                prop_assert!((1..=FAILURES).contains(&failures.count()));
            }
        }
    }

    #[test]
    fn digits_are_digits_and_the_rest_is_nothing() {
        assert_eq!(Typed::parse(" 123 456 "), Typed::SixDigits("123456".to_owned()));
        for nothing in ["", "12345", "1234567", "١٢٣٤٥٦", "uuuu-uuuu-uuuu", "aaaa-bbbb-ccc"] {
            assert_eq!(Typed::parse(nothing), Typed::Neither, "{nothing}");
        }
        let secret = TotpSecret(*b"12345678901234567890");
        assert_eq!(secret.groups(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let uri = secret.uri("Example: Journal", "demo@example.org");
        assert!(uri.starts_with("otpauth://totp/Example") && uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(!format!("{secret:?}").contains("123"));
    }
}
