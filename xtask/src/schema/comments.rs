//! The schemas are JSON with `//` comments, also after values.

/// Blanks the comments, so that lines and columns in errors stay right.
pub fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut state = State::Code;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        state = match (state, c) {
            (State::Code, '/') if chars.peek() == Some(&'/') => State::Comment,
            (State::String, '\\') => State::Escape,
            (State::String, '"') | (State::Comment, '\n') => State::Code,
            (State::Code, '"') | (State::Escape, _) => State::String,
            (state, _) => state,
        };
        out.push(if matches!(state, State::Comment) { ' ' } else { c });
    }
    out
}

#[derive(Clone, Copy)]
enum State {
    Code,
    String,
    Escape,
    Comment,
}

#[cfg(test)]
mod tests {
    use super::blank;

    #[test]
    fn comments_go_and_strings_stay() {
        let text = "// top\n{ \"a\": \"http://x \\\" // y\", // after\n  \"b\": 1 }//end";
        let json: serde_json::Value = serde_json::from_str(&blank(text)).unwrap();
        assert_eq!(json, serde_json::json!({ "a": "http://x \" // y", "b": 1 }));
        assert_eq!(blank(text).len(), text.len());
    }
}
