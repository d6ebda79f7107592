//! Which mails a person gets.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use sea_orm::DbErr;
use serde::Deserialize;

use crate::kernel::{Actor, EmailAddress};
use crate::reminders;
use crate::reminders::model::{MailGroup, Wish};
use crate::web::form::Fields;
use crate::web::session::{PageSnapshot, SignedIn};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/mail/preferences.html")]
struct Page<'a> {
    view: &'a View,
    email: &'a EmailAddress,
    boxes: [Choice; 2],
    saved: bool,
}

/// A group's box on the form.
struct Choice {
    group: &'static str,
    label: &'static str,
    hint: &'static str,
    ticked: bool,
}

/// What was just done.
#[derive(Debug, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// The form, as things stand.
pub async fn show(
    view: View,
    SignedIn { person, .. }: SignedIn,
    PageSnapshot(snapshot): PageSnapshot,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let wishes = reminders::wishes(&snapshot, person.id).await?;
    let boxes = MailGroup::ALL.map(|group| choice(group, wishes.of(group)));
    page(&Page { view: &view, email: &person.email, boxes, saved: done == "saved" })
}

fn choice(group: MailGroup, wish: Wish) -> Choice {
    let (label, hint) = match group {
        MailGroup::CourseNews => (
            "Course news",
            "A mail when a week opens, and when its date changes. Without it, find the dates on your course page.",
        ),
        MailGroup::Nudges => (
            "Reminders",
            "The day before your cohort starts, when readings are unread two days before the next week, and when you have fallen \
             behind. Never between nine in the evening and eight in the morning, your time.",
        ),
    };
    Choice { group: group.word(), label, hint, ticked: wish != Wish::Off }
}

/// The form as sent: a box that is not ticked sends nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    course_news: Option<String>,
    nudges: Option<String>,
}

/// Saves the choice.
pub async fn save(
    State(app): State<App>,
    SignedIn { person, .. }: SignedIn,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let wanted = [(MailGroup::CourseNews, input.course_news), (MailGroup::Nudges, input.nudges)];
    let save = async |txn: &crate::db::Txn| {
        for (group, ticked) in &wanted {
            match ticked {
                Some(_) => reminders::turn_on(txn, person.id, *group).await?,
                None => reminders::turn_off(txn, person.id, *group).await?,
            }
        }
        Ok::<_, DbErr>(())
    };
    app.services.db.write(Actor::User(person.id), save).await?;
    Ok(Redirect::to("/account/mail?done=saved").into_response())
}
