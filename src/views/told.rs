//! The audit log in words: what each kind of event says, and what it changed.

use serde_json::Value;

use crate::kernel::shown::short_date;
use crate::kernel::time::{Date, DateTime};
use crate::kernel::{Money, ShownTime, Timestamp, Zone};

/// What happened, by kind. A test finds every kind in the source here.
#[rustfmt::skip]
const SENTENCES: &[(&str, &str)] = &[
    ("api.token_created", "An API token was made"),
    ("api.token_revoked", "An API token was revoked"),
    ("certificate.issued", "A certificate was issued"),
    ("certificate.revoked", "A certificate was revoked"),
    ("certificate.superseded", "A certificate was replaced by a corrected one"),
    ("clock.moved", "Service time was moved on"),
    ("cohort.changed", "The cohort’s terms were changed"),
    ("cohort.opened", "The cohort was opened"),
    ("cohort.published", "The cohort was published"),
    ("cohort.readings_changed", "The readings of a week were changed"),
    ("cohort.unpublished", "The cohort was taken back from the public"),
    ("coupon.made", "A coupon was made"),
    ("coupon.stopped", "A coupon was stopped"),
    ("course.created", "The course was made"),
    ("course.edited", "The course was edited"),
    ("course.module_added", "A week was added to the course"),
    ("course.module_edited", "A week of the course was edited"),
    ("course.module_removed", "A week was removed from the course"),
    ("course.modules_reordered", "The weeks of the course were put in another order"),
    ("course.readings_keyed", "The readings of a week of the course were changed"),
    ("dispute.decided", "It was decided what becomes of the seat after a lost dispute"),
    ("dispute.lost", "A dispute was lost"),
    ("dispute.moved", "A dispute went on"),
    ("dispute.opened", "The buyer asked their bank for the money back"),
    ("dispute.reinstated", "The bank gave disputed money back"),
    ("dispute.withdrawn", "The bank took disputed money"),
    ("dispute.won", "A dispute was won"),
    ("document.issued", "A receipt or invoice was issued"),
    ("document.set", "The PDF of a receipt or invoice was set"),
    ("document.spelled", "It was said how a text of a document is printed"),
    ("document.waits", "A receipt or invoice has characters that cannot be printed"),
    ("enrolment.cancelled", "The enrolment was cancelled"),
    ("enrolment.confirmation_resent", "The confirmation was sent once more"),
    ("enrolment.confirmed", "The seat became the student’s"),
    ("enrolment.dates_extended", "The student was given more time for a week"),
    ("enrolment.extended", "The hold of the seat was extended"),
    ("enrolment.given", "The seat was given free of charge"),
    ("enrolment.held", "A seat was held"),
    ("enrolment.lapsed", "The hold ended unpaid, and the seat was freed"),
    ("enrolment.renamed", "The name on the certificate was corrected"),
    ("enrolment.reseated", "A seat that had lapsed was given after all"),
    ("job.dropped", "Work that was given up was left undone"),
    ("job.retried", "Work that was given up was tried again"),
    ("letter.dropped", "A mail was taken out of the outbox"),
    ("letter.released", "A mail that was held was let go"),
    ("letter.retried", "A mail was put up to be sent again"),
    ("order.discounted", "A coupon was used for the order"),
    ("order.cancelled", "The order was cancelled"),
    ("order.lapsed", "The order lapsed unpaid"),
    ("order.paid", "The order was paid"),
    ("order.placed", "The order was placed"),
    ("order.transfer_chosen", "The student chose to pay by bank transfer or UPI"),
    ("order.transfer_declined", "No money was found under the student’s reference"),
    ("order.transfer_told", "The student said under which reference they paid"),
    ("organisation.approval_changed", "When a refund needs a second admin was changed"),
    ("organisation.identity_changed", "Name, address or contact of the organisation were changed"),
    ("organisation.logo_changed", "The logo was changed"),
    ("organisation.mail_changed", "The sender of mails was changed"),
    ("organisation.officer_changed", "The grievance officer was changed"),
    ("organisation.payee_changed", "Bank or UPI details were changed"),
    ("organisation.privacy_changed", "The privacy notice was changed"),
    ("organisation.rate_entered", "A rate of exchange was entered for exports"),
    ("organisation.refunds_changed", "The refund policy was changed"),
    ("organisation.signers_changed", "The signers of certificates were changed"),
    ("organisation.tax_changed", "The tax registration was changed"),
    ("organisation.terms_changed", "The terms were changed"),
    ("organisation.waitlist_changed", "How long a seat is offered to a waitlist was changed"),
    ("outbox.released", "All mails that were held were let go"),
    ("payment.captured", "Money came"),
    ("payment.moved", "An attempt to pay went on"),
    ("payment.notification_put_aside", "A stuck event of the gateway was put aside"),
    ("payment.notification_replayed", "A notification of the gateway was replayed"),
    ("payment.notification_seen", "An odd notification of the gateway was marked as seen"),
    ("payment.queued", "Money came that waits for an admin"),
    ("payment.resolved", "Money that waited was dealt with"),
    ("payment.started", "A payment page was opened"),
    ("payout.canceled", "A payout of the gateway was called off"),
    ("payout.failed", "A payout of the gateway came back"),
    ("payout.paid", "A payout of the gateway reached the bank"),
    ("payout.sent", "The gateway sent a payout to the bank"),
    ("program.restored", "The database was restored from a backup"),
    ("reading.added", "A reading was added to the library"),
    ("reading.corrected", "A reading’s record was corrected"),
    ("refund.approved", "A second admin agreed to the refund"),
    ("refund.declined", "The refund was given up"),
    ("refund.found", "A refund was begun at the gateway’s own pages"),
    ("refund.moved", "The refund went on"),
    ("refund.requested", "A refund was asked for"),
    ("release.moved", "The release of a week was moved for the cohort"),
    ("staff.refused", "Something was refused to a member of staff"),
    ("user.confirmed", "Somebody proved once more who they are"),
    ("user.details_changed", "Zone or country was changed"),
    ("user.disabled", "The account was disabled"),
    ("user.email_corrected", "The email address was corrected"),
    ("user.enabled", "The account was enabled again"),
    ("user.invited", "Somebody was invited to the staff"),
    ("user.mail_preference_changed", "Somebody changed which mails they get"),
    ("user.recovery_code_used", "A recovery code was used"),
    ("user.recovery_codes_renewed", "New recovery codes were made"),
    ("user.registered", "The account was made"),
    ("user.role_changed", "The role was changed"),
    ("user.second_factor_added", "A second factor was added"),
    ("user.second_factor_refused", "A second factor’s code was refused"),
    ("user.second_factor_removed", "The second factor was removed"),
    ("user.sessions_ended", "Browsers were signed out"),
    ("user.signed_in", "A browser was signed in"),
    ("user.signed_out", "A browser was signed out"),
    ("waitlist.accepted", "A seat was taken by somebody on the waitlist"),
    ("waitlist.closed", "The waitlist was closed for somebody who waited"),
    ("waitlist.joined", "Somebody joined the waitlist"),
    ("waitlist.lapsed", "An offer of a seat ended unused"),
    ("waitlist.left", "Somebody left the waitlist"),
    ("waitlist.offered", "A seat was offered to the next on the waitlist"),
    ("waitlist.removed", "Somebody was taken off the waitlist"),
];

/// What a mail is, by kind.
#[rustfmt::skip]
const MAILS: &[(&str, &str)] = &[
    ("account_notice", "Notice about the account"),
    ("certificate_issued", "Your certificate"),
    ("certificate_revoked", "Your certificate is revoked"),
    ("cohort_starts", "The course starts tomorrow"),
    ("daily_queue", "The morning’s list for admins"),
    ("dates_extended", "More time for a week"),
    ("enrolment_cancelled", "Word that the enrolment has ended"),
    ("enrolment_confirmed", "Confirmation of the enrolment"),
    ("fallen_behind", "Word to one who fell behind"),
    ("invitation", "Invitation to the staff"),
    ("module_released", "A week is open"),
    ("no_account", "Answer to an address without an account"),
    ("payment_refunded", "Why a payment goes back"),
    ("readings_not_ready", "Word that readings are not ready"),
    ("readings_unread", "Readings before the next week"),
    ("refund_sent", "A refund is on its way"),
    ("release_moved", "A week has a new date"),
    ("sign_in_code", "Code for signing in"),
    ("transfer_declined", "Word that a transfer was not found"),
    ("transfer_details", "How to pay by transfer or UPI"),
    ("transfer_reminder", "A transfer before the hold ends"),
    ("waitlist_closed", "The end of a wait for a seat"),
    ("waitlist_joined", "Word that somebody is on the waitlist"),
    ("waitlist_lapsed", "An offer of a seat has ended"),
    ("waitlist_offer", "Offer of a seat"),
];

/// What later work is, by kind.
#[rustfmt::skip]
const JOBS: &[(&str, &str)] = &[
    ("certificates.issue", "Issuing a certificate"),
    ("documents.set_pdf", "Setting the PDF of a receipt or an invoice"),
    ("enrolment.sweep_waitlists", "Looking for seats that somebody waits for"),
    ("enrolment.tend_waitlist", "Passing a free seat on to who waits"),
    ("identity.forget", "Forgetting old codes and sessions"),
    ("payment.expire_pages", "Closing the payment pages of an order"),
    ("payment.fetch_fee", "Asking what the gateway kept of a payment"),
    ("payment.issue_document", "Issuing the receipt or invoice of a paid order"),
    ("payment.lapse_hold", "Ending the hold of a seat"),
    ("payment.process_event", "Settling what the payment gateway told"),
    ("payment.send_refund", "Sending a refund"),
    ("payment.sweep", "Looking for payments that nobody told of"),
    ("reminders.plan", "Planning reminders"),
    ("schedule.warn_of_readings", "Looking for weeks short of readings"),
    ("tokens.forget_answers", "Forgetting old answers to programs"),
    ("work.plan_daily_mail", "Planning the morning’s list for admins"),
];

/// Every kind that the log may hold, with its sentence, in the order of the words.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    SENTENCES.iter().copied()
}

/// What an event of this kind says; of a kind that this program does not know, the kind itself.
pub fn sentence(kind: &str) -> String {
    look_up(SENTENCES, kind)
}

/// What a mail of this kind is.
pub fn mail(kind: &str) -> String {
    look_up(MAILS, kind)
}

/// What later work of this kind is.
pub fn job(kind: &str) -> String {
    look_up(JOBS, kind)
}

fn look_up(table: &[(&str, &str)], kind: &str) -> String {
    let known = table.iter().find(|(known, _)| *known == kind);
    known.map_or_else(|| capital(&kind.replace(['_', '.'], " ")), |(_, words)| (*words).to_owned())
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What one value was and is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub what: String,
    /// Absent where there was nothing.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// What differs between an event's before and after, for a reader in `zone`. Ids are left out: they tell a person nothing.
pub fn changes(before: &Value, after: &Value, zone: &Zone) -> Vec<Change> {
    let empty = serde_json::Map::new();
    let fields = |value: &'_ Value| value.as_object().cloned().unwrap_or_else(|| empty.clone());
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let change = |name: &String| {
        // What the new state no longer has, as a hold's end, is not told: the state says it.
        if !after.contains_key(name) && !after.is_empty() {
            return None;
        }
        let of = |side: &serde_json::Map<String, Value>| side.get(name).and_then(|value| shown(value, zone));
        let (before, after) = (of(&before), of(&after));
        (before != after).then(|| Change { what: label(name), before, after })
    };
    names.into_iter().filter_map(change).collect()
}

/// A value for people; none for an id, or for nothing.
pub fn shown(value: &Value, zone: &Zone) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::String(text) if is_id(text) || text.is_empty() => None,
        Value::String(text) => Some(words(text, zone)),
        Value::Array(values) => Some(values.iter().filter_map(|value| shown(value, zone)).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => match serde_json::from_value::<Money>(value.clone()) {
            Ok(money) => Some(money.to_string()),
            Err(_) => {
                let told = fields.iter().filter_map(|(name, value)| Some(format!("{}: {}", label(name), shown(value, zone)?)));
                Some(told.collect::<Vec<_>>().join(", "))
            }
        },
        Value::Number(number) => Some(number.to_string()),
    }
}

fn label(name: &str) -> String {
    match name {
        "pdf_sha256" => "SHA-256 of the PDF".to_owned(),
        _ => capital(&name.replace('_', " ")),
    }
}

/// An instant in the reader's zone, a civil time or day as it is, a word of ours without its underscores.
fn words(text: &str, zone: &Zone) -> String {
    if let Ok(at) = text.parse::<Timestamp>() {
        return ShownTime::new(at, zone).short();
    }
    let is_day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match (text.parse::<DateTime>(), text.parse::<Date>()) {
        (Ok(civil), _) if text.contains('T') => {
            format!("{}, {:02}:{:02}", short_date(civil.date()), civil.hour(), civil.minute())
        }
        (_, Ok(day)) if is_day => short_date(day),
        _ if text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') => text.replace('_', " "),
        _ => text.to_owned(),
    }
}

/// `enr_` and 26 characters.
fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(prefix, rest)| {
        (3..=4).contains(&prefix.len()) && rest.len() == 26 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The words after `=> "` in the `fn kind` of every `impl Event for` below `folder`.
    fn kinds_in(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                kinds_in(&entry, found);
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&entry).unwrap();
                for event in text.split("impl Event for ").skip(1) {
                    let body = event.split("fn kind(").nth(1).unwrap_or("").split("fn subject").next().unwrap_or("");
                    found.extend(body.split('"').skip(1).step_by(2).map(str::to_owned));
                }
            }
        }
    }

    #[test]
    fn every_kind_of_event_in_the_source_has_words() {
        let mut kinds = Vec::new();
        kinds_in(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut kinds);
        kinds.retain(|kind| kind.contains('.') && kind.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte)));
        assert!(kinds.len() > 15, "the kinds are not where this test looks: {kinds:?}");
        let without: Vec<_> = kinds.iter().filter(|kind| !SENTENCES.iter().any(|(known, _)| known == kind)).collect();
        assert!(without.is_empty(), "src/views/told.rs has no words for {without:?}");
    }

    #[test]
    fn every_mail_has_words() {
        let emails = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("emails");
        let folders = std::fs::read_dir(emails).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        let names: Vec<_> = folders.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert!(names.len() > 10, "the mails are not where this test looks: {names:?}");
        let unnamed: Vec<_> = names.iter().filter(|name| !MAILS.iter().any(|(known, _)| known == name)).collect();
        assert!(unnamed.is_empty(), "src/views/told.rs has no words for {unnamed:?}");
    }

    #[test]
    fn what_changed_is_told_with_before_and_after_in_the_readers_zone() {
        let zone: Zone = "Asia/Kolkata".parse().unwrap();
        let before =
            json!({ "state": "held", "until": "2027-01-04T03:30:00Z", "user": "usr_00000000000000000000000001", "same": 1 });
        let after = json!({ "state": "enrolled", "total": { "minor": 650_000, "currency": "INR" }, "same": 1, "none": null });
        let told = changes(&before, &after, &zone);
        let change = |what: &str, before: Option<&str>, after: Option<&str>| Change {
            what: what.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(told, [change("State", Some("held"), Some("enrolled")), change("Total", None, Some("₹6,500.00")),]);
        let held =
            json!({ "until": "2027-01-04T03:30:00Z", "opens": "2027-01-18T09:00:00", "on": "2027-01-18", "by": "bank_transfer" });
        let told: Vec<_> = changes(&Value::Null, &held, &zone).into_iter().filter_map(|change| change.after).collect();
        assert_eq!(told, ["bank transfer", "Mon 18 Jan 2027", "Mon 18 Jan 2027, 09:00", "Mon 4 Jan 2027, 09:00"]);
        assert_eq!(changes(&Value::Null, &json!("x"), &zone), []);
        assert_eq!(sentence("new.kind_of"), "New kind of");
    }
}
