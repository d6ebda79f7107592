//! Events of the gateway that are stuck.

use lectern::gateway::{About, Notification};
use lectern::kernel::Actor;
use lectern::{jobs, payment};

use super::app::TestApp;

/// An event about this object, of now.
pub fn notification(app: &TestApp, id: &str, about: Option<About>) -> Notification {
    let (id, kind) = (id.to_owned(), "checkout.session.completed".to_owned());
    Notification { id, kind, live: false, created: app.services().clocks.service(), about }
}

/// An event about this object, whose job was given up: its id.
pub async fn event(app: &TestApp, id: &str, about: Option<About>) -> String {
    let notification = notification(app, id, about);
    let stuck = app.services().db.write(Actor::Operator, async |txn| {
        payment::receive_notification(txn, &notification, &notification.gist()).await?;
        jobs::store::set_aside(txn, "payment.process_event", "the gateway does not accept our secret key").await
    });
    assert!(stuck.await.unwrap() > 0);
    notification.id
}
