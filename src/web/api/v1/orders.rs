//! Orders: what is owed, by whom, for which seat.

use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use utoipa::ToSchema;

use super::shapes::{Instant, Money};
use crate::catalogue;
use crate::catalogue::model::TaxBasis;
use crate::db::Conn;
use crate::kernel::Slug;
use crate::kernel::ids::{CohortId, OrderId};
use crate::payment::{self, OrderState, Told};
use crate::pricing::TaxLine;
use crate::tokens::Scope;
use crate::views::orders::{self, Filter, State as Which};
use crate::web::api::input::{Asked, Named};
use crate::web::api::paging::Paging;
use crate::web::api::routes::{ApiRoutes, Says};
use crate::web::api::{ApiProblem, json};
use crate::web::session::PageSnapshot;

pub(super) fn routes() -> ApiRoutes {
    let states = value!({ "type": "string", "enum": STATES.map(|(word, _)| word) });
    let slug = value!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 64 });
    let list = Says::new("listOrders", "Orders", "Orders")
        .pages::<Order>()
        .query("state", "Only those that stand so.", states)
        .query("cohort", "Only those for a seat in the cohort at this address; of an unknown one there are none.", slug);
    let show = Says::new("getOrder", "Orders", "One order").gives::<Order>(200, "The order.");
    ApiRoutes::default().get("/api/v1/orders", Scope::OrdersRead, list, list_orders).get(
        "/api/v1/orders/{order}",
        Scope::OrdersRead,
        show,
        get_order,
    )
}

const STATES: [(&str, Which); 4] =
    [("open", Which::Open), ("paid", Which::Paid), ("lapsed", Which::Lapsed), ("cancelled", Which::Cancelled)];

/// What a person owes. Its amounts are frozen when it is placed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Order {
    id: String,
    /// The number that people read and quote.
    number: String,
    /// `open`, `paid`, `lapsed` or `cancelled`. One that lapsed can still be paid while there is a seat.
    #[schema(examples("open"))]
    state: &'static str,
    created_at: Instant,
    /// When it was paid, lapsed or was cancelled.
    settled_at: Option<Instant>,
    /// The id of whose it is.
    user: String,
    buyer: Buyer,
    /// The price as it was listed: before tax, or with it.
    list: Money,
    /// What a coupon took off the listed price.
    discount: Money,
    /// Whether the listed price was with tax.
    tax_included: bool,
    /// The value that the taxes are on.
    subtotal: Money,
    /// All taxes.
    tax: Money,
    taxes: Vec<Tax>,
    /// What kind of supply it is for tax: `untaxed`, `within_state`, `between_states`, `export_under_lut`, `export_with_tax` or
    /// `elsewhere`.
    #[schema(examples("within_state"))]
    supply: &'static str,
    /// The code of the State of India where it is supplied.
    #[schema(examples("29"))]
    place_of_supply: Option<String>,
    /// The id of the coupon that was used.
    coupon: Option<String>,
    total: Money,
    lines: Vec<OrderLine>,
    /// The way to pay that its student chose instead of the card.
    transfer: Option<Transfer>,
}

/// A bank transfer or UPI payment that a student chose, and what they told of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transfer {
    /// `bank_transfer` or `upi`.
    #[schema(examples("upi"))]
    way: &'static str,
    chosen_at: Instant,
    /// Until when the seat is kept for it.
    held_until: Instant,
    /// The reference under which the student says to have paid; none while nothing is told.
    told: Option<Reference>,
    /// The last reference under which an admin found no money.
    declined: Option<Reference>,
}

/// What the bank knows a transfer by, and when it was told, or declined.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reference {
    #[schema(examples("412345678901"))]
    reference: String,
    at: Instant,
}

/// Whom the receipt names.
#[derive(Debug, Serialize, ToSchema)]
pub struct Buyer {
    name: String,
    email: String,
    /// ISO 3166-1 alpha-2.
    country: String,
    address: String,
    postal_code: Option<String>,
    /// The code of the State, of an address in India.
    #[schema(examples("29"))]
    state: Option<String>,
    gstin: Option<String>,
}

/// One tax of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tax {
    #[schema(examples("CGST"))]
    label: String,
    /// In hundredths of a per cent.
    #[schema(examples(900))]
    basis_points: u16,
    amount: Money,
}

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderLine {
    description: String,
    quantity: i32,
    unit: Money,
    total: Money,
    /// The id of the enrolment that it pays for.
    enrolment: Option<String>,
}

impl From<payment::Order> for Order {
    fn from(order: payment::Order) -> Self {
        let line = |line: payment::OrderLine| OrderLine {
            description: line.description,
            quantity: line.quantity,
            unit: line.unit.into(),
            total: line.total.into(),
            enrolment: line.enrolment.map(|id| id.to_string()),
        };
        Self {
            id: order.id.to_string(),
            number: order.number.as_str().to_owned(),
            state: order.state.word(),
            created_at: order.created_at.into(),
            settled_at: match order.state {
                OrderState::Open => None,
                OrderState::Paid { at } | OrderState::Lapsed { at } | OrderState::Cancelled { at } => Some(at.into()),
            },
            user: order.user.to_string(),
            buyer: Buyer {
                name: order.buyer.name.to_string(),
                email: order.buyer.email.to_string(),
                country: order.buyer.country.code().to_owned(),
                address: order.buyer.address.as_str().to_owned(),
                postal_code: order.buyer.postal_code.map(|code| code.as_str().to_owned()),
                state: order.buyer.state.map(|state| state.to_string()),
                gstin: order.buyer.gstin.map(|gstin| gstin.to_string()),
            },
            list: order.quote.list.into(),
            discount: order.quote.discount.into(),
            tax_included: order.quote.basis == TaxBasis::Included,
            subtotal: order.quote.taxable.into(),
            tax: order.quote.tax().into(),
            supply: order.quote.supply.word(),
            place_of_supply: order.quote.supply.state().map(|state| state.to_string()),
            coupon: order.quote.coupon.map(|coupon| coupon.to_string()),
            taxes: order.quote.taxes.into_iter().map(Tax::from).collect(),
            total: order.quote.total.into(),
            lines: order.lines.into_iter().map(line).collect(),
            transfer: None,
        }
    }
}

impl Order {
    /// With the way that was chosen for it, where one was.
    fn with(self, transfer: Option<payment::Transfer>) -> Self {
        let reference = |told: Told| Reference { reference: told.reference.as_str().to_owned(), at: told.at.into() };
        let transfer = transfer.map(|transfer| Transfer {
            way: transfer.way.word(),
            chosen_at: transfer.chosen_at.into(),
            held_until: transfer.held_until.into(),
            told: transfer.told.map(reference),
            declined: transfer.declined.map(reference),
        });
        Self { transfer, ..self }
    }
}

impl From<TaxLine> for Tax {
    fn from(line: TaxLine) -> Self {
        Self { label: line.label, basis_points: line.rate.basis_points(), amount: line.amount.into() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    cursor: Option<String>,
    limit: Option<String>,
    state: Option<String>,
    cohort: Option<String>,
}

impl Query {
    fn state(&self) -> Result<Option<Which>, ApiProblem> {
        let Some(asked) = &self.state else { return Ok(None) };
        let known = STATES.iter().find(|(word, _)| word == asked).map(|(_, state)| Some(*state));
        known.ok_or_else(|| ApiProblem::parameter("state", "Choose open, paid, lapsed or cancelled"))
    }

    /// The cohort that is asked for; nobody's id for one that is not there.
    async fn cohort(&self, conn: &Conn) -> Result<Option<CohortId>, ApiProblem> {
        let Some(asked) = &self.cohort else { return Ok(None) };
        let slug: Slug =
            asked.parse().map_err(|_| ApiProblem::parameter("cohort", "Give a cohort’s address, such as january"))?;
        let found = catalogue::cohort_by_slug(conn, &slug).await?;
        Ok(Some(found.map_or(CohortId(uuid::Uuid::nil()), |cohort| cohort.id)))
    }
}

async fn list_orders(uri: Uri, PageSnapshot(conn): PageSnapshot, Asked(query): Asked<Query>) -> Result<Response, ApiProblem> {
    let paging = Paging::parse("orders", query.cursor.as_deref(), query.limit.as_deref())?;
    let filter = Filter { state: query.state()?, cohort: query.cohort(&conn).await? };
    let page = orders::page(&conn, filter, paging.before.map(OrderId), paging.limit).await?;
    let ids: Vec<OrderId> = page.rows.iter().map(|order| order.id).collect();
    let mut transfers = payment::transfers(&conn, &ids).await?;
    let with = |order: payment::Order| {
        let transfer = transfers.remove(&order.id);
        Order::from(order).with(transfer)
    };
    let rows: Vec<Order> = page.rows.into_iter().map(with).collect();
    paging.answer(&uri, &rows, page.next.map(|next| next.0))
}

async fn get_order(PageSnapshot(conn): PageSnapshot, Named(id): Named<OrderId>) -> Result<Response, ApiProblem> {
    let order = payment::order(&conn, id).await?.ok_or_else(ApiProblem::not_found)?;
    let transfer = payment::transfer(&conn, id).await?;
    json(&Order::from(order).with(transfer))
}
