//! Letters that are written anew at each attempt: reminders, which may no longer be true, and codes, which are never kept.

use serde_json::json;

use super::tests::{PATIENT, QUARTER, composers, letter, only, put, towards};
use super::*;
use crate::mail::smtp::tests::smtp_server::{Act, SmtpServer, Step};
use crate::testing::Bench;

#[tokio::test]
async fn a_reminder_put_off_by_the_server_is_asked_again_before_it_goes() {
    for step in [Step::MailFrom, Step::Dot] {
        for then in ["", "second: cancel", "second: postpone"] {
            let mut bench = Bench::sqlite().await;
            let server = SmtpServer::once(step, Act::Say("451 4.7.1 Later, please")).await;
            towards(&mut bench, &server, PATIENT).await;
            put(&bench.services, Post { payload: json!({ "then": then }), ..letter("one", Class::Reminder) }).await;
            let composers = composers();
            send_due(&bench.services, &composers, 10).await.unwrap();
            let waiting = only(&bench.services).await;
            assert_eq!((waiting.state, waiting.rendered, waiting.data_started_at), (row::State::Pending, None, None));
            let before = server.bodies().len();
            bench.pass(QUARTER);
            send_due(&bench.services, &composers, 10).await.unwrap();
            let end = only(&bench.services).await;
            let (state, bodies) = match then {
                "" => (row::State::Sent, before + 1),
                "second: cancel" => (row::State::Cancelled, before),
                _ => (row::State::Pending, before),
            };
            assert_eq!((end.state, server.bodies().len(), &end.message_id), (state, bodies, &waiting.message_id), "{then}");
            if state == row::State::Sent {
                assert!(String::from_utf8(server.bodies().pop().unwrap()).unwrap().contains("Asked 2 times"));
                assert_eq!(end.rendered, server.bodies().pop());
            }
            bench.finish().await;
        }
    }
}

#[tokio::test]
async fn a_code_waits_in_no_row_and_is_written_anew_under_the_same_id() {
    let mut bench = Bench::sqlite().await;
    let server = SmtpServer::once(Step::MailFrom, Act::Say("451 4.7.1 Later, please")).await;
    towards(&mut bench, &server, PATIENT).await;
    put(&bench.services, letter("one", Class::Secret)).await;
    let composers = composers();
    send_due(&bench.services, &composers, 10).await.unwrap();
    let waiting = only(&bench.services).await;
    assert_eq!((waiting.state, waiting.last_code, waiting.rendered), (row::State::Pending, Some(451), None));
    bench.pass(QUARTER);
    send_due(&bench.services, &composers, 10).await.unwrap();
    let sent = only(&bench.services).await;
    assert_eq!((sent.state, sent.rendered, &sent.message_id), (row::State::Sent, None, &waiting.message_id));
    let body = String::from_utf8(server.bodies().remove(0)).unwrap();
    assert!(body.contains(&format!("<{}>", sent.message_id)) && body.contains("Asked 2 times"), "{body}");
    bench.finish().await;
}
