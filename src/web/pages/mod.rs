//! The pages, by area; each verb is a file with its template beside it.

mod account;
mod board;
mod certificate;
mod coupons;
mod course;
mod dev;
mod document;
mod done;
mod enrol;
mod learn;
mod mail;
mod order;
mod outbox;
mod people;
mod policies;
mod reports;
mod settings;
mod sheet;
mod shown;
pub mod sign_in;
mod staff;
pub(super) mod step_up;
mod sums;
#[cfg(test)]
mod tests;
mod today;
mod tokens;
mod verify;
mod waitlist;

pub(super) use done::{Done, DoneQuery};

use std::collections::BTreeMap;

use sea_orm::DbErr;

use super::routes::Routes;
use crate::catalogue::model::ReadingKey;
use crate::db::Conn;
use crate::kernel::Currency;
use crate::kernel::ids::ReadingId;
use crate::readings::{self, Card};

/// The currencies that a price may be in.
const CURRENCIES: [Currency; 6] = [Currency::INR, Currency::EUR, Currency::GBP, Currency::USD, Currency::JPY, Currency::KWD];

/// Every page that exists in every profile.
pub(super) fn routes() -> Routes {
    sign_in::routes()
        .merge(step_up::routes())
        .merge(account::routes())
        .merge(course::routes())
        .merge(learn::routes())
        .merge(enrol::routes())
        .merge(order::routes())
        .merge(waitlist::routes())
        .merge(mail::routes())
        .merge(staff::routes())
        .merge(people::routes())
        .merge(today::routes())
        .merge(reports::routes())
        .merge(outbox::routes())
        .merge(board::routes())
        .merge(verify::routes())
        .merge(settings::routes())
        .merge(coupons::routes())
        .merge(tokens::routes())
        .merge(policies::routes())
}

/// Pages of the development profile alone.
pub(super) fn development_routes() -> Routes {
    dev::routes()
}

/// What lists show of the readings at these keys, by id.
async fn cards(conn: &Conn, keys: impl IntoIterator<Item = &ReadingKey>) -> Result<BTreeMap<ReadingId, Card>, DbErr> {
    let ids: Vec<ReadingId> = keys.into_iter().map(|key| key.reading).collect();
    Ok(readings::cards(conn, &ids).await?.into_iter().map(|card| (card.id, card)).collect())
}
