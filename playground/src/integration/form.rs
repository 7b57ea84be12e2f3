//! Forms, encoded as Go encodes them.

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Encodes a form as Go does: letters, digits and `-_.~` as they are, a space as `+`.
pub(super) fn form_encode<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut form = String::new();
    for (name, value) in fields {
        if !form.is_empty() {
            form.push('&');
        }
        push_escaped(&mut form, name);
        form.push('=');
        push_escaped(&mut form, value);
    }
    form
}

fn push_escaped(form: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                form.push(char::from(byte));
            }
            b' ' => form.push('+'),
            _ => {
                form.push('%');
                form.push(char::from(HEX[usize::from(byte >> 4)]));
                form.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_written_as_go_writes_them() {
        let form = form_encode([("a", "오 ~*&"), ("b", "")]);
        assert_eq!(form, "a=%EC%98%A4+~%2A%26&b=");
    }
}
