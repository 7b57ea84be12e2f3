//! askwell as the process that people start.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::sync::watch;

use super::house::House;

const PROGRAM: &str = env!("CARGO_BIN_EXE_askwell");

/// How long a test waits, in real time, for a word or the end of a process before it fails. Nothing is timed by it.
const SAFETY_LIMIT: Duration = Duration::from_mins(1);

/// A process that runs `askwell serve` in the house's directory, and is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    /// What it has logged, and whether that is all.
    log: watch::Receiver<(String, bool)>,
}

impl Process {
    /// Starts a process at the house's address, with a configuration file of this text.
    pub(crate) fn start(house: &mut House, toml: &str) -> Self {
        std::fs::write(house.directory.path().join("askwell.toml"), toml).unwrap();
        // Let go of at the last moment: the process takes the address over.
        drop(house.take_door());
        Self::start_at(house, &house.address.to_string())
    }

    /// Starts a process that is to listen at an address.
    pub(crate) fn start_at(house: &House, address: &str) -> Self {
        Self::start_in(house.directory.path(), &house.environment, address)
    }

    /// Starts a process in a directory.
    pub(crate) fn start_in(
        directory: &Path,
        environment: &BTreeMap<String, String>,
        address: &str,
    ) -> Self {
        // A shell, because only a process that ignores this signal when it begins sees a file at its limit as a full disk.
        let mut child = Command::new("/bin/sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" serve", PROGRAM])
            .current_dir(directory)
            .env_clear()
            .envs(environment)
            .env("ASKWELL_LISTEN", address)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (writer, log) = watch::channel((String::new(), false));
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                writer.send_modify(|(log, _)| log.extend([&line, "\n"]));
            }
            writer.send_modify(|(_, is_all)| *is_all = true);
        });
        Self { child, log }
    }

    /// Waits until the process takes connections.
    pub(crate) async fn listening(&self) {
        self.logged("askwell listens").await;
    }

    /// Waits until the process has logged something.
    pub(crate) async fn logged(&self, words: &str) {
        let found = self.until(|(log, is_all)| *is_all || log.contains(words));
        let log = found.await;
        assert!(log.contains(words), "it ended without {words:?}:\n{log}");
    }

    /// Waits for the end of the process; returns how it ended and what it had logged.
    pub(crate) async fn ended(mut self) -> (ExitStatus, String) {
        let log = self.until(|(_, is_all)| *is_all).await;
        // It has closed its log, so this takes no time to speak of.
        (self.child.wait().unwrap(), log)
    }

    /// Sends the process a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        run("kill", &[&format!("-{name}"), &self.child.id().to_string()]);
    }

    /// Lets every file of the process grow to this many bytes and no further, `unlimited` for as many as the disk has.
    pub(crate) fn limit_files(&self, bytes: &str) {
        let (process, limit) = (self.child.id().to_string(), format!("--fsize={bytes}:"));
        run("prlimit", &["--pid", &process, &limit]);
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "not a wait but the end of one: a test that would hang fails and says what the process had logged"
    )]
    async fn until(&self, condition: impl FnMut(&(String, bool)) -> bool) -> String {
        let mut log = self.log.clone();
        let found = tokio::time::timeout(SAFETY_LIMIT, log.wait_for(condition)).await;
        let found = found.map(|found| found.unwrap().0.clone());
        found.unwrap_or_else(|_elapsed| panic!("waited in vain; logged:\n{}", self.log.borrow().0))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails where it has ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status();
    assert!(status.unwrap().success(), "{program} {arguments:?}");
}
