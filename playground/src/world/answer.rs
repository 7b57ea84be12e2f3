//! What an integration's URL answered.

/// What a URL answered, as far as it matters.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// It could not be reached, or took too long.
    Failed,
    /// It answered; the body is cut at 1 MiB.
    Http {
        status: u16,
        reason: String,
        content_type: String,
        body: Vec<u8>,
    },
}

impl Answer {
    /// The body of a reply with status 200.
    pub(crate) fn ok_body(&self) -> Option<&[u8]> {
        match self {
            Self::Http {
                status: 200, body, ..
            } => Some(body),
            Self::Http { .. } | Self::Failed => None,
        }
    }
}
