//! Never more goes back than came, and what the gateway says of a refund ends the same in any order.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::kernel::Currency;
use crate::payment::model::{CardAttempt, CardState, DisputeFacts, Means, Movement, Standing};

const PAID: i64 = 650_000;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
}

fn rupees(minor: i64) -> Money {
    Money::new(minor, Currency::INR)
}

fn by_card(number: u128, state: CardState) -> Payment {
    let attempt = CardAttempt {
        key: format!("key-{number}"),
        expires_at: at(31),
        session: Some(format!("cs_{number}")),
        intent: Some(format!("pi_{number}")),
        customer: None,
        state,
    };
    Payment {
        id: PaymentId(Uuid::from_u128(number)),
        order: OrderId(Uuid::from_u128(1)),
        amount: rupees(PAID),
        means: Means::Card(attempt),
        created_at: at(0),
    }
}

fn paid(number: u128) -> Payment {
    by_card(number, CardState::Captured { at: at(1) })
}

fn refund(number: u128, payment: u128, minor: i64, state: RefundState) -> Refund {
    Refund {
        id: RefundId(Uuid::from_u128(number)),
        order: OrderId(Uuid::from_u128(1)),
        payment: PaymentId(Uuid::from_u128(payment)),
        amount: rupees(minor),
        way: Way::Gateway { id: None },
        origin: Origin::Ours,
        cause: Cause::Asked,
        note: None,
        key: format!("refund-{number}"),
        state,
        requested_by: Some(UserId(Uuid::from_u128(7))),
        approved_by: None,
        created_at: at(2),
    }
}

#[test]
fn what_has_gone_or_may_go_cannot_go_again_and_what_failed_can() {
    let states = [
        (RefundState::AwaitingApproval, PAID - 100),
        (RefundState::Preparing, PAID - 100),
        (RefundState::Pending, PAID - 100),
        (RefundState::Succeeded { at: at(3) }, PAID - 100),
        (RefundState::Cancelled { at: at(3) }, PAID),
        (RefundState::Failed { at: at(3), reason: "unknown".to_owned() }, PAID),
    ];
    for (state, left) in states {
        let word = state.word();
        assert_eq!(refundable(&paid(5), &[refund(1, 5, 100, state)], &[]), Some(rupees(left)), "{word}");
    }
    assert_eq!(refundable(&paid(5), &[refund(1, 6, 100, RefundState::Pending)], &[]), Some(rupees(PAID)), "of another payment");
    assert_eq!(refundable(&by_card(5, CardState::Processing), &[], &[]), None);
    let wrong = CardState::Mismatched { at: at(1), received: Some(rupees(70)), reason: "amount_differs".to_owned() };
    assert_eq!(refundable(&by_card(5, wrong), &[], &[]), Some(rupees(70)), "what came, not what was asked for");
}

#[test]
fn money_goes_back_as_it_came_for_sixty_days_and_by_hand_after() {
    let payment = paid(5);
    let last = shifted(at(1), BY_GATEWAY);
    assert_eq!(Way::of(&payment, at(2)), Way::Gateway { id: None });
    assert_eq!(Way::of(&payment, shifted(last, SignedDuration::from_secs(-1))), Way::Gateway { id: None });
    assert_eq!(Way::of(&payment, last), Way::ByHand { sent: None });
}

#[test]
fn a_second_admin_agrees_and_never_the_one_who_asked() {
    let (asker, other) = (UserId(Uuid::from_u128(7)), UserId(Uuid::from_u128(8)));
    let waiting = refund(1, 5, 100, RefundState::AwaitingApproval);
    assert_eq!(waiting.clone().approve(asker), Err(NotNow::SameAdmin));
    let agreed = waiting.clone().approve(other).unwrap();
    assert_eq!((&agreed.state, agreed.approved_by), (&RefundState::Preparing, Some(other)));
    assert_eq!(agreed.clone().approve(other), Err(NotNow::NotAwaiting));
    assert_eq!(agreed.decline(at(9)), Err(NotNow::NotAwaiting));
    assert_eq!(waiting.clone().decline(at(9)).unwrap().state, RefundState::Cancelled { at: at(9) });
    let by_hand = Refund { way: Way::ByHand { sent: None }, ..waiting };
    assert_eq!(by_hand.approve(other).unwrap().state, RefundState::Pending, "an admin is to send it");
}

#[test]
fn what_is_sent_by_hand_is_recorded_once() {
    let sent = Sent { method: Method::Upi, reference: "UTR 9".parse().unwrap() };
    let waiting = Refund { way: Way::ByHand { sent: None }, ..refund(1, 5, 100, RefundState::Pending) };
    let done = waiting.sent(sent.clone(), at(9)).unwrap();
    assert!(done.has_left() && done.state == RefundState::Succeeded { at: at(9) });
    assert_eq!(done.sent(sent.clone(), at(9)), Err(NotNow::NotByHand));
    assert_eq!(refund(1, 5, 100, RefundState::Pending).sent(sent, at(9)), Err(NotNow::NotByHand));
}

#[test]
fn a_cause_reads_back_from_its_word() {
    for cause in [Cause::Cancelled, Cause::Asked, Cause::Dashboard, Cause::Rule(Reason::PaidTwice)] {
        assert_eq!(cause.word().parse(), Ok(cause));
    }
    assert!("".parse::<Cause>().is_err());
}

fn state() -> impl Strategy<Value = RefundState> {
    prop_oneof![
        Just(RefundState::AwaitingApproval),
        Just(RefundState::Preparing),
        Just(RefundState::Pending),
        Just(RefundState::Succeeded { at: at(3) }),
        Just(RefundState::Cancelled { at: at(3) }),
        Just(RefundState::Failed { at: at(3), reason: "unknown".to_owned() }),
    ]
}

/// What the gateway may come to say of one refund.
fn news() -> impl Strategy<Value = Vec<RefundState>> {
    let (done, failed) = (RefundState::Succeeded { at: at(3) }, RefundState::Failed { at: at(3), reason: "unknown".to_owned() });
    prop_oneof![
        Just(vec![RefundState::Pending]),
        Just(vec![done.clone()]),
        Just(vec![RefundState::Pending, done.clone()]),
        Just(vec![RefundState::Pending, failed.clone()]),
        Just(vec![done.clone(), failed.clone()]),
        Just(vec![RefundState::Pending, done, failed]),
        Just(vec![RefundState::Pending, RefundState::Cancelled { at: at(3) }]),
    ]
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_of_the_gateways_words_end_the_same(
        (once, twice) in news().prop_flat_map(|news| {
            let repeated: Vec<_> = news.iter().chain(&news).cloned().collect();
            (Just(news).prop_shuffle(), Just(repeated).prop_shuffle())
        }),
    ) {
        let heard = |news: Vec<RefundState>| {
            news.into_iter().fold(refund(1, 5, 100, RefundState::Preparing), |refund, told| refund.hear("re_1", told))
        };
        prop_assert_eq!(heard(once), heard(twice));
    }

    #[test]
    fn shares_are_of_what_is_left_and_never_more_than_that(
        refunds in proptest::collection::vec((1u128..4, 1i64..400_000, state()), 0..8), wanted in 0i64..2_500_000,
    ) {
        let payments = [paid(1), paid(2), by_card(3, CardState::Expired)];
        let refunds: Vec<_> =
            (10..).zip(refunds).map(|(id, (payment, minor, state))| refund(id, payment, minor, state)).collect();
        let left = refundable_in_all(&payments, &refunds, &[], rupees(0)).minor;
        match shares(&payments, &refunds, &[], rupees(wanted)) {
            Some(shares) => {
                prop_assert!(wanted <= left);
                prop_assert_eq!(shares.iter().map(|(_, share)| share.minor).sum::<i64>(), wanted);
                for (id, share) in shares {
                    let payment = payments.iter().find(|payment| payment.id == id).unwrap();
                    prop_assert!(share.minor > 0 && share.minor <= refundable(payment, &refunds, &[]).unwrap().minor);
                }
            }
            None => prop_assert!(wanted > left),
        }
    }

    /// Each step asks for some of what is left, as the verbs do under the order's lock, or the gateway says something.
    #[test]
    fn refunds_that_are_asked_for_never_exceed_what_came(
        steps in proptest::collection::vec((any::<bool>(), 1i64..400_000, state(), 0usize..8), 1..24),
    ) {
        let payments = [paid(1), paid(2)];
        let mut refunds: Vec<Refund> = Vec::new();
        for (number, (asks, minor, told, which)) in (10..).zip(steps) {
            if asks {
                for (payment, share) in shares(&payments, &refunds, &[], rupees(minor)).unwrap_or_default() {
                    refunds.push(refund(number, payment.0.as_u128(), share.minor, RefundState::Preparing));
                }
            } else if let Some(refund) = refunds.get_mut(which) {
                *refund = refund.clone().hear("re", told);
            }
            for payment in &payments {
                let taken = refunds.iter().filter(|refund| refund.payment == payment.id && refund.state.takes_money());
                prop_assert!(taken.map(|refund| refund.amount.minor).sum::<i64>() <= PAID);
            }
        }
    }
}

#[test]
fn what_a_bank_holds_or_has_taken_for_good_cannot_go_back() {
    let movement = |id: &str, minor| Movement { id: id.to_owned(), amount: rupees(minor), fee: rupees(0) };
    let disputed = |standing, movements| Dispute {
        id: "dp_1".to_owned(),
        intent: None,
        charge: "ch_1".to_owned(),
        payment: Some(paid(5).id),
        order: None,
        told: DisputeFacts {
            standing,
            amount: Some(rupees(PAID)),
            reason: "fraudulent".to_owned(),
            evidence_due_by: None,
            movements,
        },
        heard_at: Timestamp::UNIX_EPOCH,
        decided_at: None,
    };
    let left = |dispute: Dispute| refundable(&paid(5), &[], &[dispute]).unwrap().minor;
    assert_eq!(left(disputed(Standing::Inquiry, vec![])), PAID, "the bank only asks");
    assert_eq!(left(disputed(Standing::NeedsResponse, vec![movement("a", -PAID)])), 0);
    assert_eq!(left(disputed(Standing::Lost, vec![movement("a", -PAID)])), 0);
    assert_eq!(left(disputed(Standing::Won, vec![movement("a", -PAID), movement("b", PAID)])), PAID);
    let lost = disputed(Standing::Lost, vec![movement("a", -PAID)]);
    assert_eq!(refundable(&paid(5), &[refund(1, 5, 100, RefundState::Pending)], std::slice::from_ref(&lost)).unwrap().minor, 0);
    assert_eq!(refundable(&paid(6), &[], &[lost]), Some(rupees(PAID)), "of another payment");
}
