//! A tour: people who open a fresh server, and later talk with the bot in every way there is.
//!
//! They are clients like any other and know only the wire, so they would do the same on a real server.

mod person;
mod transcript;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use crate::handle::PASSWORD;
use person::{Person, Post, Watch};
use transcript::Transcript;

/// The team and the channel of the tour.
const TEAM: &str = "acme";
const CHANNEL: &str = "lobby";

/// The language that the people speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tongue {
    /// Korean.
    Ko,
    /// English.
    En,
}

/// What the people say.
struct Script {
    mention: &'static str,
    follow_up: &'static str,
    direct: &'static str,
    command: &'static str,
    /// What somebody asks who has a budget: one question more than there is for.
    budgeted: [&'static str; 5],
}

impl Tongue {
    fn script(self) -> Script {
        match self {
            Self::Ko => Script {
                mention: "한국의 수도는 어디야?",
                follow_up: "거기에서 가 볼 만한 곳 하나만 알려 줘.",
                direct: "무지개는 몇 가지 색이야?",
                command: "물은 몇 도에서 끓어?",
                budgeted: [
                    "1 더하기 1은?",
                    "하늘은 무슨 색이야?",
                    "고양이는 뭐라고 울어?",
                    "얼음은 차가워?",
                    "하나만 더!",
                ],
            },
            Self::En => Script {
                mention: "what is the capital of France?",
                follow_up: "And one thing to see there?",
                direct: "How many colours has a rainbow?",
                command: "At how many degrees does water boil?",
                budgeted: [
                    "what is 1 plus 1?",
                    "what colour has the sky?",
                    "what does a cat say?",
                    "is ice cold?",
                    "one more, please!",
                ],
            },
        }
    }

    /// How the conversations are headed.
    fn heads(self) -> [&'static str; 4] {
        match self {
            Self::Ko => [
                "멘션과 스레드",
                "다이렉트 메시지",
                "슬래시 명령어",
                "예산: 거의 다 썼을 때, 다른 모델이 답할 때, 다 썼을 때",
            ],
            Self::En => [
                "A mention and its thread",
                "A direct message",
                "A slash command",
                "A budget: nearly used up, another model answers, used up",
            ],
        }
    }
}

/// Opens a fresh server as its first people do, and writes the administrator's token into a file.
///
/// # Errors
/// When the server cannot be reached, or has people already.
pub async fn open(url: &str, token_file: &Path) -> anyhow::Result<()> {
    for name in ["admin", "alice", "bob"] {
        if name == "admin" {
            Person::sign_up(url, name, None).await?;
        } else {
            let admin = Person::log_in(url, "admin", PASSWORD).await?;
            Person::sign_up(url, name, Some(&admin)).await?;
        }
    }
    let admin = Person::log_in(url, "admin", PASSWORD).await?;
    let team = json!({"name": TEAM, "display_name": "Acme", "type": "O"});
    let team = admin.post("/teams", &team).await?;
    let team = person::text_at(&team, "/id").to_owned();
    for name in ["alice", "bob"] {
        let user = admin.get(&format!("/users/username/{name}")).await?;
        let member = json!({"team_id": team, "user_id": user["id"]});
        admin
            .post(&format!("/teams/{team}/members"), &member)
            .await?;
    }
    let alice = Person::log_in(url, "alice", PASSWORD).await?;
    let channel = json!({"team_id": team, "name": CHANNEL, "display_name": "Lobby", "type": "O"});
    let channel = alice.post("/channels", &channel).await?;
    let bob = admin.get("/users/username/bob").await?;
    let path = format!("/channels/{}/members", person::text_at(&channel, "/id"));
    alice.post(&path, &json!({"user_id": bob["id"]})).await?;
    std::fs::write(token_file, admin.token())
        .with_context(|| format!("write {}", token_file.display()))
}

/// How the tour goes.
#[derive(Clone, Debug)]
pub struct Tour {
    /// The server's base URL.
    pub url: String,
    /// The bot's name.
    pub bot: String,
    /// The command's word.
    pub command: String,
    /// What the people speak.
    pub tongue: Tongue,
    /// For how long nothing may change before an answer is called complete.
    pub quiet: Duration,
    /// When to give up on an answer.
    pub timeout: Duration,
}

impl Tour {
    /// Talks with the bot in every way there is, and returns the conversation.
    ///
    /// # Errors
    /// When the server cannot be reached, or an answer does not come.
    pub async fn go(&self) -> anyhow::Result<String> {
        let alice = Person::log_in(&self.url, "alice", PASSWORD).await?;
        let bot = alice.get(&format!("/users/username/{}", self.bot)).await?;
        let bot = person::text_at(&bot, "/id").to_owned();
        let script = self.tongue.script();
        let [in_channel, directly, by_command, by_budget] = self.tongue.heads();
        let mut transcript = Transcript::default();

        let lobby = alice.channel(TEAM, CHANNEL).await?;
        let path = format!("/channels/{lobby}/members");
        alice.post(&path, &json!({"user_id": bot})).await?;
        transcript.head(&format!("{in_channel} (~{CHANNEL})"));
        let mention = format!("@{} {}", self.bot, script.mention);
        let asked = alice.say(&lobby, "", &mention).await?;
        transcript.line("alice", &asked.text);
        transcript.reply(&self.bot, &self.answer(&alice, &bot, &lobby, &asked).await?);
        let further = alice.say(&lobby, &asked.id, script.follow_up).await?;
        transcript.reply("alice", &further.text);
        transcript.reply(
            &self.bot,
            &self.answer(&alice, &bot, &lobby, &further).await?,
        );

        let direct = alice.direct_channel(&bot).await?;
        transcript.head(directly);
        let asked = alice.say(&direct, "", script.direct).await?;
        transcript.line("alice", &asked.text);
        transcript.line(
            &self.bot,
            &self.answer(&alice, &bot, &direct, &asked).await?,
        );

        transcript.head(&format!("{by_command} (~{CHANNEL})"));
        let line = format!("/{} {}", self.command, script.command);
        let before = alice.newest(&lobby).await?;
        alice.run(TEAM, &lobby, &line).await?;
        transcript.line("alice", &line);
        transcript.line(
            &self.bot,
            &self.answer(&alice, &bot, &lobby, &before).await?,
        );
        transcript.head(&format!("{by_budget} (~{CHANNEL})"));
        let bob = Person::log_in(&self.url, "bob", PASSWORD).await?;
        for question in script.budgeted {
            let mention = format!("@{} {question}", self.bot);
            let asked = bob.say(&lobby, "", &mention).await?;
            transcript.line("bob", &asked.text);
            transcript.reply(&self.bot, &self.answer(&bob, &bot, &lobby, &asked).await?);
        }
        Ok(transcript.finish())
    }

    async fn answer(
        &self,
        reader: &Person,
        bot: &str,
        channel: &str,
        after: &Post,
    ) -> anyhow::Result<String> {
        let watch = Watch {
            bot,
            channel,
            after,
            quiet: self.quiet,
            timeout: self.timeout,
        };
        reader.watch(&watch).await
    }
}
