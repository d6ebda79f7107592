//! What the gateway, the database and the mail server say when all has settled, held against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lectern::db::Conn;
use lectern::db::rows::catalogue::cohorts;
use lectern::db::rows::enrolment::enrolments;
use lectern::db::rows::identity::users;
use lectern::db::rows::mail;
use lectern::db::rows::payment::{order_lines, payment_exceptions, payments, refunds};
use lectern::kernel::ids::UserId;
use lectern::payment::checking;
use lectern::views::sums::{Sums, sums};
use lectern::work;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::world::World;
use crate::journeys::cast::CONFIRMED;

/// How long all that is due may take to be done.
const PATIENCE: Duration = Duration::from_secs(90);

/// How much there was of what.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Payment pages that took money.
    pub captured: usize,
    /// Of them, those that wait for an admin.
    pub queued: usize,
    /// By cohort: held, enrolled.
    pub seats: BTreeMap<String, (usize, usize)>,
    pub mails: usize,
    /// Mails that the server has more than once, byte for byte.
    pub repeated: usize,
    /// Letters of which nobody knows whether they arrived.
    pub in_doubt: usize,
}

/// Every object of one of the gateway's lists, newest first.
pub async fn listed(world: &World, path: &str) -> Vec<Value> {
    let key = world.settings().gateway.secret_key.expose_secret().to_owned();
    let client = crate::support::browser::client().build().unwrap();
    let (mut found, mut after) = (Vec::<Value>::new(), String::new());
    loop {
        let url = format!("{}{path}?limit=100{after}", world.gateway());
        let page: Value = client.get(url).bearer_auth(&key).send().await.unwrap().json().await.unwrap();
        found.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["has_more"] != true {
            return found;
        }
        after = format!("&starting_after={}", found.last().unwrap()["id"].as_str().unwrap());
    }
}

/// The sessions that were paid, each with its payment intent.
async fn paid(world: &World) -> BTreeMap<String, String> {
    let sessions = listed(world, "/v1/checkout/sessions").await;
    let paid = sessions.iter().filter(|session| session["payment_status"] == "paid");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    paid.map(|session| (text(&session["id"]), text(&session["payment_intent"]))).collect()
}

/// Waits until no job and no letter is due, and all that was paid is known here: captured, or in the queue.
///
/// # Panics
/// If that takes too long: lists what is stuck.
pub async fn settled(world: &World) {
    let services = world.look().await;
    let until = tokio::time::Instant::now() + PATIENCE;
    let mut quiet = 0;
    // Quiet twice: a notification of the gateway may have been between the two looks.
    while quiet < 2 {
        let mut left = work::outstanding(&services).await.unwrap();
        // In doubt is an end, too.
        left.retain(|left| left.state != "in doubt");
        let conn = services.db.snapshot().await.unwrap();
        let queue = payment_exceptions::Entity::find().all(&*conn).await.unwrap();
        let captured = captured(&conn).await.into_iter().filter_map(|payment| payment.gateway_session_id);
        let known: BTreeSet<_> = captured.chain(queue.into_iter().filter_map(|entry| entry.gateway_reference)).collect();
        drop(conn);
        let mut unknown = paid(world).await;
        unknown.retain(|session, intent| !known.contains(session) && !known.contains(intent));
        quiet = if left.is_empty() && unknown.is_empty() { quiet + 1 } else { 0 };
        let in_time = tokio::time::Instant::now() < until;
        assert!(in_time, "stuck after {PATIENCE:?}: {left:#?}\npaid and not known: {unknown:?}\n{}", world.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    services.db.close().await.unwrap();
}

async fn captured(conn: &Conn) -> Vec<payments::Model> {
    payments::Entity::find().filter(payments::Column::State.eq(payments::State::Captured)).all(conn).await.unwrap()
}

/// Holds all against all, and counts.
pub async fn told(world: &World) -> Counts {
    let services = world.look().await;
    let conn = services.db.snapshot().await.unwrap();
    assert_eq!(sums(&conn).await.unwrap(), Sums::default(), "{}", world.log());
    assert_eq!(checking::check(&conn).await.unwrap().faults, [], "{}", world.log());
    let mut counts = Counts::default();
    money(world, &conn, &mut counts).await;
    let enrolled = seats(&conn, &mut counts).await;
    letters(world, &conn, &enrolled, &mut counts).await;
    drop(conn);
    services.db.close().await.unwrap();
    counts
}

/// Every payment that the gateway captured enrolled its student, goes back or waits for an admin; and no other payment counts as captured.
async fn money(world: &World, conn: &Conn, counts: &mut Counts) {
    let paid = paid(world).await;
    let captured = captured(conn).await;
    assert_eq!(paid.len(), captured.len(), "the gateway took {paid:?}, and we know {captured:#?}");
    let queue = payment_exceptions::Entity::find().all(conn).await.unwrap();
    let refunds = refunds::Entity::find().all(conn).await.unwrap();
    let mut seated = BTreeSet::new();
    for payment in &captured {
        let session = payment.gateway_session_id.as_ref().unwrap();
        assert!(paid.contains_key(session), "{payment:#?} was not paid");
        let lines =
            order_lines::Entity::find().filter(order_lines::Column::OrderId.eq(payment.order_id)).all(conn).await.unwrap();
        let seat = lines[0].enrolment_id.unwrap();
        let queued = queue.iter().any(|entry| entry.payment_id == Some(payment.id) && entry.resolved_at.is_none());
        let enrolment = enrolments::Entity::find_by_id(seat).one(conn).await.unwrap().unwrap();
        let enrolled = enrolment.state == enrolments::State::Enrolled && seated.insert(seat);
        let returned = refunds.iter().any(|refund| refund.payment_id == payment.id);
        let ends = [enrolled, queued, returned].into_iter().filter(|end| *end).count();
        assert!(ends == 1, "{payment:#?}\nenrolled {enrolled}, queued {queued}, returned {returned}\n{}", world.log());
        counts.queued += usize::from(queued);
    }
    counts.captured = captured.len();
    let all =
        enrolments::Entity::find().filter(enrolments::Column::State.eq(enrolments::State::Enrolled)).all(conn).await.unwrap();
    assert!(all.iter().all(|enrolment| seated.contains(&enrolment.id)), "somebody is enrolled who did not pay: {all:#?}");
}

/// No cohort is oversold, and nobody has two seats in one. The addresses of the enrolled.
async fn seats(conn: &Conn, counts: &mut Counts) -> BTreeSet<String> {
    let addresses: BTreeMap<UserId, String> =
        users::Entity::find().all(conn).await.unwrap().into_iter().map(|user| (user.id, user.email)).collect();
    let mut enrolled = BTreeSet::new();
    for cohort in cohorts::Entity::find().all(conn).await.unwrap() {
        let rows = enrolments::Entity::find().filter(enrolments::Column::CohortId.eq(cohort.id)).all(conn).await.unwrap();
        let of = |state| rows.iter().filter(move |row| row.state == state);
        let (held, seated) = (of(enrolments::State::Held).count(), of(enrolments::State::Enrolled).count());
        let whose: BTreeSet<_> =
            of(enrolments::State::Held).chain(of(enrolments::State::Enrolled)).map(|row| row.user_id).collect();
        assert_eq!(whose.len(), held + seated, "somebody has two seats: {rows:#?}");
        assert!(held + seated <= usize::try_from(cohort.capacity).unwrap(), "{} is oversold: {rows:#?}", cohort.slug);
        let taken = lectern::enrolment::seats_taken(conn, cohort.id).await.unwrap();
        assert_eq!(usize::try_from(taken).unwrap(), held + seated);
        enrolled.extend(of(enrolments::State::Enrolled).map(|row| addresses[&row.user_id].clone()));
        counts.seats.insert(cohort.slug, (held, seated));
    }
    enrolled
}

/// How often a process said that it sends a letter of which it is not known whether it arrived.
fn in_doubt(said: &BTreeMap<String, String>, letter: &str) -> usize {
    let lines = said.values().flat_map(|log| log.lines());
    lines.filter(|line| line.contains("mail sent again, in doubt") && line.contains(letter)).count()
}

/// What was sent arrived; what arrived twice is the same mail, of a class that may come twice, and was in doubt.
async fn letters(world: &World, conn: &Conn, enrolled: &BTreeSet<String>, counts: &mut Counts) {
    let rows = mail::Entity::find().all(conn).await.unwrap();
    let arrived = world.post.by_id();
    let said = world.logs();
    let mut told = BTreeMap::new();
    for row in &rows {
        let copies = arrived.get(&row.message_id).map_or(&[][..], Vec::as_slice);
        let told_of =
            || format!("{} {} to {}, {} times, in {} attempts", row.kind, row.id, row.recipient, copies.len(), row.attempts);
        match row.state {
            mail::State::Sent => assert!(!copies.is_empty(), "sent and never arrived: {}", told_of()),
            mail::State::InDoubt => counts.in_doubt += 1,
            mail::State::Pending | mail::State::Cancelled | mail::State::Expired | mail::State::Suppressed => {
                assert!(copies.is_empty(), "arrived all the same: {} ({:?})", told_of(), row.state);
            }
            other => panic!("{other:?}: {}\n{}", told_of(), world.log()),
        }
        if copies.len() > 1 {
            let may = row.class == mail::Class::Transactional && copies.len() <= in_doubt(&said, &row.id.to_string()) + 1;
            assert!(may && copies.iter().all(|copy| copy.bytes == copies[0].bytes), "doubled: {}", told_of());
            counts.repeated += 1;
        }
        if row.kind == "enrolment_confirmed" {
            assert!(matches!(row.state, mail::State::Sent | mail::State::InDoubt), "{:?}: {}", row.state, told_of());
            assert!(told.insert(row.recipient.clone(), row.state).is_none(), "two confirmations for {}", row.recipient);
        }
    }
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), *enrolled, "who is enrolled is told so, and nobody else");
    let confirmed: BTreeSet<_> =
        world.post.all().into_iter().filter(|mail| mail.subject == CONFIRMED).map(|mail| mail.to.clone()).collect();
    let sure = told.iter().filter(|(_, state)| **state == mail::State::Sent).map(|(address, _)| address.clone()).collect();
    assert!(confirmed.is_superset(&sure), "not confirmed: {sure:?}");
    let ours: BTreeSet<_> = rows.iter().map(|row| &row.message_id).collect();
    let strange: Vec<_> = arrived.keys().filter(|id| !ours.contains(id)).collect();
    assert!(strange.is_empty(), "mails that are in no outbox: {strange:?}");
    counts.mails = arrived.values().map(Vec::len).sum();
}
