//! One order as an admin sees it: facts, every attempt to pay, and the form for money that came another way.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::money::words::Line;
use super::record::Input;
use crate::audit::Entry;
use crate::db::Conn;
use crate::enrolment::EnrolmentState;
use crate::identity::Person;
use crate::kernel::shown::short_date;
use crate::kernel::{Money, ShownTime, Timestamp};
use crate::payment::model::refundable;
use crate::payment::{CardState, Lacking, Means, Method, OrderState, Payment, Told, Transfer};
use crate::views::order::{self, Sheet};
use crate::views::told;
use crate::web::form::FieldErrors;
use crate::web::pages::document::DocumentLine;
use crate::web::pages::sums::Sums;
use crate::web::pages::today::{DisputeLine, next, why};
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{Admin, PageSnapshot, SignedIn};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/order.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    sheet: &'a Sheet,
    billing: String,
    sums: Sums,
    state: (&'static str, &'static str),
    seat: (&'static str, &'static str),
    opened: ShownTime,
    held_until: Option<ShownTime>,
    enrolled_at: Option<ShownTime>,
    waiting: Option<(&'static str, &'static str)>,
    transfer: Option<Chosen>,
    payments: Vec<Row>,
    refunds: Vec<Line>,
    /// Whether anything can still go back.
    refundable: bool,
    documents: Vec<DocumentLine>,
    disputes: Vec<DisputeLine>,
    /// What became of them, newest first.
    disputed: Vec<(ShownTime, String, String)>,
    done: Option<Done>,
    /// Whether money can be recorded for it, and by this reader now.
    payment_form: PaymentForm,
    methods: [(&'static str, &'static str); 4],
}

/// The way that the student chose instead of the card, and what they told of it.
struct Chosen {
    way: &'static str,
    at: ShownTime,
    told: Option<(String, ShownTime)>,
    declined: Option<(String, ShownTime)>,
    /// Whether an admin must look for it.
    waits: bool,
}

/// The form for money that came another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PaymentForm {
    Shown,
    /// Its reader must confirm first that it is them.
    ConfirmFirst,
    /// The order takes no money any more.
    None,
}

struct Row {
    at: ShownTime,
    by: &'static str,
    reference: String,
    received_on: Option<String>,
    amount: Money,
    state: (&'static str, &'static str),
}

/// The order.
pub async fn show(
    State(app): State<App>,
    view: View,
    Admin(person): Admin,
    signed_in: SignedIn,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let sheet = find(&app, &conn, &id).await?;
    let input = Input::for_order(&sheet, app.services.clocks.service(), &person.zone);
    let errors = FieldErrors::default();
    let mut shown = order(&app, &view, &person, &sheet, &input, &errors);
    shown.done = done.word();
    if shown.payment_form == PaymentForm::Shown && !signed_in.is_confirmed(app.services.clocks.machine()) {
        shown.payment_form = PaymentForm::ConfirmFirst;
    }
    page(&shown)
}

/// The order of this id, whosever it is.
pub(super) async fn find(app: &App, conn: &Conn, id: &str) -> Result<Sheet, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    order::any(conn, id, app.services.clocks.service()).await?.ok_or(Problem::NotFound)
}

/// The page again, with what was wrong with the form: 422.
pub(super) fn again(
    app: &App,
    view: &View,
    person: &Person,
    sheet: &Sheet,
    input: &Input,
    errors: &FieldErrors,
) -> Result<Response, Problem> {
    page_with_errors(&order(app, view, person, sheet, input, errors))
}

fn order<'a>(
    app: &App,
    view: &'a View,
    person: &Person,
    sheet: &'a Sheet,
    input: &'a Input,
    errors: &'a FieldErrors,
) -> Page<'a> {
    let shown = |at: Timestamp| ShownTime::new(at, &person.zone);
    let enrolled_at = match sheet.enrolment.state {
        EnrolmentState::Enrolled { at } => Some(shown(at)),
        _ => None,
    };
    Page {
        view,
        errors,
        input,
        sheet,
        billing: sheet.billing(),
        sums: Sums::of(&sheet.order),
        state: order_state(sheet.order.state),
        seat: seat(sheet.enrolment.state),
        opened: shown(sheet.order.created_at),
        held_until: sheet.held_until().map(shown),
        enrolled_at,
        waiting: sheet.exception.as_ref().map(|exception| (why(exception.reason), next(exception))),
        transfer: sheet.transfer.as_ref().map(|transfer| chosen(transfer, sheet.order.state, &shown)),
        payments: sheet.payments.iter().map(|payment| row(payment, &shown)).collect(),
        refunds: sheet.refunds.iter().rev().map(|refund| Line::new(refund, &person.zone)).collect(),
        refundable: sheet
            .payments
            .iter()
            .filter_map(|payment| refundable(payment, &sheet.refunds, &sheet.disputes))
            .any(|left| left.minor > 0),
        documents: sheet.documents.iter().map(DocumentLine::from).collect(),
        disputes: sheet
            .disputes
            .iter()
            .map(|dispute| DisputeLine::new(dispute, &app.services.settings.gateway, &person.zone))
            .collect(),
        disputed: sheet.disputed.iter().map(|entry| told_of(entry, person)).collect(),
        done: None,
        payment_form: match sheet.order.state {
            OrderState::Open | OrderState::Lapsed { .. } => PaymentForm::Shown,
            OrderState::Paid { .. } | OrderState::Cancelled { .. } => PaymentForm::None,
        },
        methods: methods(),
    }
}

/// When something became of a dispute, what, and how it stood then.
fn told_of(entry: &Entry, person: &Person) -> (ShownTime, String, String) {
    let changes = told::changes(&entry.before, &entry.after, &person.zone);
    let change = |change: told::Change| Some(format!("{}: {}", change.what, change.after?));
    let changes: Vec<String> = changes.into_iter().filter_map(change).collect();
    (ShownTime::new(entry.at, &person.zone), told::sentence(&entry.kind), changes.join("; "))
}

fn chosen(transfer: &Transfer, state: OrderState, shown: &impl Fn(Timestamp) -> ShownTime) -> Chosen {
    let told = |told: &Told| (told.reference.as_str().to_owned(), shown(told.at));
    Chosen {
        way: transfer.way.name(),
        at: shown(transfer.chosen_at),
        told: transfer.told.as_ref().map(told),
        declined: transfer.declined.as_ref().map(told),
        waits: transfer.told.is_some() && matches!(state, OrderState::Open | OrderState::Lapsed { .. }),
    }
}

fn row(payment: &Payment, shown: &impl Fn(Timestamp) -> ShownTime) -> Row {
    let (by, reference, received_on, state) = match &payment.means {
        Means::Card(attempt) => ("Card", attempt.session.clone().unwrap_or_default(), None, card(&attempt.state)),
        Means::Offline(received) => (
            method_name(received.method),
            received.reference.as_str().to_owned(),
            Some(short_date(received.received_on)),
            ("done", "Received"),
        ),
    };
    Row { at: shown(payment.created_at), by, reference, received_on, amount: payment.received().unwrap_or(payment.amount), state }
}

/// The ways of money that the gateway does not see, for a form: word and name.
pub(super) fn methods() -> [(&'static str, &'static str); 4] {
    [Method::BankTransfer, Method::Upi, Method::Cheque, Method::Cash].map(|method| (method.word(), method_name(method)))
}

pub(super) fn method_name(method: Method) -> &'static str {
    match method {
        Method::BankTransfer => "Bank transfer",
        Method::Upi => "UPI",
        Method::Cash => "Cash",
        Method::Cheque => "Cheque",
    }
}

fn card(state: &CardState) -> (&'static str, &'static str) {
    match state {
        CardState::Preparing => ("wait", "Not answered by the gateway yet"),
        CardState::Open { .. } => ("wait", "Payment page open"),
        CardState::Processing => ("next", "Waiting for the bank"),
        CardState::Expired => ("", "Left unpaid"),
        CardState::Failed { .. } => ("bad", "Refused"),
        CardState::Mismatched { .. } => ("bad", "Not what was asked for"),
        CardState::Captured { .. } => ("done", "Paid"),
    }
}

pub(super) fn order_state(state: OrderState) -> (&'static str, &'static str) {
    match state {
        OrderState::Open => ("wait", "Unpaid"),
        OrderState::Paid { .. } => ("done", "Paid"),
        OrderState::Lapsed { .. } => ("", "Lapsed"),
        OrderState::Cancelled { .. } => ("", "Cancelled"),
    }
}

pub(super) fn seat(state: EnrolmentState) -> (&'static str, &'static str) {
    match state {
        EnrolmentState::Held { .. } => ("wait", "Seat held"),
        EnrolmentState::Enrolled { .. } => ("done", "Enrolled"),
        EnrolmentState::Lapsed { .. } => ("", "Lapsed"),
        EnrolmentState::Cancelled { .. } => ("", "Cancelled"),
    }
}
