//! What may be written for a key.

/// What may be written for a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// A text of at most so many characters.
    Text(usize),
    /// A text that never prints.
    Secret,
    /// A list of texts that never print, separated by commas in the environment.
    Secrets,
    /// A list of names.
    Names,
    /// A table of texts, which never print.
    Pairs,
    /// A table of anything that JSON has.
    Json,
    /// A list of names of TOML files.
    Files,
    /// An `http` or `https` address.
    Address,
    /// An IP address and a port.
    Socket,
    /// A whole number between two others, both included.
    Whole(u64, u64),
    /// A number between two others, both included.
    Decimal(f64, f64),
    /// Seconds between two numbers, both included.
    Seconds(f64, f64),
    /// Dollars up to so many, read exactly.
    Dollars(u64),
    /// `true` or `false`.
    Switch,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Form {
    /// Says whether what is written may never be shown.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Secrets | Self::Pairs)
    }
}
