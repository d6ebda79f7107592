//! `lectern gateway`.

use super::serve::stop_signal;
use super::{Outcome, say};
use crate::config::{Profile, Settings};
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;
use crate::server::practice::{self, Practice};

/// Runs the practice gateway until told to stop.
pub(super) async fn gateway(settings: Settings) -> Outcome {
    if settings.profile == Profile::Production {
        return Err("the practice gateway takes no money and is for the development profile: add --profile development".into());
    }
    if settings.server.listen.port() == 0 {
        return Err(
            "the servers that a practice gateway apart is for must know its port, and it theirs: name one with --listen or \
                    LECTERN_SERVER__LISTEN"
                .into(),
        );
    }
    let gateway = Practice::listen(&settings, Clocks::system(), Randomness::from_system()).await?;
    say(&format!(
        "The practice gateway is at {origin}: no money moves.\n\
         It notifies {notified}; its state is in {data}. Stop with Ctrl-C.",
        origin = settings.gateway.hosted_origin.origin(),
        notified = practice::notified(&settings),
        data = settings.database.data.display(),
    ))?;
    stop_signal().await;
    gateway.stop().await;
    Ok(())
}
