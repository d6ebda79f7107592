//! Letters in words.

use crate::kernel::{ShownTime, Zone};
use crate::mail::{Class, LetterRow, LetterState};
use crate::web::pages::shown::counted;

/// A letter's state: its look, the state, and what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub look: &'static str,
    pub state: String,
    /// The server's answer, or why it was not sent.
    pub note: Option<String>,
}

/// A state's short name, as the filter lists it.
pub const fn name(state: LetterState) -> &'static str {
    match state {
        LetterState::Pending => "Waiting",
        LetterState::Held => "Held",
        LetterState::Leased => "Being sent",
        LetterState::Sent => "Sent",
        LetterState::Suppressed => "Not wanted",
        LetterState::Cancelled => "Taken back",
        LetterState::Expired => "Too late",
        LetterState::Dead => "Given up",
        LetterState::InDoubt => "In doubt",
    }
}

/// Where a letter stands, times in `zone`.
pub fn said(row: &LetterRow, zone: &Zone) -> Said {
    let at = |at| ShownTime::new(at, zone).short();
    let error = row.last_error.clone();
    let (look, state, note) = match row.state {
        LetterState::Pending if row.attempts > 0 => {
            let failed = counted(usize::try_from(row.attempts).unwrap_or_default(), "attempt");
            ("wait", format!("Tried again after {failed}"), error)
        }
        LetterState::Pending => ("wait", format!("Waits until {}", at(row.due_at)), None),
        LetterState::Sent => {
            ("done", row.sent_at.map_or_else(|| "Sent".to_owned(), |sent| format!("Sent {}", at(sent))), row.answer.clone())
        }
        LetterState::InDoubt if row.class != Class::Transactional => ("wait", "In doubt, counts as sent".to_owned(), error),
        LetterState::Held => ("wait", name(row.state).to_owned(), error),
        LetterState::Leased => ("next", name(row.state).to_owned(), error),
        LetterState::Dead | LetterState::InDoubt => ("bad", name(row.state).to_owned(), error),
        LetterState::Suppressed | LetterState::Cancelled | LetterState::Expired => ("", name(row.state).to_owned(), error),
    };
    Said { look, state, note }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::LetterId;

    fn row(state: LetterState, attempts: i32) -> LetterRow {
        LetterRow {
            id: LetterId(uuid::Uuid::from_u128(1)),
            kind: "module_released".to_owned(),
            class: Class::Reminder,
            user: None,
            recipient: "demo.03@example.net".to_owned(),
            state,
            due_at: "2027-01-04T03:30:00Z".parse().unwrap(),
            created_at: "2027-01-01T03:30:00Z".parse().unwrap(),
            sent_at: Some("2027-01-04T03:31:00Z".parse().unwrap()),
            attempts,
            last_code: None,
            last_error: Some("not wanted".to_owned()),
            answer: Some("250 Queued".to_owned()),
        }
    }

    #[test]
    fn states_are_told_in_words() {
        let zone = "Asia/Kolkata".parse().unwrap();
        let told = |state, attempts| {
            let said = said(&row(state, attempts), &zone);
            (said.state, said.note)
        };
        assert_eq!(told(LetterState::Pending, 0), ("Waits until Mon 4 Jan 2027, 09:00".to_owned(), None));
        assert_eq!(told(LetterState::Pending, 2).0, "Tried again after 2 attempts");
        assert_eq!(told(LetterState::Sent, 1), ("Sent Mon 4 Jan 2027, 09:01".to_owned(), Some("250 Queued".to_owned())));
        assert_eq!(told(LetterState::Suppressed, 0), ("Not wanted".to_owned(), Some("not wanted".to_owned())));
        assert_eq!(told(LetterState::InDoubt, 1).0, "In doubt, counts as sent");
    }
}
