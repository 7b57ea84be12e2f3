//! The page for administrators, right and wrong.

use super::{COMPLETE, good, wrong};

const WITH_BOT: &str = "OPENAI_API_KEY=a\nMATTERMOST_URL=https://chat.example.com\nMATTERMOST_COMMAND_TOKENS=a\nMATTERMOST_BOT_TOKEN=b\n";

#[test]
fn there_is_a_page_on_this_machine_where_a_bot_can_say_who_administers_the_server() {
    let without_bot =
        "OPENAI_API_KEY=a\nMATTERMOST_URL=https://chat.example.com\nMATTERMOST_COMMAND_TOKENS=a\n";
    assert!(good(&[], without_bot, "").page.is_none());
    let page = good(&[], WITH_BOT, "").page.unwrap();
    assert_eq!(page.listen.to_string(), "127.0.0.1:8001");
    assert_eq!(page.address(), "http://127.0.0.1:8001");
    assert!(!page.is_listen_written && !page.shows_texts);
    assert!(
        good(&[], WITH_BOT, "[admin]\nenabled = false\n")
            .page
            .is_none()
    );
}

#[test]
fn where_it_is_served_and_what_it_shows_is_written() {
    let toml = "[admin]\nlisten = \"0.0.0.0:9\"\nshow_texts = true\n";
    let page = good(&[], WITH_BOT, toml).page.unwrap();
    assert!(page.is_listen_written && page.shows_texts);
    assert_eq!(page.address(), "http://localhost:9");
    let toml = "[admin]\npublic_url = \"https://askwell.example.com/somewhere\"\n";
    let page = good(&[], WITH_BOT, toml).page.unwrap();
    assert_eq!(page.address(), "https://askwell.example.com");
}

#[test]
fn what_is_no_address_is_refused() {
    let said = wrong(&[], COMPLETE, "[admin]\nlisten = \"off\"\n");
    assert!(said.to_string().contains("admin.listen"), "{said}");
}
