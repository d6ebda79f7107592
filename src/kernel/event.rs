//! What a change says of itself: the contract between the domains, which know what happened, and the audit log, which keeps it.

use serde_json::Value;

use super::ids::{
    CertificateId, CohortId, CouponId, CourseId, EnrolmentId, ExceptionId, JobId, LetterId, OrderId, PaymentId, ReadingId,
    RefundId, TokenId, UserId, WaitId,
};

/// The thing that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The one that runs the site.
    Organisation,
    User(UserId),
    Reading(ReadingId),
    Course(CourseId),
    Cohort(CohortId),
    Enrolment(EnrolmentId),
    /// A place on a waitlist.
    Wait(WaitId),
    Order(OrderId),
    Payment(PaymentId),
    Refund(RefundId),
    Exception(ExceptionId),
    Coupon(CouponId),
    Certificate(CertificateId),
    /// A mail of the outbox.
    Letter(LetterId),
    /// Later work.
    Job(JobId),
    /// A program's way in.
    Token(TokenId),
    /// What the payment gateway told us; the event names which notification.
    Gateway,
    /// Service time itself, which development moves.
    Clock,
    /// The program and its data as a whole, which an operator restores.
    Program,
}

impl Subject {
    /// The outside form of the subject's id, which says its kind by its prefix.
    pub fn id(&self) -> String {
        match self {
            Self::Organisation => "organisation".to_owned(),
            Self::User(id) => id.to_string(),
            Self::Reading(id) => id.to_string(),
            Self::Course(id) => id.to_string(),
            Self::Cohort(id) => id.to_string(),
            Self::Enrolment(id) => id.to_string(),
            Self::Wait(id) => id.to_string(),
            Self::Order(id) => id.to_string(),
            Self::Payment(id) => id.to_string(),
            Self::Refund(id) => id.to_string(),
            Self::Exception(id) => id.to_string(),
            Self::Coupon(id) => id.to_string(),
            Self::Certificate(id) => id.to_string(),
            Self::Letter(id) => id.to_string(),
            Self::Job(id) => id.to_string(),
            Self::Token(id) => id.to_string(),
            Self::Gateway => "gateway".to_owned(),
            Self::Clock => "clock".to_owned(),
            Self::Program => "program".to_owned(),
        }
    }
}

/// Whose planned mail must be thought over again because of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Touch {
    Enrolment(EnrolmentId),
    Cohort(CohortId),
    /// In all their enrolments.
    Person(UserId),
}

/// A change, told once, in the transaction that makes it.
///
/// `before` and `after` hold what the change is about and no personal data; personal values go to `personal`,
/// a column of their own that an erasure can empty.
pub trait Event {
    /// A stable name such as `enrolment.confirmed`.
    fn kind(&self) -> &'static str;
    /// What changed.
    fn subject(&self) -> Subject;
    /// The state before, `Null` where there was none.
    fn before(&self) -> Value {
        Value::Null
    }
    /// The state after.
    fn after(&self) -> Value;
    /// Personal values (names, addresses), apart.
    fn personal(&self) -> Option<Value> {
        None
    }
    /// Why, in the words that somebody typed: the log is searched by them. They may name people, so they are kept in `personal`.
    fn reason(&self) -> Option<&str> {
        None
    }
    /// Whose reminders it may change.
    fn touches(&self) -> Vec<Touch> {
        Vec::new()
    }
}
