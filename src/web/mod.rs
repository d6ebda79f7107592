//! The web: pages for people, an API for programs, a webhook for the gateway, and what stands before them all.

pub mod accept;
pub mod api;
mod assets;
mod confirm;
pub mod form;
pub mod guard;
mod health;
mod kept;
mod metrics;
mod observe;
pub mod pages;
pub mod problem;
mod refusals;
pub mod routes;
pub mod session;
pub mod site;
pub mod view;
mod webhook;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::response::IntoResponse;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::{GovernorError, GovernorLayer};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::timeout::TimeoutLayer;

use crate::config::Profile;
use crate::identity::{CodeKey, FactorKeys};
use crate::schedule::Plans;
use crate::services::Services;
use crate::work::clock::Registries;

use kept::{Kept, KeptPages};
pub use problem::Problem;
use routes::{Access, Route, Routes};
use session::CookieNames;
use site::Site;

/// No form of ours is longer.
const BODY_LIMIT: usize = 64 * 1024;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How often addresses that are under no limit any more are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// What handlers share.
#[derive(Debug, Clone)]
pub struct App(Arc<Shared>);

/// The inside of [`App`].
#[derive(Debug)]
pub struct Shared {
    pub services: Services,
    /// For the development clock, which does what falls due.
    pub registries: Registries,
    /// Whose site it is, as last read.
    pub site: Site,
    pub code_key: CodeKey,
    pub factor_keys: FactorKeys,
    pub plans: Plans,
    api_limits: api::Limits,
    front: Kept,
    checks: KeptPages<crate::certificates::Code>,
    content_security_policy: HeaderValue,
    cookies: CookieNames,
    hosts: Vec<String>,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// Of the organisation it knows nothing until it [looks](Self::look).
    pub fn new(services: Services) -> Self {
        let settings = services.settings.clone();
        let public = &settings.server.public_url;
        let hosted = settings.gateway.hosted_origin.origin();
        let policy = guard::content_security_policy(services.gateway.is_set_up().then_some(&*hosted));
        Self(Arc::new(Shared {
            site: Site::new(&settings),
            code_key: CodeKey::new(settings.server.secret.clone()),
            factor_keys: FactorKeys::new(&settings.server.secret),
            plans: Plans::default(),
            api_limits: api::Limits::new(settings.api.per_minute),
            front: Kept::default(),
            checks: KeptPages::default(),
            content_security_policy: HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'")),
            cookies: CookieNames::new(public.is_https()),
            hosts: vec![public.authority()],
            services,
            registries: Registries::all(),
        }))
    }

    /// Whether development pages exist.
    pub fn development(&self) -> bool {
        self.services.settings.profile == Profile::Development
    }

    /// The cookies' names and forms.
    pub fn cookies(&self) -> CookieNames {
        self.cookies
    }

    fn is_our_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host))
    }
}

/// Every route there is for people and for the gateway, with who may use it. Those for programs are in [`api::table`].
pub fn routes(profile: Profile) -> Routes {
    let routes = Routes::default()
        .get("/healthz", Access::Public, health::live)
        .get("/readyz", Access::Public, health::ready)
        .get("/metrics", Access::Monitor, metrics::scrape)
        .get("/assets/{name}", Access::Public, assets::asset)
        .post("/webhooks/stripe", Access::Gateway, webhook::receive)
        .merge(api::pages())
        .merge(pages::routes());
    match profile {
        Profile::Development => routes.merge(pages::development_routes()),
        Profile::Production => routes,
    }
}

/// The table of [`routes()`].
pub fn table(profile: Profile) -> Vec<Route> {
    routes(profile).into_table()
}

/// The whole service, ready for [`accept::serve`], which tells it the peer's address.
pub fn router(app: App) -> Router {
    metrics::install(&app.services.settings);
    let limits = app.services.settings.limits.clone();
    let guarded = rate_limit(&app, limits.sign_in_burst, limits.sign_in_per_minute);
    let router = routes(app.services.settings.profile).into_router(guarded);
    let request_id = HeaderName::from_static("x-request-id");
    router
        .layer(from_fn_with_state(app.clone(), refusals::note))
        .layer(CsrfLayer::new())
        // A program sends no form: its token is in no browser's keeping.
        .merge(api::router(&app))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(rate_limit(&app, limits.burst, limits.per_minute))
        .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(app.clone(), guard::host))
        .layer(from_fn_with_state(app.clone(), problem::render))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), guard::headers))
        .layer(from_fn(observe::observe))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(SetRequestIdLayer::new(request_id, RequestIds(app.services.random.clone(), app.services.clocks.clone())))
        .layer(map_request(guard::forget_request_id))
        .layer(SetSensitiveRequestHeadersLayer::new([header::COOKIE, header::AUTHORIZATION]))
        .with_state(app)
}

type Limit = GovernorLayer<
    guard::ClientAddress,
    ::governor::middleware::NoOpMiddleware<::governor::clock::QuantaInstant>,
    axum::body::Body,
>;

/// A limit of requests by client address: `burst` at once, `per_minute` come back.
fn rate_limit(app: &App, burst: u32, per_minute: u32) -> Limit {
    let address = guard::ClientAddress::new(app.services.settings.server.trusted_proxies.clone());
    let config = GovernorConfigBuilder::default()
        .period(Duration::from_secs(60) / per_minute.max(1))
        .burst_size(burst.max(1))
        .key_extractor(address)
        .finish()
        .expect("burst and period are at least one");
    let limiter = Arc::downgrade(config.limiter());
    tokio::spawn(async move {
        // An address that came once is forgotten: the list does not grow with all that ever came.
        while let Some(limiter) = limiter.upgrade() {
            limiter.retain_recent();
            drop(limiter);
            tokio::time::sleep(FORGET_EVERY).await;
        }
    });
    GovernorLayer::new(config).error_handler(|error| match error {
        GovernorError::TooManyRequests { wait_time, .. } => Problem::TooMany { retry_after: wait_time.max(1) }.into_response(),
        other => Problem::internal(other).into_response(),
    })
}

/// Request ids of our own making: a client's are not believed.
#[derive(Clone)]
struct RequestIds(crate::kernel::random::Randomness, crate::kernel::Clocks);

impl tower_http::request_id::MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<tower_http::request_id::RequestId> {
        let id = self.0.uuid(self.1.machine()).simple().to_string();
        HeaderValue::from_str(&id).ok().map(tower_http::request_id::RequestId::new)
    }
}
