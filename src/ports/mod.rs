//! Every effect on the world: what the pipeline needs of time, chance, the store, the audit trail, what is erased, the page for administrators, Mattermost, files, a model and models of other media, a page each.
//!
//! Adapters implement these; the pipeline knows nothing else of them. A method either happened or says how it failed; what is
//! expected to happen now and then (a duplicate, a post that is gone) is a value.

mod audit;
mod deeds;
mod door;
mod figures;
mod files;
mod ledger;
mod mattermost;
mod media;
mod model;
mod privacy;
mod store;
mod time;

pub use audit::{AuditPage, AuditTrail};
pub use deeds::Deeds;
pub use door::Door;
pub use figures::{AskedPage, Figures, Which};
pub use files::FileReader;
pub use ledger::{
    Dimension, Dimensions, EndedCall, Grant, Ledger, NewCall, Reservation, Reserved, UsageQuery,
    UsageRow, UsageSpan,
};
pub use mattermost::{Edited, Mattermost, MattermostError, MattermostFailure, Previewed, Priority};
pub use media::{Drawn, ImageModel, SpeechToText};
pub use model::{
    Allowed, CallUse, DeltaStream, Excess, LanguageModel, Meter, ModelError, NotReserved,
};
pub use privacy::{KeptConversation, KeptQuestion, KeptQuestions, Privacy, Scrubbed, UsageBefore};
pub use store::{
    Admission, AgainKind, AskAgain, AskedAgain, Backlog, Burial, Candidate, ChangedChannel, Claim,
    IfOver, KeptSummary, KeyAges, Letters, Renewal, SigningKey, Store, StoreError,
};
pub use time::{Clock, Elapsed, IdSource, timeout};
