//! What was just done, told on the page that a form leads to: `?done=` with a word of this list, never with words of a link's own.

use serde::Deserialize;

/// A fixed word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    Saved,
    SignedOut,
    OthersSignedOut,
    FactorRemoved,
    Invited,
    RoleChanged,
    Disabled,
    Enabled,
    EmailCorrected,
    SessionsEnded,
    Mailed,
    Enrolled,
    LetterRetried,
    LetterReleased,
    LetterDropped,
    Resolved,
    Seen,
    Replayed,
    RateEntered,
    Issued,
    PutAside,
    DisputeDecided,
    Spelled,
    JobRetried,
    JobDropped,
    TokenRevoked,
    CouponMade,
    CouponStopped,
    CourseMade,
    CourseSaved,
    WeekSaved,
    WeekAdded,
    WeekRemoved,
    ReadingAttached,
    ReadingDetached,
    ReadingRestated,
    ReadingAdded,
    ReadingCorrected,
    LeftWaitlist,
    TakenOffWaitlist,
}

impl Done {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Saved => "Saved.",
            Self::SignedOut => "That browser is signed out.",
            Self::OthersSignedOut => "All other browsers are signed out.",
            Self::FactorRemoved => "Your second factor was removed.",
            Self::Invited => "The account is made, and the invitation is on its way.",
            Self::RoleChanged => "The role was changed. They sign in again to use it.",
            Self::Disabled => "The account is disabled, and signed out everywhere.",
            Self::Enabled => "The account can be used again.",
            Self::EmailCorrected => "The address was corrected. Both addresses are told by mail.",
            Self::SessionsEnded => "They are signed out everywhere.",
            Self::Mailed => "The mail is on its way.",
            Self::LetterRetried => "The mail waits to be sent again.",
            Self::LetterReleased => "The mail is let go. It is sent at its time.",
            Self::LetterDropped => "The mail is dropped, and your reason kept.",
            Self::Resolved => "Marked as settled, and your words kept.",
            Self::JobRetried => "It is tried again now. If it fails once more, it comes back to this list.",
            Self::JobDropped => "It is left undone, and your reason kept.",
            Self::Seen => "Marked as looked at.",
            Self::Replayed => "The event was replayed, and the gateway answered. Its state stands below.",
            Self::Issued => "It is issued. Its PDF is ready in a moment.",
            Self::RateEntered => "The rate is entered. Invoices that waited for it are issued in a moment.",
            Self::PutAside => "The event is put aside, and your reason kept.",
            Self::DisputeDecided => "The dispute is off the list.",
            Self::Spelled => "The document is printed so. Its PDF is ready in a moment.",
            Self::TokenRevoked => "The token is revoked. Programs that use it are refused from now on.",
            Self::CouponMade => "The coupon is made. It is the first of the list.",
            Self::CouponStopped => "The coupon is stopped. Orders that used it keep their price.",
            Self::CourseMade => "The course is made. Now write its weeks.",
            Self::CourseSaved => "The course is saved. Running cohorts keep what they have.",
            Self::WeekSaved => "The week is saved. Running cohorts keep what they have.",
            Self::WeekAdded => "A week is added. Give it a title and readings.",
            Self::WeekRemoved => "The week is removed.",
            Self::ReadingAttached => "The reading is attached.",
            Self::ReadingDetached => "The reading is detached. It is still in the library.",
            Self::ReadingRestated => "Saved.",
            Self::ReadingAdded => "The reading is in the library.",
            Self::ReadingCorrected => "The correction is saved. Everybody who has the reading sees it so.",
            Self::LeftWaitlist => "You are off the waitlist.",
            Self::TakenOffWaitlist => "They are off the waitlist, and told by mail. Your reason is kept.",
            Self::Enrolled => "The student is enrolled, and the confirmation is on its way.",
        }
    }
}

/// The query of a page that may say what was done; any other word is nothing.
#[derive(Debug, Default, Deserialize)]
pub struct DoneQuery {
    #[serde(default)]
    done: String,
}

impl DoneQuery {
    pub fn word(&self) -> Option<Done> {
        serde_json::from_value(self.done.as_str().into()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_word_is_told() {
        let of = |text: &str| DoneQuery { done: text.to_owned() }.word();
        assert_eq!((of("others-signed-out"), of(""), of("<b>"), of("Saved")), (Some(Done::OthersSignedOut), None, None, None));
    }
}
