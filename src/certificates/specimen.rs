//! What can be said of certificates before there is one: whether they can be set at all, and whose texts the font cannot print.

use sea_orm::DbErr;

use super::model::{Award, AwardedModule, AwardedReading, Code, Issuer, Signer};
use super::sheet::Sheet;
use crate::catalogue;
use crate::db::Conn;
use crate::kernel::Timestamp;
use crate::organisation;
use crate::pdf::{self, Pdf, RenderFailure, Template};

/// Letters of the scripts that names here are written in, with their marks.
const LETTERS: &str = "Zoë Ñandú Łukasz Đặng Γεωργίου Дмитриев";
/// As of a day that is past: the specimen is the same for ever.
const DAY: Timestamp = Timestamp::constant(1_803_168_000, 0);

/// Sets a certificate of made-up values, whose link is below `origin`.
///
/// # Errors
/// [`RenderFailure`]: then no certificate can be issued.
pub async fn specimen(origin: &str) -> Result<Pdf, RenderFailure> {
    let ours = |error: &dyn std::error::Error| RenderFailure::Template(error.to_string());
    let reading = |number| AwardedReading { title: format!("Text {number}"), author: None, required: true, read_at: DAY };
    let module = |number| AwardedModule { title: format!("Theme {number}"), readings: vec![reading(number)] };
    let day = crate::kernel::Zone::UTC.civil(DAY).date();
    let award = Award {
        name: LETTERS.parse().map_err(|error| ours(&error))?,
        course: "Specimen".to_owned(),
        cohort: "Specimen".to_owned(),
        starts_on: day,
        ends_on: day,
        modules: (1..=6).map(module).collect(),
        completed_at: DAY,
        issuer: Issuer {
            legal_name: "Specimen".to_owned(),
            signers: vec![Signer { name: LETTERS.to_owned(), title: "Specimen".to_owned() }],
        },
    };
    let code: Code = "0000-0000-0000-0000".parse().map_err(|error| ours(&error))?;
    pdf::rendered(Template::Certificate, Sheet::new(&award, &code, day, origin)?).await
}

/// A text that stands on certificates, with what the font has no letters for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unprintable {
    /// What it is, and where it is corrected.
    pub what: String,
    pub characters: Vec<char>,
}

/// The texts of the organisation and of every cohort that stop certificates. Names are the dry run's to look at.
///
/// # Errors
/// The database's own.
pub async fn unprintable_texts(conn: &Conn) -> Result<Vec<Unprintable>, DbErr> {
    let mut texts = Vec::new();
    if let Some(issuer) = Issuer::of(&organisation::current(conn).await?) {
        texts.push(("the legal name, at /staff/settings/identity".to_owned(), issuer.legal_name));
        let signers = issuer.signers.into_iter().flat_map(|signer| [signer.name, signer.title]);
        texts.extend(signers.map(|text| ("a signer, at /staff/settings/signers".to_owned(), text)));
    }
    for course in catalogue::courses(conn).await? {
        texts.push(("the course’s title, at /staff/course/facts".to_owned(), course.title));
        let modules = catalogue::course_modules(conn, course.id).await?;
        texts.extend(modules.into_iter().map(|module| ("a week’s title, at /staff/course".to_owned(), module.title)));
    }
    for cohort in catalogue::all_cohorts(conn).await? {
        let of_cohort = |what: &str| format!("{what} of the cohort {}", cohort.slug);
        texts.extend([
            (of_cohort("the name"), cohort.name.clone()),
            (of_cohort("the course’s title"), cohort.course_title.clone()),
        ]);
        let modules = catalogue::cohort_modules(conn, cohort.id).await?;
        texts.extend(modules.into_iter().map(|module| (of_cohort("a week’s title"), module.title)));
    }
    let found = texts.into_iter().map(|(what, text)| Unprintable { what, characters: pdf::unprintable(&text) });
    Ok(found.filter(|found| !found.characters.is_empty()).collect())
}
