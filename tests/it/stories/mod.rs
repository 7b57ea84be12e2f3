//! Stories: what people do in the simulated Mattermost, and the posts they then see. Everything between is the product itself.

mod bad_days;
mod chance;
mod commands;
mod dead_letters;
mod deaths;
mod house;
mod killed;
mod shut_out;
mod terminal;
mod threads;
mod without_bot;
