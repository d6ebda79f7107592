//! kill -9 at random moments, while students enrol and pay.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::student::{End, Student, Wish, ends};
use super::world::{LETTERS, World, on_each_database};
use super::{Chance, count, truth};

/// Students race for the seats of the first; the second has room for all who want it.
const FEW: &str = "few-seats";
const MANY: &str = "many-seats";

/// Who wants what: one in two the few seats, one in eight only a seat, one in four to close the browser after paying.
fn student(world: &World, number: usize) -> Student {
    let cohort = if number.is_multiple_of(2) { FEW } else { MANY };
    let wish = match number / 2 % 8 {
        3 => Wish::Hold,
        1 | 5 => Wish::PayAndLeave,
        _ => Wish::Pay,
    };
    Student::new(world, number, cohort, wish)
}

/// A moment of a process's life: while it starts, serves, or has long been serving.
fn moment(chance: &Chance, start: Duration) -> Duration {
    let start = u64::try_from(start.as_millis()).unwrap();
    let most = if chance.below(4) == 0 { start } else { start + 800 };
    Duration::from_millis(chance.below(most + 1))
}

async fn chaos(world: &World, chance: &Chance) {
    let (kills, many) = (count(30, 4), count(100, 24));
    let few = many / 6;
    world.open(FEW, few).await;
    world.open(MANY, many).await;
    let began = tokio::time::Instant::now();
    let mut server = world.serve_ready(world.public()).await;
    let start = began.elapsed();

    let students: Vec<_> = (0..many).map(|number| Arc::new(student(world, number))).collect();
    let mut running = JoinSet::new();
    for kill in 0..kills {
        // A few more each time, so that each kill meets some at every step.
        for (number, student) in students.iter().cloned().enumerate().take(many * (kill + 1) / kills).skip(many * kill / kills) {
            running.spawn(async move { (number, student.enrol().await) });
        }
        tokio::time::sleep(moment(chance, start)).await;
        server.kill();
        let is_last = kill + 1 == kills;
        if is_last || chance.below(2) == 0 {
            world.a_minute_passes().await;
        }
        server = world.serve(world.public());
    }
    let ends = ends(world, &students, Duration::from_secs(180), running).await;
    truth::settled(world).await;
    server.stop().await;

    let counts = truth::told(world).await;
    println!("{kills} kills in {:?} (a start takes {start:?}): {counts:?}", began.elapsed());
    as_they_saw(&students, &ends);
    let (held, enrolled) = counts.seats[FEW];
    assert_eq!(held + enrolled, few, "a seat was lost");
    let (held, enrolled) = counts.seats[MANY];
    assert_eq!(held + enrolled, many / 2, "a seat was lost");
    let took = ends.iter().filter(|end| matches!(end, End::Enrolled | End::Paid)).count();
    assert_eq!((counts.captured, counts.queued), (took, 0), "{ends:?}");
    // No more are in doubt than were in hand.
    assert!(counts.repeated + counts.in_doubt <= LETTERS * kills, "{counts:?}");
}

/// What a student saw last is what there is: those who saw themselves enrolled wished it, and only the few seats were ever full.
fn as_they_saw(students: &[Arc<Student>], ends: &[End]) {
    for (number, (student, end)) in students.iter().zip(ends).enumerate() {
        let is_possible = match end {
            End::Enrolled | End::Paid | End::Held => true,
            End::Full => number.is_multiple_of(2),
            End::Queued => false,
        };
        assert!(is_possible, "{end:?}: {}", student.seen());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_at_random_moments_it_loses_nothing_and_doubles_nothing() {
    let chance = Chance::new();
    on_each_database(async |world| chaos(world, &chance).await).await;
}
