//! The program as its users run it: processes of their own, which a test may stop or kill.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

/// The command line of the program in a folder, with no setting from outside.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lectern"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LECTERN_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments);
    command
}

/// A port of the loopback on which nothing listens now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A process, killed when it is dropped.
#[derive(Debug)]
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Ends it at once, whatever it is doing: it notices nothing (SIGKILL).
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Asks it to end, as a supervisor does (SIGTERM).
    #[cfg(unix)]
    pub fn tell_to_stop(&self) {
        let told = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(told.success(), "it had ended before it was told to");
    }

    /// Asks it to end, and waits until it has, well.
    #[cfg(unix)]
    pub async fn stop(mut self) {
        self.tell_to_stop();
        for _ in 0..900 {
            if let Some(status) = self.ended() {
                assert!(status.success(), "it did not end well: {status}");
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not end");
    }
}
