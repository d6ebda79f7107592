//! Something changed in how an account is entered.

use super::{Frame, message, payload, render};
use crate::identity::{self, Notice, NoticeLetter};
use crate::kernel::PersonName;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/account_notice`.
#[derive(Debug)]
pub struct AccountNotice;

message!("account_notice/subject.txt", "account_notice/text.txt", "account_notice/html.html", {
    frame: Frame,
    name: String,
    title: &'static str,
    said: String,
    advice: &'static str,
});

const NOT_YOU: &str = "If this was not you, write to us at once: somebody else may be using your account.";

fn words(notice: Notice) -> (&'static str, String, &'static str) {
    match notice {
        Notice::FactorAdded => (
            "A second factor was added to your account",
            "From now on, signing in asks for a code from your app after the code we mail. Your other browsers were signed out.".into(),
            NOT_YOU,
        ),
        Notice::FactorRemoved => (
            "The second factor of your account was removed",
            "Your app’s codes and your recovery codes no longer work, and all your browsers were signed out. Sign in to set up another.".into(),
            NOT_YOU,
        ),
        Notice::RecoveryCodeUsed { left } => (
            "A recovery code of yours was used",
            format!("It was used in place of a code from your app. Unused recovery codes: {left}. You can make new ones in your account."),
            NOT_YOU,
        ),
        Notice::RecoveryCodesRenewed => {
            ("You have new recovery codes", "The recovery codes you had before no longer work.".into(), NOT_YOU)
        }
        Notice::EmailBefore => (
            "Your account has another address now",
            "We corrected the address of your account. Mail about your course goes to the other address from now on, and this one no longer signs in.".into(),
            "If you did not ask for this, write to us.",
        ),
        Notice::EmailNow => (
            "This is the address of your account now",
            "We corrected the address of your account. Mail about your course comes here from now on; sign in with this address.".into(),
            "If you have no account with us, write to us: the address may be a mistake.",
        ),
    }
}

impl Composer for AccountNotice {
    const KIND: &'static str = "account_notice";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let NoticeLetter { person, notice } = payload(letter)?;
        let Some(account) = identity::account(&*services.db.snapshot().await?, person).await? else {
            return Ok(Composed::Cancel("the account is gone".to_owned()));
        };
        let name = account.person.name;
        let (title, said, advice) = words(notice);
        let values = Values { frame: Frame::new(services), name: name.as_str().to_owned(), title, said, advice };
        values.send(Some(name))
    }
}
