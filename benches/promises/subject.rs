//! The program itself, as it is shipped: its binary, serving.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// A child process that serves HTTP, killed when dropped.
pub struct Process {
    child: Child,
    /// Held open: a process that cannot write its lines would end.
    _output: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts it and waits until it tells its address; gives the address without its scheme.
    pub fn start(command: &mut Command) -> Outcome<(Self, String)> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let mut process = Self { child, _output: None };
        let mut output = BufReader::new(process.child.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        while output.read_line(&mut line)? > 0 {
            if let Some((_, authority)) = line.trim_end().split_once("at http://") {
                process._output = Some(output);
                return Ok((process, authority.to_owned()));
            }
            line.clear();
        }
        Err("it ended before it served".into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `lectern serve` in the development profile, on a database in a folder.
pub struct Subject {
    pub authority: String,
    process: Process,
}

impl Subject {
    /// Starts it, with the demonstration if the folder is empty, and returns when it serves.
    pub fn start(folder: &Path) -> Outcome<Self> {
        Self::start_at(folder, "127.0.0.1:0", &[])
    }

    /// The same at an address, with some settings of its own.
    pub fn start_at(folder: &Path, listen: &str, settings: &[(String, String)]) -> Outcome<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lectern"));
        command.args(["serve", "--profile", "development", "--listen", listen, "--data"]).arg(folder);
        // A setting of the one who measures, or an option of this program, is none of the program's.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LECTERN_")) {
            command.env_remove(name);
        }
        // All clients have one address here: the limit of requests is not what is measured.
        for limit in ["BURST", "PER_MINUTE"] {
            command.env(format!("LECTERN_LIMITS__{limit}"), "1000000000");
        }
        command.env("LECTERN_LOG__FILTER", "error").envs(settings.iter().cloned());
        let (process, authority) = Process::start(&mut command)?;
        Ok(Self { authority, process })
    }

    /// The memory that it has in RAM.
    pub fn resident_bytes(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1024.0)
    }

    /// Asks it to end, as a supervisor does, and waits.
    pub fn stop(mut self) -> Outcome<()> {
        Command::new("kill").args(["-TERM", &self.process.child.id().to_string()]).status()?;
        for _ in 0..500 {
            if self.process.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err("it did not stop when told to".into())
    }
}
