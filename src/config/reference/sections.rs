//! The tables of the configuration that may stand several times.

/// The table that stands once for each channel which does something otherwise.
pub const CHANNEL_SECTION: &str = "channel";

/// The table that stands once for each further model.
pub const MODELS_SECTION: &str = "models";

/// The table that stands once for each route.
pub const ROUTES_SECTION: &str = "routes";

/// The table that stands once for each agent.
pub const AGENTS_SECTION: &str = "agents";

/// The table that stands once for each budget.
pub const BUDGETS_SECTION: &str = "budgets";

/// The table that stands once for each group of people.
pub const GROUPS_SECTION: &str = "groups";

/// The table that stands once for each rule of access.
pub const ACCESS_SECTION: &str = "access";

/// The tables that may stand several times.
pub const REPEATED: [&str; 7] = [
    CHANNEL_SECTION,
    MODELS_SECTION,
    ROUTES_SECTION,
    AGENTS_SECTION,
    BUDGETS_SECTION,
    GROUPS_SECTION,
    ACCESS_SECTION,
];

/// Says whether a table may stand several times.
#[must_use]
pub fn is_repeated(section: &str) -> bool {
    REPEATED.contains(&section)
}
