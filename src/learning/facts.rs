//! The one statement that reads what access is decided by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::catalogue::model::{Facts, Read};
use crate::db::Conn;
use crate::db::columns::UtcTime;
use crate::db::rows::learning::progress;
use crate::db::rows::readings::readings;
use crate::db::rows::schedule::{openings, overrides};
use crate::kernel::ids::{EnrolmentId, ModuleId, OverrideId, ReadingId};
use crate::readings::is_ready;
use crate::schedule::model::{CohortPlan, Inputs, Opening, Override};

/// What one row of the statement is. The numbers are stored nowhere.
const READ: i32 = 1;
const OPENED: i32 = 2;
const OVERRIDDEN: i32 = 3;
const READY: i32 = 4;

/// A row of any of four tables. What a column means is its branch's to say.
#[derive(Debug, FromQueryResult)]
struct Fact {
    what: i32,
    enrolment: Option<EnrolmentId>,
    one: Uuid,
    two: Uuid,
    at: UtcTime,
    number: i32,
    words: Option<String>,
    reason: Option<String>,
    whose: Option<Uuid>,
}

/// The inputs of several students of one cohort, and each reading's minutes.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) inputs: BTreeMap<EnrolmentId, Inputs>,
    pub(super) minutes: BTreeMap<ReadingId, u32>,
}

/// Loads the inputs of `students` of the plan's cohort, in one statement however many they are.
pub(super) async fn load(conn: &Conn, plan: &Arc<CohortPlan>, students: &[EnrolmentId]) -> Result<Loaded, DbErr> {
    let mut query = read(students);
    query.union(UnionType::All, opened(students));
    query.union(UnionType::All, overridden(plan, students));
    query.union(UnionType::All, ready(plan));
    let statement = conn.get_database_backend().build(&query);
    let facts = Fact::find_by_statement(statement).all(conn).await?;
    gathered(plan, students, facts)
}

fn none(column_type: &'static str) -> Expr {
    // PostgreSQL gives an untyped NULL of a union the type text.
    Expr::cust(format!("CAST(NULL AS {column_type})"))
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
        .expr_as(Expr::cust("0"), "number")
        .expr_as(none("text"), "words")
        .expr_as(none("text"), "reason")
        .expr_as(none("uuid"), "whose")
        .filter(C::EnrolmentId.is_in(students.iter().copied()))
        .into_query()
}

fn overridden(plan: &CohortPlan, students: &[EnrolmentId]) -> SelectStatement {
    use overrides::Column as C;
    let theirs = Condition::any().add(C::EnrolmentId.is_null()).add(C::EnrolmentId.is_in(students.iter().copied()));
    overrides::Entity::find()
        .select_only()
        .expr_as(Expr::cust(OVERRIDDEN.to_string()), "what")
        .column_as(C::EnrolmentId, "enrolment")
        .column_as(C::ModuleId, "one")
        .column_as(C::Id, "two")
        .column_as(C::CreatedAt, "at")
        .expr_as(Expr::cust("0"), "number")
        .column_as(C::OpensAtCivil, "words")
        .column_as(C::Reason, "reason")
        .column_as(C::CreatedBy, "whose")
        .filter(C::CohortId.eq(plan.cohort().id))
        .filter(theirs)
        .into_query()
}

fn ready(plan: &CohortPlan) -> SelectStatement {
    use readings::Column as C;
    let keyed: BTreeSet<_> = plan.modules().iter().flat_map(|module| &module.readings).map(|key| key.reading).collect();
    // Not updated_at: a corrected title must not change since when a reading could be read.
    readings::Entity::find()
        .select_only()
        .expr_as(Expr::cust(READY.to_string()), "what")
        .expr_as(none("uuid"), "enrolment")
        .column_as(C::Id, "one")
        .column_as(C::Id, "two")
        .column_as(C::ReadySince, "at")
        .column_as(C::Minutes, "number")
        .expr_as(none("text"), "words")
        .expr_as(none("text"), "reason")
        .expr_as(none("uuid"), "whose")
        .filter(C::Id.is_in(keyed))
        .filter(is_ready())
        .into_query()
}

fn gathered(plan: &Arc<CohortPlan>, students: &[EnrolmentId], facts: Vec<Fact>) -> Result<Loaded, DbErr> {
    let mut ready = BTreeMap::new();
    let mut minutes = BTreeMap::new();
    let mut shared = Vec::new();
    let mut inputs: BTreeMap<_, _> = students.iter().map(|&student| (student, empty(plan, student))).collect();
    for fact in facts {
        let its = fact.enrolment.and_then(|enrolment| inputs.get_mut(&enrolment));
        match (fact.what, its) {
            (READY, _) => {
                ready.insert(ReadingId(fact.one), fact.at.into());
                minutes.insert(ReadingId(fact.one), u32::try_from(fact.number).unwrap_or_default());
            }
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
        its.facts.ready.clone_from(&ready);
    }
    Ok(Loaded { inputs, minutes })
}

fn empty(plan: &Arc<CohortPlan>, student: EnrolmentId) -> Inputs {
    Inputs { plan: Arc::clone(plan), overrides: Vec::new(), openings: Vec::new(), facts: Facts::none_of(student) }
}

fn to_override(plan: &CohortPlan, fact: Fact) -> Result<Override, DbErr> {
    let opens_at = fact.words.and_then(|civil| civil.parse().ok());
    Ok(Override {
        id: OverrideId(fact.two),
        cohort: plan.cohort().id,
        enrolment: fact.enrolment,
        module: ModuleId(fact.one),
        opens_at: opens_at.ok_or_else(|| DbErr::Custom("a stored override's moment does not parse".to_owned()))?,
        reason: fact.reason.unwrap_or_default(),
        created_by: fact.whose.map(Into::into),
        created_at: fact.at.into(),
    })
}
