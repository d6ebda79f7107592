//! Disputes as admins see them, and the word that one which was lost is decided about.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::config::{Gateway, GatewayKind};
use crate::kernel::{Actor, Money, ShownTime, Zone};
use crate::payment::{self, Dispute, Standing};
use crate::web::form::Fields;
use crate::web::session::AdminNow;
use crate::web::{App, Problem};

/// A dispute as a line of a page.
pub struct DisputeLine {
    pub id: String,
    /// What is disputed, where its currency is one of ours.
    pub amount: Option<Money>,
    pub state: (&'static str, &'static str),
    pub reason: String,
    /// Until when evidence is looked at, in the reader's zone.
    pub due: Option<ShownTime>,
    /// Where it is answered.
    pub dashboard: String,
    /// Whether it was lost, and nobody has said what becomes of the seat.
    pub undecided: bool,
}

impl DisputeLine {
    pub fn new(dispute: &Dispute, gateway: &Gateway, zone: &Zone) -> Self {
        let told = &dispute.told;
        Self {
            id: dispute.id.clone(),
            amount: told.amount,
            state: state_of(told.standing),
            reason: told.reason.replace('_', " "),
            due: told.evidence_due_by.filter(|_| told.wants_an_answer()).map(|due| ShownTime::new(due, zone)),
            dashboard: dashboard(gateway, &dispute.id),
            undecided: told.standing == Standing::Lost && dispute.decided_at.is_none(),
        }
    }
}

/// How a dispute stands, in words, with the look of its mark.
const fn state_of(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Inquiry => ("wait", "The bank asks"),
        Standing::InquiryClosed => ("done", "The bank is content"),
        Standing::NeedsResponse => ("wait", "Evidence is wanted"),
        Standing::UnderReview => ("next", "The bank decides"),
        Standing::Prevented => ("done", "Settled before it began"),
        Standing::Lost => ("bad", "Lost"),
        Standing::Won => ("done", "Won"),
    }
}

/// Where the gateway shows a dispute and takes evidence.
fn dashboard(gateway: &Gateway, dispute: &str) -> String {
    match gateway.kind {
        GatewayKind::Stripe | GatewayKind::None if gateway.live => format!("https://dashboard.stripe.com/disputes/{dispute}"),
        GatewayKind::Stripe | GatewayKind::None => format!("https://dashboard.stripe.com/test/disputes/{dispute}"),
        GatewayKind::Practice | GatewayKind::PracticeApart => gateway.hosted_origin.join("/dashboard"),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    dispute: String,
}

/// Takes a lost dispute off the list; one that is off it already stays so.
pub async fn decided(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let actor = Actor::User(admin.id);
    app.services.db.write(actor, async |txn| payment::decide_dispute(txn, &input.dispute).await).await?;
    Ok(Redirect::to("/staff/today?done=dispute-decided").into_response())
}
