//! The program `lectern`: see `lectern --help`.

use std::process::ExitCode;

use clap::Parser;

use lectern::commands::{self, Arguments};

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(commands::run(Arguments::parse())),
        Err(error) => commands::failed(&error),
    }
}
