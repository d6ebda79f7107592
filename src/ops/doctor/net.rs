//! The machine's clock against another's, and our own address as others reach it.

use url::Url;

use super::fetch::{FetchError, get};
use super::{Finding, fault, ok, warning};
use crate::config::{GatewayKind, Profile, Settings};
use crate::kernel::Clocks;
use crate::kernel::time::SignedDuration;

const CLOCK: &str = "clock";
const URL: &str = "public url";
/// Codes, sessions and webhook signatures bear minutes; more than this is a clock that nobody sets.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// By the gateway's `Date` (RFC 9110 section 6.6.1), whatever else it answers.
pub(super) async fn examine_clock(settings: &Settings, clocks: &Clocks) -> Vec<Finding> {
    if settings.gateway.kind == GatewayKind::None {
        return vec![ok(CLOCK, "not compared: no payment gateway is set up, whose clock could be asked")];
    }
    let remedy = "Let the machine set its clock by NTP (systemd-timesyncd or chrony)";
    let date = match get(&settings.gateway.base_url).await {
        Ok(answer) => answer.date,
        Err(error) => {
            return vec![warning(CLOCK, format!("it could not be compared: {error}"), "See the payment gateway's finding")];
        }
    };
    let Some(date) = date else { return vec![warning(CLOCK, "the gateway's answer has no date", remedy)] };
    // The header has whole seconds.
    let off = clocks.machine().duration_since(date);
    let says = format!("{} seconds from the payment gateway's", off.as_secs());
    vec![if off.abs() > SKEW { warning(CLOCK, says, remedy) } else { ok(CLOCK, says) }]
}

/// Fetches `/healthz` there, as a visitor would.
pub(super) async fn examine_public_url(settings: &Settings) -> Vec<Finding> {
    let public = &settings.server.public_url;
    if !public.is_set() {
        return vec![fault(URL, "it is not set", "Set server.public_url (LECTERN_SERVER__PUBLIC_URL)")];
    }
    let address = public.join("/healthz");
    let Ok(url) = Url::parse(&address) else { return vec![fault(URL, "it is no URL", "Set server.public_url")] };
    match get(&url).await {
        Ok(answer) if answer.status == 200 && answer.body.starts_with(b"ok\n") => vec![ok(URL, format!("{address} answers"))],
        Ok(answer) => {
            let says = format!("{address} answers {} and is not this program", answer.status);
            vec![fault(URL, says, "Point the name, and the reverse proxy, to this server (server.listen)")]
        }
        Err(FetchError::Tls(error)) => {
            let says = format!("{address}: {error}");
            vec![fault(URL, says, "Renew the certificate of the reverse proxy, for the name of server.public_url")]
        }
        Err(error) => {
            let says = format!("{address}: {error}");
            let remedy = "Start `lectern serve`, and look at the name's DNS, the reverse proxy and server.public_url";
            // On one's own machine the server need not run.
            vec![if settings.profile == Profile::Development { warning(URL, says, remedy) } else { fault(URL, says, remedy) }]
        }
    }
}
