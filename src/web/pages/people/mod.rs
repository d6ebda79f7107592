//! People, as an admin looks after them: the staff, one person, invitations, roles, addresses, and a seat free of charge.

mod acts;
mod email;
mod free;
mod invite;
mod list;
mod person;
mod role;

use crate::identity::PersonRefusal;
use crate::kernel::ids::UserId;
use crate::web::Problem;
use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/people", Access::Admin, list::show)
        .get("/staff/people/new", Access::AdminNow, invite::show)
        .post("/staff/people/new", Access::AdminNow, invite::invite)
        .get("/staff/people/{user}", Access::Admin, person::show)
        .get("/staff/people/{user}/role", Access::AdminNow, role::show)
        .post("/staff/people/{user}/role", Access::AdminNow, role::change)
        .get("/staff/people/{user}/email", Access::AdminNow, email::show)
        .post("/staff/people/{user}/email", Access::AdminNow, email::correct)
        .get("/staff/people/{user}/disable", Access::AdminNow, acts::ask_to_disable)
        .post("/staff/people/{user}/disable", Access::AdminNow, acts::disable)
        .post("/staff/people/{user}/enable", Access::AdminNow, acts::enable)
        .post("/staff/people/{user}/sessions/end", Access::Admin, acts::end_sessions)
        .post("/staff/people/{user}/sessions/{session}/end", Access::AdminNow, acts::end_session)
        .post("/staff/people/{user}/mail", Access::Admin, acts::mail_again)
        .get("/staff/cohorts/{slug}/enrol-free", Access::AdminNow, free::show)
        .post("/staff/cohorts/{slug}/enrol-free", Access::AdminNow, free::enrol)
}

/// A person's page, with a word of what was done.
fn page_of(user: UserId, done: &str) -> String {
    format!("/staff/people/{user}?done={done}")
}

/// What a refusal says where no field is to blame.
fn problem(refusal: PersonRefusal) -> Problem {
    let conflict = |title, detail: &str| Problem::Conflict { title, detail: detail.to_owned() };
    match refusal {
        PersonRefusal::NoSuchPerson => Problem::NotFound,
        PersonRefusal::Yourself => conflict("This is your own account", "Ask another admin to do it."),
        PersonRefusal::LastAdmin => conflict(
            "This is the last admin",
            "Make somebody else an admin first: without one, nobody could look after the courses.",
        ),
        PersonRefusal::NotAStudent => conflict(
            "Only a student’s address is corrected",
            "For staff, disable the account and invite the person with the other address.",
        ),
        PersonRefusal::Disabled => conflict("This account is disabled", "Enable it first."),
        PersonRefusal::SameEmail | PersonRefusal::EmailTaken => {
            conflict("That address cannot be used", "Another account has it, or this one has it already.")
        }
        PersonRefusal::Db(error) => error.into(),
    }
}
