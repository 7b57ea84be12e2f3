//! Stories: what people do in the simulated Mattermost, and the posts they then see. Everything between is the product itself.

mod bad_days;
mod clock_jumps;
mod commands;
mod full_disk;
mod house;
mod killed;
mod mattermost_fails;
mod mentions;
mod model_fails;
mod odd_input;
mod on_postgres;
mod outgoing_hooks;
mod process;
mod shut_out;
mod starting;
mod stopping;
mod without_bot;
