//! The programs that are measured: started as children on one core, watched, and ended with their owner.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::load::{Asked, Command, Connection, TOKEN, Target};
use crate::neighbours::FakeMattermost;

/// How long a program may take until it is ready.
const START_LIMIT: Duration = Duration::from_secs(90);

/// The number of the command by which a program's reply is learnt; no load counts as far.
const PROBE: Asked = Asked(999_999_999);

/// What is measured, and where.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The release binary of askwell.
    pub(crate) askwell: PathBuf,
    /// The Python of an environment that has FastAPI; without it the comparison is left out.
    pub(crate) python: Option<PathBuf>,
    /// The program of LiteLLM's proxy; without it that comparison is left out.
    pub(crate) litellm: Option<PathBuf>,
    /// The core that servers run on.
    pub(crate) core: usize,
    /// Where databases and logs are written, on a real disk.
    pub(crate) directory: PathBuf,
}

/// How askwell is configured for a measurement; everything else is as shipped.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// `OPENAI_BASE_URL`.
    pub(crate) model: String,
    /// `MATTERMOST_URL`.
    pub(crate) mattermost: String,
    /// The token of the slash command.
    pub(crate) command_token: String,
    /// The token of the bot account, where there is one.
    pub(crate) bot_token: Option<String>,
    /// `[limits] workers`, where it is not the shipped number.
    pub(crate) workers: Option<u32>,
    /// Whether to lift the pace at which Mattermost is written to, because another thing is measured.
    pub(crate) unpaced: bool,
    /// Tables of the configuration besides.
    pub(crate) further: String,
}

/// A program that runs.
pub(crate) struct Subject {
    child: Child,
    core: usize,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From its start to its first 200.
    pub(crate) ready_after: Duration,
}

impl Drop for Subject {
    fn drop(&mut self) {
        // It may have ended by itself, which leaves nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Subject {
    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Learns what it replies to commands, so that a refusal under load is noticed.
    pub(crate) async fn target(&self, command: &Command) -> anyhow::Result<Target> {
        let mut connection = Connection::open(self.address).await?;
        let reply = connection.ask(command.clone().numbered(PROBE)).await?;
        Ok(Target {
            address: self.address,
            pid: self.pid(),
            core: self.core,
            reply: Some(reply.into()),
        })
    }

    /// The same for the echo, which replies to each command otherwise.
    pub(crate) fn echo_target(&self) -> Target {
        Target {
            address: self.address,
            pid: self.pid(),
            core: self.core,
            reply: None,
        }
    }
}

impl Programs {
    /// Starts the echo.
    pub(crate) async fn start_echo(&self) -> anyhow::Result<Subject> {
        let address = free_address()?;
        let mut process = self.pinned(&std::env::current_exe()?);
        process.arg("echo").arg("--listen").arg(address.to_string());
        process.arg("--log").arg(self.directory.join("echo.log"));
        start(process, self.core, address, "/readyz").await
    }

    /// Starts askwell in a directory of its own, whose database it keeps from an earlier start there.
    pub(crate) async fn start_askwell(
        &self,
        directory: &Path,
        setup: &Setup,
    ) -> anyhow::Result<Subject> {
        self.start_askwell_at(free_address()?, directory, setup)
            .await
    }

    /// The same at an address that is known before.
    pub(crate) async fn start_askwell_at(
        &self,
        address: SocketAddr,
        directory: &Path,
        setup: &Setup,
    ) -> anyhow::Result<Subject> {
        fs::create_dir_all(directory)?;
        let config = directory.join("askwell.toml");
        fs::write(&config, setup.toml())?;
        let mut process = self.pinned(&self.askwell);
        process
            .arg("serve")
            .current_dir(directory)
            .env("ASKWELL_CONFIG", &config)
            .env("ASKWELL_LISTEN", address.to_string())
            .env("ASKWELL_LANGUAGE", "en")
            .env("ASKWELL_MODEL", "bench")
            .env("OPENAI_BASE_URL", &setup.model)
            .env("OPENAI_API_KEY", "bench")
            .env("MATTERMOST_URL", &setup.mattermost)
            .env("MATTERMOST_COMMAND_TOKENS", &setup.command_token);
        if let Some(token) = &setup.bot_token {
            process.env("MATTERMOST_BOT_TOKEN", token);
        }
        log_to(&mut process, &directory.join("askwell.log"))?;
        start(process, self.core, address, "/readyz").await
    }

    /// Starts the Python program.
    pub(crate) async fn start_python(&self, python: &Path, model: &str) -> anyhow::Result<Subject> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let address = free_address()?;
        let mut process = self.pinned(python);
        process
            .args(["-m", "uvicorn", "fastapi_bot:app", "--host", "127.0.0.1"])
            .arg("--port")
            .arg(address.port().to_string())
            .current_dir(peers)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("COMMAND_TOKEN", TOKEN)
            .env("OPENAI_BASE_URL", model)
            .env("OPENAI_API_KEY", "bench")
            .env("MODEL", "bench");
        log_to(&mut process, &self.directory.join("python.log"))?;
        start(process, self.core, address, "/openapi.json").await
    }

    /// Starts LiteLLM's proxy before a model.
    pub(crate) async fn start_litellm(
        &self,
        program: &Path,
        model: &str,
    ) -> anyhow::Result<Subject> {
        let directory = self.fresh_directory("litellm")?;
        let config = directory.join("litellm.yaml");
        let yaml = format!(
            "model_list:\n  - model_name: bench\n    litellm_params:\n      model: openai/bench\n      api_base: {model}\n      api_key: none\n"
        );
        fs::write(&config, yaml)?;
        let address = free_address()?;
        let mut process = self.pinned(program);
        process
            .arg("--config")
            .arg(&config)
            .args(["--host", "127.0.0.1", "--telemetry", "False", "--port"])
            .arg(address.port().to_string())
            .current_dir(&directory)
            // It must ask nobody but the model.
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
        log_to(&mut process, &directory.join("litellm.log"))?;
        start(process, self.core, address, "/health/liveliness").await
    }

    /// A directory that nothing was written to yet.
    pub(crate) fn fresh_directory(&self, name: &str) -> anyhow::Result<PathBuf> {
        let directory = self.directory.join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        Ok(directory)
    }

    /// A process on the servers' core, with nothing of our environment.
    pub(crate) fn pinned(&self, program: &Path) -> Process {
        let mut process = Process::new("taskset");
        process
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .arg("--cpu-list")
            .arg(self.core.to_string())
            .arg(program)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        process
    }
}

impl Setup {
    /// Beside a fake Mattermost, without a bot and without a pace.
    pub(crate) fn beside(mattermost: &FakeMattermost, model: String) -> Self {
        Self {
            model,
            mattermost: mattermost.url(),
            command_token: TOKEN.to_owned(),
            bot_token: None,
            workers: None,
            unpaced: true,
            further: String::new(),
        }
    }

    fn toml(&self) -> String {
        let workers = self
            .workers
            .map(|workers| format!("[limits]\nworkers = {workers}\n"));
        let pace = "[mattermost]\nwrites_per_second = 1000\nwrite_burst = 10000\n";
        workers.unwrap_or_default() + if self.unpaced { pace } else { "" } + &self.further
    }
}

fn log_to(process: &mut Process, path: &Path) -> anyhow::Result<()> {
    let log = File::create(path).with_context(|| format!("write {}", path.display()))?;
    process.stdout(log.try_clone()?).stderr(log);
    Ok(())
}

/// Finds a free port of loopback. Another program could take it meanwhile; then the start fails and says so.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("find a free port")?;
    Ok(listener.local_addr()?)
}

/// Starts a process, and asks it without a pause until it says that it is ready.
async fn start(
    mut process: Process,
    core: usize,
    address: SocketAddr,
    path: &str,
) -> anyhow::Result<Subject> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let begun = Instant::now();
    let child = process
        .spawn()
        .with_context(|| format!("start {process:?}"))?;
    let mut subject = Subject {
        child,
        core,
        address,
        ready_after: Duration::ZERO,
    };
    while begun.elapsed() < START_LIMIT {
        if is_ready(address, request.as_bytes()).await {
            subject.ready_after = begun.elapsed();
            return Ok(subject);
        }
        if let Some(status) = subject.child.try_wait()? {
            bail!("{process:?} ended with {status} instead of becoming ready");
        }
        tokio::task::yield_now().await;
    }
    bail!("{process:?} is not ready after {START_LIMIT:?}")
}

async fn is_ready(address: SocketAddr, request: &[u8]) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    connection.ask(request).await.is_ok()
}
