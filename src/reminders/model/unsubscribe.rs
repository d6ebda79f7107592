//! The word in a link that turns a group of mails off for one person, without signing in (RFC 8058).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::MailGroup;
use crate::kernel::ids::UserId;

/// Of the token's form. Another form gets another, and this one is read as long as mails with it may be kept.
const VERSION: &str = "1";

/// The key that unsubscribe links are made and checked with. It leaves the process in no form.
#[derive(Clone)]
pub struct UnsubscribeKey(SecretString);

impl fmt::Debug for UnsubscribeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsubscribeKey")
    }
}

impl UnsubscribeKey {
    pub fn new(server_secret: SecretString) -> Self {
        Self(server_secret)
    }

    /// `1.nudges.usr_….<HMAC-SHA-256 as base64url>`: it never expires, as mails are kept for ever, and does nothing but turn this
    /// group off for this person.
    pub fn token(&self, user: UserId, group: MailGroup) -> String {
        format!("{VERSION}.{}.{user}.{}", group.word(), self.mac(user, group))
    }

    /// Whose mails, and which, a token turns off; `None` if we did not make it.
    pub fn read(&self, token: &str) -> Option<(UserId, MailGroup)> {
        let mut parts = token.split('.');
        let (version, group, user, mac) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != VERSION || parts.next().is_some() {
            return None;
        }
        let (user, group) = (user.parse().ok()?, group.parse().ok()?);
        bool::from(self.mac(user, group).as_bytes().ct_eq(mac.as_bytes())).then_some((user, group))
    }

    fn mac(&self, user: UserId, group: MailGroup) -> String {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(self.0.expose_secret().as_bytes()).expect("HMAC takes a key of any length");
        mac.update(b"lectern unsubscribe 1\0");
        mac.update(user.0.as_bytes());
        mac.update(group.word().as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_token_names_its_person_and_group_and_no_other_text_does() {
        let key = UnsubscribeKey::new("a secret of the server".to_owned().into());
        let (one, two) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let token = key.token(one, MailGroup::Nudges);
        assert_eq!(key.read(&token), Some((one, MailGroup::Nudges)));
        let mac = token.rsplit('.').next().unwrap().to_owned();
        assert_eq!(mac.len(), 43);
        let bad = [
            format!("2.nudges.{one}.{mac}"),
            format!("1.course_news.{one}.{mac}"),
            format!("1.nudges.{two}.{mac}"),
            format!("1.nudges.{one}.{}", &mac[..42]),
            format!("1.nudges.{one}."),
            format!("{token}.x"),
            format!("{token}="),
            String::new(),
            UnsubscribeKey::new("another".to_owned().into()).token(one, MailGroup::Nudges),
        ];
        for bad in bad {
            assert_eq!(key.read(&bad), None, "{bad}");
        }
    }
}
