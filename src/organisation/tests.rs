//! The verb and the reads, on both databases.

use sea_orm::{ConnectionTrait, Statement};

use super::model::{
    BankDetails, ExportTerms, Identity, Logo, MailIdentity, Officer, Policy, PolicyKind, Signer, Signers, TaxRegistration,
    TransferHold,
};
use super::*;
use crate::kernel::Actor;
use crate::testing::Bench;

fn identity() -> Identity {
    Identity {
        legal_name: "Example Journal (demonstration)".parse().unwrap(),
        short_name: "Example Journal".parse().unwrap(),
        address: "1 Example Street\nExample Town 000000".parse().unwrap(),
        contact: "courses@example.org".parse().unwrap(),
        phone: Some("+91 00000 00000".parse().unwrap()),
    }
}

fn logo() -> Logo {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(4, 2, image::Rgba([1, 2, 3, 255])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    Logo::from_upload(&png.into_inner()).unwrap()
}

fn everything() -> Vec<Change> {
    let name = |name: &str| name.parse().unwrap();
    let line = |text: &str| text.parse().unwrap();
    vec![
        Change::Identity(identity()),
        Change::Officer(Officer {
            name: name("Demo Officer"),
            designation: "Grievance officer".parse().unwrap(),
            email: "grievance@example.org".parse().unwrap(),
            phone: None,
        }),
        Change::Tax(TaxRegistration::RegisteredInIndia {
            gstin: "29ABCDE1234F1ZW".parse().unwrap(),
            sac: "999293".parse().unwrap(),
            export: ExportTerms::WithTax,
        }),
        Change::Payee {
            bank: Some(BankDetails {
                account_name: line("Example Journal"),
                account_number: "000000000000".parse().unwrap(),
                ifsc: "EXMP0000001".parse().unwrap(),
                bank: line("Example Bank"),
                branch: line("Example Branch"),
            }),
            upi: Some("example@exbank".parse().unwrap()),
            hold: TransferHold::new(5).unwrap(),
        },
        Change::Signers(Signers::new(vec![Signer { name: name("Demo Editor"), title: "Editor".parse().unwrap() }]).unwrap()),
        Change::Mail(MailIdentity { sender: Some("Example Courses".parse().unwrap()), reply_to: None }),
        Change::Terms("Our terms.".parse().unwrap()),
        Change::Privacy("Our notice.".parse().unwrap()),
        Change::Refunds { rule: RefundRule::new(7).unwrap(), text: "Seven days.".parse().unwrap() },
        Change::Logo(Some(logo())),
    ]
}

async fn apply(bench: &Bench, new: Change) {
    bench.services.db.write(Actor::Operator, async |txn| change(txn, new).await).await.unwrap();
}

/// How many events of the audit log are about the organisation.
async fn events(bench: &Bench) -> usize {
    let snapshot = bench.services.db.snapshot().await.unwrap();
    let query = "SELECT subject_id FROM audit_events WHERE subject_id = 'organisation'";
    let backend = snapshot.get_database_backend();
    snapshot.query_all_raw(Statement::from_string(backend, query)).await.unwrap().len()
}

#[tokio::test]
async fn every_section_is_kept_as_it_was_set_and_told_to_the_audit_log() {
    for bench in Bench::each().await {
        let now = bench.services.clocks.service();
        let mut expected = current(&bench.services.db.snapshot().await.unwrap()).await.unwrap();
        assert_eq!(expected, Organisation::default());
        for new in everything() {
            apply(&bench, new.clone()).await;
            expected = Organisation { revision: expected.revision + 1, ..expected.with(new, now) };
            let snapshot = bench.services.db.snapshot().await.unwrap();
            assert_eq!(current(&snapshot).await.unwrap(), expected);
            assert_eq!(revision(&snapshot).await.unwrap(), expected.revision);
        }
        assert_eq!(expected.missing(), []);
        assert_eq!(super::logo(&bench.services.db.snapshot().await.unwrap()).await.unwrap(), Some(logo().png));
        assert_eq!(events(&bench).await, everything().len());
        bench.finish().await;
    }
}

#[tokio::test]
async fn the_same_again_is_no_change() {
    let bench = Bench::sqlite().await;
    for new in everything().into_iter().chain(everything()) {
        apply(&bench, new).await;
    }
    assert_eq!(events(&bench).await, everything().len());
    let kept = current(&bench.services.db.snapshot().await.unwrap()).await.unwrap();
    assert_eq!(kept.revision as usize, everything().len());
    assert!(matches!(kept.policy(PolicyKind::Terms), Policy::Reviewed(own) if own.revision == 1));

    apply(&bench, Change::Logo(None)).await;
    let snapshot = bench.services.db.snapshot().await.unwrap();
    assert_eq!((current(&snapshot).await.unwrap().logo, super::logo(&snapshot).await.unwrap()), (None, None));
    drop(snapshot);
    bench.finish().await;
}

#[tokio::test]
async fn changes_of_different_sections_at_once_lose_neither() {
    for bench in Bench::each().await {
        let all = everything().into_iter().map(|new| apply(&bench, new));
        futures_util::future::join_all(all).await;
        let kept = current(&bench.services.db.snapshot().await.unwrap()).await.unwrap();
        assert_eq!((kept.missing(), kept.revision as usize), (vec![], everything().len()));
        bench.finish().await;
    }
}
