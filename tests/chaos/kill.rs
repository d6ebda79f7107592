//! kill -9 at random moments, while students enrol and pay.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::student::{End, Student, Wish, ends};
use super::world::{LETTERS, World, on_each_database};
use super::{Chance, count, truth};

/// Racers want the seats of the first; the second has room for all the students who enrol there and pay.
const FEW: &str = "few-seats";
const MANY: &str = "many-seats";

/// Who wants what: the students all to pay, one in four of them to close the browser then; of the racers one in four only a seat.
fn student(world: &World, number: usize, place: Place) -> Student {
    let (cohort, other) = match place {
        Place::Student => (MANY, Wish::PayAndLeave),
        Place::Racer => (FEW, Wish::Hold),
    };
    Student::new(world, number, cohort, if number % 4 == 1 { other } else { Wish::Pay })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Student,
    /// One in five of all.
    Racer,
}

fn place(number: usize) -> Place {
    if number % 5 == 4 { Place::Racer } else { Place::Student }
}

/// A moment of a process's life: while it starts, serves, or has long been serving.
fn moment(chance: &Chance, start: Duration) -> Duration {
    let start = u64::try_from(start.as_millis()).unwrap();
    let most = if chance.below(4) == 0 { start } else { start + 800 };
    Duration::from_millis(chance.below(most + 1))
}

async fn chaos(world: &World, chance: &Chance) {
    let (kills, many) = (count(30, 4), count(100, 24));
    // Each fifth is a racer beside the students.
    let all = many + many / 4;
    let few = many / 12;
    world.open(FEW, few).await;
    world.open(MANY, many).await;
    let began = tokio::time::Instant::now();
    let mut server = world.serve_ready(world.public()).await;
    let start = began.elapsed();

    let students: Vec<_> = (0..all).map(|number| Arc::new(student(world, number, place(number)))).collect();
    let mut running = JoinSet::new();
    for kill in 0..kills {
        // A few more each time, so that each kill meets some at every step.
        for (number, student) in students.iter().cloned().enumerate().take(all * (kill + 1) / kills).skip(all * kill / kills) {
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
    let ends = ends(world, &students, Duration::from_secs(240), running).await;
    truth::settled(world).await;
    server.stop().await;

    let counts = truth::told(world).await;
    println!("{kills} kills in {:?} (a start takes {start:?}): {counts:?}", began.elapsed());
    as_they_saw(&students, &ends);
    let (held, enrolled) = counts.seats[FEW];
    assert_eq!(held + enrolled, few, "a seat was lost");
    assert_eq!(counts.seats[MANY], (0, many), "each of the students has paid, and is enrolled");
    let took = ends.iter().filter(|end| matches!(end, End::Enrolled | End::Paid)).count();
    assert_eq!((counts.captured, counts.queued), (took, 0), "{ends:?}");
    // No more are in doubt than were in hand.
    assert!(counts.repeated + counts.in_doubt <= LETTERS * kills, "{counts:?}");
}

/// What a student saw last is what there is: those who saw themselves enrolled wished it, and only the few seats were ever full.
fn as_they_saw(students: &[Arc<Student>], ends: &[End]) {
    for (number, (student, end)) in students.iter().zip(ends).enumerate() {
        let is_possible = match end {
            End::Held => place(number) == Place::Racer,
            End::Enrolled | End::Paid => true,
            End::Full => place(number) == Place::Racer,
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
