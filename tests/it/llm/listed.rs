//! Which model is asked where none is named, and whether a server answers at all.

use super::*;

#[tokio::test]
async fn without_a_name_the_only_listed_model_is_asked_and_looked_up_once() {
    let server = ScriptedModel::start().await;
    server.list_models(&["smollm2:latest"]);
    server.answer_otherwise(Reply::text("네."));
    let (model, _clock) = asking(Settings {
        model: None,
        ..settings(&server.base_url())
    });
    ask(&model).await;
    ask(&model).await;
    let asked: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.model().to_owned())
        .collect();
    assert_eq!(asked, ["smollm2:latest", "smollm2:latest"]);
    assert_eq!(server.other_requests().len(), 1);
}

#[tokio::test]
async fn a_listed_model_that_is_gone_is_looked_up_again() {
    let server = ScriptedModel::start().await;
    server.list_models(&["old"]);
    server.answer_next(Reply::model_not_found());
    server.answer_otherwise(Reply::text("네."));
    let (model, _clock) = asking(Settings {
        model: None,
        ..settings(&server.base_url())
    });
    assert_eq!(ask(&model).await.failure, Some(ModelFailure::ModelUnknown));
    server.list_models(&["new"]);
    ask(&model).await;
    assert_eq!(server.requests().last().unwrap().model(), "new");
}

#[tokio::test]
async fn without_a_name_and_with_several_models_nothing_is_asked() {
    let server = ScriptedModel::start().await;
    server.list_models(&["a", "b"]);
    let (model, _clock) = asking(Settings {
        model: None,
        ..settings(&server.base_url())
    });
    assert_eq!(ask(&model).await.failure, Some(ModelFailure::ModelUnknown));
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_ping_says_whether_the_server_answers_and_takes_the_key() {
    let server = ScriptedModel::start().await;
    let (model, _clock) = asking(settings(&server.base_url()));
    assert!(model.ping().await.is_ok());
    server.require_key("another");
    assert_eq!(
        model.ping().await.unwrap_err().failure,
        ModelFailure::KeyRefused
    );
}
