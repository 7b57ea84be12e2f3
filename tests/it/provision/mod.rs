//! Setting up and looking after, by the program that people run, against a freshly installed server.

mod doctor;
mod findings;
mod models;
mod obstacles;
mod setting_up;
mod site;
