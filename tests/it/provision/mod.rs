//! Setting up and looking after, by the program that people run, against a freshly installed server.

mod doctor;
mod findings;

mod obstacles;
mod probing;
mod setting_up;
mod site;
