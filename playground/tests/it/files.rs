//! Files: who uploads, attaches and reads them.

use serde_json::{Value, json};

use crate::support::client::{Client, Reply};
use crate::support::place::Place;

/// Uploads a text as the whole body.
async fn upload(place: &Place, client: &Client, name: &str, content: &str) -> Reply {
    let channel_id = &place.channel_id;
    let query = format!("channel_id={channel_id}&filename={name}");
    let url = format!("{}/api/v4/files?{query}", place.playground.url());
    client.upload(&url, "text/plain", content.to_owned()).await
}

async fn upload_id(place: &Place, client: &Client) -> String {
    let made = upload(place, client, "a.txt", "content").await;
    assert_eq!(made.status, 201);
    made.body["file_infos"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn post_with(place: &Place, client: &Client, file_ids: &[String]) -> Reply {
    let body = json!({"channel_id": place.channel_id, "message": "see", "file_ids": file_ids});
    client.post("/api/v4/posts", body).await
}

/// The parts of a form, each a name, a file's name where it is one, and its content.
async fn upload_form(place: &Place, parts: &[(&str, &str, &str)]) -> Reply {
    let parts = parts.iter().map(|(name, file_name, content)| {
        let file = if file_name.is_empty() {
            String::new()
        } else {
            format!("; filename=\"{file_name}\"")
        };
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
    });
    let form: String = parts.collect();
    let url = format!("{}/api/v4/files", place.playground.url());
    let form = format!("{form}--b--\r\n");
    place
        .alice
        .upload(&url, "multipart/form-data; boundary=b", form)
        .await
}

#[tokio::test]
async fn a_form_carries_several_files_after_their_channel() {
    let place = Place::furnished().await;
    let channel_id = place.channel_id.clone();
    let both = upload_form(
        &place,
        &[
            ("channel_id", "", &channel_id),
            ("client_ids", "", "one"),
            ("files", "a.md", "# A"),
            ("files", "b.unknown", "B"),
        ],
    )
    .await;
    assert_eq!(both.status, 201, "{}", both.body);
    assert_eq!(both.body["client_ids"], json!(["one"]));
    let infos = both.body["file_infos"].as_array().unwrap();
    assert_eq!(infos[0]["mime_type"], "text/markdown; charset=utf-8");
    assert_eq!(infos[1]["mime_type"], "");
    assert_eq!(infos[1]["extension"], "unknown");
    let late = [("files", "a", "A"), ("channel_id", "", &channel_id)];
    assert_eq!(upload_form(&place, &late).await.status, 400);
    let unknown = [("channel_id", "", &*channel_id), ("colour", "", "red")];
    assert_eq!(upload_form(&place, &unknown).await.status, 400);
}

#[tokio::test]
async fn an_empty_file_and_one_too_large_are_refused() {
    let place = Place::furnished().await;
    place
        .playground
        .configure(|settings| settings.max_file_size = 10);
    let upload = |content: &'static str| upload(&place, &place.alice, "a.txt", content);
    assert_eq!(upload("0123456789").await.status, 201);
    assert_eq!(upload("0123456789a").await.status, 413);
    assert_eq!(upload("").await.status, 400);
    let stranger = Client::new(
        &place.playground.url(),
        Some(&place.playground.session_of("carol")),
    );
    assert_eq!(
        self::upload(&place, &stranger, "a.txt", "x").await.status,
        403
    );
}

#[tokio::test]
async fn a_file_is_read_by_its_uploader_and_once_posted_by_the_channel() {
    let place = Place::furnished().await;
    let id = upload_id(&place, &place.alice).await;
    let path = format!("/api/v4/files/{id}");
    assert_eq!(place.alice.get(&path).await.body, "content");
    assert_eq!(place.bob.get(&path).await.status, 403);
    let post = post_with(&place, &place.alice, std::slice::from_ref(&id))
        .await
        .body;
    assert_eq!(post["metadata"]["files"][0]["id"], id);
    let read = place.bob.get(&path).await;
    assert_eq!(read.body, "content");
    assert_eq!(
        read.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(
        read.header("content-disposition"),
        Some("attachment;filename=\"a.txt\"")
    );
    let infos = format!("/api/v4/posts/{}/files/info", post["id"].as_str().unwrap());
    assert_eq!(place.bob.get(&infos).await.body[0]["post_id"], post["id"]);
    assert_eq!(place.bob.get(&format!("{path}/preview")).await.status, 400);
    let unknown = format!("/api/v4/files/{}/info", "a".repeat(26));
    assert_eq!(place.bob.get(&unknown).await.status, 404);
    place
        .playground
        .delete("alice", post["id"].as_str().unwrap());
    assert_eq!(place.bob.get(&path).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_attached_is_left_out_in_silence() {
    let place = Place::furnished().await;
    let own = upload_id(&place, &place.alice).await;
    let used = upload_id(&place, &place.alice).await;
    post_with(&place, &place.alice, std::slice::from_ref(&used)).await;
    let theirs = upload_id(&place, &place.bob).await;
    let unknown = "a".repeat(26);
    let ids = [theirs, used, unknown, own.clone()];
    let post = post_with(&place, &place.alice, &ids).await;
    assert_eq!(post.status, 201);
    assert_eq!(post.body["file_ids"], json!([own]));
}

#[tokio::test]
async fn a_post_has_ten_files() {
    let place = Place::furnished().await;
    let mut ids = Vec::new();
    for _ in 0..11 {
        ids.push(upload_id(&place, &place.alice).await);
    }
    let refused = post_with(&place, &place.alice, &ids).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.body["id"], "model.post.is_valid.file_ids.app_error");
    assert_eq!(
        post_with(&place, &place.alice, &ids[..10]).await.status,
        201
    );
}

#[tokio::test]
async fn an_edit_attaches_and_detaches_files_and_is_marked() {
    let place = Place::furnished().await;
    let (one, other) = (
        upload_id(&place, &place.alice).await,
        upload_id(&place, &place.alice).await,
    );
    let post = post_with(&place, &place.alice, std::slice::from_ref(&one))
        .await
        .body;
    let path = format!("/api/v4/posts/{}/patch", post["id"].as_str().unwrap());
    let changed = place
        .alice
        .put(&path, json!({"file_ids": [other]}))
        .await
        .body;
    assert_eq!(changed["file_ids"], json!([other]));
    assert_eq!(changed["metadata"]["files"][0]["id"], other);
    assert_ne!(changed["edit_at"], 0);
    assert_eq!(
        place
            .alice
            .get(&format!("/api/v4/files/{one}"))
            .await
            .status,
        404
    );
}

/// The head of a PNG of 3 by 2.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x06\0\0\0";

#[tokio::test]
async fn a_picture_has_a_size_and_a_preview() {
    let place = Place::furnished().await;
    let query = format!("channel_id={}&filename=a.png", place.channel_id);
    let url = format!("{}/api/v4/files?{query}", place.playground.url());
    let made = place.alice.upload(&url, "image/png", PNG).await.body;
    let info = &made["file_infos"][0];
    assert_eq!((&info["width"], &info["height"]), (&json!(3), &json!(2)));
    assert_eq!(info["has_preview_image"], true);
    let preview = format!("/api/v4/files/{}/preview", info["id"].as_str().unwrap());
    let preview = place.alice.get(&preview).await;
    assert_eq!(preview.header("content-type"), Some("image/png"));
}

#[tokio::test]
async fn an_account_has_the_picture_it_was_given() {
    let place = Place::furnished().await;
    let bob_id = place.playground.user_id("bob");
    let path = format!("/api/v4/users/{bob_id}/image");
    let kind = async || {
        let picture = place.alice.get(&path).await;
        picture.header("content-type").unwrap().to_owned()
    };
    assert_eq!(kind().await, "image/svg+xml");
    let url = format!("{}{path}", place.playground.url());
    let form = |name: &str| {
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"p\"\r\n\r\n"
        );
        [head.as_bytes(), PNG, b"\r\n--b--\r\n"].concat()
    };
    let send = async |client: &Client, name: &str| {
        let kind = "multipart/form-data; boundary=b";
        client.upload(&url, kind, form(name)).await.status
    };
    assert_eq!(send(&place.alice, "image").await, 403);
    assert_eq!(send(&place.bob, "picture").await, 400);
    assert_eq!(send(&place.bob, "image").await, 200);
    assert_eq!(kind().await, "image/png");
    let bob: Value = place.bob.get("/api/v4/users/me").await.body;
    assert!(bob["last_picture_update"].as_i64() > Some(0));
    assert_eq!(place.bob.delete(&path).await.status, 200);
    assert_eq!(kind().await, "image/svg+xml");
}
