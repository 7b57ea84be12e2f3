//! What was said before the answer, as each wire writes it.

use serde_json::Value;

use super::wire::Wire;

/// One message of the prompt.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) role: String,
    /// Its text parts, joined. An image has none.
    pub(super) text: String,
    /// The addresses of its image parts; those sent along as `data:` URLs.
    pub(super) images: Vec<String>,
}

/// All messages of a body, the instructions that stand beside them first.
pub(super) fn messages(wire: Wire, body: &Value) -> Vec<Message> {
    match wire {
        Wire::ChatCompletions => items(&body["messages"]).map(Message::of_chat).collect(),
        Wire::Responses => {
            let asked = match &body["input"] {
                Value::String(text) => vec![Message::new("user", &Value::String(text.clone()))],
                input => items(input).filter_map(Message::of_item).collect(),
            };
            after_system(&body["instructions"], asked)
        }
        Wire::Messages => {
            let asked = items(&body["messages"]).map(Message::of_turn).collect();
            after_system(&body["system"], asked)
        }
    }
}

impl Message {
    fn new(role: &str, content: &Value) -> Self {
        Self {
            role: role.to_owned(),
            text: text(content),
            images: items(content).filter_map(image).collect(),
        }
    }

    fn of_chat(message: &Value) -> Self {
        Self::new(role(message), &message["content"])
    }

    /// An item of a response's input. Calls and their results get the roles that they have in a chat; a reasoning
    /// item is no message.
    fn of_item(item: &Value) -> Option<Self> {
        match item["type"].as_str().unwrap_or("message") {
            "message" => Some(Self::new(role(item), &item["content"])),
            "function_call" => Some(Self::new("assistant", &Value::Null)),
            "function_call_output" => Some(Self::new("tool", &item["output"])),
            _ => None,
        }
    }

    /// A turn of Anthropic's messages. One that brings nothing but the results of tools is said by no user.
    fn of_turn(turn: &Value) -> Self {
        let is_result = |part: &&Value| part["type"] == "tool_result";
        let parts = items(&turn["content"]).count();
        let results = items(&turn["content"]).filter(is_result);
        if parts == 0 || results.clone().count() < parts {
            return Self::new(role(turn), &turn["content"]);
        }
        let results = results.map(|result| Self::new("tool", &result["content"]));
        let (texts, images): (Vec<_>, Vec<_>) =
            results.map(|result| (result.text, result.images)).unzip();
        Self {
            role: "tool".to_owned(),
            text: texts.concat(),
            images: images.concat(),
        }
    }
}

fn after_system(system: &Value, asked: Vec<Message>) -> Vec<Message> {
    if system.is_null() {
        return asked;
    }
    let mut messages = vec![Message::new("system", system)];
    messages.extend(asked);
    messages
}

fn role(message: &Value) -> &str {
    message["role"].as_str().unwrap_or_default()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> + Clone {
    list.as_array().into_iter().flatten()
}

fn text(content: &Value) -> String {
    if let Value::String(text) = content {
        return text.clone();
    }
    let texts = items(content).filter(|part| {
        matches!(
            part["type"].as_str(),
            Some("text" | "input_text" | "output_text")
        )
    });
    texts.filter_map(|part| part["text"].as_str()).collect()
}

/// The address of an image; none for other parts and for images that were uploaded before.
fn image(part: &Value) -> Option<String> {
    let (source, address) = match part["type"].as_str()? {
        "image_url" => (&Value::Null, &part["image_url"]["url"]),
        "input_image" => (&Value::Null, &part["image_url"]),
        "image" => (&part["source"], &part["source"]["url"]),
        _ => return None,
    };
    if let (Some(kind), Some(data)) = (source["media_type"].as_str(), source["data"].as_str()) {
        return Some(format!("data:{kind};base64,{data}"));
    }
    address.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(wire: Wire, body: &Value) -> Vec<(String, String)> {
        let messages = messages(wire, body).into_iter();
        messages
            .map(|message| (message.role, message.text))
            .collect()
    }

    #[test]
    fn the_same_conversation_is_read_from_every_wire() {
        let expected = [
            ("system", "Be short."),
            ("user", "Weather?"),
            ("assistant", ""),
            ("tool", "18 C"),
            ("user", "And now?"),
        ];
        let expected = expected.map(|(role, text)| (role.to_owned(), text.to_owned()));
        let chat = json!({"messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": [{"type": "text", "text": "Wea"}, {"type": "text", "text": "ther?"}]},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "tool", "tool_call_id": "a", "content": "18 C"},
            {"role": "user", "content": "And now?"}]});
        let responses = json!({"instructions": "Be short.", "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
            {"type": "reasoning", "summary": []},
            {"type": "function_call", "call_id": "a", "name": "w", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "18 C"},
            {"type": "message", "role": "user", "content": "And now?"}]});
        let messages = json!({"system": [{"type": "text", "text": "Be short."}], "messages": [
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "w", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a",
                "content": [{"type": "text", "text": "18 C"}]}]},
            {"role": "user", "content": [{"type": "text", "text": "And now?"}]}]});
        assert_eq!(told(Wire::ChatCompletions, &chat), expected);
        assert_eq!(told(Wire::Responses, &responses), expected);
        assert_eq!(told(Wire::Messages, &messages), expected);
    }

    #[test]
    fn an_input_may_be_a_bare_text() {
        let body = json!({"input": "Hi"});
        let expected = [("user".to_owned(), "Hi".to_owned())];
        assert_eq!(told(Wire::Responses, &body), expected);
    }

    #[test]
    fn images_have_addresses_and_no_text() {
        for (part, address) in [
            (
                json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}),
                Some("data:image/png;base64,AA=="),
            ),
            (
                json!({"type": "input_image", "image_url": "https://x/a.png"}),
                Some("https://x/a.png"),
            ),
            (
                json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}),
                Some("data:image/png;base64,AA=="),
            ),
            (
                json!({"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}),
                Some("https://x/a.png"),
            ),
            (json!({"type": "input_image", "file_id": "file_1"}), None),
            (
                json!({"type": "input_file", "text": "no", "file_url": "https://x"}),
                None,
            ),
        ] {
            let message = Message::new("user", &json!([part]));
            assert_eq!(message.images.first().map(String::as_str), address);
            assert_eq!(message.text, "");
        }
    }
}
