//! What kills the work on a question is not tried for ever; what merely keeps it waiting is waited for.

use std::time::Duration;

use askwell_playground::model::Reply;

use super::chance::{Chance, house};

/// After which a question whose work died is begun again; no other wait is as long.
const RETRY: Duration = Duration::from_millis(700);

#[tokio::test]
async fn mattermost_may_stay_away_for_as_many_tries_as_it_likes() {
    let chance = Chance::steady();
    let toml = "[limits]\ndeadline_seconds = 86400\n";
    let house = house(chance.clone(), toml).await;
    house.model.answer_next(Reply::text("at last"));
    house.playground.go_down().await;
    house.ask("alice", "are you there?").await;
    // In steps shorter than a lease, so that none ends while it is held: that would be a death.
    house.pass(Duration::from_mins(30)).await;
    house.playground.come_up().await;
    house
        .see_in_time("bob", "the answer", |post| post.text.contains("at last"))
        .await;
    assert!(chance.drawn() > 10, "{} tries", chance.drawn());
    assert_eq!(house.texts("bob").len(), 1);
}

#[tokio::test]
async fn a_question_that_kills_its_work_three_times_is_given_up_and_its_asker_told() {
    let chance = Chance::deadly();
    let toml = "[answer]\ndelivery_first_delay_seconds = 0.7\n";
    let house = house(chance.clone(), toml).await;
    house.model.answer_otherwise(Reply::server_error());
    house.ask("alice", "what kills you?").await;
    for deaths in 1..=3 {
        chance.until_drawn(deaths).await;
        house.clock.until_someone_sleeps_for(RETRY).await;
        house.clock.advance(RETRY);
    }
    let told = house
        .see("bob", "the end", |post| post.text.contains("오류 발생"))
        .await;
    assert!(told.text.contains("여러 번 시도했지만"), "{}", told.text);
    assert_eq!(house.model.requests().len(), 3);
}
