//! `lectern readings`.

use std::io::Read;
use std::path::Path;

use clap::ValueEnum;

use super::{Outcome, database, say};
use crate::config::Settings;
use crate::kernel::Actor;
use crate::kernel::text::single_line;
use crate::readings::import::parse_file;
use crate::readings::{self, ImportTerms, Rights};

/// Whether the archived text may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RightsArgument {
    Own,
    Licensed,
    LinkOnly,
}

/// Whether the import is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    Dry,
    Real,
}

/// More than the importer takes, so that it is the one to refuse.
const READ_AT_MOST: u64 = 1024 * 1024 + 1;

/// Reads an article's text, says what it found and left out, and adds it to the library.
pub(super) async fn import(
    settings: Settings,
    file: &Path,
    publisher: Option<&str>,
    rights: RightsArgument,
    run: Run,
) -> Outcome {
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(READ_AT_MOST).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let article = parse_file(&bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    say(&article.to_string())?;
    let publisher = publisher.map(str::to_owned).or_else(|| article.publisher.clone());
    let publisher = publisher.ok_or("the text does not say who published it: add --publisher \"Name\"")?;
    let publisher = single_line(&publisher, readings::model::FIELD_LIMIT).map_err(|error| format!("--publisher: {error}"))?;
    if run == Run::Dry {
        return say("Nothing was imported (--dry-run).");
    }
    let rights = match rights {
        RightsArgument::Own => Rights::Own,
        RightsArgument::Licensed => Rights::Licensed,
        RightsArgument::LinkOnly => Rights::LinkOnly,
    };
    let language = "en".parse().map_err(|error| format!("{error}"))?;
    let terms = ImportTerms { publisher: Some(publisher), language, licence: None, summary: None, rights };
    let db = database(&settings).await?;
    let reading = db
        .write(Actor::Operator, async |txn| readings::import_article(txn, article, terms).await)
        .await
        .map_err(|refusal| format!("{}: {refusal}", file.display()))?;
    db.close().await?;
    say(&format!("Imported as {}: {}", reading.slug, reading.citation()))
}
