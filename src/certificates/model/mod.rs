//! The frozen record of an award.
//!
//! A student who is enrolled and has read every required reading of every module, as each module asks, has *completed* the cohort
//! ([`eligibility`]). Issuing freezes what is known then into an [`Award`], under a public [`Code`], with its PDF. From then on:
//!
//! | state | means | goes on to |
//! |---|---|---|
//! | `Issued` | in force | `Revoked` with a reason; `Superseded` by a certificate with the name corrected |
//! | `Revoked` | taken back, for ever | – |
//! | `Superseded` | another certificate of the same enrolment is in its place | – |
//!
//! An enrolment's certificates are numbered: its first is edition 1, a successor one more. No two share a number, so that however
//! many are asked for at once, one is issued. Nothing but the state ever changes, and nothing is deleted.

mod award;
mod certificate;
mod code;
mod eligibility;
mod events;

pub use award::{Award, AwardedModule, AwardedReading, Issuer, Signer};
pub use certificate::{Certificate, CertificateState, NotInForce, Reason};
pub use code::{Code, CodeError};
pub use eligibility::{Eligibility, Missing, eligibility};
pub use events::CertificateEvent;
