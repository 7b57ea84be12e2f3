//! Stories: what people do in the simulated Mattermost, and the posts they then see. Everything between is the product itself.

mod bad_days;
mod chance;
mod clock_jumps;
mod commands;
mod dead_letters;
mod deaths;
mod full_disk;
mod full_queue;
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
mod terminal;
mod threads;
mod told_directly;
mod without_bot;
