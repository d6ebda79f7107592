//! Every page is looked at in a browser: the list of `tests/browser` names the route of each of its pages, and the walk compares it
//! with the address at which it stands.

use std::collections::BTreeSet;

use lectern::config::Profile;
use lectern::web::table;
use serde_json::Value;

use crate::support::source::root;

/// Routes that no browser looks at, each with why.
const EXCEPT: &[(&str, &str)] = &[
    ("/admin/reports/{month}/ledger.csv", "a document to be saved"),
    ("/admin/reports/{month}/payouts.csv", "a document to be saved"),
    ("/admin/reports/{month}/taxes.csv", "a document to be saved"),
    ("/api/docs/openapi.json", "a document for programs"),
    ("/assets/{name}", "no page"),
    ("/dev/mailbox.json", "a document for programs"),
    ("/dev/mailbox/{mail}/html", "a mail, in the form in which mail programs take it"),
    ("/healthz", "for supervisors"),
    ("/learn/{enrolment}", "leads to the present week"),
    ("/learn/{enrolment}/certificate.pdf", "a document to be saved"),
    ("/logo.png", "no page"),
    ("/metrics", "for scrapers"),
    ("/orders/{order}/documents/{document}", "a document to be saved"),
    ("/orders/{order}/upi.svg", "no page"),
    ("/readyz", "for supervisors"),
    ("/staff/certificates/{certificate}/pdf", "a document to be saved"),
    ("/staff/enrolments.csv", "a document to be saved"),
    ("/staff/orders/{order}/documents/{document}", "a document to be saved"),
];

#[test]
fn every_page_is_looked_at_in_a_browser() {
    let list: Value = serde_json::from_str(&std::fs::read_to_string(root().join("tests/browser/pages.json")).unwrap()).unwrap();
    let pages = ["pages", "altered"].into_iter().flat_map(|part| list[part].as_array().unwrap());
    let looked_at: BTreeSet<&str> = pages.filter_map(|page| page["route"].as_str()).collect();
    let table = table(Profile::Development);
    let routes: BTreeSet<&str> = table.iter().map(|route| route.pattern).collect();
    let reads: BTreeSet<&str> = table.iter().filter(|route| route.method == "GET").map(|route| route.pattern).collect();
    let except: BTreeSet<&str> = EXCEPT.iter().map(|(route, _)| *route).collect();
    let unseen: Vec<_> = reads.difference(&looked_at).filter(|route| !except.contains(*route)).collect();
    assert!(unseen.is_empty(), "tests/browser/pages.json has no page of {unseen:#?}");
    let gone: Vec<_> = looked_at.union(&except).filter(|route| !routes.contains(*route)).collect();
    assert!(gone.is_empty(), "no page is at {gone:#?}");
    let both: Vec<_> = looked_at.intersection(&except).collect();
    assert!(both.is_empty(), "looked at, and excepted: {both:#?}");
}
