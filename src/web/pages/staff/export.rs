//! The enrolments of a filter as CSV (RFC 4180), sent as they are read.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::enrolments::Asked;
use crate::db::Db;
use crate::kernel::Timestamp;
use crate::kernel::ids::EnrolmentId;
use crate::views::enrolments::{self, Filter, Funding, Row};
use crate::web::pages::sheet::{BYTE_ORDER_MARK, cell, headers, written};
use crate::web::session::Admin;
use crate::web::{App, Problem};

/// Rows read at a time.
const SIZE: u64 = 500;
const HEADINGS: [&str; 15] = [
    "enrolment",
    "name",
    "email",
    "certificate_name",
    "country",
    "cohort",
    "state",
    "created_at",
    "enrolled_at",
    "ended_at",
    "money",
    "order",
    "amount",
    "currency",
    "order_id",
];

/// Where the export has come to.
enum Step {
    Headings,
    /// Those older than this.
    After(Option<EnrolmentId>),
    Done,
}

/// The same enrolments as the list, all of them.
pub async fn csv(State(app): State<App>, Admin(_): Admin, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let filter = asked.filter(&enrolments::cohort_names(&conn).await?);
    drop(conn);
    let db = app.services.db.clone();
    let parts = stream::try_unfold(Step::Headings, move |step| {
        let (db, filter) = (db.clone(), filter.clone());
        async move { part(&db, &filter, step).await }
    });
    let day = app.services.clocks.service().to_string().chars().take(10).collect::<String>();
    Ok((headers(&format!("enrolments-{day}")), Body::from_stream(parts)).into_response())
}

/// What goes wrong in the middle of a download breaks it off.
type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn part(db: &Db, filter: &Filter, step: Step) -> Result<Option<(Vec<u8>, Step)>, Failure> {
    let before = match step {
        Step::Done => return Ok(None),
        Step::Headings => {
            let mut bytes = BYTE_ORDER_MARK.as_bytes().to_vec();
            bytes.extend(written([HEADINGS.map(str::to_owned)])?);
            return Ok(Some((bytes, Step::After(None))));
        }
        Step::After(before) => before,
    };
    // A snapshot a part: a slow reader keeps no connection. What is newer than the first part is not in the export.
    let conn = db.snapshot().await?;
    let page = enrolments::prepare(&conn, filter).await?.page(&conn, before, SIZE).await?;
    let next = page.next.map_or(Step::Done, |next| Step::After(Some(next)));
    Ok(Some((written(page.rows.iter().map(record))?, next)))
}

fn record(row: &Row) -> [String; 15] {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let order = row.order.as_ref();
    [
        row.enrolment.id.to_string(),
        cell(&row.name),
        cell(&row.email),
        cell(row.enrolment.certificate_name.as_str()),
        row.country.clone().unwrap_or_default(),
        cell(&row.cohort),
        row.enrolment.state.word().to_owned(),
        time(Some(row.enrolment.created_at)),
        time(row.enrolled_at),
        time(row.ended_at),
        funding(row.funding).to_owned(),
        order.map(|order| order.number.clone()).unwrap_or_default(),
        order.map(|order| order.total.decimal()).unwrap_or_default(),
        order.map(|order| order.total.currency.code().to_owned()).unwrap_or_default(),
        order.map(|order| order.id.to_string()).unwrap_or_default(),
    ]
}

const fn funding(funding: Funding) -> &'static str {
    match funding {
        Funding::Unpaid => "unpaid",
        Funding::Paid => "paid",
        Funding::Offline => "offline",
        Funding::Free => "free",
    }
}
