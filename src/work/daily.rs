//! The admins' morning mail: planned a morning ahead, so that it is due at eight to the minute; written only if something waits then.

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use crate::db::Txn;
use crate::identity::{self, Person, Role};
use crate::jobs::lease::WORKER;
use crate::jobs::{Job, JobFailure, Periodic};
use crate::kernel::Timestamp;
use crate::kernel::ids::UserId;
use crate::kernel::time::{Date, SignedDuration, Zone, shifted};
use crate::mail::{self, Class, Post};
use crate::services::Services;

/// The message's kind.
pub const DAILY_QUEUE: &str = "daily_queue";
/// On the admin's own clock.
const MORNING: i8 = 8;
/// A morning's mail is of no use in the evening.
const LIFE: SignedDuration = SignedDuration::from_hours(12);

/// What the letter carries.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct DailyLetter {
    pub admin: UserId,
}

/// Puts the next morning's mail of each admin in the outbox.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct PlanDailyMail;

impl Job for PlanDailyMail {
    const KIND: &'static str = "work.plan_daily_mail";

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let people = identity::teachers(&*services.db.snapshot().await?).await?;
        let admins = people.into_iter().filter(|person| person.role == Role::Admin);
        let letters = admins.map(|admin| letter(&admin, services.clocks.service())).collect::<Result<Vec<Post>, _>>()?;
        let post = async |txn: &Txn| {
            for letter in letters {
                mail::post(txn, letter).await?;
            }
            Ok::<_, DbErr>(())
        };
        Ok(services.db.write(WORKER, post).await?)
    }
}

impl Periodic for PlanDailyMail {
    const EVERY: SignedDuration = SignedDuration::from_hours(6);
}

/// One letter an admin and civil day.
fn letter(admin: &Person, now: Timestamp) -> Result<Post, DbErr> {
    let (day, due_at) = next_morning(&admin.zone, now);
    let payload = serde_json::to_value(DailyLetter { admin: admin.id }).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(Post {
        dedupe_key: format!("{DAILY_QUEUE}:{}:{day}", admin.id),
        kind: DAILY_QUEUE,
        class: Class::Reminder,
        user: Some(admin.id),
        recipient: admin.email.clone(),
        payload,
        due_at,
        not_after: Some(shifted(due_at, LIFE)),
        priority: 5,
    })
}

/// The next time after `now` at which it is eight in the morning in `zone`, and its day there.
fn next_morning(zone: &Zone, now: Timestamp) -> (Date, Timestamp) {
    let today = zone.civil(now).date();
    let morning = |day: Date| zone.instant(day.at(MORNING, 0, 0, 0));
    match morning(today) {
        due_at if due_at > now => (today, due_at),
        _ => {
            let day = today.saturating_add(SignedDuration::from_hours(24));
            (day, morning(day))
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::EntityTrait;

    use super::*;
    use crate::db::rows::mail as row;
    use crate::testing::Bench;

    fn morning(zone: &str, now: &str) -> (String, String) {
        let (day, due_at) = next_morning(&zone.parse().unwrap(), now.parse().unwrap());
        (day.to_string(), due_at.to_string())
    }

    #[test]
    fn the_next_morning_is_eight_on_the_readers_own_clock() {
        let of = |day: &str, at: &str| (day.to_owned(), at.to_owned());
        assert_eq!(morning("Asia/Kolkata", "2027-01-07T02:29:59Z"), of("2027-01-07", "2027-01-07T02:30:00Z"));
        assert_eq!(morning("Asia/Kolkata", "2027-01-07T02:30:00Z"), of("2027-01-08", "2027-01-08T02:30:00Z"));
        assert_eq!(morning("America/New_York", "2027-01-08T02:00:00Z"), of("2027-01-08", "2027-01-08T13:00:00Z"));
        // The night in which clocks go forward is an hour shorter.
        assert_eq!(morning("Europe/London", "2027-03-27T08:00:00Z"), of("2027-03-28", "2027-03-28T07:00:00Z"));
    }

    #[tokio::test]
    async fn each_admin_has_one_letter_a_day_and_others_none() {
        for bench in Bench::each().await {
            let people =
                [("one@example.org", Role::Admin), ("two@example.org", Role::Admin), ("three@example.org", Role::Instructor)];
            for (email, role) in people {
                let (email, name, zone) = (email.parse().unwrap(), "Demo Person".parse().unwrap(), Zone::UTC);
                let made =
                    bench.services.db.write(WORKER, async |txn| identity::create_person(txn, &email, name, zone, role).await);
                made.await.unwrap();
            }
            let planned = async || {
                PlanDailyMail.run(&bench.services).await.unwrap();
                row::Entity::find().all(&*bench.services.db.snapshot().await.unwrap()).await.unwrap().len()
            };
            assert_eq!((planned().await, planned().await), (2, 2), "03:30");
            bench.pass(SignedDuration::from_hours(6));
            assert_eq!((planned().await, planned().await), (4, 4), "09:30");
            bench.finish().await;
        }
    }
}
