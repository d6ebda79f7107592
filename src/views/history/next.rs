//! The next sensible act on an enrolment, as a pure function of how it stands.

use crate::enrolment::EnrolmentState;
use crate::identity::Role;
use crate::kernel::Timestamp;
use crate::kernel::ids::{CertificateId, OrderId};

/// How an enrolment stands, as far as the next act depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Stands {
    pub seat: EnrolmentState,
    /// The newest order: for admins alone, who alone can act on it.
    pub order: Option<OrderId>,
    /// Money waits for an admin.
    pub queued: bool,
    pub confirmation: Confirmation,
    pub study: Study,
    /// The newest, of whatever state: it is replaced or revoked on its own page, and no other is issued.
    pub certificate: Option<CertificateId>,
    /// Who asks: admins alone issue.
    pub reader: Role,
}

/// What became of the newest letter of confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// On its way, sent, or kept back on purpose.
    Well,
    /// Refused for good: the student does not know.
    Dead,
}

/// How the student gets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Study {
    OnTime,
    /// This week was due, and is not done.
    Behind {
        week: u32,
    },
    Complete,
}

/// What a member of staff should do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextAct {
    /// Money came that fits no rule.
    LookAtQueue,
    /// The seat is held: record a payment that came another way, or wait.
    RecordPayment {
        order: OrderId,
        until: Timestamp,
    },
    /// The hold has ended; a payment that came all the same gives the seat back, if there is room.
    RecordLate {
        order: OrderId,
    },
    /// The seat is held, and the money is no business of this reader's.
    AwaitPayment {
        until: Timestamp,
    },
    ResendConfirmation,
    GiveTime {
        week: u32,
    },
    IssueCertificate,
    /// All is well, or over.
    Nothing,
}

/// What to do next: money that waits comes before all, then what the student waits for, then how they get on.
pub fn next(stands: &Stands) -> NextAct {
    match (stands.seat, stands.order, stands.queued) {
        (_, _, true) => NextAct::LookAtQueue,
        (EnrolmentState::Held { until, .. }, Some(order), _) => NextAct::RecordPayment { order, until },
        (EnrolmentState::Held { until, .. }, None, _) => NextAct::AwaitPayment { until },
        (EnrolmentState::Lapsed { .. }, Some(order), _) => NextAct::RecordLate { order },
        (EnrolmentState::Lapsed { .. } | EnrolmentState::Cancelled { .. }, _, _) => NextAct::Nothing,
        (EnrolmentState::Enrolled { .. }, _, _) => match (stands.confirmation, stands.study) {
            (Confirmation::Dead, _) => NextAct::ResendConfirmation,
            (_, Study::Complete) if stands.certificate.is_none() && stands.reader == Role::Admin => NextAct::IssueCertificate,
            (_, Study::Complete) => NextAct::Nothing,
            (_, Study::Behind { week }) => NextAct::GiveTime { week },
            (_, Study::OnTime) => NextAct::Nothing,
        },
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;
    const HELD: EnrolmentState = EnrolmentState::Held { until: AT, extensions: 0 };
    const ENROLLED: EnrolmentState = EnrolmentState::Enrolled { at: AT };

    fn stands(seat: EnrolmentState) -> Stands {
        Stands {
            seat,
            order: None,
            queued: false,
            confirmation: Confirmation::Well,
            study: Study::OnTime,
            certificate: None,
            reader: Role::Admin,
        }
    }

    #[test]
    fn an_unpaid_seat_waits_for_its_payment_which_admins_alone_record() {
        let order = OrderId(Uuid::from_u128(1));
        let admin = |seat| next(&Stands { order: Some(order), ..stands(seat) });
        assert_eq!(admin(HELD), NextAct::RecordPayment { order, until: AT });
        assert_eq!(next(&stands(HELD)), NextAct::AwaitPayment { until: AT });
        assert_eq!(admin(EnrolmentState::Lapsed { at: AT }), NextAct::RecordLate { order });
        assert_eq!(next(&stands(EnrolmentState::Lapsed { at: AT })), NextAct::Nothing);
        assert_eq!(admin(EnrolmentState::Cancelled { at: AT }), NextAct::Nothing);
    }

    #[test]
    fn money_that_waits_comes_before_all() {
        for seat in [HELD, ENROLLED, EnrolmentState::Lapsed { at: AT }, EnrolmentState::Cancelled { at: AT }] {
            let waiting = Stands { queued: true, confirmation: Confirmation::Dead, study: Study::Complete, ..stands(seat) };
            assert_eq!(next(&waiting), NextAct::LookAtQueue);
        }
    }

    #[test]
    fn an_enrolled_student_is_told_first_and_then_helped_on() {
        let enrolled = |confirmation, study| next(&Stands { confirmation, study, ..stands(ENROLLED) });
        let behind = Study::Behind { week: 3 };
        assert_eq!(enrolled(Confirmation::Dead, behind), NextAct::ResendConfirmation);
        assert_eq!(enrolled(Confirmation::Well, behind), NextAct::GiveTime { week: 3 });
        assert_eq!(enrolled(Confirmation::Well, Study::Complete), NextAct::IssueCertificate);
        assert_eq!(enrolled(Confirmation::Well, Study::OnTime), NextAct::Nothing);
    }

    #[test]
    fn a_certificate_is_issued_once_and_by_admins_alone() {
        let complete = Stands { study: Study::Complete, ..stands(ENROLLED) };
        assert_eq!(next(&complete), NextAct::IssueCertificate);
        assert_eq!(next(&Stands { reader: Role::Instructor, ..complete }), NextAct::Nothing);
        let certificate = Some(CertificateId(Uuid::from_u128(1)));
        assert_eq!(next(&Stands { certificate, ..complete }), NextAct::Nothing);
    }
}
