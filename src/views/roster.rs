//! A cohort's students and how they get on: a page of them in a number of statements that does not grow with them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoCondition, IntoIden, Order, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::listed::{self, Listed, Owed};
use super::staff::{CohortRow, row, sees};
use crate::catalogue::model::CohortModule;
use crate::db::Conn;
use crate::db::rows::enrolment::enrolments::{self, State};
use crate::db::rows::identity::users;
use crate::enrolment::{self, Enrolment, EnrolmentState};
use crate::identity::{Person, Role};
use crate::kernel::ids::{EnrolmentId, ModuleId};
use crate::kernel::{Slug, Timestamp};
use crate::schedule::model::{CohortPlan, Dates, Override, dates};
use crate::schedule::{self, Plans};
use crate::{catalogue, learning};

/// Students on a page.
pub const SIZE: u64 = 50;

/// Whom the roster shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    /// Who has a seat, or holds one.
    #[default]
    Seated,
    Behind,
    Complete,
    Held,
    /// Whose hold or enrolment has ended.
    Ended,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Name,
    /// The least first.
    Progress,
    /// The longest ago first.
    LastSeen,
}

/// What of a roster is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub show: Show,
    pub sort: Sort,
    /// From 0.
    pub page: u32,
}

/// How a student stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// A required reading of a week that was due is not read.
    Behind,
    OnTime,
    /// Every required reading is read; nobody is, where none is required.
    Complete,
    /// No seat, or none yet.
    NoSeat,
}

/// One student on a roster.
#[derive(Debug, Clone)]
pub struct RosterRow {
    pub enrolment: Enrolment,
    pub email: String,
    /// Required readings read as their weeks ask.
    pub read: u32,
    /// Weeks that require readings, and of which every required one is read.
    pub weeks: u32,
    pub pace: Pace,
    /// Service time.
    pub last_seen: Option<Timestamp>,
    /// The weeks whose dates are other for this student alone, with their release.
    pub extended: Vec<(u32, Timestamp)>,
    /// For admins alone.
    pub order: Option<Owed>,
}

/// A page of a roster.
#[derive(Debug, Clone)]
pub struct Roster {
    pub cohort: CohortRow,
    /// How many required readings there are.
    pub required: u32,
    /// In how many weeks.
    pub weeks: u32,
    pub rows: Vec<RosterRow>,
    pub more: bool,
}

/// A page of the roster of a cohort that this person may see; another is not found.
///
/// # Errors
/// The database's own.
pub async fn roster(
    conn: &Conn,
    plans: &Plans,
    person: &Person,
    slug: &Slug,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Option<Roster>, DbErr> {
    let Some(cohort) = catalogue::cohort_by_slug(conn, slug).await? else { return Ok(None) };
    if !sees(conn, person, cohort.id).await? {
        return Ok(None);
    }
    let plan = plans.get(conn, cohort.id, cohort.revision).await?;
    let overrides = schedule::overrides(conn, cohort.id).await?;
    let seats = enrolment::seats_by_state(conn, &[cohort.id]).await?.remove(&cohort.id).unwrap_or_default();
    let standing = Standing::new(&plan, &overrides, now);
    let sees_orders = person.role == Role::Admin;
    let whole = students(&standing, wanted, sees_orders);
    let line = |row: &_, of| Ok((of, if sees_orders { listed::owed(row)? } else { None }));
    let mut found: Vec<(Listed, Option<Owed>)> = listed::read(conn, &whole, line).await?;
    let size = usize::try_from(SIZE).unwrap_or(usize::MAX);
    let more = found.len() > size;
    found.truncate(size);
    let ids: Vec<EnrolmentId> = found.iter().map(|(of, _)| of.row.id).collect();
    let read = learning::required_read_by_week(conn, plan.modules(), &ids).await?;
    let rows = found.into_iter().zip(&ids).map(|((of, order), id)| standing.row(of, read.get(id), order));
    Ok(Some(Roster {
        required: required_of(plan.modules()),
        weeks: count(plan.modules().iter().filter(|module| asks(module)).count()),
        rows: rows.collect::<Result<_, _>>()?,
        more,
        cohort: row(cohort, seats, count(plan.modules().len()), now),
    }))
}

/// Whether a week requires a reading.
fn asks(module: &CohortModule) -> bool {
    module.required().next().is_some()
}

fn required_of<'a>(modules: impl IntoIterator<Item = &'a CohortModule>) -> u32 {
    modules.into_iter().map(|module| count(module.required().count())).sum()
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

/// What a student's pace is judged by.
pub(crate) struct Standing<'a> {
    plan: &'a CohortPlan,
    /// The cohort's.
    overrides: &'a [Override],
    now: Timestamp,
    /// Of all who have no dates of their own.
    usual: Vec<Dates>,
    /// The modules that have other dates for one student alone.
    extended: BTreeMap<EnrolmentId, BTreeSet<ModuleId>>,
}

impl<'a> Standing<'a> {
    /// With all overrides of the plan's cohort.
    pub(crate) fn new(plan: &'a CohortPlan, overrides: &'a [Override], now: Timestamp) -> Self {
        // Nobody has this id: it has the cohort's own dates.
        let usual = dates(plan, overrides, EnrolmentId(uuid::Uuid::nil()));
        let mut extended = BTreeMap::<_, BTreeSet<_>>::new();
        for (student, module) in overrides.iter().filter_map(|change| Some((change.enrolment?, change.module))) {
            extended.entry(student).or_default().insert(module);
        }
        Self { plan, overrides, now, usual, extended }
    }

    fn dates_of(&self, enrolment: EnrolmentId) -> Cow<'_, [Dates]> {
        if self.extended.contains_key(&enrolment) {
            Cow::Owned(dates(self.plan, self.overrides, enrolment))
        } else {
            Cow::Borrowed(&self.usual)
        }
    }

    /// The places, in the plan, of the modules that were to be done by now.
    fn due(&self, dates: &[Dates]) -> BTreeSet<usize> {
        let over = |due: Option<Timestamp>| due.is_some_and(|due| due <= self.now);
        dates.iter().enumerate().filter(|(_, dates)| over(dates.due_at)).map(|(place, _)| place).collect()
    }

    fn row(&self, of: Listed, read: Option<&BTreeMap<ModuleId, u32>>, order: Option<Owed>) -> Result<RosterRow, DbErr> {
        let Listed { row, email, last_seen, .. } = of;
        let enrolment = enrolment::to_enrolment(row)?;
        let dates = self.dates_of(enrolment.id);
        let (pace, weeks) = self.pace(&enrolment, &dates, read);
        Ok(RosterRow {
            read: read.map_or(0, |read| read.values().sum()),
            weeks,
            pace,
            extended: self.weeks_of(enrolment.id, &dates),
            enrolment,
            email,
            last_seen,
            order,
        })
    }

    /// How a student stands who has read so many required readings of each week, and how many weeks are done.
    fn pace(&self, enrolment: &Enrolment, dates: &[Dates], read: Option<&BTreeMap<ModuleId, u32>>) -> (Pace, u32) {
        let read_of = |module: &CohortModule| read.and_then(|read| read.get(&module.id)).copied().unwrap_or_default();
        let done = |module: &CohortModule| read_of(module) >= count(module.required().count());
        let modules = self.plan.modules();
        let asked = || modules.iter().filter(|module| asks(module));
        let weeks = count(asked().filter(|module| done(module)).count());
        let of = count(asked().count());
        let due = self.due(dates);
        let pace = match enrolment.state {
            EnrolmentState::Enrolled { .. } if of > 0 && weeks == of => Pace::Complete,
            EnrolmentState::Enrolled { .. } if due.iter().any(|&place| !done(&modules[place])) => Pace::Behind,
            EnrolmentState::Enrolled { .. } => Pace::OnTime,
            _ => Pace::NoSeat,
        };
        (pace, weeks)
    }

    fn weeks_of(&self, enrolment: EnrolmentId, dates: &[Dates]) -> Vec<(u32, Timestamp)> {
        let Some(extended) = self.extended.get(&enrolment) else { return Vec::new() };
        let own = self.plan.modules().iter().zip(dates).filter(|(module, _)| extended.contains(&module.id));
        own.map(|(module, dates)| (module.position, dates.opens_at)).collect()
    }

    /// Who has read less than all that is required of these modules. Most are told by the count that is kept; what others have
    /// read is counted by the week.
    fn unread(&self, places: &BTreeSet<usize>) -> Condition {
        let modules: Vec<_> = places.iter().map(|&place| &self.plan.modules()[place]).collect();
        let due = i64::from(required_of(modules.iter().copied()));
        let all = i64::from(required_of(self.plan.modules()));
        if due == 0 {
            return Condition::any();
        }
        let read = || Expr::col((enrolments::Entity, enrolments::Column::RequiredRead));
        let ahead = read().lt(all).and(Expr::expr(learning::required_read(modules)).lt(due));
        read().lt(due).or(ahead).into_condition()
    }

    fn behind(&self) -> Condition {
        let mut alike = BTreeMap::<BTreeSet<usize>, Vec<EnrolmentId>>::new();
        for &student in self.extended.keys() {
            alike.entry(self.due(&self.dates_of(student))).or_default().push(student);
        }
        let id = || enrolments::Column::Id;
        let usual = self.due(&self.usual);
        let others = Condition::all().add(id().is_not_in(self.extended.keys().copied())).add(nonempty(self.unread(&usual)));
        alike.into_iter().fold(Condition::any().add(others), |any, (due, students)| {
            any.add(Condition::all().add(id().is_in(students)).add(nonempty(self.unread(&due))))
        })
    }
}

/// A condition that holds for nobody where there is none.
fn nonempty(condition: Condition) -> Condition {
    if condition.is_empty() { Condition::all().add(Expr::cust("1 = 0")) } else { condition }
}

/// A page of a cohort's students with their people, in their order: the statement, for the test of its plan.
pub(crate) fn students(standing: &Standing<'_>, wanted: Wanted, with_orders: bool) -> SelectStatement {
    let which =
        Condition::all().add(enrolments::Column::CohortId.eq(standing.plan.cohort().id)).add(shown(standing, wanted.show));
    let page = enrolments::Entity::find().filter(which);
    let page = if wanted.sort == Sort::LastSeen { page.inner_join(users::Entity) } else { page };
    let mut page = page.limit(SIZE + 1).offset(u64::from(wanted.page) * SIZE).into_query();
    order(&mut page, enrolments::Entity, wanted.sort);
    let whole = listed::with_people(page);
    let mut whole = if with_orders { listed::with_orders(whole) } else { whole };
    order(&mut whole, listed::PAGE, wanted.sort);
    whole
}

fn shown(standing: &Standing<'_>, show: Show) -> Condition {
    use enrolments::Column as C;
    let enrolled = || Condition::all().add(C::State.eq(State::Enrolled));
    match show {
        Show::Seated => C::State.is_in([State::Held, State::Enrolled]).into_condition(),
        Show::Held => C::State.eq(State::Held).into_condition(),
        Show::Ended => C::State.is_in([State::Lapsed, State::Cancelled]).into_condition(),
        Show::Behind => enrolled().add(standing.behind()),
        Show::Complete => {
            let required = i64::from(required_of(standing.plan.modules()));
            let complete = (required > 0).then(|| C::RequiredRead.gte(required));
            enrolled().add(nonempty(Condition::all().add_option(complete)))
        }
    }
}

/// Sorts enrolments that the statement knows by this name.
fn order(select: &mut SelectStatement, of: impl IntoIden, sort: Sort) {
    use enrolments::Column as C;
    let of = of.into_iden();
    let column = |column: C| Expr::col((of.clone(), column));
    match sort {
        Sort::Name => {}
        Sort::Progress => {
            select.order_by_expr(column(C::RequiredRead), Order::Asc);
        }
        Sort::LastSeen => {
            let seen = || Expr::col((users::Entity, users::Column::LastSeenAt));
            // Who was never here comes first, on both databases.
            select.order_by_expr(seen().is_not_null(), Order::Asc).order_by_expr(seen(), Order::Asc);
        }
    }
    let name = Func::lower(column(C::CertificateName));
    select.order_by_expr(Expr::expr(name), Order::Asc).order_by_expr(column(C::Id), Order::Asc);
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
