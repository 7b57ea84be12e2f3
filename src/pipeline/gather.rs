//! Gathering: what the model is told, and whether the asker may be answered there at all.
//!
//! Uses only what the asker may read: the turns of this conversation, after the asker's membership was checked wherever the bot can
//! see the channel. Admission touches no network for a question; working on it does, and here most.

use std::sync::Arc;

use super::OldTurns;
use super::admit::conversation_in;
use super::attached::{Attached, ReadFor, attached};
use super::changed::{Addressees, Seen, posts_of, question_now, turns_now};
use super::channels::customs_of;
use super::elsewhere::{linked_threads, said_before};
use super::hold::Hold;
use super::interruption::Interruption;
use super::rules;
use super::summary::{ToldConversation, in_place_of};
use super::surroundings::{instructions, profile};
use super::thread::{said_by, turns_before, writers_before};
use super::world::World;
use crate::domain::channel_settings::ChannelSettings;
use crate::domain::chat::ChannelProfile;
use crate::domain::conversation::{ConversationScope, Turn};
use crate::domain::event::{Origin, Place};
use crate::domain::file::{FileName, FileTrouble};
use crate::domain::id::{FileId, PostId};
use crate::domain::job::{Again, ClaimedJob};
use crate::domain::post::{Audience, Delivery, Source};
use crate::domain::prompt::{CutAnswer, ModelChoice, Prompt, Window, message_tokens, turn_tokens};
use crate::domain::question::{Question, Refusal};
use crate::ports::StoreError;
use crate::text::go_on;

/// Where old turns are summarised, so many times as many are looked at as are told.
const SUMMARISED: u32 = 4;

/// What gathering found.
pub(super) enum Gathered {
    /// The model may be asked.
    Ready(Box<Ready>),
    /// A picture is wanted, of what this describes.
    Picture(String),
    /// It must not be answered there.
    Refused(Refusal),
    /// Whoever asked it has deleted it.
    Deleted,
}

/// What a model is asked, and what else is known of it.
pub(super) struct Ready {
    pub(super) prompt: Prompt,
    /// The files that do not reach the model.
    pub(super) troubles: Vec<(FileName, FileTrouble)>,
    /// The conversation that the question goes on with, where it does.
    pub(super) spoken: Option<ToldConversation>,
}

/// Puts a question into its place: an outgoing webhook says neither the thread of its post nor who made it, so the post is read.
///
/// What is found is stored, so that whoever takes the question up again posts in the right thread. `None` where it is no question
/// to us.
pub(super) async fn place(
    world: &World,
    job: &ClaimedJob,
    hold: &Hold,
) -> Result<Option<Box<ClaimedJob>>, Interruption> {
    let mut placed = Box::new(job.clone());
    let question = &mut placed.question;
    let Origin::OutgoingHook { place, post } = &mut question.origin else {
        return Ok(Some(placed));
    };
    if !world.settings.delivery.bot {
        return Ok(Some(placed));
    }
    let Some(seen) = world.mattermost.read_post(post).await? else {
        // Deleted before we came to it, and so is the question; unless the bot may not see that channel, where it is asked all the same.
        let Some(asker) = &question.asker.id else {
            return Ok(None);
        };
        let is_seen = world.mattermost.is_member(&place.channel, asker).await?;
        return Ok(is_seen.is_none().then_some(placed));
    };
    // Whoever set up a hook knows its token and could send any form: what it says must be so. And whoever the bot is, it does not answer
    // itself.
    let is_as_said =
        question.asker.id.as_ref() == Some(&seen.author) && place.channel == seen.channel;
    let is_ours = world.bot.get().is_some_and(|bot| bot.id == seen.author);
    if seen.source != Source::Author || !is_as_said || is_ours {
        return Ok(None);
    }
    let Some(root) = seen.root else {
        return Ok(Some(placed));
    };
    place.thread = Some(root.clone());
    if question.audience == Audience::Channel {
        question.conversation =
            conversation_in(place, question.asker.id.as_ref(), world.settings.scope);
    }
    if let Delivery::Bot {
        root: answered_in, ..
    } = &mut question.delivery
    {
        *answered_in = Some(root.clone());
    }
    world
        .store
        .place_in(hold.lease(), &root, &question.conversation)
        .await?;
    Ok(Some(placed))
}

/// Gathers the prompt of a question that was put into its place. The question is brought to what its post says now.
pub(super) async fn gather(
    world: &World,
    job: &mut ClaimedJob,
    choice: ModelChoice,
) -> Result<Gathered, Interruption> {
    rules::keep_current(world).await;
    let turns = remembered(world, job).await?;
    let posts = posts_of(&job.question, &turns);
    let (is_member, seen, profile) = tokio::join!(
        is_member(world, &job.question),
        read_again(world, &posts),
        profile_of(world, &job.question)
    );
    let customs = customs(world, &job.question).await?;
    let mut files = Vec::new();
    let (turns, profile, linked) = match is_member? {
        Some(false) => return Ok(Gathered::Refused(Refusal::NotAMember)),
        // Where the bot cannot see the channel it reads nothing of it: the context is this conversation's own turns.
        None => (turns, ChannelProfile::default(), Vec::new()),
        Some(true) => {
            let (seen, addressees) = (seen?, Addressees::of(world));
            if let Some(post) = job.question.origin.post() {
                let Some(post) = seen.get(post) else {
                    return Ok(Gathered::Deleted);
                };
                files.clone_from(&post.files);
                if let Some(text) = question_now(&job.question, post, addressees) {
                    job.question.text = text;
                }
            }
            let linked = linked_threads(world, &job.question).await?;
            (turns_now(turns, &seen, addressees), profile, linked)
        }
    };
    if let Some(description) = job.question.wanted_picture() {
        return Ok(Gathered::Picture(description.to_owned()));
    }
    let instructions = instructions(world, &job.question, &profile, &customs);
    let conversation = in_conversation(world, &job.question, turns, &customs).await?;
    files.extend(conversation.files.iter().cloned());
    let window = world.model.window(&choice);
    let read_for = ReadFor {
        language: world.languages.of_asker(&job.question),
        window,
        sees: world.model.sees(&choice),
        question: job.question.id,
    };
    let Attached {
        text,
        pictures,
        troubles,
    } = attached(world, &files, read_for).await;
    let told = Told {
        asked: asked(world, &job.question, &text),
        instructions,
        linked,
        window,
    };
    let prompt = prompt(world, job, &told, &conversation).await?;
    let choice = ModelChoice {
        asked_for: Some(job.question.id),
        asker: job.question.asker.id.clone(),
        ..choice
    };
    let prompt = Prompt {
        choice: choice.clone(),
        ..prompt.showing(pictures)
    };
    let spoken = conversation.lasts.then(|| ToldConversation {
        conversation: job.question.conversation.clone(),
        room: told.room(),
        turns: conversation.turns,
        window,
        choice,
    });
    Ok(Gathered::Ready(Box::new(Ready {
        prompt,
        troubles,
        spoken,
    })))
}

async fn profile_of(world: &World, question: &Question) -> ChannelProfile {
    match question.origin.place() {
        Some(place) => profile(world, &place.channel).await,
        None => ChannelProfile::default(),
    }
}

/// Returns what the channel of a question does otherwise.
async fn customs(world: &World, question: &Question) -> Result<Arc<ChannelSettings>, StoreError> {
    match question.origin.place() {
        Some(place) => customs_of(world, &place.channel).await,
        None => Ok(Arc::default()),
    }
}

/// Says whether the asker may read the channel that they asked in, as far as there is a bot that can see.
pub(super) async fn may_read(world: &World, question: &Question) -> Result<bool, Interruption> {
    Ok(is_member(world, question).await?.unwrap_or(true))
}

/// Says whether the asker is a member of the channel that they asked in; `None` where there is no such channel or no bot that can see it.
async fn is_member(world: &World, question: &Question) -> Result<Option<bool>, Interruption> {
    let (Some(Place { channel, .. }), Some(asker), true) = (
        question.origin.place(),
        &question.asker.id,
        world.settings.delivery.bot,
    ) else {
        return Ok(None);
    };
    Ok(world.mattermost.is_member(channel, asker).await?)
}

/// Says whether the post that asked a question was deleted, where there is one that can be seen.
pub(super) async fn is_deleted(world: &World, question: &Question) -> Result<bool, Interruption> {
    let Some(post) = question.origin.post() else {
        return Ok(false);
    };
    Ok(is_member(world, question).await? == Some(true)
        && read_again(world, std::slice::from_ref(post))
            .await?
            .is_empty())
}

/// Reads posts as they are now.
async fn read_again(world: &World, posts: &[PostId]) -> Result<Seen, Interruption> {
    if posts.is_empty() || !world.settings.delivery.bot {
        return Ok(Seen::new());
    }
    let read = world.mattermost.read_posts(posts).await?;
    Ok(read
        .into_iter()
        .map(|post| (post.id.clone(), post))
        .collect())
}

/// What was said before a question.
struct Conversation {
    /// Its turns, oldest first.
    turns: Vec<Turn>,
    /// How many of them are told, at most: the newest.
    most: usize,
    /// What was attached to it.
    files: Vec<FileId>,
    /// Whether it is one that goes on, and not what was said in the channel before it begins.
    lasts: bool,
}

/// Returns the turns as the model reads them: those of the thread where there is one, what was said before it where the question
/// begins one and that is wanted, else the remembered ones, with names where they are shared; and the files of the thread.
async fn in_conversation(
    world: &World,
    question: &Question,
    turns: Vec<Turn>,
    customs: &ChannelSettings,
) -> Result<Conversation, Interruption> {
    if let Some((turns, files)) = thread(world, question).await? {
        return Ok(Conversation {
            turns,
            most: usize::MAX,
            files,
            lasts: true,
        });
    }
    if thread_of(question).is_none()
        && let Some(before) = said_before(world, question, customs).await?
    {
        return Ok(Conversation {
            turns: vec![before],
            most: usize::MAX,
            files: Vec::new(),
            lasts: false,
        });
    }
    let named = |turn: Turn| Turn {
        question: said_to_bot(world, question, &turn.asker_name, &turn.question),
        ..turn
    };
    Ok(Conversation {
        turns: turns.into_iter().map(named).collect(),
        most: usize::try_from(world.settings.max_turns).unwrap_or(usize::MAX),
        files: Vec::new(),
        lasts: true,
    })
}

/// Says who asked, where others ask in the same conversation.
fn said_to_bot(world: &World, question: &Question, name: &str, text: &str) -> String {
    // Everybody in a thread shares its conversation, whatever is shared outside.
    let is_shared = question.audience == Audience::Channel
        && question.origin.place().is_some_and(|place| {
            place.thread.is_some() || world.settings.scope == ConversationScope::Channel
        });
    if is_shared {
        said_by(name, text)
    } else {
        text.to_owned()
    }
}

/// What a prompt is made of, beside the conversation.
struct Told {
    instructions: String,
    /// The question, with who asks it where that is said, and with its files.
    asked: String,
    /// What was said where it links to.
    linked: Vec<Turn>,
    window: Window,
}

impl Told {
    /// The tokens that are left for turns.
    fn room(&self) -> u64 {
        let fixed = message_tokens(&self.instructions) + message_tokens(&self.asked);
        let linked: u64 = self.linked.iter().map(turn_tokens).sum();
        u64::from(self.window.less(fixed.saturating_add(linked)).room())
    }
}

fn asked(world: &World, question: &Question, attached: &str) -> String {
    let mut asked = said_to_bot(world, question, &question.asker.name, &question.text);
    asked.push_str(attached);
    asked
}

/// Makes the prompt. Where there is no room for all turns, a summary is told in place of the first ones, as far as there is one.
async fn prompt(
    world: &World,
    job: &ClaimedJob,
    told: &Told,
    conversation: &Conversation,
) -> Result<Prompt, Interruption> {
    let turns = &conversation.turns;
    let untold = turns.len().saturating_sub(conversation.most);
    let whole = fitted(
        world,
        job,
        told,
        turns.get(untold..).unwrap_or_default(),
        told.window,
    );
    if whole.dropped_turns == 0 && untold == 0 || !conversation.lasts {
        return Ok(whole);
    }
    let question = &job.question;
    if let Some(summary) = in_place_of(world, question, turns).await? {
        let own = turns.get(summary.turns.max(untold)..).unwrap_or_default();
        let window = told.window.less(message_tokens(&summary.text));
        return Ok(fitted(world, job, told, own, window).following(&summary.text));
    }
    tracing::debug!(question.id = %question.id, dropped_turns = whole.dropped_turns + untold, "older turns do not fit the model's window");
    Ok(whole)
}

fn fitted(world: &World, job: &ClaimedJob, told: &Told, turns: &[Turn], window: Window) -> Prompt {
    let turns: Vec<Turn> = turns.iter().chain(&told.linked).cloned().collect();
    let (instructions, asked) = (told.instructions.clone(), told.asked.clone());
    match &job.again {
        Some(Again::Continue(earlier)) => {
            let cut = CutAnswer {
                beginning: earlier.answer.clone(),
                go_on: go_on(world.languages.of_asker(&job.question)),
            };
            Prompt::fit_going_on(instructions, &turns, asked, cut, window)
        }
        Some(Again::Regenerate(_)) | None => Prompt::fit(instructions, &turns, asked, window),
    }
}

/// The turns of this conversation that the store remembers; none where the thread itself is read.
async fn remembered(world: &World, job: &ClaimedJob) -> Result<Vec<Turn>, Interruption> {
    let (question, settings) = (&job.question, &world.settings);
    if thread_of(question).is_some() && world.bot.get().is_some() {
        return Ok(Vec::new());
    }
    let (store, server) = (&world.store, &question.server);
    // Of those that are told no more there may be a summary.
    let limit = match settings.old_turns {
        OldTurns::Summarised => settings.max_turns.saturating_mul(SUMMARISED),
        OldTurns::LeftOut => settings.max_turns,
    };
    let conversation = &question.conversation;
    let history = match job.again {
        // What was said after it is no context of an answer that is written once more.
        Some(_) => store.history_before(server, conversation, question.id, limit),
        None => store.history(server, conversation, limit),
    };
    let history = history.await?;
    let session = history.session(question.asked_at, settings.session_idle);
    Ok(session.to_vec())
}

/// The root of the thread that the bot was called into by a question; `None` where it was asked elsewhere, or begins the thread.
fn thread_of(question: &Question) -> Option<(&PostId, &PostId)> {
    let Origin::Post { place, post, .. } = &question.origin else {
        return None;
    };
    let root = place.thread.as_ref().filter(|root| *root != post)?;
    Some((root, post))
}

/// What was said in the thread that the bot was called into, by whomever, and the files that people attached there, the newest first; `None`
/// where it is no such thread.
///
/// It is read as it is now: what was edited or deleted since is not told in its old form.
async fn thread(
    world: &World,
    question: &Question,
) -> Result<Option<(Vec<Turn>, Vec<FileId>)>, Interruption> {
    let (Some((root, post)), Some(bot)) = (thread_of(question), world.bot.get()) else {
        return Ok(None);
    };
    let Some(posts) = world.mattermost.thread(root).await? else {
        return Ok(None);
    };
    let writers = writers_before(&posts, post, &bot.id);
    let names = world.mattermost.names(&writers).await?;
    let before = posts.iter().rev().skip_while(|earlier| earlier.id != *post);
    let of_people = before.skip(1).filter(|earlier| earlier.author != bot.id);
    let files = of_people.flat_map(|post| post.files.clone()).collect();
    Ok(Some((turns_before(&posts, post, &bot.id, &names), files)))
}
