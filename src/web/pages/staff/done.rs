//! What a page says after an act that led back to it.

use serde::Deserialize;

/// `?done=…`: one of our own words; any other is passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

impl Done {
    /// What was done.
    pub fn message(&self) -> Option<&'static str> {
        Some(match self.done.as_str() {
            "course-made" => "The course is made. Now write its weeks.",
            "course-saved" => "The course is saved. Running cohorts keep what they have.",
            "week-saved" => "The week is saved. Running cohorts keep what they have.",
            "week-added" => "A week is added. Give it a title and readings.",
            "week-removed" => "The week is removed.",
            "attached" => "The reading is attached.",
            "detached" => "The reading is detached. It is still in the library.",
            "amended" => "The reading’s place is saved.",
            "added" => "The reading is in the library.",
            "corrected" => "The correction is saved. Everybody who has the reading sees it so.",
            _ => return None,
        })
    }
}
