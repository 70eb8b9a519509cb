//! Text from the wire goes in, what is kept of it comes out: valid, and short, because many
//! connections and requests may keep some.

use std::borrow::Cow;

/// Bytes of a text that are kept at most, the mark included.
pub const MAX_KEPT: usize = 256;
/// Stands at the end of a text that was longer (U+2026).
pub const CUT_MARK: char = '…';

/// What is kept of a text: all of it, or its beginning and [`CUT_MARK`]. Bytes that are not UTF-8
/// become U+FFFD.
pub fn kept(bytes: &[u8]) -> Cow<'_, str> {
    // Enough that a character which is cut here lies beyond what is kept.
    let near = bytes.get(..MAX_KEPT.saturating_add(CUT_MARK.len_utf8())).unwrap_or(bytes);
    let text = match std::str::from_utf8(near) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(near),
    };
    if text.len() <= MAX_KEPT {
        return text;
    }
    Cow::Owned(marked(text.into_owned()))
}

/// What is kept of a text whose end was not seen: its beginning and [`CUT_MARK`].
pub fn kept_part(bytes: &[u8]) -> String {
    marked(kept(bytes).into_owned())
}

fn marked(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_KEPT.saturating_sub(CUT_MARK.len_utf8())));
    text.push(CUT_MARK);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_kept_as_it_is() {
        for text in ["", "app", &"x".repeat(MAX_KEPT), &"é".repeat(MAX_KEPT / 2)] {
            assert_eq!(kept(text.as_bytes()), text);
        }
        assert_eq!(kept(b"caf\xe9"), "caf\u{fffd}");
    }

    #[test]
    fn text_whose_end_is_missing_is_marked() {
        assert_eq!(kept_part(b"produc"), "produc…");
        assert_eq!(kept_part(&[b'x'; 400]), kept(&[b'x'; 500]));
    }

    #[test]
    fn long_text_is_cut_between_characters_and_marked() {
        let marked = |text: &str, n| format!("{}{CUT_MARK}", text.repeat(n));
        assert_eq!(kept(&[b'x'; MAX_KEPT + 1]), marked("x", 253));
        assert_eq!(kept(&vec![b'x'; 32_767]), marked("x", 253));
        assert_eq!(kept("é".repeat(500).as_bytes()), marked("é", 126));
        assert_eq!(kept("🦀".repeat(65).as_bytes()), marked("🦀", 63));
        assert_eq!(kept(&[0xff; 200]), marked("\u{fffd}", 84));
    }
}
