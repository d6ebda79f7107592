//! The state file: one JSON document, replaced as a whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::PracticeError;
use super::state::State;

/// Where the state is kept, if anywhere.
pub(super) struct Store(Option<PathBuf>);

impl Store {
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        Self(path)
    }

    /// Whether there is a file, which a disk may refuse to write.
    pub(super) fn may_fail(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn load(&self) -> Result<State, PracticeError> {
        let Some(path) = &self.0 else { return Ok(State::default()) };
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| PracticeError::Format { path: path.clone(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::default()),
            Err(source) => Err(PracticeError::File { path: path.clone(), source }),
        }
    }

    /// Saves `state` durably, in the calling thread: a save that a dropped request could leave half done would be no save.
    pub(super) fn save(&self, state: &State) -> Result<(), PracticeError> {
        let Some(path) = &self.0 else { return Ok(()) };
        let bytes = serde_json::to_vec(state).map_err(|source| PracticeError::Format { path: path.clone(), source })?;
        replace(path, &bytes).map_err(|source| PracticeError::File { path: path.clone(), source })
    }
}

/// Writes a file beside `path`, makes it durable, and puts it in `path`'s place: a crash leaves the old file or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("tmp");
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    // The rename itself is durable once the folder is.
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
