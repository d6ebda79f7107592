use proptest::prelude::*;

use super::*;
use crate::kernel::text::is_forbidden;

const SAMPLE: &str = include_str!("../../../tests/fixtures/sample-article.txt");

fn kinds(article: &ImportedArticle) -> Vec<LeftOutKind> {
    article.left_out.iter().map(|left| left.kind).collect()
}

#[test]
fn an_article_is_taken_out_of_its_page() {
    let article = parse_article(SAMPLE).unwrap();
    assert_eq!(article.title, "Example Republic’s river minister says “both banks” will attend the lock talks");
    assert_eq!(article.author().as_deref(), Some("Demo Author 01"));
    assert_eq!(article.author_role().as_deref(), Some("Research Intern"));
    assert_eq!(article.publisher.as_deref(), Some("Example Journal"));
    assert_eq!(article.photo_credit().as_deref(), Some("DEMO.PICTURES"));
    assert_eq!(article.photos[0].caption.as_deref(), Some("The delegation is second from the left."));
    let starts: Vec<&str> = article.body.paragraphs().iter().map(|text| &text[..8]).collect();
    assert_eq!(starts, ["In a cau", "About si", "BACKGROU", "The last"]);
    assert!(article.body.paragraphs()[3].contains("<script>alert(\"locks\")</script>"), "markup stays characters");
    use LeftOutKind::{Advertisement, Comments, Contact, Disclaimer};
    assert_eq!(kinds(&article), [Advertisement, Contact, Disclaimer, Comments]);
    let report = article.to_string();
    assert!(report.contains("Example Journal") && report.contains("line 36: comments"), "{report}");
}

#[test]
fn byte_order_mark_and_line_ends_change_nothing() {
    let article = parse_article(SAMPLE).unwrap();
    let windows = format!("\u{feff}{}", SAMPLE.replace('\n', "\r\n"));
    assert_eq!(parse_file(windows.as_bytes()).unwrap(), article);
    assert_eq!(parse_article(&SAMPLE.replace('\n', "\r")).unwrap(), article);
}

#[test]
fn an_article_may_lack_author_and_photo() {
    let article = parse_article("**A bold title**\n\nOne plain paragraph.\n\nAnother.\n\nSUBSCRIBE TO OUR NEWSLETTER\n").unwrap();
    assert_eq!(article.title, "A bold title");
    assert_eq!(
        (article.author(), article.author_role(), article.publisher.clone(), article.photo_credit()),
        (None, None, None, None)
    );
    assert_eq!(article.body.paragraphs(), ["One plain paragraph.", "Another."]);
    assert_eq!(kinds(&article), [LeftOutKind::Advertisement]);
}

#[test]
fn several_authors_are_named_together() {
    let with = |line: &str| parse_article(&format!("Title\n\nA paragraph.\n\n{line}\n")).unwrap();
    let same = with("*Demo Author 01 and Demo Author 02 are Research Interns at Example Journal.*");
    assert_eq!(same.author().as_deref(), Some("Demo Author 01 and Demo Author 02"));
    assert_eq!(same.author_role().as_deref(), Some("Research Intern"));
    let two = with("**Demo Author 01 is a Research Intern and Demo Author 02 is an Editor at Example Journal.**");
    assert_eq!(two.author().as_deref(), Some("Demo Author 01 and Demo Author 02"));
    assert_eq!(two.author_role().as_deref(), Some("Research Intern; Editor"));
    let lines = with("*Demo Author 01 is an Editor at Example Journal.*\n*Demo Author 02 is a Fellow at Example Institute.*");
    assert_eq!(lines.author_role().as_deref(), Some("Editor; Fellow, Example Institute"));
    assert_eq!(lines.publisher.as_deref(), Some("Example Journal"));
}

#[test]
fn a_byline_and_the_author_line_are_one_person() {
    let article =
        parse_article("Title\nBy Demo Author 01\n\nText here.\n\nThe author is a Fellow at the Example Institute.\n").unwrap();
    assert_eq!(article.author().as_deref(), Some("Demo Author 01"));
    assert_eq!(article.authors.len(), 1);
    assert_eq!(article.publisher.as_deref(), Some("Example Institute"));
}

#[test]
fn what_only_looks_like_the_end_stays_in_the_text() {
    let long = "word ".repeat(30);
    let article = parse_article(&format!("Title\n\nText.\n\nDemo Person is an Editor at Example Journal.\n\n{long}\n")).unwrap();
    assert_eq!(article.body.paragraphs().len(), 3);
    let quoted = parse_article("Title\n\nShe held the photo: a river at night.\n\n2010-2014\n").unwrap();
    assert_eq!(quoted.body.paragraphs().len(), 2);
    let heading = parse_article("Title\n\nText.\n\nBy Land And Sea\n\nMore text.\n").unwrap();
    assert_eq!(heading.body.paragraphs(), ["Text.", "By Land And Sea", "More text."]);
}

#[test]
fn each_bad_file_is_refused_with_what_to_do() {
    assert_eq!(parse_file(b""), Err(ImportError::Empty));
    assert_eq!(parse_file(b"\xef\xbb\xbf \n\t\n"), Err(ImportError::Empty));
    assert_eq!(parse_file(b"Title\n\nText \xff here"), Err(ImportError::NotUtf8 { line: 3 }));
    assert_eq!(parse_file(b"Title\n\0"), Err(ImportError::NulCharacter { line: 2 }));
    assert_eq!(parse_file(&vec![b'a'; (1 << 20) + 1]), Err(ImportError::TooLarge));
    assert_eq!(parse_file(&vec![b'a'; 301]), Err(ImportError::NoTitle { line: 1 }));
    assert_eq!(parse_article("\nRiver. PHOTO: Demo\n\nText."), Err(ImportError::NoTitle { line: 2 }));
    assert_eq!(parse_article("\nTitle\n\nFacebook Comments"), Err(ImportError::NoBody { line: 2 }));
    let paragraph = format!("Title\n\n{}", "x".repeat(20_001));
    assert_eq!(parse_article(&paragraph), Err(ImportError::Body(BodyError::ParagraphTooLong(1))));
}

#[test]
fn invisible_characters_are_removed_and_reported() {
    let article = parse_article("Ti\u{200b}tle\n\nText\u{1b}[31m and\u{202e} more.\n").unwrap();
    assert_eq!((article.title.as_str(), article.body.paragraphs()[0].as_str()), ("Title", "Text[31m and more."));
    assert_eq!(article.stripped, [1, 3]);
}

#[test]
fn what_stands_around_the_title_is_left_out_apart() {
    let article = parse_article("Share this\nTitle\nShare this\n\nText.\n").unwrap();
    let lines: Vec<usize> = article.left_out.iter().map(|left| left.lines.last).collect();
    assert_eq!((article.title.as_str(), lines), ("Title", vec![1, 3]));
}

/// Letters and digits alone: what no folding of white space or marks changes.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() && !is_forbidden(*c)).collect()
}

fn line() -> impl Strategy<Value = String> {
    let known = SAMPLE.lines().map(str::to_owned).collect::<Vec<_>>();
    prop_oneof![
        3 => prop::sample::select(known),
        1 => Just(String::new()),
        1 => "[A-Za-z*_#:@.<>/’“” 0-9]{0,60}",
        1 => "(By|Photo:|PHOTO:|Image by|Tags:|Share this|Email:) [A-Za-z ]{0,20}",
        1 => "[A-Z][a-z]+ [A-Z][a-z]+ is an? (Editor|Intern|City) (at|of|with) [A-Z][a-z]+\\.",
        1 => "[^\\n\\r\\x00]{0,200}",
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = parse_file(&bytes);
    }

    #[test]
    fn every_line_is_in_exactly_one_place(lines in prop::collection::vec(line(), 0..30)) {
        let text = lines.join("\n");
        if let Ok(article) = parse_article(&text) {
            let left = article.left_out.iter().map(|left| left.lines);
            let photos = article.photos.iter().map(|photo| photo.lines);
            let own = [article.title_lines].into_iter().chain(article.author_lines.iter().copied());
            let places: Vec<Lines> = own.chain(article.body_lines.iter().copied()).chain(photos).chain(left).collect();
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            for (number, line) in (1..).zip(text.split('\n')) {
                let holders = places.iter().filter(|place| (place.first..=place.last).contains(&number)).count();
                if line.chars().any(|c| !c.is_whitespace() && !is_forbidden(c)) {
                    prop_assert_eq!(holders, 1, "line {}: {:?}", number, line);
                }
            }
            let all: Vec<&str> = text.split('\n').collect();
            for (paragraph, at) in article.body.paragraphs().iter().zip(&article.body_lines) {
                prop_assert_eq!(letters(paragraph), letters(&all[at.first - 1..at.last].concat()));
            }
            let report = article.to_string();
            prop_assert!(!report.contains(char::from(27)));
        }
    }
}
