//! Mattermost's own client library, under Node, through a whole session against a server that was started empty.

#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const MISSING: &str =
    "Mattermost's client library is not there, or Node is not: scripts/test installs both";

/// Where the library is installed: beside what the compiler makes.
fn library() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    target.expect("it is in the target").join("client-library")
}

/// Puts the session beside the library, where Node looks for it.
fn lay_out(library: &Path) {
    let session = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client");
    for entry in std::fs::read_dir(session).expect("the session is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_some_and(|ending| ending == "mjs") {
            let name = path.file_name().expect("a file has a name");
            std::fs::copy(&path, library.join(name)).expect("it can be copied");
        }
    }
}

/// Starts a server as a newcomer does; answers where it is.
async fn start_server() -> (Child, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_askwell-playground"))
        .args(["--empty", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the playground's program starts");
    let mut lines = BufReader::new(server.stdout.take().expect("it is piped")).lines();
    let line = lines.next_line().await.expect("the playground speaks");
    let line = line.expect("the playground says where it is");
    let (_, url) = line.rsplit_once(' ').expect("the address comes last");
    (server, url.to_owned())
}

#[tokio::test]
async fn mattermosts_own_client_works_through_a_session() {
    let library = library();
    let is_there = library.join("node_modules/@mattermost/client").exists();
    assert!(is_there, "{MISSING}");
    lay_out(&library);
    let (server, url) = start_server().await;
    let output = Command::new("node")
        .arg(library.join("session.mjs"))
        .arg(url)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("{MISSING} ({error})"));
    drop(server);
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.ends_with("done\n"), "{said}");
}
