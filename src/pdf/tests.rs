use serde_json::{Value, json};

use super::*;

fn values() -> Value {
    json!({
        "title": "Certificate of completion",
        "organisation": "Example Journal",
        "name": "Demo Student 03",
        "course": "Example Course in Reading Talks",
        "cohort": "January",
        "span": "a course of six weeks",
        "dates": "11 January to 21 February 2027",
        "required": 12,
        "modules": ["Theme one", "Theme two"],
        "signers": [{"name": "Demo Editor", "title": "Editor"}],
        "issued": {"year": 2027, "month": 2, "day": 22, "words": "22 February 2027"},
        "code": "0123-4567-89AB-CDEF",
        "verify": {"url": "https://courses.example.org/verify/0123-4567-89AB-CDEF", "shown": "courses.example.org/verify"},
        "qr": qr_svg("https://courses.example.org/verify/0123-4567-89AB-CDEF").unwrap(),
    })
}

#[test]
fn the_same_values_give_the_same_bytes() {
    let (once, again) = (render(Template::Certificate, &values()).unwrap(), render(Template::Certificate, &values()).unwrap());
    assert_eq!(once, again);
    assert_eq!(once.sha256().len(), 64);
    let mut other = values();
    other["name"] = "Demo Student 04".into();
    assert_ne!(render(Template::Certificate, &other).unwrap().sha256(), once.sha256());
}

#[test]
fn values_are_text_and_nothing_else() {
    let hostile = "#panic(\"x\") *bold* $x$ https://x.example `raw` @ref <label> \\u{41}";
    let mut tainted = values();
    for field in ["name", "course", "cohort", "organisation"] {
        tainted[field] = hostile.into();
    }
    let pdf = render(Template::Certificate, &tainted).unwrap();
    let text = pdf_extract::extract_text_from_mem(&pdf.bytes).unwrap();
    assert!(text.split_whitespace().collect::<String>().contains("#panic(\"x\")*bold*$x$"), "{text}");
}

#[test]
fn letters_that_no_font_has_are_named_and_known_beforehand() {
    let mut devanagari = values();
    devanagari["name"] = "डेमो Student".into();
    let Err(RenderFailure::MissingGlyphs { font, characters }) = render(Template::Certificate, &devanagari) else {
        panic!("it was set without letters")
    };
    assert_eq!(font, FONT);
    assert!(characters.contains(&'ड'), "{characters:?}");
    assert_eq!(unprintable("डेमो Student"), ['ड', 'म', 'े', 'ो']);
    assert_eq!(shown(&['ड']), "“ड” (U+0921)");
    for printable in ["Zoë O’Example-Ñandú", "Łukasz Żółć Čtvrť Ğünşer Ærøskøbing Đặng Nguyễn", "Ελένη", "Дмитрий"]
    {
        assert!(unprintable(printable).is_empty(), "{printable}");
        let mut named = values();
        named["name"] = printable.into();
        render(Template::Certificate, &named).unwrap();
    }
}

#[test]
fn values_that_a_template_does_not_expect_are_a_failure_with_its_words() {
    let failed = render(Template::Certificate, &json!({}));
    assert!(matches!(&failed, Err(RenderFailure::Template(words)) if words.contains("title")), "{failed:?}");
}
