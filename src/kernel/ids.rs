//! Identifiers: UUIDv7 inside, prefixed Crockford base 32 outside (`ord_01jd3v…`), so that a pasted id says what it is of.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::Timestamp;

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct IdError;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

fn encode(value: u128) -> String {
    (0..LENGTH).rev().map(|place| char::from(ALPHABET[((value >> (5 * place)) & 31) as usize])).collect()
}

fn decode(text: &str) -> Result<u128, IdError> {
    // 26 digits hold 130 bits: a first digit above 7 would overflow.
    if text.len() != LENGTH || text.as_bytes()[0] > b'7' {
        return Err(IdError);
    }
    text.bytes().try_fold(0u128, |value, byte| {
        let digit = ALPHABET.iter().position(|&known| known == byte).ok_or(IdError)?;
        Ok((value << 5) | digit as u128)
    })
}

/// The least UUIDv7 that an event of the moment `at` or later can have (RFC 9562 section 5.7): a range of moments is a range of ids.
pub fn least_at(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    Uuid::from_u128(u128::from(millis.min(0xffff_ffff_ffff)) << 80)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub Uuid);

            impl $name {
                /// What stands before the underscore in the outside form.
                pub const PREFIX: &'static str = $prefix;
            }

            impl From<Uuid> for $name {
                fn from(uuid: Uuid) -> Self {
                    Self(uuid)
                }
            }

            impl From<$name> for Uuid {
                fn from(id: $name) -> Self {
                    id.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "{}_{}", $prefix, encode(self.0.as_u128()))
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Display::fmt(self, f)
                }
            }

            impl FromStr for $name {
                type Err = IdError;

                fn from_str(text: &str) -> Result<Self, IdError> {
                    let rest = text.strip_prefix(concat!($prefix, "_")).ok_or(IdError)?;
                    decode(rest).map(|value| Self(Uuid::from_u128(value)))
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                }
            }
        )*

        /// Runs a macro over every identifier type: the one list of them, for the database's column conversions.
        #[allow(unused_macros, reason = "used by the database's column conversions")]
        macro_rules! for_every_id {
            ($callback:ident) => { $($callback!($crate::kernel::ids::$name);)* };
        }
        #[allow(unused_imports, reason = "as above")]
        pub(crate) use for_every_id;
    };
}

ids! {
    /// A person: student, instructor or admin.
    UserId = "usr";
    /// One proof of an email address by a six-digit code.
    ChallengeId = "chl";
    /// A signed-in browser.
    SessionId = "ses";
    /// A sign-in that waits for the second factor.
    SignInId = "sgn";
    /// An article in the library.
    ReadingId = "rdg";
    /// A course: the template without dates.
    CourseId = "crs";
    /// One week of a course, or of the cohort that copied it.
    ModuleId = "mod";
    /// One run of a course.
    CohortId = "coh";
    /// A release or due moment in a cohort's schedule.
    ScheduleItemId = "itm";
    /// A change of one student's (or one module's) dates.
    OverrideId = "ovr";
    /// One student in one cohort.
    EnrolmentId = "enr";
    /// One person's place on the waitlist of a cohort.
    WaitId = "wtl";
    /// What is owed for an enrolment.
    OrderId = "ord";
    /// One attempt to move money against an order.
    PaymentId = "pay";
    /// Money given back, or an attempt at it.
    RefundId = "rfd";
    /// One entry of the ledger.
    EntryId = "led";
    /// A receipt, an invoice or a credit note.
    DocumentId = "doc";
    /// A code that makes a seat cheaper.
    CouponId = "cpn";
    /// Money that fits no rule, waiting for an admin.
    ExceptionId = "exc";
    /// The record of an award.
    CertificateId = "crt";
    /// One entry of the audit log.
    AuditId = "aud";
    /// A unit of later work.
    JobId = "job";
    /// A mail in the outbox.
    LetterId = "mail";
    /// A program's way in: an API token.
    TokenId = "tok";
    /// A lease on a job or a mail.
    LeaseToken = "lse";
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_reads_back_from_its_outside_form(value: u128) {
            let id = OrderId(Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse::<OrderId>(), Ok(id));
        }

        #[test]
        fn outside_forms_sort_as_ids_do(a: u128, b: u128) {
            let (a, b) = (OrderId(Uuid::from_u128(a)), OrderId(Uuid::from_u128(b)));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn any_text_is_refused_or_read_but_never_panics(text: String) {
            let _ = text.parse::<OrderId>();
        }
    }

    proptest! {
        #[test]
        fn an_id_is_in_the_range_of_its_moment(seed: u64, millis in 0_i64..200_000_000_000_000) {
            let at = Timestamp::from_millisecond(millis).unwrap();
            let id = crate::kernel::random::Randomness::from_seed(seed).uuid(at);
            let after = Timestamp::from_millisecond(millis + 1).unwrap();
            prop_assert!(least_at(at) <= id && id < least_at(after));
        }
    }

    #[test]
    fn another_kinds_id_is_refused() {
        let id = UserId(Uuid::from_u128(7)).to_string();
        assert_eq!(id.parse::<OrderId>(), Err(IdError));
        assert_eq!("ord_8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<OrderId>(), Err(IdError));
    }
}
