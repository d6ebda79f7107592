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
    if practice::address(&settings).port() == 0 {
        return Err(
            "a practice gateway apart needs a port that its servers can be told: --listen names theirs, and it takes the next; \
             or set LECTERN_GATEWAY__BASE_URL"
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
