//! DKIM signatures (RFC 6376, RFC 8463) over a message's final bytes.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, Sha256, SigningKey};
use mail_auth::common::headers::{HeaderStream, HeaderWriter, Writable, Writer};
use mail_auth::dkim::Signature;
use mail_auth::dkim::canonicalize::CanonicalHeaders;
use secrecy::{ExposeSecret, SecretString};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::kernel::Timestamp;

/// What is signed. A name that stands twice is signed once more than it occurs, so that nobody can add another
/// (RFC 6376 section 8.15); a name that the message lacks is signed as absent.
const SIGNED: [&str; 17] = [
    "From",
    "From",
    "To",
    "To",
    "Subject",
    "Subject",
    "Date",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Reply-To",
    "Cc",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// The signing domain and its key, as configured.
#[derive(Debug, Clone)]
pub struct DkimSettings {
    /// The domain that answers for the mail (`d=`); receivers want it to be the From address's.
    pub domain: String,
    /// The key's name under `_domainkey` (`s=`).
    pub selector: String,
    /// PEM: Ed25519 as PKCS #8, RSA as PKCS #1 or PKCS #8.
    pub private_key_pem: SecretString,
}

/// Why mail cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DkimError {
    #[error("the DKIM {0} is not a domain name")]
    Name(&'static str),
    #[error("the DKIM key is not an Ed25519 (PKCS #8) or RSA (PKCS #1, PKCS #8) private key in PEM, RSA of 2048 bits or more")]
    Key,
    #[error("the message has no From header, or is not seven-bit")]
    Message,
    #[error("signing failed: {0}")]
    Sign(String),
}

/// Signs messages for one domain.
pub struct DkimSigner {
    key: DkimKey,
    domain: String,
    selector: String,
}

impl fmt::Debug for DkimSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DkimSigner({}._domainkey.{})", self.selector, self.domain)
    }
}

impl DkimSigner {
    /// # Errors
    /// A domain or selector that is not made of labels, or a key of another kind.
    pub fn from_settings(settings: &DkimSettings) -> Result<Self, DkimError> {
        for (what, name) in [("domain", &settings.domain), ("selector", &settings.selector)] {
            if !is_domain(name) {
                return Err(DkimError::Name(what));
            }
        }
        let key = read_key(settings.private_key_pem.expose_secret())?;
        Ok(Self { key, domain: settings.domain.clone(), selector: settings.selector.clone() })
    }

    /// The TXT record that receivers look for (RFC 6376 section 3.6.1): its name and its text.
    pub fn dns_record(&self) -> (String, String) {
        let (kind, public) = match &self.key {
            DkimKey::Ed25519(key) => ("ed25519", key.public_key()),
            DkimKey::Rsa(key) => ("rsa", subject_public_key_info(&key.public_key())),
        };
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        (name, format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(public)))
    }

    /// The message with its `DKIM-Signature` before it, relaxed/relaxed, dated `at` (`t=`, whole seconds).
    ///
    /// # Errors
    /// The message has no From header or is not seven-bit; the key refused to sign.
    pub fn sign(&self, message: &[u8], at: Timestamp) -> Result<Vec<u8>, DkimError> {
        if !message.is_ascii() || !Fields(message).has("From") {
            return Err(DkimError::Message);
        }
        let mut signature = Signature {
            v: 1,
            a: self.key.algorithm(),
            d: self.domain.clone(),
            s: self.selector.clone(),
            h: SIGNED.map(str::to_owned).to_vec(),
            t: u64::try_from(at.as_second()).unwrap_or(0),
            ..Signature::default()
        };
        // The crate's own `sign` reads the machine's clock: these are its steps with the time given.
        let (_, headers, signed, body) = signature.canonicalize(Fields(message));
        signature.h = signed;
        signature.bh = STANDARD.encode(self.key.hash(body)).into_bytes();
        let bytes = self.key.sign(Signable { headers, signature: &signature });
        signature.b = STANDARD.encode(bytes.map_err(|error| DkimError::Sign(error.to_string()))?).into_bytes();
        let mut signed = signature.to_header().into_bytes();
        signed.extend_from_slice(message);
        Ok(signed)
    }
}

fn is_domain(name: &str) -> bool {
    let label =
        |part: &str| (1..=63).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    name.len() <= 253 && name.split('.').all(label)
}

/// An RSA key in the form that records hold (RFC 5280 section 4.1; RFC 6376 erratum 3017).
fn subject_public_key_info(rsa_public_key: &[u8]) -> Vec<u8> {
    /// rsaEncryption, with parameters NULL (RFC 8017 appendix A.1).
    const ALGORITHM: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let bits = [&[0], rsa_public_key].concat();
    tagged(0x30, &[ALGORITHM.as_slice(), &tagged(3, &bits)].concat())
}

/// A DER value (X.690 section 8.1.3) of up to 65535 bytes.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let length: &[u8] = if content.len() < 128 {
        &[low]
    } else if high == 0 {
        &[0x81, low]
    } else {
        &[0x82, high, low]
    };
    [&[tag], length, content].concat()
}

fn read_key(pem: &str) -> Result<DkimKey, DkimError> {
    let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| DkimError::Key)?;
    if let PrivateKeyDer::Pkcs8(pkcs8) = &der
        // Tools write Ed25519 keys without the public half: "maybe unchecked" accepts both forms.
        && let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(pkcs8.secret_pkcs8_der())
    {
        return Ok(key.into());
    }
    Ok(RsaKey::<Sha256>::from_key_der(der).map_err(|_| DkimError::Key)?.into())
}

/// What the signature covers: the canonical headers, then its own header with an empty `b=` (RFC 6376 section 3.7).
struct Signable<'a> {
    headers: CanonicalHeaders<'a>,
    signature: &'a Signature,
}

impl Writable for Signable<'_> {
    fn write(self, writer: &mut impl Writer) {
        self.headers.write(writer);
        self.signature.write(writer, false);
    }
}

/// The fields of a message in order, each with its folded value up to and with the last CRLF; then the body.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn has(mut self, wanted: &str) -> bool {
        std::iter::from_fn(|| self.next_header()).any(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
    }
}

impl<'a> HeaderStream<'a> for Fields<'a> {
    fn next_header(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        if self.0.starts_with(b"\r\n") {
            return None;
        }
        let colon = self.0.iter().position(|&b| b == b':')?;
        let mut end = colon;
        loop {
            end += self.0[end..].windows(2).position(|pair| pair == b"\r\n")? + 2;
            if !matches!(self.0.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (field, rest) = self.0.split_at(end);
        self.0 = rest;
        Some((&field[..colon], &field[colon + 1..]))
    }

    fn body(&mut self) -> &'a [u8] {
        self.0.strip_prefix(b"\r\n").unwrap_or(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Borrow;
    use std::hash::Hash;
    use std::sync::Arc;

    use mail_auth::common::parse::TxtRecordParser;
    use mail_auth::common::verify::DomainKey;
    use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt};

    use super::*;
    use crate::mail::compose::{Mail, Party, Unsubscribe, compose};

    const ED25519: (&str, &str) =
        (include_str!("../../tests/support/dkim/ed25519.pem"), include_str!("../../tests/support/dkim/ed25519.txt"));
    const RSA: (&str, &str) =
        (include_str!("../../tests/support/dkim/rsa.pem"), include_str!("../../tests/support/dkim/rsa.txt"));

    fn signer(pem: &str) -> Result<DkimSigner, DkimError> {
        DkimSigner::from_settings(&DkimSettings {
            domain: "example.org".to_owned(),
            selector: "course1".to_owned(),
            private_key_pem: pem.to_owned().into(),
        })
    }

    fn message() -> Vec<u8> {
        compose(&Mail {
            from: Party::named("Example Journal", "courses@example.org".parse().unwrap()).unwrap(),
            to: Party::bare("demo.03@example.net".parse().unwrap()),
            reply_to: None,
            subject: "Week two — और विषय ".repeat(5),
            text: "Hello  \n\n.\n trailing\n\n\n".to_owned(),
            html: "<p>Zoë</p>".to_owned(),
            message_id: "m1@example.org".to_owned(),
            date: "2027-01-04T03:30:00Z".parse().unwrap(),
            unsubscribe: Some(Unsubscribe { url: "https://example.org/stop/1".parse().unwrap() }),
        })
        .unwrap()
    }

    /// The one DNS record that the verifier may see.
    struct Zone(&'static str);

    impl ResolverCache<Box<str>, Txt> for Zone {
        fn get<Q>(&self, name: &Q) -> Option<Txt>
        where
            Box<str>: Borrow<Q>,
            Q: Hash + Eq + ?Sized,
        {
            let ours: Box<str> = "course1._domainkey.example.org.".into();
            let record = DomainKey::parse(self.0.trim().as_bytes()).unwrap();
            (ours.borrow() == name).then(|| Txt::DomainKey(Arc::new(record)))
        }

        fn remove<Q>(&self, _: &Q) -> Option<Txt>
        where
            Box<str>: Borrow<Q>,
            Q: Hash + Eq + ?Sized,
        {
            None
        }

        fn insert(&self, _: Box<str>, _: Txt, _: std::time::Instant) {}
    }

    async fn verifies(bytes: &[u8], record: &'static str) -> bool {
        let message = AuthenticatedMessage::parse(bytes).unwrap();
        let verifier = MessageAuthenticator::new_cloudflare().unwrap();
        let zone = Zone(record);
        let results = verifier.verify_dkim(Parameters::new(&message).with_txt_cache(&zone)).await;
        results.len() == 1 && matches!(results[0].result(), DkimResult::Pass)
    }

    fn changed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.contains(from));
        text.replacen(from, to, 1).into_bytes()
    }

    #[tokio::test]
    async fn both_kinds_of_key_sign_what_a_verifier_accepts() {
        let at: Timestamp = "2027-01-04T03:30:00Z".parse().unwrap();
        for (pem, record) in [ED25519, RSA] {
            let signed = signer(pem).unwrap().sign(&message(), at).unwrap();
            assert!(signed.ends_with(&message()) && signed.starts_with(b"DKIM-Signature: "));
            assert!(String::from_utf8_lossy(&signed).contains(&format!("t={}", at.as_second())));
            assert!(verifies(&signed, record).await);
            assert_eq!(signer(pem).unwrap().sign(&message(), at).unwrap(), signed, "the same input has the same bytes");
        }
    }

    #[test]
    fn the_record_to_publish_is_the_keys_own() {
        for (pem, record) in [ED25519, RSA] {
            let published = ("course1._domainkey.example.org".to_owned(), record.trim().to_owned());
            assert_eq!(signer(pem).unwrap().dns_record(), published);
        }
    }

    #[tokio::test]
    async fn a_changed_mail_does_not_verify() {
        let signed = signer(ED25519.0).unwrap().sign(&message(), Timestamp::UNIX_EPOCH).unwrap();
        assert!(verifies(&signed, ED25519.1).await);
        for (from, to) in [
            ("Hello", "Hullo"),
            ("demo.03@example.net", "demo.04@example.net"),
            ("From: ", "From: attacker@example.com\r\nFrom: "),
            ("To: ", "Reply-To: attacker@example.com\r\nTo: "),
            ("Subject: ", "Subject: another\r\nSubject: "),
            ("List-Unsubscribe: <https://example.org/", "List-Unsubscribe: <https://example.com/"),
            ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", "List-Unsubscribe-Post: none"),
        ] {
            assert!(!verifies(&changed(&signed, from, to), ED25519.1).await, "{from} -> {to}");
        }
        assert!(!verifies(&signed, RSA.1).await, "another key's record");
    }

    #[test]
    fn settings_that_cannot_sign_are_refused() {
        assert_eq!(signer("not a key").unwrap_err(), DkimError::Key);
        assert_eq!(signer(include_str!("../../tests/support/smtp_tls/server.key")).unwrap_err(), DkimError::Key);
        let settings = DkimSettings {
            domain: "example.org; b=".to_owned(),
            selector: "s".to_owned(),
            private_key_pem: ED25519.0.to_owned().into(),
        };
        assert_eq!(DkimSigner::from_settings(&settings).unwrap_err(), DkimError::Name("domain"));
        assert!(!format!("{settings:?}").contains("PRIVATE"));
        let signer = signer(ED25519.0).unwrap();
        assert_eq!(signer.sign(b"Subject: x\r\n\r\n", Timestamp::UNIX_EPOCH), Err(DkimError::Message));
        assert_eq!(signer.sign("From: é\r\n\r\n".as_bytes(), Timestamp::UNIX_EPOCH), Err(DkimError::Message));
    }
}
