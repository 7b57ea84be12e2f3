//! `askwell setup`: makes what askwell needs on a Mattermost server, and writes what it needs to know; or takes it back.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;
use url::{Host, Url};

use super::failure::Failure;
use super::terminal::{self, Answers};
use super::{CONFIGURATION_IS_WRONG, complain, say};
use crate::clock::SystemClock;
use crate::config::{Colours, Draft, Inputs, draft, load};
use crate::lifecycle;
use crate::provision::{
    Access, IncomingWish, Mode, Outcome, PreviewWish, Reach, Session, Setup, Stop, Undo, Wishes,
    http_client,
};
use crate::text::{Explanation, Language, Obstacle, Remark, explain_obstacle, remark};

/// The variable of an administrator's token; it is never kept.
const TOKEN_VARIABLE: &str = "ASKWELL_ADMIN_TOKEN";

/// The longest file of a token, in bytes.
const MAX_TOKEN_FILE: u64 = 4096;

/// One call, at most.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// Who sets up or looks.
#[derive(Debug, Args)]
pub(super) struct Administrator {
    /// A system administrator's access token. Others on this machine may see it in the list of processes: rather use a file or
    /// `ASKWELL_ADMIN_TOKEN`.
    #[arg(long, value_name = "TOKEN", conflicts_with = "admin_token_file")]
    admin_token: Option<String>,
    /// A file that holds the token.
    #[arg(long, value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(super) struct Arguments {
    /// The Mattermost server, as people open it in their browser.
    #[arg(long)]
    url: Option<String>,
    /// How Mattermost reaches askwell, such as `http://10.0.0.5:8000`.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    #[command(flatten)]
    administrator: Administrator,
    /// A team, by its name in addresses; repeated for several. All teams, if not given.
    #[arg(long = "team", value_name = "NAME")]
    teams: Vec<String>,
    /// What the bot is mentioned by.
    #[arg(long, value_name = "NAME", default_value = "gptbot")]
    bot_name: String,
    /// What people read above the bot's posts.
    #[arg(long, value_name = "NAME", default_value = "GPT")]
    display_name: String,
    /// The word of the slash command.
    #[arg(long = "command", value_name = "WORD")]
    trigger: Option<String>,
    /// Lets posts in public channels that begin with this word be questions; repeated for several.
    #[arg(long = "outgoing-word", value_name = "WORD")]
    outgoing_words: Vec<String>,
    /// Makes an incoming webhook, for answers where there is no bot.
    #[arg(long, value_name = "TEAM/CHANNEL", num_args = 0..=1, default_missing_value = "town-square")]
    incoming: Option<String>,
    /// Lets the asker see the answer grow by ephemeral posts; needs a right that bots have not by themselves.
    #[arg(long)]
    live_preview: bool,
    /// The file for secrets; `.env` if not given.
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// The language askwell speaks, `ko` or `en`; written down.
    #[arg(long)]
    language: Option<Language>,
    /// Agrees beforehand to every change of the server's settings.
    #[arg(long)]
    yes: bool,
    /// Shows what would be done, and does nothing.
    #[arg(long)]
    dry_run: bool,
    /// Takes back what an earlier setup made.
    #[arg(long)]
    undo: bool,
}

pub(super) fn run(config: Option<&Path>, arguments: &Arguments) -> ExitCode {
    let secrets = arguments.secrets.as_deref();
    let (inputs, names) = Inputs::to_be_written(config, secrets);
    let draft = match draft(&inputs, names) {
        Ok(draft) => draft,
        Err(problems) => {
            complain(&problems.render(Colours::Absent));
            return ExitCode::from(CONFIGURATION_IS_WRONG);
        }
    };
    let language = arguments.language.unwrap_or(draft.language);
    let command = Command {
        config,
        arguments,
        draft: &draft,
        language,
        answers: Answers::of(arguments.yes),
    };
    match command.run() {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(stop)) => {
            command.explain(&stop);
            ExitCode::FAILURE
        }
        Err(failure) => {
            failure.complain(language);
            ExitCode::FAILURE
        }
    }
}

struct Command<'a> {
    config: Option<&'a Path>,
    arguments: &'a Arguments,
    draft: &'a Draft,
    language: Language,
    answers: Answers,
}

impl Command<'_> {
    fn run(&self) -> Result<Result<(), Stop>, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::System)?;
        let http = http_client().map_err(crate::app::StartError::from)?;
        Ok(runtime.block_on(self.work(http)))
    }

    async fn work(&self, http: reqwest::Client) -> Result<(), Stop> {
        let reach = Reach {
            http,
            url: self.url()?,
            call_timeout: CALL_TIMEOUT,
            clock: Arc::new(SystemClock::start()),
        };
        let session = self.session(reach).await?;
        let outcome = tokio::select! {
            outcome = self.do_it(&session) => outcome,
            // Whoever interrupts leaves no session behind.
            _asked = lifecycle::asked_to_stop() => Err(Obstacle::Declined.into()),
        };
        // A session that cannot be ended ends by itself.
        session.close().await.ok();
        outcome
    }

    async fn do_it(&self, session: &Session) -> Result<(), Stop> {
        if self.arguments.undo {
            self.undo(session).await
        } else {
            self.set_up(session).await
        }
    }

    fn mode(&self) -> Mode {
        if self.arguments.dry_run {
            Mode::Show
        } else {
            Mode::Do
        }
    }

    async fn set_up(&self, session: &Session) -> Result<(), Stop> {
        let wishes = self.wishes(session.url())?;
        let setup = Setup {
            session,
            wishes: &wishes,
            draft: self.draft,
            language: self.language,
            writes_language: self.arguments.language.is_some(),
            desk: &self.answers,
            mode: self.mode(),
        };
        match setup.run().await? {
            Outcome::Shown => {}
            Outcome::NothingToChange => self.say(&Remark::NothingToChange),
            Outcome::Done => {
                self.say(&Remark::Done {
                    trigger: wishes.trigger.as_str().into(),
                    name: wishes.bot_name.as_str().into(),
                });
                self.say_what_is_missing();
            }
        }
        Ok(())
    }

    async fn undo(&self, session: &Session) -> Result<(), Stop> {
        let path = &self.draft.dotenv.path;
        let undo = Undo {
            session,
            directory: path.parent().unwrap_or(path),
            language: self.language,
            desk: &self.answers,
            mode: self.mode(),
        };
        match undo.run().await? {
            Outcome::Shown => {}
            Outcome::NothingToChange => self.say(&Remark::NothingToUndo),
            Outcome::Done => self.say(&Remark::Undone),
        }
        Ok(())
    }

    fn say(&self, said: &Remark<'_>) {
        let _code = say(&format!("{}\n", remark(self.language, said)));
    }

    fn explain(&self, stop: &Stop) {
        for obstacle in stop.obstacles() {
            let Explanation { what, remedy } = explain_obstacle(self.language, &obstacle);
            complain(&format!("{what}\n  → {remedy}\n"));
        }
    }

    /// Reads the configuration as `serve` will, and says what it still lacks.
    fn say_what_is_missing(&self) {
        let secrets = self.arguments.secrets.as_deref();
        let (inputs, _) = Inputs::to_be_written(self.config, secrets);
        match load(inputs) {
            Ok(_) => self.say(&Remark::Next),
            Err(problems) => {
                self.say(&Remark::StillMissing);
                let _code = say(&problems.render(Colours::Absent));
            }
        }
    }

    fn url(&self) -> Result<Url, Stop> {
        let written = self.draft.mattermost_url.value.clone();
        let given = self.arguments.url.clone().or(written).or_else(|| {
            let question = remark(self.language, &Remark::AskUrl);
            (self.answers == Answers::Asked)
                .then(|| terminal::ask(&question))
                .flatten()
        });
        let given = given.ok_or(Obstacle::NoUrl)?;
        read_url(&given)
    }

    fn wishes(&self, server: &Url) -> Result<Wishes, Stop> {
        let arguments = self.arguments;
        let trigger = arguments.trigger.clone();
        let trigger = trigger.or_else(|| self.draft.trigger.value.clone());
        let is_asked = self.answers == Answers::Asked && !arguments.dry_run;
        Ok(Wishes {
            bot_name: arguments.bot_name.clone(),
            display_name: arguments.display_name.clone(),
            trigger: trigger
                .unwrap_or_default()
                .trim_start_matches('/')
                .to_owned(),
            teams: arguments.teams.clone(),
            public_url: self.public_url(server)?,
            outgoing_words: arguments.outgoing_words.clone(),
            incoming: arguments.incoming.as_deref().map(IncomingWish::read),
            preview: match (arguments.live_preview, is_asked) {
                (true, _) => PreviewWish::Wanted,
                (false, true) => PreviewWish::Open,
                (false, false) => PreviewWish::Left,
            },
        })
    }

    /// How Mattermost reaches us: as was said, as is written, or as this machine reaches Mattermost.
    fn public_url(&self, server: &Url) -> Result<Url, Stop> {
        let written = self.draft.public_url.value.clone();
        if let Some(given) = self.arguments.public_url.clone().or(written) {
            return read_url(&given);
        }
        let guess = guess(server, self.draft.listen).ok_or(Obstacle::NoPublicUrl)?;
        if self.answers != Answers::Asked {
            return read_url(&guess);
        }
        let url = guess.as_str().into();
        let question = remark(self.language, &Remark::AskPublicUrl { url });
        let answer = terminal::ask(&question).filter(|answer| !answer.is_empty());
        read_url(&answer.unwrap_or(guess))
    }

    async fn session(&self, reach: Reach) -> Result<Session, Stop> {
        if let Some(token) = self.arguments.administrator.token()? {
            return Session::open(reach, Access::Token(token)).await;
        }
        if self.answers != Answers::Asked && !terminal::is_there() {
            return Err(Obstacle::NoCredentials.into());
        }
        let login = self.ask(&Remark::AskLogin).unwrap_or_default();
        if login.is_empty() {
            let token = self.ask_secret(&Remark::AskToken);
            let token = token.ok_or(Obstacle::NoCredentials)?;
            return Session::open(reach, Access::Token(token)).await;
        }
        let account = login.as_str().into();
        let password = self.ask_secret(&Remark::AskPassword { account });
        let password = password.ok_or(Obstacle::NoCredentials)?;
        self.log_in(reach, login, password).await
    }

    async fn log_in(
        &self,
        reach: Reach,
        login: String,
        password: SecretString,
    ) -> Result<Session, Stop> {
        let access = |code| Access::Password {
            login: login.clone(),
            password: password.clone(),
            code,
        };
        let opened = Session::open(reach.clone(), access(String::new())).await;
        let is_code_needed = |stop: &Stop| stop.obstacles().contains(&Obstacle::CodeNeeded);
        match opened {
            Err(stop) if is_code_needed(&stop) => {
                let code = self.ask(&Remark::AskCode).unwrap_or_default();
                Session::open(reach, access(code)).await
            }
            opened => opened,
        }
    }

    fn ask(&self, question: &Remark<'_>) -> Option<String> {
        terminal::ask(&remark(self.language, question))
    }

    fn ask_secret(&self, question: &Remark<'_>) -> Option<SecretString> {
        terminal::ask_secret(&remark(self.language, question))
    }
}

impl Administrator {
    /// Returns the token that was given, where one was.
    pub(super) fn token(&self) -> Result<Option<SecretString>, Stop> {
        if let Some(token) = &self.admin_token {
            return Ok(Some(token.trim().into()));
        }
        if let Some(path) = &self.admin_token_file {
            let unreadable = || Obstacle::TokenFileUnreadable {
                path: path.display().to_string().into(),
            };
            let token = read_token(path).ok_or_else(unreadable)?;
            return Ok(Some(token));
        }
        let token = std::env::var(TOKEN_VARIABLE).ok();
        let token = token.filter(|token| !token.trim().is_empty());
        Ok(token.map(|token| token.trim().into()))
    }
}

fn read_token(path: &Path) -> Option<SecretString> {
    use std::io::Read as _;
    let mut text = String::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MAX_TOKEN_FILE).read_to_string(&mut text).ok()?;
    let token = text.trim();
    (!token.is_empty()).then(|| token.into())
}

fn read_url(text: &str) -> Result<Url, Stop> {
    let bad = || Obstacle::BadUrl {
        url: text.to_owned().into(),
    };
    let url = Url::parse(text.trim()).map_err(|_| bad())?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain { Ok(url) } else { Err(bad().into()) }
}

/// Guesses how a server reaches us: by the address that this machine has on the way to it.
fn guess(server: &Url, listen: Option<SocketAddr>) -> Option<String> {
    let listen = listen?;
    let address = if listen.ip().is_unspecified() {
        address_towards(server)?
    } else {
        listen.ip()
    };
    let address = SocketAddr::new(address, listen.port());
    Some(format!("http://{address}"))
}

fn address_towards(server: &Url) -> Option<IpAddr> {
    let is_this_machine = match server.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    if is_this_machine {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    // Connecting a datagram socket sends nothing; it only chooses the address that would be sent from.
    let targets = server.socket_addrs(|| None).ok()?;
    let target = targets.first()?;
    let any: SocketAddr = if target.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (std::net::Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(target).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(server: &str, listen: &str) -> Option<String> {
        guess(&server.parse().unwrap(), listen.parse().ok())
    }

    #[test]
    fn where_mattermost_is_on_this_machine_it_reaches_us_on_it() {
        let expected = Some("http://127.0.0.1:8000".to_owned());
        for server in ["http://localhost:8065", "http://127.0.0.1", "http://[::1]"] {
            assert_eq!(guessed(server, "0.0.0.0:8000"), expected, "{server}");
        }
    }

    #[test]
    fn where_we_listen_on_one_address_we_are_reached_there() {
        let found = guessed("https://chat.example.com", "10.1.2.3:81");
        assert_eq!(found.as_deref(), Some("http://10.1.2.3:81"));
    }

    #[test]
    fn an_address_has_a_scheme_and_a_host_and_nothing_secret() {
        assert!(read_url("https://chat.example.com/mattermost").is_ok());
        for text in [
            "chat.example.com",
            "ftp://a.b",
            "https://u:p@a.b",
            "https://a.b?x=y",
            "https://a.b/#x",
            "",
        ] {
            assert!(read_url(text).is_err(), "{text}");
        }
    }
}
