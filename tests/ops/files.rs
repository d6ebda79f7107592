//! A file that is not a whole backup of this schema is refused in clear words, and nothing is changed.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use lectern::ops::Progress;
use lectern::ops::archive::{Header, Reader, Writer};
use lectern::ops::restore::{Choices, Present, RestoreError, Sessions, Tokens, check, restore};

use sea_orm::ConnectionTrait;

use super::{certify, rows, take};
use crate::support::app::{TestApp, on_each_database};
use crate::support::school;

const REPLACE: Choices = Choices { present: Present::Replace, sessions: Sessions::End, tokens: Tokens::Revoke };

fn gzip(text: &str) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

/// The same header with something changed, and no rows.
fn with_header(file: &Path, change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let (_, mut header) = Reader::open(file).unwrap();
    header.tables.iter_mut().for_each(|table| table.rows = 0);
    change(&mut header);
    let mut writer = Writer::begin(Vec::new(), &header).unwrap();
    let names: Vec<_> = header.tables.iter().map(|table| table.name.clone()).collect();
    for name in names {
        writer.table(&name).unwrap();
    }
    writer.finish().unwrap()
}

/// Files that are not to be restored, each with words of its refusal.
fn bad_files(file: &Path) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let whole = fs::read(file).unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x10;
    let foreign = "not a backup of Lectern";
    vec![
        ("empty", Vec::new(), foreign),
        ("text", b"Dear diary,\n".to_vec(), foreign),
        ("another's gzip", gzip("{\"hello\": 1}\n"), foreign),
        ("a later format", with_header(file, |header| header.lectern_backup = 2), "its format is 2"),
        ("cut off", whole[..whole.len() - 1000].to_vec(), "ends too early"),
        ("cut off at its end", whole[..whole.len() - 1].to_vec(), "ends too early"),
        ("damaged", flipped, "damaged at line"),
        ("with a tail", [whole.as_slice(), b"tail of another"].concat(), "damaged at line"),
        ("twice", [whole.as_slice(), whole.as_slice()].concat(), "something follows"),
        ("of an older schema", with_header(file, |header| header.migrations.truncate(3)), "lacks this program's m2026"),
        (
            "of a newer schema",
            with_header(file, |header| header.migrations.push("m2099_x".to_owned())),
            "does not know its m2099_x",
        ),
        ("with fewer rows than it says", with_header(file, |header| header.tables[0].rows = 1), "rows lacking"),
        ("of other tables", with_header(file, |header| header.tables[0].name = "persons".to_owned()), "tables are not this"),
    ]
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_and_changes_nothing() {
    on_each_database(async |app: TestApp| {
        school::open(&app, "").await;
        certify(&app).await;
        let file = take(&app, "backup").await;
        let before = rows(&file);
        assert_eq!(check(&file).unwrap().rows(), before.values().map(|rows| rows.len() as u64).sum::<u64>());
        for (what, bytes, words) in bad_files(&file) {
            let bad = app.folder().join("bad");
            fs::write(&bad, bytes).unwrap();
            let replace = restore(&app.services().db, &bad, REPLACE, &mut Progress::silent()).await;
            let said = replace.unwrap_err().to_string();
            assert!(said.contains(words), "{what}: {said}");
        }
        // A good one is refused over data, which is named.
        let refused = restore(&app.services().db, &file, Choices::default(), &mut Progress::silent()).await.unwrap_err();
        assert!(matches!(&refused, RestoreError::Data(there) if there.contains("5 in users")), "{refused}");
        assert_eq!(rows(&take(&app, "after").await), before);

        // Told to, it replaces them.
        let done = restore(&app.services().db, &file, Choices { sessions: Sessions::Keep, ..REPLACE }, &mut Progress::silent())
            .await
            .unwrap();
        assert!(done.replaced > 0 && done.sessions_ended == 0);
        let replaced = rows(&take(&app, "replaced").await);
        assert_eq!((&replaced["users"], &replaced["certificate_pdfs"]), (&before["users"], &before["certificate_pdfs"]));
        // What guards certificates is there again.
        let conn = app.services().db.for_migrations();
        let refused = conn.execute_unprepared("DELETE FROM certificate_pdfs").await.unwrap_err().to_string();
        assert!(refused.contains("a certificate never changes"), "{refused}");
        app.abandon().await;
    })
    .await;
}

#[tokio::test]
async fn a_backup_is_its_owners_alone_and_overwrites_nothing() {
    let app = TestApp::sqlite().await;
    let file = take(&app, "backup").await;
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);
    let before = fs::read(&file).unwrap();
    let again = lectern::ops::backup::to_file(&app.services().db, &file, &mut Progress::silent()).await.unwrap_err();
    assert!(again.to_string().contains("is there already"), "{again}");
    assert_eq!(fs::read(&file).unwrap(), before);
    assert!(!app.folder().join("backup.partial").exists());
    app.abandon().await;
}
