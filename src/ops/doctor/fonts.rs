//! Documents: the compiled-in fonts set a certificate, and have letters for what stands on each.

use super::{Finding, fault, ok, warning};
use crate::certificates::{self, Unprintable};
use crate::config::Settings;
use crate::db::Db;
use crate::pdf;

const FONTS: &str = "fonts";
const TEXTS: &str = "certificate texts";
/// As many are named; more are counted.
const NAMED: usize = 5;

/// A specimen is set, and nothing is kept of it.
pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    let ours = "Nothing is to be set for it: report it with this line, and issue no certificates until it is mended";
    vec![match certificates::specimen(&settings.server.public_url.origin()).await {
        Ok(pdf) if pdf.pages == 1 => ok(FONTS, format!("a certificate is set in {} on one page", pdf::FONT)),
        Ok(pdf) => fault(FONTS, format!("a certificate takes {} pages", pdf.pages), ours),
        Err(failure) => fault(FONTS, failure.to_string(), ours),
    }]
}

/// What the organisation, the courses and the cohorts put on certificates.
pub(super) async fn examine_texts(db: &Db) -> Vec<Finding> {
    let found = match db.snapshot().await {
        Ok(conn) => certificates::unprintable_texts(&conn).await,
        Err(error) => Err(error),
    };
    vec![match found {
        Ok(found) if found.is_empty() => ok(TEXTS, "every character can be printed"),
        Ok(found) => {
            let told = |text: &Unprintable| format!("{}: no letter for {}", text.what, pdf::shown(&text.characters));
            let named: Vec<_> = found.iter().take(NAMED).map(told).collect();
            let says = format!("{} cannot be printed: {}", found.len(), named.join("; "));
            warning(
                TEXTS,
                says,
                "Correct them, at /staff/settings or on the course: until then no certificate with them is issued",
            )
        }
        Err(error) => fault(TEXTS, error.to_string(), "Look at the database server's log, and at database.url"),
    }]
}
