//! Erasing what people wrote: at once what they want forgotten, and in time what is kept no longer.
//!
//! A row is locked by its job first, as everywhere, so that nothing is erased that is being worked on or was just asked again. What is
//! left of a question are ids, counts and times, and words that say how it came and ended.

use super::admit::ROWS_PER_STATEMENT;
use super::audit;
use super::row::channel_kind;
use super::session::Session;
use super::statement::{Row, Statement, Value};
use super::work::held;
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::conversation::ConversationKey;
use crate::domain::id::{ChannelId, PostId, QuestionId, ServerId};
use crate::domain::job::Lease;
use crate::domain::retention::{ForgetWithin, Forgetting, Forgotten};
use crate::domain::time::Timestamp;
use crate::ports::{KeptConversation, KeptQuestion, KeptQuestions, StoreError};

/// How many questions are forgotten in one transaction: some hundred kilobytes of what people type, a few milliseconds.
const FORGOTTEN_AT_A_TIME: u32 = 500;

const ERASE_WHEN_ENDED: &str =
    "UPDATE jobs SET erase_when_ended = 1 WHERE question_id = $1 AND lease_token = $2";

/// Says that a question's texts are erased when it ends.
pub(super) async fn erase_when_ended(
    session: &mut Session,
    lease: &Lease,
) -> Result<(), StoreError> {
    let statement = Statement::new(ERASE_WHEN_ENDED)
        .bind(lease.question)
        .bind(lease.token);
    held(session.execute(statement).await?)
}

// What could be shown to nobody cannot be tried again without its texts, and so is done with.
const EMPTY_JOBS: &str = "UPDATE jobs SET picture = NULL, burial_detail = NULL, buried_for = NULL, state = 'done' FROM (VALUES ";
const OF_ENDED: &str =
    ") AS given WHERE jobs.question_id = given.column1 AND jobs.state IN ('done', 'dead')
     RETURNING question_id";

const EMPTY_QUESTIONS: &str = "UPDATE questions SET text = '', asker_name = '', response_id = NULL,
         answer = CASE WHEN outcome IS NULL THEN NULL ELSE '' END, texts = CASE WHEN outcome IS NULL THEN NULL ELSE '[]' END,
         earlier_answer = CASE WHEN again IS NULL THEN NULL ELSE '' END, erased_at = given.column2 FROM (VALUES ";
const OF_GIVEN: &str =
    ") AS given WHERE questions.id = given.column1 AND questions.erased_at IS NULL
     RETURNING server_id, conversation";

const FORGET_SUMMARIES: &str = "DELETE FROM summaries WHERE (server_id, conversation) IN (VALUES ";
const FORGET_INTENTS: &str = "DELETE FROM parts WHERE post_id IS NULL AND question_id IN (VALUES ";

/// Erases the texts of questions that have ended, and the summaries of their conversations; returns how many were erased.
pub(super) async fn erase(
    session: &mut Session,
    questions: &[QuestionId],
    at: Timestamp,
) -> Result<u64, StoreError> {
    let mut erased = 0;
    for chunk in questions.chunks(ROWS_PER_STATEMENT) {
        let jobs = chunk.iter().map(|id| [Value::from(*id)]);
        let jobs = Statement::of_rows(EMPTY_JOBS, jobs, OF_ENDED);
        let ended = ids(&session.fetch(jobs).await?, "question_id")?;
        erased += empty(session, &ended, at).await?;
    }
    Ok(erased)
}

/// Empties the texts of questions whose jobs are locked and have ended.
pub(super) async fn empty(
    session: &mut Session,
    questions: &[QuestionId],
    at: Timestamp,
) -> Result<u64, StoreError> {
    if questions.is_empty() {
        return Ok(0);
    }
    let given = questions.iter().map(|id| [(*id).into(), at.into()]);
    let emptied = Statement::of_rows(EMPTY_QUESTIONS, given, OF_GIVEN);
    let rows = session.fetch(emptied).await?;
    let intents = questions.iter().map(|id| [Value::from(*id)]);
    let intents = Statement::of_rows(FORGET_INTENTS, intents, ")");
    session.execute(intents).await?;
    let mut conversations = Vec::with_capacity(rows.len());
    for row in &rows {
        conversations.push((row.text("server_id")?, row.text("conversation")?));
    }
    conversations.sort_unstable();
    conversations.dedup();
    let told = conversations
        .iter()
        .map(|(server, conversation)| [server.as_str().into(), conversation.as_str().into()]);
    if !conversations.is_empty() {
        let summaries = Statement::of_rows(FORGET_SUMMARIES, told, ")");
        session.execute(summaries).await?;
    }
    Ok(rows.len() as u64)
}

fn ids(rows: &[Row], column: &'static str) -> Result<Vec<QuestionId>, StoreError> {
    rows.iter().map(|row| row.question_id(column)).collect()
}

const ASKED_BY: &str = "SELECT id FROM questions
     WHERE server_id = $1 AND asker_id = $2 AND erased_at IS NULL AND id > $6 AND ($3 IS NULL OR channel_id = $3)
       AND ($4 IS NULL OR thread_id = $4) ORDER BY id LIMIT $5";

const STOP: &str = "UPDATE jobs SET stop_requested = 1, erase_when_ended = 1 FROM (VALUES ";
const OF_UNENDED: &str =
    ") AS given WHERE jobs.question_id = given.column1 AND jobs.state IN ('ready', 'run')
     RETURNING question_id";

const TAKE_VOTES_BACK: &str = "DELETE FROM votes WHERE server_id = $1 AND person_id = $2
     AND ($3 IS NULL OR question_id IN (
         SELECT id FROM questions WHERE server_id = $1 AND channel_id = $3 AND ($4 IS NULL OR thread_id = $4)))";

/// Forgets what a person has asked and was answered, some of it at a time.
///
/// What has not ended is marked before the rest is erased: what ends between the two is erased by the second.
pub(super) async fn forget(
    session: &mut Session,
    server: &ServerId,
    forgetting: &Forgetting,
) -> Result<Forgotten, StoreError> {
    let mut forgotten = Forgotten::default();
    let mut after = QuestionId::from_bits(0);
    // Beyond those that are only marked, so that these do not stand in the way of others.
    loop {
        let asked = asked_by(session, server, forgetting, after).await?;
        let Some(last) = asked.last() else {
            break;
        };
        after = *last;
        let unended = asked.iter().map(|id| [Value::from(*id)]);
        let unended = Statement::of_rows(STOP, unended, OF_UNENDED);
        let stopped = ids(&session.fetch(unended).await?, "question_id")?;
        forgotten.stopped.extend(stopped);
        forgotten.erased += erase(session, &asked, forgetting.at).await?;
        if forgotten.erased > 0 {
            forgotten.is_to_go_on = asked.len() >= FORGOTTEN_AT_A_TIME as usize;
            break;
        }
    }
    let (channel, thread) = places(&forgetting.within);
    let votes = Statement::new(TAKE_VOTES_BACK)
        .bind(server.as_str())
        .bind(forgetting.person.as_str())
        .bind(channel.map(ChannelId::as_str))
        .bind(thread.map(PostId::as_str));
    session.execute(votes).await?;
    audit::append(session, &entry(server, forgetting, &forgotten)).await?;
    Ok(forgotten)
}

fn places(within: &ForgetWithin) -> (Option<&ChannelId>, Option<&PostId>) {
    match within {
        ForgetWithin::Everywhere => (None, None),
        ForgetWithin::Channel(channel) => (Some(channel), None),
        ForgetWithin::Thread(channel, root) => (Some(channel), Some(root)),
    }
}

async fn asked_by(
    session: &mut Session,
    server: &ServerId,
    forgetting: &Forgetting,
    after: QuestionId,
) -> Result<Vec<QuestionId>, StoreError> {
    let (channel, thread) = places(&forgetting.within);
    let statement = Statement::new(ASKED_BY)
        .bind(server.as_str())
        .bind(forgetting.person.as_str())
        .bind(channel.map(ChannelId::as_str))
        .bind(thread.map(PostId::as_str))
        .bind(FORGOTTEN_AT_A_TIME)
        .bind(after);
    ids(&session.fetch(statement).await?, "id")
}

fn entry(server: &ServerId, forgetting: &Forgetting, forgotten: &Forgotten) -> AuditEntry {
    let Forgetting { person, within, at } = forgetting;
    let place = match within {
        ForgetWithin::Everywhere => "everywhere".to_owned(),
        ForgetWithin::Channel(channel) => format!("channel = {channel}"),
        ForgetWithin::Thread(channel, root) => format!("channel = {channel}, thread = {root}"),
    };
    let (erased, stopped) = (forgotten.erased, forgotten.stopped.len());
    AuditEntry {
        at: *at,
        server: Some(server.clone()),
        by: Actor::Person(person.clone()),
        action: AuditAction::Forgotten,
        subject: format!("person:{person}"),
        detail: format!("{place}, erased = {erased}, stopped = {stopped}"),
    }
}

const NEXT_QUESTIONS: &str = "SELECT questions.id, questions.server_id, channel_id, channel_name, channel_kind, asked_at, erased_at, jobs.state
     FROM questions JOIN jobs ON jobs.question_id = questions.id
     WHERE questions.id > $1 ORDER BY questions.id LIMIT $2";

/// Reads the next questions, of which those of the server that have ended and are not erased are returned.
///
/// So many are looked at each time, whatever they are: a statement that looked for one to erase could read the whole table.
pub(super) async fn kept_questions(
    session: &mut Session,
    server: &ServerId,
    after: Option<QuestionId>,
    limit: u32,
) -> Result<KeptQuestions, StoreError> {
    let statement = Statement::new(NEXT_QUESTIONS)
        .bind(after.unwrap_or(QuestionId::from_bits(0)))
        .bind(limit);
    let rows = session.fetch(statement).await?;
    let mut kept = KeptQuestions::default();
    for row in &rows {
        kept.last = Some(row.question_id("id")?);
        let has_ended = matches!(row.text("state")?.as_str(), "done" | "dead");
        let is_erased = row.optional_integer("erased_at")?.is_some();
        if has_ended && !is_erased && row.text("server_id")? == server.as_str() {
            kept.questions.push(kept_question(row)?);
        }
    }
    Ok(kept)
}

fn kept_question(row: &Row) -> Result<KeptQuestion, StoreError> {
    let channel = row.optional_text("channel_id")?;
    let has_kind = row.optional_text("channel_kind")?.is_some();
    Ok(KeptQuestion {
        id: row.question_id("id")?,
        channel: channel.and_then(|id| ChannelId::parse(&id).ok()),
        channel_name: row.optional_text("channel_name")?,
        kind: has_kind.then(|| channel_kind(row)).transpose()?,
        asked_at: row.time("asked_at")?,
    })
}

const NEXT_SUMMARIES: &str = "SELECT conversation, made_at FROM summaries
     WHERE server_id = $1 AND conversation > $2 ORDER BY conversation LIMIT $3";

/// Reads the next summaries of a server.
pub(super) async fn kept_summaries(
    session: &mut Session,
    server: &ServerId,
    after: Option<&ConversationKey>,
    limit: u32,
) -> Result<Vec<KeptConversation>, StoreError> {
    let statement = Statement::new(NEXT_SUMMARIES)
        .bind(server.as_str())
        .bind(after.map_or("", ConversationKey::as_str))
        .bind(limit);
    let rows = session.fetch(statement).await?;
    let kept = rows.iter().map(|row| {
        Ok(KeptConversation {
            conversation: ConversationKey::from_stored(row.text("conversation")?),
            made_at: row.time("made_at")?,
        })
    });
    kept.collect()
}
