//! One refund: how it stands, and what an admin does about it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::decide::{Declined, SentBy};
use super::words::Line;
use crate::identity::Person;
use crate::payment::{self, Order, Refund, RefundState, Way};
use crate::web::form::FieldErrors;
use crate::web::pages::staff::order::methods;
use crate::web::session::{Admin, SignedIn};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/money/show.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    refund: &'a Refund,
    order: &'a Order,
    line: Line,
    act: Act,
    declined: &'a Declined,
    sent: &'a SentBy,
    methods: [(&'static str, &'static str); 4],
}

/// What its reader can do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Agree, or give it up.
    Decide,
    /// Give it up: they asked for it themselves.
    WithdrawOnly,
    RecordSent,
    /// Their confirmation is too old for what they could do.
    ConfirmFirst,
    /// Ask for another: this one failed.
    AskAgain,
    Nothing,
}

fn act(refund: &Refund, admin: &Person, confirmed: bool) -> Act {
    let act = match (&refund.state, &refund.way) {
        (RefundState::AwaitingApproval, _) if refund.requested_by == Some(admin.id) => Act::WithdrawOnly,
        (RefundState::AwaitingApproval, _) => Act::Decide,
        (RefundState::Pending, Way::ByHand { .. }) => Act::RecordSent,
        (RefundState::Failed { .. } | RefundState::Cancelled { .. }, _) => return Act::AskAgain,
        _ => return Act::Nothing,
    };
    if confirmed { act } else { Act::ConfirmFirst }
}

/// The refund.
pub async fn show(
    State(app): State<App>,
    view: View,
    Admin(admin): Admin,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (refund, order) = find(&app, &id).await?;
    let confirmed = signed_in.is_confirmed(app.services.clocks.machine());
    let errors = FieldErrors::default();
    page(&Page {
        view: &view,
        errors: &errors,
        act: act(&refund, &admin, confirmed),
        line: Line::new(&refund, &admin.zone),
        refund: &refund,
        order: &order,
        declined: &Declined::default(),
        sent: &SentBy::default(),
        methods: methods(),
    })
}

/// The refund of this id, with its order.
pub(super) async fn find(app: &App, id: &str) -> Result<(Refund, Order), Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    let conn = app.services.db.snapshot().await?;
    let refund = payment::refund(&conn, id).await?.ok_or(Problem::NotFound)?;
    let order = payment::order(&conn, refund.order).await?.ok_or(Problem::NotFound)?;
    Ok((refund, order))
}

/// The page again, with what was wrong: 422.
pub(super) fn again(
    view: &View,
    admin: &Person,
    (refund, order): &(Refund, Order),
    errors: &FieldErrors,
    (declined, sent): (&Declined, &SentBy),
) -> Result<Response, Problem> {
    page_with_errors(&Page {
        view,
        errors,
        act: act(refund, admin, true),
        line: Line::new(refund, &admin.zone),
        refund,
        order,
        declined,
        sent,
        methods: methods(),
    })
}
