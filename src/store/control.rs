//! What people do about answers: stop them, have them written once more, say what they think of them; and the keys that sign buttons.

use secrecy::ExposeSecret as _;

use super::admit::next_in_lanes;
use super::row::{conclusion, generation, question};
use super::seal::place;
use super::session::Session;
use super::statement::{Row, Sql, Statement, Value, locking};
use super::work::parts;
use crate::domain::control::{Opinion, Tally};
use crate::domain::id::{PostId, QuestionId, ServerId};
use crate::domain::job::{AnswerState, Progress};
use crate::domain::question::Outcome;
use crate::domain::time::Timestamp;
use crate::ports::{AgainKind, AskAgain, AskedAgain, KeyAges, SigningKey, StoreError};

const STOP_ANSWER: Sql = locking!(
    "UPDATE jobs SET stop_requested = 1, pressed_at = COALESCE($3, pressed_at) WHERE question_id IN (
         SELECT jobs.question_id FROM questions JOIN jobs ON jobs.question_id = questions.id
         WHERE questions.id = $2 AND questions.server_id = $1 AND questions.concluded_at IS NULL
           AND jobs.state IN ('ready', 'run')",
    "FOR UPDATE OF jobs",
    ")"
);

/// Marks a question as to be stopped, where it has no conclusion yet; says whether it has none.
pub(super) async fn stop_answer(
    session: &mut Session,
    server: &ServerId,
    question: QuestionId,
    pressed_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let statement = Statement::new(STOP_ANSWER)
        .bind(server.as_str())
        .bind(question)
        .bind(pressed_at);
    Ok(session.execute(statement).await? > 0)
}

const STOPS: &str = "SELECT question_id FROM jobs
     WHERE state = 'run' AND worker = $1 AND stop_requested = 1 ORDER BY question_id";

/// Returns the questions that a worker holds and that are to be stopped.
pub(super) async fn stops_of(
    session: &mut Session,
    worker: u128,
) -> Result<Vec<QuestionId>, StoreError> {
    let rows = session.fetch(Statement::new(STOPS).bind(worker)).await?;
    rows.iter()
        .map(|row| row.question_id("question_id"))
        .collect()
}

const ANSWER: &str = concat!(
    "SELECT work.lane, work.state, work.stop_requested, generation, ",
    super::row::question_columns!(),
    ", ",
    super::row::conclusion_columns!(),
    " FROM questions JOIN (
         SELECT question_id, lane, state, stop_requested FROM jobs WHERE question_id = $2
     ) AS work ON work.question_id = questions.id WHERE server_id = $1"
);

const TALLY: &str = "SELECT vote, COUNT(*) AS votes FROM votes
     WHERE question_id = $1 AND server_id = $2 AND generation = $3 GROUP BY vote";

/// Returns all that is known of an answer.
pub(super) async fn answer(
    session: &mut Session,
    server: &ServerId,
    id: QuestionId,
) -> Result<Option<AnswerState>, StoreError> {
    let statement = Statement::new(ANSWER).bind(server.as_str()).bind(id);
    let Some(row) = session.fetch_optional(statement).await? else {
        return Ok(None);
    };
    let generation = generation(&row)?;
    let first = parts(session, id).await?.into_iter().next();
    Ok(Some(AnswerState {
        question: question(&row)?,
        generation,
        progress: progress(&row)?,
        stop_requested: row.truth("stop_requested")?,
        conclusion: conclusion(&row)?,
        first: first.filter(|part| part.intent.part == 0),
        tally: tally(session, server, id, generation).await?,
    }))
}

fn progress(row: &Row) -> Result<Progress, StoreError> {
    match row.text("state")?.as_str() {
        "ready" => Ok(Progress::Waiting),
        "run" => Ok(Progress::Running),
        "done" => Ok(Progress::Ended),
        "dead" => Ok(Progress::Dead),
        _ => Err(StoreError::Corrupt { what: "state" }),
    }
}

async fn tally(
    session: &mut Session,
    server: &ServerId,
    question: QuestionId,
    generation: u32,
) -> Result<Tally, StoreError> {
    let statement = Statement::new(TALLY)
        .bind(question)
        .bind(server.as_str())
        .bind(generation);
    let mut tally = Tally::default();
    for row in session.fetch(statement).await? {
        let votes = row.count("votes")?;
        match row.text("vote")?.as_str() {
            "up" => tally.up = votes,
            "down" => tally.down = votes,
            _ => return Err(StoreError::Corrupt { what: "vote" }),
        }
    }
    Ok(tally)
}

const QUESTION_OF_POST: &str =
    "SELECT question_id FROM parts WHERE post_id = $1 AND server_id = $2 LIMIT 1";

/// Returns the question of whose answer a post is part.
pub(super) async fn question_of_post(
    session: &mut Session,
    server: &ServerId,
    post: &PostId,
) -> Result<Option<QuestionId>, StoreError> {
    let statement = Statement::new(QUESTION_OF_POST)
        .bind(post.as_str())
        .bind(server.as_str());
    let row = session.fetch_optional(statement).await?;
    row.map(|row| row.question_id("question_id")).transpose()
}

const ENDED: Sql = locking!(
    "SELECT jobs.server_id, jobs.lane, questions.generation, questions.outcome, questions.answer
     FROM jobs JOIN questions ON questions.id = jobs.question_id
     WHERE jobs.question_id = $2 AND jobs.server_id = $1 AND jobs.state = 'done'",
    "FOR UPDATE OF jobs"
);

const PUT_BACK: &str = "UPDATE jobs SET state = 'ready', seq = $2, run_at = 0, deaths = 0, stop_requested = 0, ended_at = NULL, pressed_at = $3,
         over_budget = NULL
     WHERE question_id = $1";

const BEGIN_AGAIN: &str =
    "UPDATE questions SET generation = $2, again = $3, earlier_answer = answer, earlier_outcome = outcome, deadline = $4,
         outcome = NULL, is_turn = NULL, answer = NULL, texts = NULL, prompt_tokens = NULL, completion_tokens = NULL,
         cached_tokens = NULL, reasoning_tokens = NULL, model = NULL, concluded_at = NULL
     WHERE id = $1 AND erased_at IS NULL";

/// Puts a question that has ended back, as the last of its lane: see `dead::revive` for why it gets a new place there.
pub(super) async fn ask_again(
    session: &mut Session,
    server: &ServerId,
    again: AskAgain,
) -> Result<AskedAgain, StoreError> {
    let ended = Statement::new(ENDED)
        .bind(server.as_str())
        .bind(again.question);
    let Some(row) = session.fetch_optional(ended).await? else {
        return Ok(AskedAgain::NotNow);
    };
    let seen = generation(&row)?;
    if seen != again.generation || !can_be_asked_again(&row, again.kind)? {
        return Ok(AskedAgain::NotNow);
    }
    let generation = seen.saturating_add(1);
    let begin = Statement::new(BEGIN_AGAIN)
        .bind(again.question)
        .bind(generation)
        .bind(kind_word(again.kind))
        .bind(again.deadline);
    // Of what was erased nothing is left to be asked again.
    if session.execute(begin).await? == 0 {
        return Ok(AskedAgain::NotNow);
    }
    let lane = (row.text("server_id")?.into(), row.text("lane")?.into());
    let seqs = next_in_lanes(session, std::iter::once(lane)).await?;
    let seq = seqs
        .into_values()
        .next()
        .ok_or(StoreError::Corrupt { what: "lane" })?;
    let put_back = Statement::new(PUT_BACK)
        .bind(again.question)
        .bind(seq)
        .bind(again.pressed_at);
    session.execute(put_back).await?;
    Ok(AskedAgain::Begun { generation })
}

fn kind_word(kind: AgainKind) -> &'static str {
    match kind {
        AgainKind::Regenerate => "regenerate",
        AgainKind::Continue => "continue",
    }
}

fn can_be_asked_again(row: &Row, kind: AgainKind) -> Result<bool, StoreError> {
    let outcome = row
        .optional_text("outcome")?
        .and_then(|word| Outcome::from_stored(&word));
    Ok(match (kind, outcome) {
        (AgainKind::Regenerate, Some(outcome)) => outcome.can_be_regenerated(),
        (AgainKind::Continue, Some(outcome)) => outcome.can_be_continued(),
        (_, None) => false,
    })
}

const VOTE: &str =
    "INSERT INTO votes (server_id, question_id, person_id, generation, vote, voted_at)
     SELECT server_id, id, $3, generation, $4, $5 FROM questions WHERE id = $2 AND server_id = $1
     ON CONFLICT (question_id, person_id) DO UPDATE
     SET generation = excluded.generation, vote = excluded.vote, voted_at = excluded.voted_at";

/// Counts what a person thinks of an answer.
pub(super) async fn vote(
    session: &mut Session,
    server: &ServerId,
    opinion: &Opinion,
    at: Timestamp,
) -> Result<(), StoreError> {
    let statement = Statement::new(VOTE)
        .bind(server.as_str())
        .bind(opinion.question)
        .bind(opinion.person.as_str())
        .bind(opinion.vote.as_str())
        .bind(at);
    session.execute(statement).await?;
    Ok(())
}

const TAKE_VOTE_BACK: &str =
    "DELETE FROM votes WHERE server_id = $1 AND question_id = $2 AND person_id = $3 AND vote = $4";

/// Forgets that a person thought so of an answer.
pub(super) async fn take_vote_back(
    session: &mut Session,
    server: &ServerId,
    opinion: &Opinion,
) -> Result<(), StoreError> {
    let statement = Statement::new(TAKE_VOTE_BACK)
        .bind(server.as_str())
        .bind(opinion.question)
        .bind(opinion.person.as_str())
        .bind(opinion.vote.as_str());
    session.execute(statement).await?;
    Ok(())
}

const FORGET_KEYS: &str = "DELETE FROM signing_keys WHERE server_id = $1 AND created_at < $2";
const KEYS: &str = "SELECT key_id, secret, created_at FROM signing_keys
     WHERE server_id = $1 ORDER BY created_at DESC, key_id";
const INSERT_KEY: &str =
    "INSERT INTO signing_keys (server_id, key_id, secret, created_at) VALUES ($1, $2, $3, $4)";

/// Returns the keys of a server, the newest first, one of which signs.
pub(super) async fn signing_keys(
    session: &mut Session,
    server: &ServerId,
    offered: SigningKey,
    ages: KeyAges,
) -> Result<Vec<SigningKey>, StoreError> {
    let now = offered.created_at;
    let forget = Statement::new(FORGET_KEYS)
        .bind(server.as_str())
        .bind(now.before(ages.is_kept));
    session.execute(forget).await?;
    let kept = Statement::new(KEYS).bind(server.as_str());
    let rows = session.fetch(kept).await?;
    let mut keys = rows
        .iter()
        .map(|row| key(server, row))
        .collect::<Result<Vec<_>, _>>()?;
    if !keys.iter().any(|key| key.signs_at(now, ages)) {
        let id = format!("{:016x}", offered.id);
        let insert = Statement::new(INSERT_KEY)
            .bind(server.as_str())
            .bind(id.as_str())
            .bind(Value::sealed(
                place::SIGNING,
                &signing_row(server, &id),
                offered.secret.expose_secret(),
            ))
            .bind(now);
        session.execute(insert).await?;
        keys.insert(0, offered);
    }
    Ok(keys)
}

fn signing_row(server: &ServerId, key_id: &str) -> String {
    format!("{server}|{key_id}")
}

fn key(server: &ServerId, row: &Row) -> Result<SigningKey, StoreError> {
    let key_id = row.text("key_id")?;
    let id = u64::from_str_radix(&key_id, 16);
    Ok(SigningKey {
        id: id.map_err(|_| StoreError::Corrupt { what: "key_id" })?,
        secret: row
            .opened("secret", place::SIGNING, &signing_row(server, &key_id))?
            .into(),
        created_at: row.time("created_at")?,
    })
}
