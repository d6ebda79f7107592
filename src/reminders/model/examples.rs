//! The nudges by example: cohorts of weeks that open on Mondays at nine in Kolkata, from 4 January 2027.

use super::testing::recipient;
use super::{CancelReason, Intent, IntentKey, MailGroup, Recipient, SendDecision, Unread, Wish, missed, plan, still_true};
use crate::catalogue::model::Rule;
use crate::schedule::model::Inputs;
use crate::schedule::model::testing::{Sample, SampleModule, at, mark_read, override_of, reading_id, slot, student};

/// So many weeks, none of which waits for work.
fn weeks(count: i32) -> Inputs {
    let week = |week: i32| SampleModule { release: slot(7 * week, 9, 0), rule: Rule::Always, reflection_prompt: None };
    Sample { modules: (0..count).map(week).collect(), ..Sample::default() }.inputs()
}

fn early() -> Recipient {
    recipient(at("2027-01-01T00:00:00Z"))
}

fn nudges(inputs: &Inputs, recipient: &Recipient, now: &str) -> Vec<Intent> {
    let planned = plan(inputs, recipient, at(now)).into_iter();
    planned.filter(|intent| intent.kind().group() == MailGroup::Nudges).collect()
}

/// Kind, week and due moment.
fn due(inputs: &Inputs, recipient: &Recipient, now: &str) -> Vec<String> {
    let told = |intent: &Intent| format!("{} {} {}", intent.kind().word(), intent.key.position(), intent.due_at);
    nudges(inputs, recipient, now).iter().map(told).collect()
}

fn intent(inputs: &Inputs, recipient: &Recipient, key: IntentKey) -> Intent {
    let planned = nudges(inputs, recipient, "2027-01-02T00:00:00Z").into_iter();
    planned.into_iter().find(|intent| intent.key == key).unwrap()
}

fn behind(position: u32) -> IntentKey {
    IntentKey::FallenBehind { enrolment: student(), position }
}

fn read_week(inputs: &mut Inputs, week: u32, when: &str) {
    mark_read(inputs, week, 1, when);
    mark_read(inputs, week, 2, when);
}

#[test]
fn three_weeks_have_these_nudges_for_one_who_reads_nothing() {
    let expected = [
        "cohort_starts 1 2027-01-03T03:30:00Z",
        "readings_unread 1 2027-01-09T03:30:00Z",
        "readings_unread 2 2027-01-16T03:30:00Z",
        "fallen_behind 2 2027-01-14T03:30:00Z",
        "fallen_behind 3 2027-01-21T03:30:00Z",
    ];
    assert_eq!(due(&weeks(3), &early(), "2027-01-02T00:00:00Z"), expected);
    // Weeks that wait for work have their turn all the same, but nothing to read yet.
    let gated = due(&Sample::default().inputs(), &early(), "2027-01-02T00:00:00Z");
    assert_eq!(gated, [expected[0], expected[1], expected[3], expected[4]]);
}

#[test]
fn at_night_in_the_students_zone_they_wait_for_eight() {
    let new_york = Recipient { zone: "America/New_York".parse().unwrap(), ..early() };
    let planned = due(&weeks(2), &new_york, "2027-01-02T00:00:00Z");
    let expected = [
        "cohort_starts 1 2027-01-03T13:00:00Z",
        "readings_unread 1 2027-01-09T13:00:00Z",
        "fallen_behind 2 2027-01-14T13:00:00Z",
    ];
    assert_eq!(planned, expected);
    // A worker that was away until the evening before: at eight the next week is open.
    let key = IntentKey::ReadingsUnread { enrolment: student(), position: 1 };
    let inputs = weeks(2);
    let unread = intent(&inputs, &new_york, key);
    let decided = |now: &str| still_true(&unread, &inputs, &new_york, at(now));
    assert_eq!(decided("2027-01-10T02:30:00Z"), SendDecision::Postpone(at("2027-01-10T13:00:00Z")));
    assert_eq!(decided("2027-01-10T20:00:00Z"), SendDecision::Send);
    assert_eq!(decided("2027-01-11T02:30:00Z"), SendDecision::Cancel(CancelReason::TooLate));
}

#[test]
fn who_has_read_everything_gets_none_and_one_about_to_go_is_cancelled() {
    let mut inputs = weeks(2);
    let planned = nudges(&inputs, &early(), "2027-01-02T00:00:00Z");
    read_week(&mut inputs, 1, "2027-01-05T00:00:00Z");
    assert_eq!(due(&inputs, &early(), "2027-01-06T00:00:00Z"), Vec::<String>::new());
    for intent in &planned[1..] {
        let decided = still_true(intent, &inputs, &early(), intent.due_at);
        assert_eq!(decided, SendDecision::Cancel(CancelReason::NothingUnread), "{intent:?}");
    }
}

#[test]
fn an_optional_reading_or_one_that_cannot_be_read_asks_for_nothing() {
    let mut inputs = weeks(2);
    mark_read(&mut inputs, 1, 1, "2027-01-05T00:00:00Z");
    inputs.facts.ready.remove(&reading_id(1, 2));
    inputs.openings.extend([crate::schedule::model::Opening {
        module: crate::schedule::model::testing::module_id(1),
        opened_at: at("2027-01-04T03:30:00Z"),
    }]);
    assert_eq!(due(&inputs, &early(), "2027-01-06T00:00:00Z"), Vec::<String>::new());
}

#[test]
fn who_comes_in_week_three_hears_nothing_of_the_weeks_before() {
    let inputs = weeks(4);
    let late = recipient(at("2027-01-19T12:00:00Z"));
    let expected = ["readings_unread 3 2027-01-23T03:30:00Z", "fallen_behind 4 2027-01-28T03:30:00Z"];
    assert_eq!(due(&inputs, &late, "2027-01-19T12:00:00Z"), expected);
    let week_three = [1, 2].map(|place| Unread { week: 3, reading: reading_id(3, place) });
    assert_eq!(missed(&inputs, late.enrolled_at, 4, at("2027-01-28T03:30:00Z")), week_three);
    // Who comes less than a day before is not reminded at once.
    let hasty = recipient(at("2027-01-22T12:00:00Z"));
    assert_eq!(due(&inputs, &hasty, "2027-01-22T12:00:00Z"), [expected[1]]);
    let starts = recipient(at("2027-01-03T03:30:00Z"));
    assert!(due(&inputs, &starts, "2027-01-03T03:30:00Z").iter().all(|due| !due.starts_with("cohort_starts")));
}

#[test]
fn fallen_behind_stops_after_two_until_something_is_read() {
    let mut inputs = weeks(5);
    let (fourth, fifth) = (intent(&inputs, &early(), behind(4)), intent(&inputs, &early(), behind(5)));
    let told = |told: &[&str]| Recipient { told_behind: told.iter().map(|told| at(told)).collect(), ..early() };
    let twice = told(&["2027-01-14T03:30:00Z", "2027-01-21T03:30:00Z"]);
    let decided = |inputs: &Inputs, intent: &Intent| still_true(intent, inputs, &twice, intent.due_at);
    assert_eq!(fourth.due_at, at("2027-01-28T03:30:00Z"));
    assert_eq!(decided(&inputs, &fourth), SendDecision::Cancel(CancelReason::ToldTwice));
    // It stays planned: what the student reads brings it back without anybody planning again.
    assert!(nudges(&inputs, &twice, "2027-01-27T00:00:00Z").iter().any(|intent| intent.key == fourth.key));
    mark_read(&mut inputs, 1, 3, "2027-01-30T00:00:00Z");
    assert_eq!(decided(&inputs, &fifth), SendDecision::Send);
}

#[test]
fn fallen_behind_goes_once_in_seven_days_however_close_the_weeks_are() {
    let mut inputs = weeks(4);
    // Week 3 opens on Thursday, three days after week 2.
    inputs.overrides.push(override_of(3, None, "2027-01-15T09:00", "2027-01-02T00:00:00Z"));
    let planned = due(&inputs, &early(), "2027-01-02T00:00:00Z");
    assert!(planned.contains(&"fallen_behind 2 2027-01-14T03:30:00Z".to_owned()), "{planned:?}");
    let told = Recipient { told_behind: vec![at("2027-01-14T03:30:00Z")], ..early() };
    let third = intent(&inputs, &early(), behind(3));
    assert_eq!(third.due_at, at("2027-01-18T03:30:00Z"));
    let decided = still_true(&third, &inputs, &told, third.due_at);
    assert_eq!(decided, SendDecision::Postpone(at("2027-01-21T03:30:00Z")));
}

#[test]
fn of_weeks_that_open_together_the_last_one_tells_who_has_fallen_behind() {
    let mut inputs = weeks(4);
    inputs.overrides.push(override_of(2, None, "2027-01-18T09:00", "2027-01-02T00:00:00Z"));
    let planned = due(&inputs, &early(), "2027-01-02T00:00:00Z");
    let behind: Vec<_> = planned.iter().filter(|due| due.starts_with("fallen_behind")).collect();
    assert_eq!(behind, ["fallen_behind 3 2027-01-21T03:30:00Z", "fallen_behind 4 2027-01-28T03:30:00Z"]);
    let listed = missed(&inputs, early().enrolled_at, 3, at("2027-01-21T03:30:00Z"));
    assert_eq!(listed, [1, 2].map(|place| Unread { week: 1, reading: reading_id(1, place) }));
}

#[test]
fn a_moved_schedule_moves_them_and_a_wish_stops_them() {
    let mut inputs = weeks(2);
    inputs.overrides.push(override_of(2, None, "2027-01-20T09:00", "2027-01-02T00:00:00Z"));
    let planned = due(&inputs, &early(), "2027-01-02T00:00:00Z");
    assert!(planned.contains(&"readings_unread 1 2027-01-18T03:30:00Z".to_owned()), "{planned:?}");
    let off = Recipient { wishes: early().wishes.with(MailGroup::Nudges, Wish::Off), ..early() };
    let unread = nudges(&inputs, &early(), "2027-01-02T00:00:00Z")[1];
    let decided = still_true(&unread, &inputs, &off, unread.due_at);
    assert_eq!(decided, SendDecision::Suppress(MailGroup::Nudges));
    let on = Wish::On { since: at("2027-01-19T00:00:00Z") };
    let again = Recipient { wishes: early().wishes.with(MailGroup::Nudges, on), ..early() };
    assert_eq!(due(&inputs, &again, "2027-01-19T00:00:00Z"), ["fallen_behind 2 2027-01-23T03:30:00Z"]);
}
