//! Leases as short as the configuration lets them be.

use std::time::Duration;

use askwell_playground::model::Reply;

use super::house::{Account, House};

#[tokio::test]
async fn the_shortest_lease_that_is_accepted_is_long_enough_to_answer() {
    let toml = "[limits]\nlease_seconds = 8\n[mattermost]\ncall_timeout_seconds = 2\n";
    let house = House::with(Account::Bot, toml).await;
    let answer = Reply::empty().gate("thinking").content("in time");
    house.model.answer_next(answer);
    house.ask("alice", "hurry?").await;
    house.model.wait_at_gate("thinking").await;
    // A moment before the lease is renewed there is least of it.
    house.clock.advance(Duration::from_millis(2_600));
    house.model.open_gate("thinking");
    house
        .see("bob", "the answer", |post| post.text.contains("in time"))
        .await;
}
