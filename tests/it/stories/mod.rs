//! Stories: what people do in the simulated Mattermost, and the posts they then see. Everything between is the product itself.

mod bad_days;
mod commands;
mod house;
mod killed;
mod mentions;
mod without_bot;
