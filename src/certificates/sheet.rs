//! What the PDF prints: the values of `documents/certificate.typ`.

use serde::Serialize;

use super::model::{Award, Code, Signer};
use super::verify_path;
use crate::kernel::shown::plain_date;
use crate::kernel::time::Date;
use crate::pdf::{RenderFailure, qr_svg};

pub(super) const TITLE: &str = "Certificate of completion";
const NUMBERS: [&str; 13] =
    ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

#[derive(Debug, Serialize)]
pub(super) struct Sheet {
    title: &'static str,
    organisation: String,
    name: String,
    course: String,
    cohort: String,
    /// "a course of six weeks".
    span: String,
    /// "11 January to 21 February 2027".
    dates: String,
    /// How many required readings were read.
    required: usize,
    modules: Vec<String>,
    signers: Vec<Signer>,
    issued: Day,
    code: String,
    verify: Link,
    /// The verify page's address as an SVG.
    qr: String,
}

#[derive(Debug, Serialize)]
struct Day {
    year: i16,
    month: i8,
    day: i8,
    words: String,
}

#[derive(Debug, Serialize)]
struct Link {
    url: String,
    /// Without its scheme and code, for people.
    shown: String,
}

impl Sheet {
    /// `origin` is the public URL's.
    ///
    /// # Errors
    /// [`RenderFailure::Template`] if the address is longer than a QR code holds.
    pub(super) fn new(award: &Award, code: &Code, issued_on: Date, origin: &str) -> Result<Self, RenderFailure> {
        let url = format!("{origin}{}", verify_path(code));
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        Ok(Self {
            title: TITLE,
            organisation: award.issuer.legal_name.clone(),
            name: award.name.as_str().to_owned(),
            course: award.course.clone(),
            cohort: award.cohort.clone(),
            span: span(award.modules.len()),
            dates: dates(award.starts_on, award.ends_on),
            required: award.required(),
            modules: award.modules.iter().map(|module| module.title.clone()).collect(),
            signers: award.issuer.signers.clone(),
            issued: Day { year: issued_on.year(), month: issued_on.month(), day: issued_on.day(), words: plain_date(issued_on) },
            code: code.to_string(),
            qr: qr_svg(&url)?,
            verify: Link { url, shown: format!("{host}/verify") },
        })
    }
}

fn span(weeks: usize) -> String {
    let number = NUMBERS.get(weeks).map_or_else(|| weeks.to_string(), |word| (*word).to_owned());
    format!("a course of {number} week{}", if weeks == 1 { "" } else { "s" })
}

/// The two days, without saying a year twice.
pub(super) fn dates(starts: Date, ends: Date) -> String {
    let (first, last) = (plain_date(starts), plain_date(ends));
    let first = if starts.year() == ends.year() { first.rsplit_once(' ').map_or(first.as_str(), |(day, _)| day) } else { &first };
    format!("{first} to {last}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::model::{AwardedModule, AwardedReading, Issuer};
    use crate::pdf::{self, Template};

    #[test]
    fn a_span_is_told_in_words() {
        assert_eq!(
            (span(6).as_str(), span(1).as_str(), span(13).as_str()),
            ("a course of six weeks", "a course of one week", "a course of 13 weeks")
        );
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(dates(day("2027-01-11"), day("2027-02-21")), "11 January to 21 February 2027");
        assert_eq!(dates(day("2026-12-07"), day("2027-01-17")), "7 December 2026 to 17 January 2027");
    }

    fn award(name: &str, course: &str, modules: &[&str], signers: &[(&str, &str)]) -> Award {
        let reading = |number: usize| AwardedReading {
            title: format!("Essay {number}"),
            author: None,
            required: true,
            read_at: "2027-01-12T00:00:00Z".parse().unwrap(),
        };
        let module = |title: &&str| AwardedModule { title: (*title).to_owned(), readings: vec![reading(1), reading(2)] };
        let signer = |&(name, title): &(&str, &str)| Signer { name: name.to_owned(), title: title.to_owned() };
        Award {
            name: name.parse().unwrap(),
            course: course.to_owned(),
            cohort: "January 2027".to_owned(),
            starts_on: "2027-01-11".parse().unwrap(),
            ends_on: "2027-02-21".parse().unwrap(),
            modules: modules.iter().map(module).collect(),
            completed_at: "2027-02-20T00:00:00Z".parse().unwrap(),
            issuer: Issuer {
                legal_name: "The Example Journal of Foreign Affairs Foundation".to_owned(),
                signers: signers.iter().map(signer).collect(),
            },
        }
    }

    const SHORT: [&str; 6] =
        ["What states want", "War and its limits", "Talks and treaties", "Trade and debt", "Neighbours", "Reading the day"];
    const LONG: [&str; 6] = [
        "What states want, what they say they want, and how to tell one from the other in a communiqué",
        "War, its limits, its laws and the long road from a truce to a settlement that holds",
        "Talks, treaties and the people in the room: who drafts, who signs and who ratifies",
        "Trade, debt and dependence between neighbours of unequal size and unequal memory",
        "Borders, rivers and minorities: the disputes that outlive the governments that made them",
        "Reading the day’s news as evidence: sources, omissions and the uses of anonymous officials",
    ];
    const SIGNERS: [(&str, &str); 3] = [
        ("Demo Editor-in-Chief Bhattacharyya", "Editor-in-Chief and Chair of the Certificate Committee"),
        ("Demo Instructor", "Instructor"),
        ("Demo Registrar", "Registrar"),
    ];

    /// Without white space and in small letters: a document's spacing is its own.
    fn bare(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
    }

    #[test]
    fn every_field_is_printed_on_one_page_however_long() {
        let code: Code = "7K3M-9QXD-2F4T-0A1B".parse().unwrap();
        let long_name = "Maria-Magdalena Konstantina Ñandú-Željković Thevarasan Subramaniam Anantharaman Venkataraghavan";
        let long_course = "Certificate Course in International Relations, Diplomatic History and the Reading of Foreign News for Working Journalists";
        for (name, course, modules, signers) in [
            ("Zoë Ñandú", "Reading Talks", &SHORT[..1], &SIGNERS[..0]),
            ("Demo Student 03", "Certificate Course in International Relations", &SHORT[..], &SIGNERS[..1]),
            (long_name, long_course, &LONG[..], &SIGNERS[..]),
            ("Łukasz Đặng-Γεωργίου Дмитриев", long_course, &SHORT[..], &SIGNERS[..2]),
        ] {
            let award = award(name, course, modules, signers);
            let sheet = Sheet::new(&award, &code, "2027-02-22".parse().unwrap(), "https://courses.example.org").unwrap();
            assert_eq!(sheet.verify.url, "https://courses.example.org/verify/7K3M-9QXD-2F4T-0A1B");
            assert_eq!(sheet.qr, qr_svg(&sheet.verify.url).unwrap(), "the QR code leads to the verify page");
            let pdf = pdf::render(Template::Certificate, &sheet).unwrap();
            if let Ok(folder) = std::env::var("LECTERN_TEST_SHOW") {
                std::fs::write(format!("{folder}/certificate-{}-{}.pdf", modules.len(), signers.len()), &pdf.bytes).unwrap();
            }
            assert_eq!(pdf.pages, 1, "{name}");
            let text = bare(&pdf_extract::extract_text_from_mem(&pdf.bytes).unwrap());
            let own = [name, course, "January 2027", "11 January to 21 February 2027", "22 February 2027", TITLE];
            let fixed = ["7K3M-9QXD-2F4T-0A1B", "courses.example.org/verify", award.issuer.legal_name.as_str()];
            let signers = signers.iter().flat_map(|&(name, title)| [name, title]);
            for printed in own.into_iter().chain(fixed).chain(modules.iter().copied()).chain(signers) {
                assert!(text.contains(&bare(printed)), "{printed:?} is not in {text}");
            }
            assert!(text.contains(&bare(&format!("all {} required readings", modules.len() * 2))), "{text}");
        }
    }
}
