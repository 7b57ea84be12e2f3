//! What can be wrong with a configuration, as values; the words for it are in [`super::words`].

use super::reference::{Form, Key};

/// What can be wrong with a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetFault {
    /// It has no name, or one of other characters.
    Name,
    /// Another one has its name.
    Twice,
    /// It counts nothing, or several things.
    Limits,
    /// Pictures or recordings cost something that no budget of dollars counts.
    Uncounted,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The file is not TOML.
    Syntax {
        /// What the parser says, without any text of the file.
        message: String,
    },
    /// A line of `.env` is not `NAME=value`.
    DotenvLine,
    /// A name stands twice in `.env`.
    Twice,
    /// A key or table nobody reads.
    Unknown {
        /// The known name that is most like it, where one is.
        nearest: Option<String>,
    },
    /// A value of another form.
    Form(Form),
    /// A text that is too long.
    TooLong {
        /// Characters, at most.
        chars: usize,
    },
    /// A text that may not be empty.
    Empty,
    /// A secret that cannot be sent in a header.
    Characters,
    /// A secret in `.env` of which a part was replaced by a variable.
    Substituted,
    /// A variable and its twin with `_FILE` are both set.
    BothSet {
        /// The twin.
        twin: String,
    },
    /// A file cannot be read.
    Unreadable {
        /// Which.
        path: String,
        /// What the system says.
        why: String,
    },
    /// No token of a command or webhook is set.
    NoToken,
    /// The address of Mattermost is missing.
    NoMattermost,
    /// OpenAI's own API is to be asked without a key.
    NoApiKey,
    /// The same for pictures or speech.
    NoMediaKey,
    /// The server of `[model]` neither draws nor listens, and no other is named.
    NoMediaAddress,
    /// An address holds a name or password.
    Credentials,
    /// An address holds a query or fragment.
    Query,
    /// An address of a public host is not encrypted.
    PlainHttp {
        /// The key that allows it.
        allow: &'static Key,
    },
    /// The address of an incoming webhook has another form.
    IncomingWebhook,
    /// The database is of no known kind.
    Database,
    /// What is to be redacted is of no known kind, or no expression.
    Redaction,
    /// A key to seal with is none.
    SealKey,
    /// A server's name has other characters.
    ServerName,
    /// Another bot of this process has this name, too.
    NameTaken,
    /// Another bot of this process has this token, too.
    TokenTaken,
    /// A key of the process stands in the file of a further bot.
    OfTheProcess,
    /// What a channel does otherwise is written, but not of which channel.
    NoChannel,
    /// A channel's id has another form.
    ChannelId,
    /// The same channel has two tables.
    ChannelTwice,
    /// An agent has no name, or none that people could call it by.
    AgentName,
    /// Two agents have one name.
    AgentTwice,
    /// There is no such agent.
    NoSuchAgent {
        /// The known one that it is most like, where one is.
        nearest: Option<String>,
    },
    /// Something is wrong with a budget.
    Budget(BudgetFault),
    /// Something is wrong with a group of people or a rule of access.
    Access(AccessFault),
    /// A model or a route has no name.
    NoModelName,
    /// Two models, or two routes, have the same name.
    ModelNameTwice,
    /// A name is no model's.
    NoSuchModel {
        /// The known name that is most like it, where one is.
        nearest: Option<String>,
    },
    /// A protocol needs what is not written, or written otherwise.
    Wanted {
        /// The word of the protocol.
        wire: &'static str,
        /// How it is written.
        form: &'static str,
    },
    /// A protocol has no words for what is written.
    Unsayable {
        /// The word of the protocol.
        wire: &'static str,
    },
    /// A name or value cannot be that of an HTTP header.
    Header,
    /// The environment has no such variable.
    NoVariable,
    /// The word after the slash is not one word.
    Trigger,
    /// A time zone nobody knows.
    TimeZone {
        /// The known name that is most like it, where one is.
        nearest: Option<String>,
    },
    /// A template cannot be read or rendered.
    Template {
        /// What the template engine says.
        message: String,
        /// The variables there are.
        variables: &'static [&'static str],
    },
    /// A template shows no answer.
    NoAnswer,
    /// A price lacks its other half.
    HalfAPrice {
        /// The key that is not written.
        other: &'static Key,
    },
    /// A value must be at most a share of another.
    AtMost {
        /// The other key.
        other: &'static Key,
        /// The largest value that fits it, as written.
        most: String,
    },
}

/// What can be wrong with a group of people or a rule of access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessFault {
    /// Something that every such table must have is not written.
    Missing,
    /// A list names nobody and nothing, so that it could only match nothing.
    Nothing,
    /// Two groups have one name.
    GroupTwice,
    /// There is no such group.
    NoSuchGroup {
        /// The known one that it is most like, where one is.
        nearest: Option<String>,
    },
    /// An entry is neither the name nor the id of an account.
    NotAPerson,
    /// An entry is neither the name nor the id of a team.
    NotATeam,
}
