//! Measures askwell beside what it is compared with, all in one run on one machine; `README.md` has the method.
//!
//! Every figure is a ratio or a difference of things measured in turns, with its spread, because a machine that others use too says
//! nothing in milliseconds. Nothing here asserts: a goal that is missed is printed as missed.

mod disk;
mod echo;
mod load;
mod machine;
mod measures;
mod neighbours;
mod process;
mod programme;
mod reader;
mod report;
mod spread;
mod subject;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "askwell-bench", about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the bare echo that askwell is compared with.
    Echo {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
        /// The file that is written durably when it is asked to.
        #[arg(long)]
        log: PathBuf,
    },
    /// Reads models as it is told to on its standard input; for the bench itself.
    Read(reader::Options),
    /// Measures, prints one table and writes it down.
    Run(programme::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Echo { listen, log } => echo::serve(listen, &log),
        Command::Read(options) => reader::run(&options),
        Command::Run(options) => programme::run(&options),
    }
}
