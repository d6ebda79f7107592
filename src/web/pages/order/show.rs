//! How an order stands, and what its student can do.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::{Countdown, Shown, transfer};
use crate::db::Conn;
use crate::kernel::{ShownTime, Timestamp};
use crate::payment::{Reason, TransferWay};
use crate::views::order::{self, Sheet, Standing};
use crate::web::Problem;
use crate::web::form::FieldErrors;
use crate::web::session::PageSnapshot;
use crate::web::view::{Moment, View, page, page_with_errors};

#[derive(Template)]
#[template(path = "web/pages/order/pay.html")]
struct Payable<'a> {
    view: &'a View,
    order: Shown<'a>,
    /// The ways to pay without a card.
    ways: Vec<TransferWay>,
    kept: String,
    countdown: Countdown,
    /// The code as typed, and what was wrong with it.
    code: &'a str,
    errors: &'a FieldErrors,
}

#[derive(Template)]
#[template(path = "web/pages/order/declined.html")]
struct Declined<'a> {
    view: &'a View,
    order: Shown<'a>,
    ways: Vec<TransferWay>,
    countdown: Countdown,
}

#[derive(Template)]
#[template(path = "web/pages/order/waiting.html")]
struct Waiting<'a> {
    view: &'a View,
    order: Shown<'a>,
    until: Option<ShownTime>,
}

#[derive(Template)]
#[template(path = "web/pages/order/enrolled.html")]
struct Enrolled<'a> {
    view: &'a View,
    order: Shown<'a>,
    paid_at: ShownTime,
    /// When another payment came, which a person must look at.
    another: Option<ShownTime>,
}

#[derive(Template)]
#[template(path = "web/pages/order/lapsed.html")]
struct Lapsed<'a> {
    view: &'a View,
    order: Shown<'a>,
    ended: ShownTime,
}

#[derive(Template)]
#[template(path = "web/pages/order/queued.html")]
struct Queued<'a> {
    view: &'a View,
    order: Shown<'a>,
    since: ShownTime,
}

#[derive(Template)]
#[template(path = "web/pages/order/cancelled.html")]
struct Cancelled<'a> {
    view: &'a View,
    order: Shown<'a>,
    ended: ShownTime,
}

#[derive(Template)]
#[template(path = "web/pages/order/returned.html")]
struct Returned<'a> {
    view: &'a View,
    order: Shown<'a>,
    since: ShownTime,
}

/// The order.
pub async fn show(
    view: View,
    moment: Moment,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let sheet = own(&conn, &moment, &id).await?;
    told(&view, &moment, &sheet, sheet.standing(moment.now))
}

/// An order of the reader's own.
pub(super) async fn own(conn: &Conn, moment: &Moment, id: &str) -> Result<Sheet, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    order::of_user(conn, moment.subject.id, id, moment.now).await?.ok_or(Problem::NotFound)
}

/// The page that says how it stands.
pub(super) fn told(view: &View, moment: &Moment, sheet: &Sheet, standing: Standing) -> Result<Response, Problem> {
    let order = Shown::from(sheet);
    match standing {
        Standing::Payable { until } => {
            let errors = FieldErrors::default();
            page(&payable(view, moment, sheet, until, "", &errors))
        }
        Standing::Transfer { until } => transfer::page_of(view, moment, sheet, until),
        Standing::Declined { until } => {
            let ways = TransferWay::offered(&view.owner, sheet.order.quote.total.currency);
            page(&Declined { view, order, ways, countdown: Countdown::new(until, moment) })
        }
        Standing::Waiting { until } => page(&Waiting { view, order, until: until.map(|until| moment.shown(until)) }),
        Standing::Enrolled { paid_at } => {
            let odd = sheet.exception.as_ref().filter(|exception| exception.reason != Reason::RefundFailed);
            let another = odd.map(|exception| moment.shown(exception.created_at));
            page(&Enrolled { view, order, paid_at: moment.shown(paid_at), another })
        }
        Standing::Queued { since } => page(&Queued { view, order, since: moment.shown(since) }),
        Standing::Cancelled { at } => page(&Cancelled { view, order, ended: moment.shown(at) }),
        Standing::Returned { since } => page(&Returned { view, order, since: moment.shown(since) }),
        Standing::Lapsed { at } => page(&Lapsed { view, order, ended: moment.shown(at) }),
    }
}

/// The page again with a code that cannot be used: 422. Where the order cannot be paid any more, the page that says so.
pub(super) fn payable_again(
    view: &View,
    moment: &Moment,
    sheet: &Sheet,
    code: &str,
    errors: &FieldErrors,
) -> Result<Response, Problem> {
    let (Standing::Payable { until } | Standing::Declined { until }) = sheet.standing(moment.now) else {
        return told(view, moment, sheet, sheet.standing(moment.now));
    };
    page_with_errors(&payable(view, moment, sheet, until, code, errors))
}

fn payable<'a>(
    view: &'a View,
    moment: &Moment,
    sheet: &'a Sheet,
    until: Timestamp,
    code: &'a str,
    errors: &'a FieldErrors,
) -> Payable<'a> {
    let ways = TransferWay::offered(&view.owner, sheet.order.quote.total.currency);
    let (countdown, kept) = (Countdown::new(until, moment), view.owner.transfer_hold.words());
    Payable { view, order: Shown::from(sheet), ways, kept, countdown, code, errors }
}
