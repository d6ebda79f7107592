//! A backup is taken by the command while students enrol and pay, and becomes another installation.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lectern::db::rows::mail;
use sea_orm::EntityTrait;
use tokio::task::JoinSet;

use super::student::{Student, Wish, ends};
use super::world::{World, each, on_each_database};
use super::{count, truth};
use crate::journeys::cast::CONFIRMED;
use crate::ops::rows;

const COHORT: &str = "restored";
/// What is shown to people, and must be the same.
const SHOWN: [&str; 7] = ["enrolments", "orders", "payments", "payment_exceptions", "openings", "progress", "certificates"];

/// Takes a backup in the middle of it; where it is.
async fn backed_up_under_load(world: &World) -> String {
    let many = count(60, 16);
    world.open(COHORT, many).await;
    let server = world.serve_ready(world.public()).await;
    let wish = |number: usize| if number.is_multiple_of(3) { Wish::PayAndLeave } else { Wish::Pay };
    let students: Vec<_> = (0..many).map(|number| Arc::new(Student::new(world, number, COHORT, wish(number)))).collect();
    let mut running = JoinSet::new();
    for (number, student) in students.iter().cloned().enumerate() {
        running.spawn(async move { (number, student.enrol().await) });
    }
    // When the first are confirmed, others are at every step before.
    while world.post.all().iter().filter(|mail| mail.subject == CONFIRMED).count() < many / 4 {
        assert!(!running.is_empty(), "nobody is confirmed: {}", world.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let file = world.file("under-load");
    world.run(&["backup", &file]).await;
    ends(world, &students, Duration::from_secs(120), running).await;
    truth::settled(world).await;
    // What is true of the original later is more than what the backup knows.
    let later = world.file("later");
    world.run(&["backup", &later]).await;
    let (early, later) = (rows(file.as_ref()), rows(later.as_ref()));
    assert_ne!(early["payments"], later["payments"], "there was no load");
    assert!(!early["payments"].is_empty() && !early["outbox"].is_empty());
    server.stop().await;
    file
}

/// Restores it, looks at it, and lets it work: no mail of the backup goes out a second time.
async fn restored(world: &World, other: &World, file: &str) {
    let original = rows(file.as_ref());
    other.run(&["restore", file]).await;
    let again = other.file("again");
    other.run(&["backup", &again]).await;
    let copy = rows(again.as_ref());
    for table in SHOWN {
        assert_eq!(copy[table], original[table], "{table}");
    }
    let before = world.post.all().len();
    let server = other.serve_ready(other.public()).await;
    other.run(&["doctor"]).await;
    truth::settled(other).await;
    server.stop().await;

    let services = other.look().await;
    let letters = mail::Entity::find().all(&*services.db.snapshot().await.unwrap()).await.unwrap();
    services.db.close().await.unwrap();
    let held = letters.iter().filter(|letter| letter.state == mail::State::Held).count();
    let arrived = world.post.by_id();
    let twice: Vec<_> = arrived.iter().filter(|(_, copies)| copies.len() > 1).collect();
    assert!(twice.is_empty(), "sent by both: {twice:#?}");
    // Nor under another Message-ID: whoever paid since the backup was told by the original.
    let confirmed = world.post.all().into_iter().filter(|mail| mail.subject == CONFIRMED).map(|mail| mail.to.clone());
    let mut copies = BTreeMap::<String, usize>::new();
    confirmed.for_each(|to| *copies.entry(to).or_default() += 1);
    copies.retain(|_, copies| *copies > 1);
    assert!(copies.is_empty(), "confirmed by both: {copies:#?}");
    println!("{} letters in the backup, {held} held, {} sent anew", original["outbox"].len(), world.post.all().len() - before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_restored_elsewhere_is_whole_and_sends_no_mail_twice() {
    on_each_database(async |world| {
        let file = backed_up_under_load(world).await;
        for storage in each().await {
            let other = world.elsewhere(storage);
            restored(world, &other, &file).await;
            other.end().await;
        }
    })
    .await;
}
