//! What HTTP costs by itself: a bare axum handler that builds as many bytes with `format!`, in a process of its own.

use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::Outcome;
use crate::subject::Process;

/// The argument by which this program is asked to be the control.
const ARGUMENT: &str = "--be-the-control";

/// The sizes of the pages to serve, where this process is to be the control.
pub fn asked_for() -> Option<Vec<usize>> {
    let mut arguments = std::env::args().skip_while(|argument| argument != ARGUMENT);
    arguments.next()?;
    Some(arguments.filter_map(|size| size.parse().ok()).collect())
}

/// Where the page of so many bytes is.
pub fn path(bytes: usize) -> String {
    format!("/{bytes}")
}

/// Serves until it is killed.
pub fn serve(sizes: &[usize]) -> Outcome<()> {
    let mut router = Router::new();
    for &bytes in sizes {
        let filler = "x".repeat(bytes.saturating_sub("<title>00000000</title>".len()));
        let filler: &'static str = filler.leak();
        router = router.route(&path(bytes), get(move || async move { page(filler) }));
    }
    // As the program itself does.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "at http://{}", listener.local_addr()?)?;
        axum::serve(listener, router).await?;
        Ok(())
    })
}

/// A page that differs each time.
fn page(filler: &str) -> Html<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    Html(format!("<title>{:08}</title>{filler}", COUNT.fetch_add(1, Ordering::Relaxed) % 100_000_000))
}

/// The running control.
pub struct Control {
    pub authority: String,
    _process: Process,
}

impl Control {
    pub fn start(sizes: &[usize]) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(ARGUMENT).args(sizes.iter().map(ToString::to_string));
        let (process, authority) = Process::start(&mut command)?;
        Ok(Self { authority, _process: process })
    }
}
