//! The four kinds as PDFs: what is on them, and what must not be.

use uuid::Uuid;

use super::model::{Facts, Spelling, testing};
use super::setting::template;
use super::sheet::Sheet;
use super::{Calendar, Document, DocumentNumber, Kind};
use crate::pdf::{self, Pdf};

fn document(kind: Kind, facts: Facts) -> Document {
    let at = "2027-01-04T03:30:00Z".parse().unwrap();
    let day = Calendar::IndianFinancialYear.day(at);
    Document {
        id: Uuid::from_u128(1).into(),
        kind,
        number: DocumentNumber::new(kind, &Calendar::IndianFinancialYear.year(day), 42).unwrap(),
        order: Uuid::from_u128(2).into(),
        issued_on: day,
        issued_at: at,
        issued_by: None,
        facts,
        spellings: Vec::new(),
        waiting: None,
    }
}

fn set(document: &Document) -> Pdf {
    pdf::render(template(document.kind), &Sheet::new(document).unwrap()).unwrap()
}

/// Without white space and in small letters: a document's spacing is its own.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Sets it, keeps it to be looked at where `LECTERN_TEST_SHOW` names a folder, and looks for each of these words.
fn shows(name: &str, kind: Kind, facts: Facts, words: &[&str]) -> String {
    let pdf = set(&document(kind, facts));
    if let Ok(folder) = std::env::var("LECTERN_TEST_SHOW") {
        std::fs::write(format!("{folder}/{name}.pdf"), &pdf.bytes).unwrap();
    }
    assert_eq!(pdf.pages, 1, "{name}");
    let text = bare(&pdf_extract::extract_text_from_mem(&pdf.bytes).unwrap());
    for words in words {
        assert!(text.contains(&bare(words)), "{name}: {words:?} is not in {text}");
    }
    text
}

#[track_caller]
fn hides(text: &str, words: &[&str]) {
    for words in words {
        assert!(!text.contains(&bare(words)), "{words:?} is in {text}");
    }
}

/// On every document.
const EVERYWHERE: [&str; 5] = [
    "Example Journal (demonstration)",
    "Demo Student 03",
    "4 January 2027",
    "L-7K3M9Q",
    "Example Course, January cohort, one seat",
];

#[test]
fn a_receipt_of_an_unregistered_seller_has_nothing_of_tax() {
    let words =
        [&EVERYWHERE[..], &["Receipt", "RC/2627/00042", "₹6,500.00", "Bank transfer on 3 January 2027", "UTR0001"]].concat();
    let text = shows("receipt", Kind::Receipt, testing::receipt(), &words);
    hides(&text, &["tax invoice", "bill of supply", "GSTIN", "CGST", "SGST", "IGST", "SAC", "taxable", "place of supply"]);
}

#[test]
fn a_tax_invoice_has_what_rule_46_asks_for() {
    let rule = [
        "Tax invoice",
        "TI/2627/00042",
        "SAC",
        "999293",
        "Taxable value",
        "Tax on reverse charge No",
        "Signature of the supplier",
    ];
    let within = [
        "GSTIN 29ABCDE1234F1ZW",
        "Place of supply Karnataka (29)",
        "₹6,500.05",
        "Discount (EARLY10)",
        "−₹650.00",
        "₹5,850.05",
        "CGST at 9 %",
        "SGST at 9 %",
        "₹526.50",
        "₹6,903.05",
    ];
    let text = shows("tax-invoice-state", Kind::TaxInvoice, testing::within_state(), &[&EVERYWHERE[..], &rule, &within].concat());
    assert_eq!(text.matches("29abcde1234f1zw").count(), 2, "seller and buyer have a GSTIN: {text}");
    hides(&text, &["IGST", "export", "bill of supply"]);

    let between =
        ["Place of supply Delhi (07)", "State Delhi (07)", "State Karnataka (29)", "IGST at 18 %", "₹1,170.00", "₹7,670.00"];
    let facts = testing::between_states();
    let text = shows("tax-invoice-igst", Kind::TaxInvoice, facts, &[&EVERYWHERE[..], &rule, &between].concat());
    hides(&text, &["CGST", "SGST", "export"]);
}

#[test]
fn an_export_declares_how_it_goes_out_and_what_it_is_worth_in_rupees() {
    let both =
        ["Tax invoice", "Place of supply Germany", "Beispielweg 12", "Value in rupees", "₹8,831.11", "1 EUR = 98.1234 INR"];
    let undertaking = [
        "SUPPLY MEANT FOR EXPORT UNDER BOND OR LETTER OF UNDERTAKING WITHOUT PAYMENT OF INTEGRATED TAX",
        "AD2900000000000, for 2026-27",
        "€90.00",
    ];
    let facts = testing::under_undertaking();
    let text = shows("export-undertaking", Kind::TaxInvoice, facts, &[&both[..], &undertaking].concat());
    hides(&text, &["IGST at", "on payment of integrated tax"]);

    let with_tax = ["SUPPLY MEANT FOR EXPORT ON PAYMENT OF INTEGRATED TAX", "IGST at 18 %", "€16.20", "€106.20"];
    let facts = testing::export(super::model::Declaration::WithTax);
    let text = shows("export-with-tax", Kind::TaxInvoice, facts, &[&both[..], &with_tax].concat());
    hides(&text, &["undertaking", "CGST"]);
}

#[test]
fn another_countrys_invoice_has_that_countrys_words() {
    let words = ["Invoice", "VAT number DE000000000", "VAT at 19 %", "€19.00", "€119.00", "Taxable value", "€100.00"];
    let text = shows("invoice-elsewhere", Kind::TaxInvoice, testing::elsewhere(), &words);
    hides(&text, &["tax invoice", "GST", "SAC", "reverse charge"]);
}

#[test]
fn a_credit_note_names_what_it_takes_back() {
    let words = [
        "Credit note",
        "CN/2627/00042",
        "TI/2627/00041 of 4 January 2027",
        "Half the fee is refunded by the course’s rule",
        "₹2,925.00",
        "CGST at 9 %",
        "SGST at 9 %",
        "₹263.25",
        "₹3,451.50",
        "29ABCDE1234F1ZW",
        "Place of supply Karnataka (29)",
        "Signature of the supplier",
    ];
    shows("credit-note", Kind::CreditNote, testing::credit_note(), &[&EVERYWHERE[..], &words].concat());
}

#[test]
fn a_pro_forma_invoice_says_how_to_pay_and_that_it_is_no_tax_document() {
    let words = [
        "Pro-forma invoice",
        "PI/2627/00042",
        "To pay",
        "₹6,500.00",
        "000000000000",
        "EXMP0000001",
        "Example Bank, Example Town",
        "example.journal@exbank",
        "11 January 2027",
        "It is not a tax document",
    ];
    let text = shows("proforma", Kind::Proforma, testing::proforma(), &[&EVERYWHERE[..], &words].concat());
    hides(&text, &["tax invoice", "bill of supply", "GSTIN", "payment received"]);
}

#[test]
fn long_texts_stay_on_one_page() {
    let mut facts = testing::within_state();
    facts.seller.name =
        "The Example Journal of Foreign Affairs, Diplomatic History and International Law Foundation (demonstration)".to_owned();
    facts.buyer.name =
        "Maria-Magdalena Konstantina Ñandú-Željković Thevarasan Subramaniam Anantharaman Venkataraghavan".to_owned();
    facts.buyer.address = (1..=5).map(|line| format!("Line {line} of an address that is as long as people make them")).collect();
    facts.lines[0].description =
        "Certificate Course in International Relations, Diplomatic History and the Reading of Foreign News \
                                  for Working Journalists, January 2027 cohort, one seat"
            .to_owned();
    shows("long", Kind::TaxInvoice, facts, &["Line 5 of an address", "Venkataraghavan", "Working Journalists"]);
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let invoice = document(Kind::TaxInvoice, testing::under_undertaking());
    assert_eq!(set(&invoice), set(&invoice));
    let stored = serde_json::to_value(&invoice.facts).unwrap();
    let read = Document { facts: serde_json::from_value(stored).unwrap(), ..invoice.clone() };
    assert_eq!(set(&read).sha256(), set(&invoice).sha256());
    let other = Document { number: DocumentNumber::new(Kind::TaxInvoice, "2627", 43).unwrap(), ..invoice.clone() };
    assert_ne!(set(&other).sha256(), set(&invoice).sha256());
}

#[test]
fn a_spelling_is_printed_and_the_text_itself_is_attached() {
    let mut receipt = document(Kind::Receipt, testing::receipt());
    receipt.facts.buyer.name = "डेमो छात्र".to_owned();
    assert_eq!(super::unprintable(&receipt), ["डेमो छात्र"]);
    receipt.spellings = vec![Spelling { text: "डेमो छात्र".to_owned(), printed: "Demo Chhatra".to_owned() }];
    assert!(super::unprintable(&receipt).is_empty());
    let pdf = set(&receipt);
    let text = bare(&pdf_extract::extract_text_from_mem(&pdf.bytes).unwrap());
    assert!(text.contains("demochhatra"), "{text}");
    let attached = |wanted: &[u8]| pdf.bytes.windows(wanted.len()).any(|bytes| bytes == wanted);
    assert!(attached(b"/EmbeddedFile") && attached(b"facts.json"), "nothing is attached");
    assert!(Sheet::new(&receipt).unwrap().source().contains("डेमो छात्र"));
}
