//! All that a template can see: itself, the part that several share, its values, and the fonts.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt};

use super::FONT;

/// What is the same for every document. Read when the first one is set.
struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: FileId,
    values: FileId,
    /// What the documents about money share.
    business: Source,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let ours = |font: &Font| font.info().family.as_str() == FONT;
    let fonts: Vec<Font> = typst_assets::fonts().flat_map(|file| Font::iter(Bytes::new(file))).filter(ours).collect();
    Shared {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        main: file("document.typ"),
        values: file("values.json"),
        business: Source::new(file("business.typ"), include_str!("../../documents/business.typ").to_owned()),
    }
});

fn file(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a plain file name is a path");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// Whether the fonts have a letter for it.
pub(super) fn covers(c: char) -> bool {
    SHARED.fonts.iter().any(|font| font.info().coverage.contains(u32::from(c)))
}

/// One document's world.
pub(super) struct World {
    source: Source,
    values: Bytes,
}

impl World {
    pub(super) fn new(source: &str, values: Vec<u8>) -> Self {
        Self { source: Source::new(SHARED.main, source.to_owned()), values: Bytes::new(values) }
    }
}

fn absent<T>(id: FileId) -> FileResult<T> {
    Err(FileError::NotFound(id.get().vpath().get_with_slash().into()))
}

impl typst::World for World {
    fn library(&self) -> &LazyHash<Library> {
        &SHARED.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &SHARED.book
    }

    fn main(&self) -> FileId {
        SHARED.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        match id {
            main if main == SHARED.main => Ok(self.source.clone()),
            business if business == SHARED.business.id() => Ok(SHARED.business.clone()),
            other => absent(other),
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == SHARED.values { Ok(self.values.clone()) } else { absent(id) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        SHARED.fonts.get(index).cloned()
    }

    /// A document's date is one of its values.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
