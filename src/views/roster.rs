//! A cohort's students and how they get on: a page of them in a number of statements that does not grow with them.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoCondition, Order, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};

use super::enrolments::{Owed, owed};
use super::staff::{CohortRow, row, sees};
use crate::catalogue;
use crate::catalogue::model::CohortModule;
use crate::db::Conn;
use crate::db::rows::enrolment::enrolments::{self, State};
use crate::db::rows::identity::users;
use crate::db::rows::learning::progress;
use crate::enrolment::{self, Enrolment, EnrolmentState};
use crate::identity::{Person, Role};
use crate::kernel::ids::{CohortId, EnrolmentId, ModuleId};
use crate::kernel::{Slug, Timestamp};
use crate::schedule::model::{CohortPlan, Override, dates};
use crate::schedule::{self, Plans};

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
    pub name: String,
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
    let counts = enrolment::seats_by_state(conn, &[cohort.id]).await?.remove(&cohort.id).unwrap_or_default();
    let Some(cohort) = row(conn, cohort, counts, now).await? else { return Ok(None) };
    let standing = Standing { plan: &plan, overrides: &overrides, now };
    let mut found = students(&standing, wanted).all(conn).await?;
    let size = usize::try_from(SIZE).unwrap_or(usize::MAX);
    let more = found.len() > size;
    found.truncate(size);
    let ids: Vec<EnrolmentId> = found.iter().map(|(enrolment, _)| enrolment.id).collect();
    let read = read_by_week(conn, &plan, &ids).await?;
    let mut orders = if person.role == Role::Admin { owed(conn, &ids).await? } else { BTreeMap::new() };
    let mut rows = Vec::with_capacity(found.len());
    for (enrolment, user) in found {
        let own = read.get(&enrolment.id);
        let order = orders.remove(&enrolment.id);
        rows.push(standing.row(enrolment::to_enrolment(enrolment)?, user, own, order));
    }
    Ok(Some(Roster { cohort, required: required_of(plan.modules()), rows, more }))
}

fn required_of(modules: &[CohortModule]) -> u32 {
    modules.iter().map(|module| count(module.required().count())).sum()
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

/// What a student's pace is judged by.
pub(crate) struct Standing<'a> {
    pub plan: &'a CohortPlan,
    /// The cohort's.
    pub overrides: &'a [Override],
    pub now: Timestamp,
}

impl Standing<'_> {
    /// The places, in the plan, of the modules that this student was to have done by now.
    fn due(&self, enrolment: EnrolmentId) -> BTreeSet<usize> {
        let over = |due: Option<Timestamp>| due.is_some_and(|due| due <= self.now);
        let all = dates(self.plan, self.overrides, enrolment);
        all.iter().enumerate().filter(|(_, dates)| over(dates.due_at)).map(|(place, _)| place).collect()
    }

    /// Those whose dates are their own.
    fn extended(&self) -> BTreeSet<EnrolmentId> {
        self.overrides.iter().filter_map(|change| change.enrolment).collect()
    }

    fn row(
        &self,
        enrolment: Enrolment,
        user: Option<users::Model>,
        read: Option<&BTreeMap<ModuleId, u32>>,
        order: Option<Owed>,
    ) -> RosterRow {
        let read_of = |module: &CohortModule| read.and_then(|read| read.get(&module.id)).copied().unwrap_or_default();
        let asks = |module: &&CohortModule| module.required().next().is_some();
        let done = |module: &CohortModule| read_of(module) >= count(module.required().count());
        let modules = self.plan.modules();
        let weeks = count(modules.iter().filter(asks).filter(|module| done(module)).count());
        let of = count(modules.iter().filter(asks).count());
        let due = self.due(enrolment.id);
        let pace = match enrolment.state {
            EnrolmentState::Enrolled { .. } if of > 0 && weeks == of => Pace::Complete,
            EnrolmentState::Enrolled { .. } if due.iter().any(|&place| !done(&modules[place])) => Pace::Behind,
            EnrolmentState::Enrolled { .. } => Pace::OnTime,
            _ => Pace::NoSeat,
        };
        RosterRow {
            name: user.as_ref().map(|user| user.name.clone()).unwrap_or_default(),
            email: user.as_ref().map(|user| user.email.clone()).unwrap_or_default(),
            last_seen: user.and_then(|user| user.last_seen_at).map(Into::into),
            read: modules.iter().map(read_of).sum(),
            weeks,
            pace,
            extended: self.weeks_of(enrolment.id),
            order,
            enrolment,
        }
    }

    fn weeks_of(&self, enrolment: EnrolmentId) -> Vec<(u32, Timestamp)> {
        let own =
            |module: ModuleId| self.overrides.iter().any(|change| change.enrolment == Some(enrolment) && change.module == module);
        let all = self.plan.modules().iter().zip(dates(self.plan, self.overrides, enrolment));
        all.filter(|(module, _)| own(module.id)).map(|(module, dates)| (module.position, dates.opens_at)).collect()
    }

    /// Who has read less than all that is required of these modules.
    fn unread(&self, places: &BTreeSet<usize>) -> Condition {
        let modules: Vec<_> = places.iter().map(|&place| &self.plan.modules()[place]).collect();
        let required: u32 = modules.iter().map(|module| count(module.required().count())).sum();
        if required == 0 {
            return Condition::any();
        }
        Expr::expr(read_count(&modules)).lt(i64::from(required)).into_condition()
    }

    fn behind(&self) -> Condition {
        let extended = self.extended();
        let mut alike = BTreeMap::<BTreeSet<usize>, Vec<EnrolmentId>>::new();
        for &student in &extended {
            alike.entry(self.due(student)).or_default().push(student);
        }
        let id = || enrolments::Column::Id;
        // Nobody has this id: it has the cohort's own dates.
        let usual = self.due(EnrolmentId(uuid::Uuid::nil()));
        let others = Condition::all().add(id().is_not_in(extended)).add(nonempty(self.unread(&usual)));
        alike.into_iter().fold(Condition::any().add(others), |any, (due, students)| {
            any.add(Condition::all().add(id().is_in(students)).add(nonempty(self.unread(&due))))
        })
    }
}

/// A condition that holds for nobody where there is none.
fn nonempty(condition: Condition) -> Condition {
    if condition.is_empty() { Condition::all().add(Expr::cust("1 = 0")) } else { condition }
}

/// How many required readings of these modules the row's student has read.
fn read_count(modules: &[&CohortModule]) -> SelectStatement {
    progress::Entity::find()
        .select_only()
        .expr(Expr::cust("COUNT(*)"))
        .filter(Expr::col((progress::Entity, progress::Column::EnrolmentId)).equals((enrolments::Entity, enrolments::Column::Id)))
        .filter(counts(modules.iter().copied()))
        .into_query()
}

/// That a row of progress is of a required reading, done as its module asks.
fn counts<'a>(modules: impl IntoIterator<Item = &'a CohortModule>) -> Condition {
    use progress::Column as C;
    modules.into_iter().fold(Condition::any(), |any, module| {
        let reflected = module.asks_reflection().then(|| C::Reflection.is_not_null());
        let readings = C::ReadingId.is_in(module.required().map(|key| key.reading));
        any.add(Condition::all().add(C::ModuleId.eq(module.id)).add(readings).add_option(reflected))
    })
}

/// A page of a cohort's students, in their order: the statement, for the test of its plan.
pub(crate) fn students(standing: &Standing<'_>, wanted: Wanted) -> sea_orm::SelectTwo<enrolments::Entity, users::Entity> {
    use enrolments::Column as C;
    let cohort: CohortId = standing.plan.cohort().id;
    let all: Vec<_> = standing.plan.modules().iter().collect();
    let which = Condition::all().add(C::CohortId.eq(cohort));
    let enrolled = || Condition::all().add(C::State.eq(State::Enrolled));
    let which = match wanted.show {
        Show::Seated => which.add(C::State.is_in([State::Held, State::Enrolled])),
        Show::Held => which.add(C::State.eq(State::Held)),
        Show::Ended => which.add(C::State.is_in([State::Lapsed, State::Cancelled])),
        Show::Behind => which.add(enrolled()).add(standing.behind()),
        Show::Complete => {
            let required = i64::from(required_of(standing.plan.modules()));
            let complete = (required > 0).then(|| Expr::expr(read_count(&all)).gte(required));
            which.add(enrolled()).add(nonempty(Condition::all().add_option(complete)))
        }
    };
    let query: Select<enrolments::Entity> = enrolments::Entity::find().filter(which);
    let query = query.find_also_related(users::Entity);
    let query = match wanted.sort {
        Sort::Name => query,
        Sort::Progress => query.order_by(Expr::expr(read_count(&all)), Order::Asc),
        // Who was never here comes first, on both databases.
        Sort::LastSeen => {
            let seen = || Expr::col((users::Entity, users::Column::LastSeenAt));
            query.order_by(seen().is_not_null(), Order::Asc).order_by(seen(), Order::Asc)
        }
    };
    let name = Func::lower(Expr::col((users::Entity, users::Column::Name)));
    let query = query.order_by(Expr::expr(name), Order::Asc).order_by(C::Id, Order::Asc);
    query.limit(SIZE + 1).offset(u64::from(wanted.page) * SIZE)
}

/// How many required readings of each module these students have read, in one statement.
async fn read_by_week(
    conn: &Conn,
    plan: &CohortPlan,
    students: &[EnrolmentId],
) -> Result<BTreeMap<EnrolmentId, BTreeMap<ModuleId, u32>>, DbErr> {
    use progress::Column as C;
    let rows: Vec<(EnrolmentId, ModuleId, i64)> = progress::Entity::find()
        .select_only()
        .column(C::EnrolmentId)
        .column(C::ModuleId)
        .column_as(C::ReadingId.count(), "read")
        .filter(C::EnrolmentId.is_in(students.iter().copied()))
        .filter(counts(plan.modules()))
        .group_by(C::EnrolmentId)
        .group_by(C::ModuleId)
        .into_tuple()
        .all(conn)
        .await?;
    let mut read = BTreeMap::<_, BTreeMap<_, _>>::new();
    for (student, module, many) in rows {
        read.entry(student).or_default().insert(module, u32::try_from(many).unwrap_or_default());
    }
    Ok(read)
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
