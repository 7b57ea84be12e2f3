//! A PostgreSQL of the tests' own: one cluster for each test process, one database for each test.
//!
//! The cluster listens on a unix socket in a directory of its own, so it takes no port and disturbs no other. It is kept by a
//! shell that waits for the end of its input: however this process ends, that input ends, and the shell stops the cluster and
//! removes it. Nothing is synced to disk, because nothing here has to survive a power cut.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

const KEEPER: &str = r#"
set -eu
trap '' INT TERM HUP
directory=$(mktemp -d /tmp/askwell-postgres-XXXXXX)
trap '"$BIN/pg_ctl" -D "$directory/data" -m immediate stop >>"$directory/log" 2>&1 || true; rm -rf "$directory"' EXIT
fail() { cat "$directory/log" >&2; exit 1; }
"$BIN/initdb" -D "$directory/data" -U askwell -A trust -E UTF8 --locale=C --no-sync >"$directory/log" 2>&1 || fail
"$BIN/pg_ctl" -D "$directory/data" -l "$directory/log" -w \
    -o "-k '$directory' -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=300" \
    start >>"$directory/log" 2>&1 || fail
echo "$directory"
read -r _ || true
"#;

/// A running cluster.
struct Cluster {
    /// Where its socket is.
    directory: String,
    /// Its keeper, whose input stays open as long as this process lives.
    _keeper: Child,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Makes an empty database and returns its URL. The first call in a process starts the cluster.
pub(crate) async fn fresh_database() -> String {
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{number}");
    let mut connection = PgConnection::connect(&url_of("postgres")).await.unwrap();
    sqlx::query(AssertSqlSafe(format!(
        "CREATE DATABASE {name} TEMPLATE template0"
    )))
    .execute(&mut connection)
    .await
    .unwrap();
    url_of(&name)
}

/// Returns the URL of a database of this name, whether or not there is one.
pub(crate) fn url_of(database: &str) -> String {
    let directory = &CLUSTER.get_or_init(start).directory;
    format!("postgres://askwell@localhost/{database}?host={directory}")
}

fn start() -> Cluster {
    let mut keeper = as_an_ordinary_user()
        .env("BIN", programs())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell can be started");
    let mut directory = String::new();
    let output = keeper.stdout.take().expect("its output is piped");
    BufReader::new(output)
        .read_line(&mut directory)
        .expect("its output can be read");
    let directory = directory.trim().to_owned();
    assert!(
        !directory.is_empty(),
        "the test's own PostgreSQL did not start; what it said is above"
    );
    Cluster {
        directory,
        _keeper: keeper,
    }
}

/// PostgreSQL refuses to run as root, so root starts it as the user that Debian's package made for it.
fn as_an_ordinary_user() -> Command {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .expect("id can be run");
    if id.stdout.trim_ascii() == b"0" {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        command.args(["sh", "-c", KEEPER]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER]);
        command
    }
}

/// Finds the newest of PostgreSQL's programs where Debian puts them, or else on the path.
fn programs() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let newest = installed
        .filter_map(|version| {
            let version = version.ok()?;
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .max();
    newest
        .map(|(_, programs)| programs)
        .or_else(programs_on_the_path)
        .expect("PostgreSQL is not installed, and the tests never skip it: run scripts/test, which installs it")
}

fn programs_on_the_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .find(|directory: &PathBuf| Path::new(directory).join("initdb").exists())
}
