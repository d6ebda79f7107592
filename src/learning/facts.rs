//! The one statement that reads what access is decided by.

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, QueryTrait,
    Value,
};
use uuid::Uuid;

use crate::catalogue::model::{Facts, Read};
use crate::db::columns::UtcTime;
use crate::db::rows::catalogue::cohorts;
use crate::db::rows::enrolment::enrolments;
use crate::db::rows::learning::progress;
use crate::db::rows::schedule::{openings, overrides};
use crate::db::{Conn, Written, corrupt};
use crate::enrolment::{Enrolment, EnrolmentState};
use crate::kernel::ids::{CohortId, EnrolmentId, ModuleId, OverrideId, ReadingId, UserId};
use crate::schedule::model::{CohortPlan, Inputs, Opening, Override};

/// What one row of the statement is. The numbers are stored nowhere.
const READ: i32 = 1;
const OPENED: i32 = 2;
const OVERRIDDEN: i32 = 3;
const ENROLLED: i32 = 4;

/// A row of any of four tables. What a column means is its branch's to say.
#[derive(Debug)]
struct Fact {
    what: i32,
    enrolment: Option<EnrolmentId>,
    one: Uuid,
    two: Uuid,
    at: UtcTime,
    since: Option<UtcTime>,
    number: i32,
    words: Option<String>,
    reason: Option<String>,
    whose: Option<Uuid>,
}

/// By position, in the order of the branches' columns: these rows are read for every page of a student.
impl FromQueryResult for Fact {
    fn from_query_result(row: &sea_orm::QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            what: row.try_get_by_index(0)?,
            enrolment: row.try_get_by_index(1)?,
            one: row.try_get_by_index(2)?,
            two: row.try_get_by_index(3)?,
            at: row.try_get_by_index(4)?,
            since: row.try_get_by_index(5)?,
            number: row.try_get_by_index(6)?,
            words: row.try_get_by_index(7)?,
            reason: row.try_get_by_index(8)?,
            whose: row.try_get_by_index(9)?,
        })
    }
}

/// A student's enrolment with all facts about it, before its plan is known.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) enrolment: Enrolment,
    /// Of the cohort's plan.
    pub(super) revision: i32,
    facts: Vec<Fact>,
}

impl Known {
    /// What access is decided by, under the plan of the cohort at that revision.
    ///
    /// # Errors
    /// Where what is stored makes no sense.
    pub(super) fn inputs(self, plan: &Arc<CohortPlan>) -> Result<Inputs, DbErr> {
        let inputs = gathered(plan, &[self.enrolment.id], self.facts)?.into_values().next();
        inputs.ok_or_else(|| DbErr::RecordNotFound("what access is decided by".to_owned()))
    }
}

/// The enrolment if it is `user`'s and enrolled, with all that is known about it: one statement.
pub(super) async fn known(conn: &Conn, user: UserId, id: EnrolmentId) -> Result<Option<Known>, DbErr> {
    static KNOWN: Written<2> = Written::new();
    let write = |[user, id]: [Value; 2]| all_known(user.unwrap(), id.unwrap());
    let statement = KNOWN.statement(conn.get_database_backend(), [user.into(), id.into()], write);
    let mut facts = Fact::find_by_statement(statement).all(conn).await?;
    let Some(at) = facts.iter().position(|fact| fact.what == ENROLLED) else { return Ok(None) };
    let place = facts.swap_remove(at);
    let enrolment = Enrolment {
        id,
        cohort: CohortId(place.one),
        user,
        certificate_name: place.words.and_then(|name| name.parse().ok()).ok_or_else(|| corrupt("name of an enrolment"))?,
        state: EnrolmentState::Enrolled { at: place.since.ok_or_else(|| corrupt("moment of enrolment"))?.into() },
        created_at: place.at.into(),
    };
    Ok(Some(Known { enrolment, revision: place.number, facts }))
}

fn all_known(user: UserId, id: EnrolmentId) -> SelectStatement {
    let mut query = enrolled(user, id);
    let wide = overrides_of_cohort(enrolments::Entity::find().filter(enrolments::COLUMN.id.eq(id)), enrolments::Column::CohortId);
    for branch in [read(&[id]), opened(&[id]), overridden(&[id]), wide] {
        query.union(UnionType::All, branch);
    }
    query
}

/// The inputs of several students of one cohort, of whatever state, in one statement however many they are.
pub(super) async fn load(
    conn: &Conn,
    plan: &Arc<CohortPlan>,
    students: &[EnrolmentId],
) -> Result<BTreeMap<EnrolmentId, Inputs>, DbErr> {
    let mut query = read(students);
    let wide = overrides_of_cohort(cohorts::Entity::find().filter(cohorts::COLUMN.id.eq(plan.cohort().id)), cohorts::Column::Id);
    for branch in [opened(students), overridden(students), wide] {
        query.union(UnionType::All, branch);
    }
    let statement = conn.get_database_backend().build(&query);
    gathered(plan, students, Fact::find_by_statement(statement).all(conn).await?)
}

fn none(column_type: &'static str) -> Expr {
    // PostgreSQL gives an untyped NULL of a union the type text.
    Expr::cust(format!("CAST(NULL AS {column_type})"))
}

fn enrolled(user: UserId, id: EnrolmentId) -> SelectStatement {
    use enrolments::Column as C;
    enrolments::Entity::find()
        .select_only()
        .expr_as(Expr::cust(ENROLLED.to_string()), "what")
        .column_as(C::Id, "enrolment")
        .column_as(C::CohortId, "one")
        .column_as(C::UserId, "two")
        .column_as(C::CreatedAt, "at")
        .column_as(C::EnrolledAt, "since")
        .column_as(cohorts::Column::Revision, "number")
        .column_as(C::CertificateName, "words")
        .expr_as(none("text"), "reason")
        .expr_as(none("uuid"), "whose")
        .join(
            JoinType::InnerJoin,
            enrolments::Entity::belongs_to(cohorts::Entity).from(C::CohortId).to(cohorts::Column::Id).into(),
        )
        .filter(enrolments::COLUMN.id.eq(id))
        .filter(enrolments::COLUMN.user_id.eq(user))
        // A literal: SQLite prepares a statement anew at each run whose variable it holds against a partial index.
        .filter(Expr::cust("enrolments.state = 'enrolled'"))
        .into_query()
}

fn read(students: &[EnrolmentId]) -> SelectStatement {
    use progress::Column as C;
    let reflected = Expr::case(Expr::col(C::Reflection).is_null(), 0).finally(1);
    progress::Entity::find()
        .select_only()
        .expr_as(Expr::cust(READ.to_string()), "what")
        .column_as(C::EnrolmentId, "enrolment")
        .column_as(C::ModuleId, "one")
        .column_as(C::ReadingId, "two")
        .column_as(C::ReadAt, "at")
        .expr_as(none("timestamptz"), "since")
        .expr_as(reflected, "number")
        .expr_as(none("text"), "words")
        .expr_as(none("text"), "reason")
        .expr_as(none("uuid"), "whose")
        .filter(C::EnrolmentId.is_in(students.iter().copied()))
        .into_query()
}

fn opened(students: &[EnrolmentId]) -> SelectStatement {
    use openings::Column as C;
    openings::Entity::find()
        .select_only()
        .expr_as(Expr::cust(OPENED.to_string()), "what")
        .column_as(C::EnrolmentId, "enrolment")
        .column_as(C::ModuleId, "one")
        .column_as(C::ModuleId, "two")
        .column_as(C::OpenedAt, "at")
        .expr_as(none("timestamptz"), "since")
        .expr_as(Expr::cust("0"), "number")
        .expr_as(none("text"), "words")
        .expr_as(none("text"), "reason")
        .expr_as(none("uuid"), "whose")
        .filter(C::EnrolmentId.is_in(students.iter().copied()))
        .into_query()
}

fn overridden(students: &[EnrolmentId]) -> SelectStatement {
    overrides_where(Condition::all().add(overrides::Column::EnrolmentId.is_in(students.iter().copied())))
}

/// The overrides of all students of the cohort that `whose` gives in `column`.
fn overrides_of_cohort<E: EntityTrait>(whose: sea_orm::Select<E>, column: E::Column) -> SelectStatement {
    let cohort = whose.select_only().column(column).into_query();
    let wide = Condition::all().add(overrides::Column::EnrolmentId.is_null());
    overrides_where(wide.add(overrides::Column::CohortId.in_subquery(cohort)))
}

fn overrides_where(which: Condition) -> SelectStatement {
    use overrides::Column as C;
    overrides::Entity::find()
        .select_only()
        .expr_as(Expr::cust(OVERRIDDEN.to_string()), "what")
        .column_as(C::EnrolmentId, "enrolment")
        .column_as(C::ModuleId, "one")
        .column_as(C::Id, "two")
        .column_as(C::CreatedAt, "at")
        .expr_as(none("timestamptz"), "since")
        .expr_as(Expr::cust("0"), "number")
        .column_as(C::OpensAtCivil, "words")
        .column_as(C::Reason, "reason")
        .column_as(C::CreatedBy, "whose")
        .filter(which)
        .into_query()
}

fn gathered(plan: &Arc<CohortPlan>, students: &[EnrolmentId], facts: Vec<Fact>) -> Result<BTreeMap<EnrolmentId, Inputs>, DbErr> {
    let mut shared = Vec::new();
    let mut inputs: BTreeMap<_, _> = students.iter().map(|&student| (student, empty(plan, student))).collect();
    for fact in facts {
        let its = fact.enrolment.and_then(|enrolment| inputs.get_mut(&enrolment));
        match (fact.what, its) {
            (OVERRIDDEN, Some(its)) => its.overrides.push(to_override(plan, fact)?),
            (OVERRIDDEN, None) => shared.push(to_override(plan, fact)?),
            (OPENED, Some(its)) => {
                its.openings.push(Opening { module: ModuleId(fact.one), opened_at: fact.at.into() });
            }
            (READ, Some(its)) => {
                let read = Read { at: fact.at.into(), reflected: fact.number == 1 };
                its.facts.read.insert((ModuleId(fact.one), ReadingId(fact.two)), read);
            }
            _ => {}
        }
    }
    for its in inputs.values_mut() {
        its.overrides.extend(shared.iter().cloned());
    }
    Ok(inputs)
}

fn empty(plan: &Arc<CohortPlan>, student: EnrolmentId) -> Inputs {
    let facts = Facts { ready: plan.ready().clone(), ..Facts::none_of(student) };
    Inputs { plan: Arc::clone(plan), overrides: Vec::new(), openings: Vec::new(), facts }
}

fn to_override(plan: &CohortPlan, fact: Fact) -> Result<Override, DbErr> {
    let opens_at = fact.words.and_then(|civil| civil.parse().ok());
    Ok(Override {
        id: OverrideId(fact.two),
        cohort: plan.cohort().id,
        enrolment: fact.enrolment,
        module: ModuleId(fact.one),
        opens_at: opens_at.ok_or_else(|| corrupt("override's moment"))?,
        reason: fact.reason.unwrap_or_default(),
        created_by: fact.whose.map(Into::into),
        created_at: fact.at.into(),
    })
}
