//! Control: what people want done about an answer, by a button beneath it. What they want by reactions is in `wishes`.
//!
//! A press on a button is reported by nobody who could be known: it is believed where we signed what the button carries, the post that is
//! named is there, is ours and is the one that the button was made for, and the person named may do that. The post is asked for each
//! time, because what a button carries is seen by all when its post is deleted.
//!
//! What is done is committed before it is said. A press is replied to with the post as it is to be shown, which everybody sees at once; it
//! is what whoever works on the answer writes there too, so that it does not matter which of both comes first, and where it cannot be
//! known, they write theirs again ([`super::hold::Hold::unsettled_until`]).

use std::sync::Arc;
use std::time::Duration;

use super::access::may_ask_again;
use super::buttons;
use super::generate::NOTHING_YET;
use super::sign::{Ticket, Untrusted};
use super::world::World;
use crate::domain::audit::AuditEntry;
use crate::domain::control::{Control, Opinion, Press, Redrawn, Stage, Standing, Tally, Vote};
use crate::domain::id::{ChannelId, QuestionId, UserId};
use crate::domain::job::{AnswerState, Progress};
use crate::domain::post::SeenPost;
use crate::domain::question::Conclusion;
use crate::domain::time::Timestamp;
use crate::ports::{AgainKind, AskAgain, AskedAgain, MattermostError, StoreError, timeout};
use crate::text::{Reason, Sentence, say};

/// How long a press waits for an answer to end that was asked to stop, so that its end can be shown at once.
const LONGEST_END: Duration = Duration::from_secs(1);

/// How often it is looked whether another process has shown the end of an answer.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long the checks of a press may take. Mattermost itself waits 30 seconds, a person less.
pub const LONGEST_PRESS: Duration = Duration::from_secs(5);

/// What a press is replied to with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// Nothing: what is to be seen is seen already, or will be by itself.
    Silent,
    /// The post as it is to be shown now, to everybody.
    Show(Box<Redrawn>),
    /// Something for whoever pressed alone.
    Tell(String),
    /// Nothing at all: it is not believed.
    Refuse,
}

/// Where presses and reactions come in. Cheap to share.
#[derive(Clone)]
pub struct Controls {
    pub(super) world: Arc<World>,
}

/// Why nothing could be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("ask the store")]
    Store(#[from] StoreError),
    #[error("ask Mattermost")]
    Mattermost(#[from] MattermostError),
}

/// An answer that somebody may do something about, and its first post as it is.
struct Subject {
    answer: AnswerState,
    post: SeenPost,
}

impl Controls {
    /// Makes what does things about answers of a world.
    #[must_use]
    pub fn new(world: Arc<World>) -> Self {
        Self { world }
    }

    /// Does what a press asks for, and returns what it is replied to with, within [`LONGEST_PRESS`].
    pub async fn pressed(&self, press: Press) -> Feedback {
        let obeyed = self.obey(&press);
        match timeout(&*self.world.clock, LONGEST_PRESS, obeyed).await {
            Ok(Ok(feedback)) => feedback,
            Ok(Err(trouble)) => {
                tracing::warn!(error = %trouble, source = ?std::error::Error::source(&trouble).map(ToString::to_string), "a press on a button could not be obeyed");
                self.tell(&press.person, &Sentence::ControlFailed)
            }
            Err(_elapsed) => {
                tracing::warn!("a press on a button could not be obeyed in time");
                self.tell(&press.person, &Sentence::ControlFailed)
            }
        }
    }

    async fn obey(&self, press: &Press) -> Result<Feedback, Trouble> {
        let world = &self.world;
        let ticket = match world.keyring.open(world, &press.context).await? {
            Ok(ticket) => ticket,
            Err(Untrusted::Forged) => {
                tracing::info!("refused a press on a button that is not signed by us");
                return Ok(Feedback::Refuse);
            }
            Err(Untrusted::Expired) => {
                return Ok(self.tell(&press.person, &Sentence::ButtonExpired));
            }
        };
        let server = world.mattermost.server();
        let Some(answer) = world.store.answer(server, ticket.question).await? else {
            return Ok(Feedback::Refuse);
        };
        let Some(channel) = answer.first.as_ref().map(|first| &first.intent.channel) else {
            return Ok(Feedback::Refuse);
        };
        let (post, standing) = tokio::join!(
            world.mattermost.read_post(&press.post),
            self.standing(&answer, channel, &press.person),
        );
        let Some(post) = self.believed(&ticket, &answer, post?).await? else {
            tracing::info!(question.id = %ticket.question, control = ticket.control.as_str(), "refused a press on a button of a post that is not there");
            return Ok(Feedback::Refuse);
        };
        if ticket.generation != answer.generation {
            // Somebody else was quicker, and what they did is seen already.
            return Ok(Feedback::Silent);
        }
        if !may(ticket.control, standing?) {
            return Ok(self.tell(&press.person, &Sentence::NotYours));
        }
        let subject = Subject { answer, post };
        tracing::info!(question.id = %ticket.question, control = ticket.control.as_str(), "a button was pressed");
        self.act(ticket.control, &press.person, subject).await
    }

    /// Returns the post that was pressed, where it is there, ours, and the one that the button was made for.
    async fn believed(
        &self,
        ticket: &Ticket,
        answer: &AnswerState,
        post: Option<SeenPost>,
    ) -> Result<Option<SeenPost>, Trouble> {
        let Some(post) = post else { return Ok(None) };
        let bot = match self.world.bot.get() {
            Some(bot) => bot.id.clone(),
            None => self.world.mattermost.identity().await?.id,
        };
        // That it was made may not be known yet: then its marker says enough, which only the bot's posts have.
        let is_known = answer.first.as_ref().is_some_and(|first| {
            first.intent.channel == post.channel
                && first.post.as_ref().is_none_or(|known| *known == post.id)
        });
        let is_marked = post.marker.is_some_and(|marker| {
            (marker.question, marker.part) == (ticket.question, 0)
                && marker.generation == ticket.generation
        });
        Ok((post.author == bot && is_known && is_marked).then_some(post))
    }

    /// Says what somebody may do about an answer: whoever asked as much as whoever administers.
    pub(super) async fn standing(
        &self,
        answer: &AnswerState,
        channel: &ChannelId,
        person: &UserId,
    ) -> Result<Standing, MattermostError> {
        if answer.question.asker.id.as_ref() == Some(person) {
            return Ok(Standing::Admin);
        }
        self.world.mattermost.standing(channel, person).await
    }

    async fn act(
        &self,
        control: Control,
        person: &UserId,
        subject: Subject,
    ) -> Result<Feedback, Trouble> {
        match control {
            Control::Stop => self.stop(subject).await,
            Control::Regenerate => self.ask_again(AgainKind::Regenerate, person, subject).await,
            Control::Continue => self.ask_again(AgainKind::Continue, person, subject).await,
            Control::Vote(vote) => self.count(vote, person, subject).await,
        }
    }

    async fn stop(&self, subject: Subject) -> Result<Feedback, Trouble> {
        let world = &self.world;
        let question = subject.answer.question.id;
        let ending = world.halts.ending(question);
        let pressed_at = Some(world.clock.now());
        self.request_stop(question, pressed_at).await?;
        if let Ok(Some(conclusion)) = timeout(&*world.clock, LONGEST_END, ending).await {
            return self
                .show_ended(&subject, &conclusion, Tally::default())
                .await;
        }
        match self.show_as_it_is(question, &subject).await? {
            Feedback::Silent => {}
            shown => return Ok(shown),
        }
        // It waits for its turn, or is worked on elsewhere.
        world.halts.press(question, world.clock.now());
        let message = subject.post.message.clone();
        let generation = subject.answer.generation;
        self.show(&subject, message, generation, Stage::Stopping)
            .await
    }

    /// Marks an answer as to be stopped, where it has not ended yet; says whether it has not.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn request_stop(
        &self,
        question: QuestionId,
        pressed_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let world = &self.world;
        let server = world.mattermost.server();
        let stopped = world
            .store
            .stop_answer(server, question, pressed_at)
            .await?;
        if stopped {
            world.halts.stop(&[question]);
        }
        Ok(stopped)
    }

    /// The same for whoever looks after askwell, and writes it down; where it has ended, neither.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stop_as_written(
        &self,
        question: QuestionId,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let world = &self.world;
        let server = world.mattermost.server();
        let stopped = world.store.stop_as_written(server, question, entry).await?;
        if stopped {
            world.halts.stop(&[question]);
        }
        Ok(())
    }

    /// Shows an answer as it ended meanwhile, where it has.
    async fn show_as_it_is(
        &self,
        question: QuestionId,
        subject: &Subject,
    ) -> Result<Feedback, Trouble> {
        let world = &self.world;
        let server = world.mattermost.server();
        match world.store.answer(server, question).await? {
            Some(AnswerState {
                conclusion: Some(conclusion),
                generation,
                tally,
                ..
            }) if generation == subject.answer.generation => {
                self.show_ended(subject, &conclusion, tally).await
            }
            _ => Ok(Feedback::Silent),
        }
    }

    /// Waits while the end of an answer is being shown: its buttons are there already, but it is not done with yet.
    pub(super) async fn until_shown(&self, question: QuestionId) -> Result<(), StoreError> {
        let world = &self.world;
        loop {
            let gone = world.halts.gone(question);
            let answer = world.store.answer(world.mattermost.server(), question);
            let is_being_shown = answer.await?.is_some_and(|answer| {
                let is_to_be_done =
                    matches!(answer.progress, Progress::Waiting | Progress::Running);
                answer.conclusion.is_some() && is_to_be_done
            });
            if !is_being_shown {
                return Ok(());
            }
            let look_again = world.clock.now().after(LOOK_EVERY);
            let gone = async {
                match gone {
                    Some(gone) => gone.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = gone => {}
                () = world.clock.sleep_until(look_again) => {}
            }
        }
    }

    async fn ask_again(
        &self,
        kind: AgainKind,
        person: &UserId,
        subject: Subject,
    ) -> Result<Feedback, Trouble> {
        let world = &self.world;
        if !may_ask_again::<Trouble>(world, &subject.answer.question, person).await? {
            return Ok(self.tell(person, &Sentence::Refused(Reason::NotAllowed)));
        }
        self.until_shown(subject.answer.question.id).await?;
        if self.is_full().await? {
            return Ok(self.tell(person, &Sentence::Refused(Reason::QueueFull)));
        }
        let answer = &subject.answer;
        let pressed_at = Some(world.clock.now());
        let AskedAgain::Begun { generation } = self.begin_again(kind, answer, pressed_at).await?
        else {
            return Ok(Feedback::Silent);
        };
        let written = match (kind, &answer.conclusion) {
            (AgainKind::Continue, Some(conclusion)) => conclusion.answer.as_str(),
            (AgainKind::Continue, None) | (AgainKind::Regenerate, _) => NOTHING_YET,
        };
        let composed = world.composer.view(&answer.question, written);
        let message = composed.texts.into_iter().next().unwrap_or_default();
        self.show(&subject, message, generation, Stage::Growing)
            .await
    }

    pub(super) async fn begin_again(
        &self,
        kind: AgainKind,
        answer: &AnswerState,
        pressed_at: Option<Timestamp>,
    ) -> Result<AskedAgain, StoreError> {
        let world = &self.world;
        let again = AskAgain {
            question: answer.question.id,
            generation: answer.generation,
            kind,
            deadline: world.clock.now().after(world.settings.deadline),
            pressed_at,
        };
        let asked = world
            .store
            .ask_again(world.mattermost.server(), again)
            .await?;
        if let AskedAgain::Begun { .. } = asked {
            world.work_waits.notify_one();
        }
        Ok(asked)
    }

    /// Whether as many questions wait as may.
    pub(super) async fn is_full(&self) -> Result<bool, StoreError> {
        let waiting = self
            .world
            .store
            .backlog(self.world.mattermost.server())
            .await?
            .waiting;
        Ok(waiting >= self.world.settings.max_waiting)
    }

    async fn count(
        &self,
        vote: Vote,
        person: &UserId,
        subject: Subject,
    ) -> Result<Feedback, Trouble> {
        let world = &self.world;
        let (server, now) = (world.mattermost.server(), world.clock.now());
        let question = subject.answer.question.id;
        let opinion = Opinion {
            question,
            person: person.clone(),
            vote,
        };
        world.store.vote(server, &opinion, now).await?;
        self.show_as_it_is(question, &subject).await
    }

    /// Shows how an answer ended.
    async fn show_ended(
        &self,
        subject: &Subject,
        conclusion: &Conclusion,
        tally: Tally,
    ) -> Result<Feedback, Trouble> {
        let Some(message) = conclusion.texts.first() else {
            return Ok(Feedback::Silent);
        };
        let stage = buttons::stage_of(&self.world, conclusion, tally);
        self.show(subject, message.clone(), subject.answer.generation, stage)
            .await
    }

    async fn show(
        &self,
        subject: &Subject,
        message: String,
        generation: u32,
        stage: Stage,
    ) -> Result<Feedback, Trouble> {
        let marker = buttons::first_of(subject.answer.question.id, generation);
        let language = self.world.languages.of_asker(&subject.answer.question);
        let props = buttons::props(&self.world, language, marker, stage).await?;
        Ok(Feedback::Show(Box::new(Redrawn {
            message,
            props,
            files: subject.post.files.clone(),
        })))
    }

    fn tell(&self, person: &UserId, sentence: &Sentence<'_>) -> Feedback {
        Feedback::Tell(say(self.world.languages.of(Some(person)), sentence))
    }
}

/// Whether somebody who stands so may do that.
pub(super) fn may(control: Control, standing: Standing) -> bool {
    match standing {
        Standing::Admin => true,
        Standing::Member => !control.is_the_askers(),
        Standing::Outsider => false,
    }
}
