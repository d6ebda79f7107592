//! What Stripe's API accepts of what the client sends: facts of Stripe's published OpenAPI description (repository
//! `stripe/openapi`, `latest/openapi.spec3.json`), in a form of our own. Only what is used is here.

use super::requests::Sent;

/// What a parameter's value may be.
enum Form {
    /// At most so many characters.
    Text(usize),
    /// A text of which the description says no length.
    Free,
    /// A whole number.
    Whole,
    /// A whole number from 1 to 100: the size of a page.
    Limit,
    /// Seconds since 1970.
    Moment,
    /// Three small letters.
    Currency,
    /// One of these words.
    Word(&'static [&'static str]),
}

use Form::{Currency, Free, Limit, Moment, Text, Whole, Word};

/// An endpoint: method, path (`{}` is an id), the parameters of its query or its form, and those that must be there.
///
/// A list's index is `[]`. Metadata, whose keys are free, is `[*]`: at most 40 characters each (Stripe's page on metadata).
struct Endpoint {
    method: &'static str,
    path: &'static str,
    parameters: &'static [(&'static str, Form)],
    required: &'static [&'static str],
    /// Whether a repetition must bear a key to be the same request.
    makes: bool,
}

const ID: Form = Text(5000);

const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        path: "/v1/customers",
        parameters: &[
            ("name", Text(256)),
            ("email", Text(512)),
            ("address[line1]", Text(5000)),
            ("address[line2]", Text(5000)),
            ("address[city]", Text(5000)),
            ("address[state]", Text(5000)),
            ("address[postal_code]", Text(5000)),
            ("address[country]", Text(5000)),
            ("metadata[*]", Text(500)),
        ],
        required: &["name", "email", "address[line1]", "address[country]"],
        makes: true,
    },
    Endpoint {
        method: "POST",
        path: "/v1/checkout/sessions",
        parameters: &[
            ("mode", Word(&["payment", "setup", "subscription"])),
            ("client_reference_id", Text(200)),
            ("customer", ID),
            ("customer_email", Free),
            ("billing_address_collection", Word(&["auto", "required"])),
            ("line_items[][quantity]", Whole),
            ("line_items[][price_data][currency]", Currency),
            ("line_items[][price_data][unit_amount]", Whole),
            ("line_items[][price_data][product_data][name]", Text(5000)),
            ("payment_intent_data[description]", Text(1000)),
            ("payment_intent_data[metadata][*]", Text(500)),
            ("metadata[*]", Text(500)),
            ("success_url", Free),
            ("cancel_url", Free),
            ("expires_at", Moment),
        ],
        required: &[
            "mode",
            "line_items[][price_data][currency]",
            "line_items[][price_data][product_data][name]",
            "payment_intent_data[description]",
            "billing_address_collection",
            "success_url",
        ],
        makes: true,
    },
    Endpoint {
        method: "GET",
        path: "/v1/checkout/sessions",
        parameters: &[("payment_intent", ID), ("limit", Limit)],
        required: &[],
        makes: false,
    },
    Endpoint { method: "GET", path: "/v1/checkout/sessions/{}", parameters: &[], required: &[], makes: false },
    Endpoint { method: "POST", path: "/v1/checkout/sessions/{}/expire", parameters: &[], required: &[], makes: false },
    Endpoint {
        method: "GET",
        path: "/v1/events",
        parameters: &[("created[gte]", Moment), ("types[]", Free), ("limit", Limit), ("starting_after", ID)],
        required: &[],
        makes: false,
    },
    Endpoint {
        method: "GET",
        path: "/v1/payment_intents/{}",
        parameters: &[("expand[]", Text(5000))],
        required: &[],
        makes: false,
    },
    Endpoint {
        method: "POST",
        path: "/v1/refunds",
        parameters: &[("payment_intent", ID), ("amount", Whole), ("metadata[*]", Text(500)), ("expand[]", Text(5000))],
        required: &["payment_intent", "amount"],
        makes: true,
    },
    Endpoint { method: "GET", path: "/v1/refunds/{}", parameters: &[("expand[]", Text(5000))], required: &[], makes: false },
    Endpoint {
        method: "GET",
        path: "/v1/refunds",
        parameters: &[("payment_intent", ID), ("limit", Limit), ("starting_after", Free), ("expand[]", Text(5000))],
        required: &["payment_intent"],
        makes: false,
    },
    Endpoint { method: "GET", path: "/v1/disputes/{}", parameters: &[], required: &[], makes: false },
    Endpoint {
        method: "GET",
        path: "/v1/disputes",
        parameters: &[("payment_intent", ID), ("limit", Limit), ("starting_after", ID)],
        required: &["payment_intent"],
        makes: false,
    },
    Endpoint { method: "GET", path: "/v1/payouts/{}", parameters: &[], required: &[], makes: false },
    Endpoint {
        method: "GET",
        path: "/v1/balance_transactions",
        parameters: &[("payout", ID), ("limit", Limit), ("starting_after", ID)],
        required: &["payout"],
        makes: false,
    },
];

/// All endpoints, as method and path.
pub(super) fn endpoints() -> Vec<String> {
    ENDPOINTS.iter().map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect()
}

/// Which endpoint a request is to, or what Stripe would not accept of it.
pub(super) fn check(sent: &Sent) -> Result<String, String> {
    let path = pattern(&sent.path);
    let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.method == sent.method && endpoint.path == path);
    let endpoint = endpoint.ok_or_else(|| format!("no endpoint {} {}", sent.method, sent.path))?;
    // A read has its parameters in the query and no body, a write the other way round.
    let (parameters, other) = if sent.method == "GET" { (&sent.query, &sent.body) } else { (&sent.body, &sent.query) };
    if !other.is_empty() {
        return Err(format!("parameters in the wrong place: {other}"));
    }
    if sent.method == "POST" && !sent.body.is_empty() && sent.content_type != "application/x-www-form-urlencoded" {
        return Err(format!("a body of type {:?}", sent.content_type));
    }
    if endpoint.makes != sent.has_key {
        return Err("an idempotency key where none belongs, or none where one does".to_owned());
    }
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(parameters).map_err(|error| error.to_string())?;
    let names: Vec<String> = pairs.iter().map(|(name, _)| generic(name)).collect();
    for (name, value) in &pairs {
        let name = generic(name);
        let form = endpoint.parameters.iter().find(|(known, _)| matches(known, &name)).map(|(_, form)| form);
        let form = form.ok_or_else(|| format!("no parameter {name}"))?;
        fits(form, value).then_some(()).ok_or_else(|| format!("{name} may not be {value:?}"))?;
    }
    match endpoint.required.iter().find(|required| !names.iter().any(|name| name == *required)) {
        Some(missing) => Err(format!("{missing} is missing")),
        None => limits(endpoint, &pairs, &names).map(|()| format!("{} {}", endpoint.method, endpoint.path)),
    }
}

/// What holds of several parameters together.
fn limits(endpoint: &Endpoint, pairs: &[(String, String)], names: &[String]) -> Result<(), String> {
    let many = |start: &str| names.iter().filter(|name| name.starts_with(start)).count();
    if many("types") > 20 || many("metadata[") > 50 || many("payment_intent_data[metadata]") > 50 {
        return Err("too many".to_owned());
    }
    if endpoint.path == "/v1/checkout/sessions" && many("customer") > 1 {
        return Err("a customer and an address of mail".to_owned());
    }
    let distinct: std::collections::BTreeSet<_> = pairs.iter().map(|(name, _)| name).collect();
    (distinct.len() == pairs.len()).then_some(()).ok_or_else(|| "a parameter twice".to_owned())
}

fn fits(form: &Form, value: &str) -> bool {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match form {
        Text(most) => !value.is_empty() && value.chars().count() <= *most,
        Free => !value.is_empty(),
        Whole => digits && value.parse::<i64>().is_ok_and(|number| number > 0 && number <= 99_999_999),
        Limit => digits && value.parse::<i64>().is_ok_and(|number| (1..=100).contains(&number)),
        Moment => digits && value.parse::<i64>().is_ok(),
        Currency => value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_lowercase()),
        Word(words) => words.contains(&value),
    }
}

/// The path with `{}` for each id.
fn pattern(path: &str) -> String {
    let is_id = |part: &str| part.contains('_') && part.bytes().any(|byte| byte.is_ascii_digit());
    path.split('/').map(|part| if is_id(part) { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

/// The name with `[]` for each index.
fn generic(name: &str) -> String {
    let mut parts = name.split('[');
    let mut generic = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let inner = part.trim_end_matches(']');
        let is_index = !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_digit());
        generic.push_str(&format!("[{}]", if is_index { "" } else { inner }));
    }
    generic
}

fn matches(known: &str, name: &str) -> bool {
    match known.strip_suffix("[*]") {
        Some(start) => {
            let key = name.strip_prefix(start).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
            key.is_some_and(|key| (1..=40).contains(&key.chars().count()) && !key.contains(['[', ']']))
        }
        None => known == name,
    }
}

#[test]
fn the_table_tells_what_stripe_would_not_take() {
    let sent = |method: &str, path: &str, query: &str, body: &str, has_key| Sent {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        body: body.to_owned(),
        content_type: "application/x-www-form-urlencoded".to_owned(),
        has_key,
    };
    let refund = |body: &str| check(&sent("POST", "/v1/refunds", "", body, true));
    assert_eq!(refund("payment_intent=pi_1&amount=100&metadata[refund]=x"), Ok("POST /v1/refunds".to_owned()));
    for wrong in [
        "payment_intent=pi_1",
        "payment_intent=pi_1&amount=1.5",
        "payment_intent=pi_1&amount=-1",
        "payment_intent=pi_1&amount=1&amount=1",
        "payment_intent=pi_1&amount=1&order=x",
        "payment_intent=pi_1&amount=1&metadata=x",
        "payment_intent=pi_1&amount=1&metadata[a][b]=x",
    ] {
        assert!(refund(wrong).is_err(), "{wrong}");
    }
    assert!(check(&sent("POST", "/v1/refunds", "", "payment_intent=pi_1&amount=1", false)).is_err(), "without a key");
    assert!(check(&sent("POST", "/v1/refunds", "payment_intent=pi_1&amount=1", "", true)).is_err(), "in the query");
    assert!(check(&sent("GET", "/v1/refunds", "payment_intent=pi_1&limit=101", "", false)).is_err(), "a page too long");
    assert!(check(&sent("GET", "/v1/coupons", "", "", false)).is_err(), "another endpoint");
    let kinds: String = (0..21).map(|index| format!("types[{index}]=x&")).collect();
    assert!(check(&sent("GET", "/v1/events", kinds.trim_end_matches('&'), "", false)).is_err(), "21 kinds");
}
