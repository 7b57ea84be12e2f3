//! What models cost: by a table of published prices, unless the configuration says it.
//!
//! The table is `prices.json`, which `scripts/prices` makes of genai-prices; what was simplified never makes a price lower than it is. A
//! server is known by the host of its address and a model by its name there, so that one's own servers have no price, whatever their
//! models are called: what is not known is unknown, never free.

mod pricing;
mod rule;
mod table;

pub use pricing::{Priced, Pricing};
pub use table::{price_of, prices_date};
