//! What people do, each so that it can be done again from the start: they look how things are, and go on from there.

use lectern::acts::enrol;
use lectern::db::Txn;
use lectern::db::rows::payment::payments;
use lectern::identity::{self, Role};
use lectern::kernel::Actor;
use lectern::kernel::ids::{EnrolmentId, OrderId, UserId};
use lectern::kernel::time::SignedDuration;
use lectern::{catalogue, payment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::world::World;
use crate::journeys::cast::{self, ADMIN, PRICE};
use crate::support::app::TestApp;
use crate::support::browser::{Browser, Page};
use crate::support::school;

/// A part of what was paid, as a form and as the gateway has it.
const PART: (&str, i64) = ("2500.00", 250_000);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// Pays, and comes back to see it.
    PaysAndReturns,
    /// Pays, and closes the browser: a notification tells of it.
    PaysAndLeaves,
    /// Pays, closes the browser, and no notification arrives: the sweep finds it.
    PaysUnheard,
    /// Leaves the payment page open until the hold is over.
    Lapses,
    /// An admin sends a part back.
    RefundedInPart,
    /// All of it goes back from the gateway's own pages.
    RefundedAtTheGateway,
    /// A part goes back from the gateway's own pages, and no notification arrives.
    RefundedUnheard,
    /// Gives the seat back, and the money goes back by the cohort's rule.
    Cancels,
    /// Gives the seat back, and pays on the page that is still open: the money goes back by the rule for such money.
    CancelsWhilePaying,
}

/// Of whom a story is.
#[derive(Debug)]
pub struct Who {
    pub user: UserId,
    pub email: String,
    browser: Browser,
    admin: Browser,
    /// The order that was there before the story began.
    before: Option<Before>,
}

#[derive(Debug)]
struct Before {
    order: OrderId,
    enrolment: EnrolmentId,
    /// The payment page.
    hosted: String,
}

impl Story {
    pub const ALL: [Self; 9] = [
        Self::PaysAndReturns,
        Self::PaysAndLeaves,
        Self::PaysUnheard,
        Self::Lapses,
        Self::RefundedInPart,
        Self::RefundedAtTheGateway,
        Self::RefundedUnheard,
        Self::Cancels,
        Self::CancelsWhilePaying,
    ];

    /// Whether the gateway's notifications arrive.
    pub fn is_notified(self) -> bool {
        !self.is_swept()
    }

    /// Whether what time brings is of the story: the sweep, or the end of a hold.
    pub fn is_swept(self) -> bool {
        matches!(self, Self::PaysUnheard | Self::RefundedUnheard | Self::Lapses)
    }

    /// How long it takes until all is quiet: time for a sweep, or for a hold to end.
    pub fn time(self) -> SignedDuration {
        SignedDuration::from_mins(if self == Self::Lapses { 40 } else { 6 })
    }

    /// What was before: a student, and where the story is of money that goes back, their paid order.
    pub async fn prepare(self, world: &World, number: usize) -> Who {
        let app = world.app();
        let email = format!("lost{number:04}@example.org");
        let user = student(app, &email).await;
        let browser = Browser::with_cookie(&app.origin(), &school::session(app, &email).await);
        let admin = Browser::with_cookie(&app.origin(), &school::session(app, ADMIN).await);
        let mut who = Who { user, email, browser, admin, before: None };
        match self {
            Self::PaysAndReturns | Self::PaysAndLeaves | Self::PaysUnheard => {}
            Self::Lapses | Self::CancelsWhilePaying => who.before = Some(holds(app, &who).await),
            Self::RefundedInPart | Self::RefundedAtTheGateway | Self::RefundedUnheard | Self::Cancels => {
                let before = holds(app, &who).await;
                pay(&who.browser.open(&before.hosted).await).submit().await.is(200).shows("You are enrolled");
                who.before = Some(before);
            }
        }
        world.notify().await;
        // Heard of only once the story has begun.
        if let (Self::RefundedAtTheGateway | Self::RefundedUnheard, Some(before)) = (self, &who.before) {
            let minor = (self == Self::RefundedUnheard).then_some(PART.1);
            app.practice().refund(&intent(app, before.order).await, minor).unwrap();
        }
        who
    }

    /// What somebody does.
    pub async fn act(self, who: &Who) {
        match self {
            Self::PaysAndReturns => pays(who, false).await,
            Self::PaysAndLeaves | Self::PaysUnheard => pays(who, true).await,
            Self::Lapses | Self::RefundedAtTheGateway | Self::RefundedUnheard => {}
            Self::RefundedInPart => sends_back(who).await,
            Self::Cancels => gives_back(who).await,
            Self::CancelsWhilePaying => {
                gives_back(who).await;
                let before = who.before.as_ref().unwrap();
                let hosted = who.browser.open(&before.hosted).await;
                if offers_to_pay(&hosted) {
                    pay(&hosted).submit().await.is(200).shows("The enrolment is cancelled");
                } else {
                    who.browser.open(&format!("/orders/{}", before.order)).await.is(200);
                }
            }
        }
    }
}

async fn student(app: &TestApp, email: &str) -> UserId {
    let make = async |txn: &Txn| {
        let (email, zone) = (email.parse().unwrap(), "Europe/London".parse().unwrap());
        let person = identity::create_person(txn, &email, "Demo Student".parse().unwrap(), zone, Role::Student).await;
        Ok::<_, sea_orm::DbErr>(person.unwrap().id)
    };
    app.services().db.write(Actor::Operator, make).await.unwrap()
}

/// A seat is held, and the payment page open.
async fn holds(app: &TestApp, who: &Who) -> Before {
    let hold = async |txn: &Txn| {
        let person = identity::person(txn, who.user).await?.unwrap();
        let cohort = catalogue::cohort_by_slug(txn, &"january".parse().unwrap()).await?.unwrap();
        let order = enrol::enrol(txn, &person, cohort.id, school::application(&person, "Exampleville"), 3).await.unwrap();
        let order = payment::order(txn, order).await?.unwrap();
        Ok::<_, sea_orm::DbErr>((order.id, order.enrolment().unwrap()))
    };
    let (order, enrolment) = app.services().db.write(Actor::User(who.user), hold).await.unwrap();
    let hosted = who.browser.open(&format!("/orders/{order}")).await.form("Pay with card").submit().await;
    Before { order, enrolment, hosted: hosted.url.to_string() }
}

async fn intent(app: &TestApp, order: OrderId) -> String {
    let conn = app.services().db.snapshot().await.unwrap();
    let paid = payments::Entity::find().filter(payments::Column::OrderId.eq(order));
    paid.one(&*conn).await.unwrap().unwrap().gateway_intent_id.unwrap()
}

fn offers_to_pay(page: &Page) -> bool {
    page.offers(&format!("Pay {PRICE}"))
}

fn pay(page: &Page) -> crate::support::browser::Form {
    page.form(&format!("Pay {PRICE}"))
}

/// From the cohort's form to the end, from wherever it leads.
async fn pays(who: &Who, leaves: bool) {
    let mut page = who.browser.open(cast::COHORT).await;
    for _ in 0..8 {
        let button = ["Continue to payment", "Pay with card", "Try again"].into_iter().find(|button| page.offers(button));
        page = match button {
            Some(button @ "Continue to payment") => {
                let form = page.form(button).with("address", "12 Demonstration Road").with("country", "NP");
                form.with("zone", "Europe/London").with("consent", "yes").submit().await
            }
            Some(button) => page.form(button).submit().await,
            None if offers_to_pay(&page) && leaves => {
                pay(&page).submit_only().await;
                return;
            }
            None if offers_to_pay(&page) => pay(&page).submit().await,
            // Paid by whoever saw no answer.
            None if page.url.path().starts_with("/pay/") => page.click("Return to the merchant").await,
            None => {
                let ended = page.url.path().starts_with("/learn") || page.text().contains("You are enrolled");
                assert!(ended, "{} is at {} and cannot go on:\n{}", who.email, page.url, page.text());
                return;
            }
        };
    }
    panic!("{} does not come to an end: {}", who.email, page.url);
}

/// An admin sends a part back, unless the order's page says that it is on its way.
async fn sends_back(who: &Who) {
    let order = who.admin.open(&format!("/staff/orders/{}", who.before.as_ref().unwrap().order)).await;
    if order.is(200).text().contains("₹2,500.00") {
        return;
    }
    let form = order.click("Send money back").await.form("Send it back").with("amount", PART.0).with("note", "Kindness");
    form.submit().await.is(200).shows("Refund of ₹2,500.00");
}

/// The student gives the seat back, unless that is done.
async fn gives_back(who: &Who) {
    let ask = who.browser.open(&format!("/learn/{}/cancel", who.before.as_ref().unwrap().enrolment)).await;
    if ask.status.as_u16() == 409 {
        ask.shows("There is no seat to give back");
        return;
    }
    ask.form("Cancel my enrolment").submit().await.is(200).shows("The enrolment is cancelled");
}
