//! The paths that code names: `use` trees unfolded, expressions, types, attributes and macro
//! arguments alike.

use proc_macro2::{Delimiter, Punct, Spacing, TokenStream, TokenTree};

/// A path in the code: `std::time::Instant`, or a single word.
#[derive(Debug, PartialEq, Eq)]
pub struct Mention {
    /// Its segments.
    pub segments: Vec<String>,
    /// Its line, counted from 1.
    pub line: usize,
    /// Whether it stands in a `use` or `extern crate`.
    pub imported: bool,
}

impl Mention {
    /// Its segments as they are written.
    pub fn path(&self) -> String {
        self.segments.join("::")
    }
}

/// Every path in the tokens.
pub fn mentions(tokens: TokenStream) -> Vec<Mention> {
    let mut found = Vec::new();
    Reader { prefix: &[], imported: false, found: &mut found }.read(tokens);
    found
}

/// Reads one level of tokens; `prefix` is that of the braces it is in, where they are a `use`'s.
struct Reader<'a> {
    prefix: &'a [String],
    imported: bool,
    found: &'a mut Vec<Mention>,
}

/// The path being read.
#[derive(Default)]
struct Path {
    segments: Vec<String>,
    line: usize,
    /// It ends in `::` so far.
    open: bool,
}

impl Reader<'_> {
    fn read(&mut self, tokens: TokenStream) {
        let within_use = self.imported;
        let mut path = Path::default();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) => {
                    if !path.open {
                        self.end(&mut path);
                        path.line = ident.span().start().line;
                    }
                    path.open = false;
                    let word = ident.to_string();
                    self.imported |= word == "use" || word == "extern";
                    path.segments.push(word);
                }
                TokenTree::Punct(first)
                    if tokens.next_if(|next| is_colons(&first, next)).is_some() =>
                {
                    path.open = !path.segments.is_empty();
                }
                TokenTree::Group(group) => {
                    let in_use = path.open && group.delimiter() == Delimiter::Brace;
                    let prefix = [self.prefix, &path.segments].concat();
                    let prefix = if in_use { &prefix[..] } else { &[] };
                    Reader { prefix, imported: in_use, found: self.found }.read(group.stream());
                    if !in_use {
                        self.end(&mut path);
                        self.imported = within_use;
                    }
                    path = Path::default();
                }
                TokenTree::Punct(punct) => {
                    self.end(&mut path);
                    self.imported = within_use || self.imported && punct.as_char() != ';';
                }
                TokenTree::Literal(_) => self.end(&mut path),
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Path) {
        let Path { segments, line, .. } = std::mem::take(path);
        if !segments.is_empty() {
            let segments = [self.prefix, &segments].concat();
            self.found.push(Mention { segments, line, imported: self.imported });
        }
    }
}

/// Whether two tokens are a `::`.
fn is_colons(first: &Punct, next: &TokenTree) -> bool {
    let joint = first.as_char() == ':' && first.spacing() == Spacing::Joint;
    joint && matches!(next, TokenTree::Punct(second) if second.as_char() == ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(code: &str) -> Vec<String> {
        let mentions = mentions(code.parse().unwrap());
        mentions.iter().map(Mention::path).collect()
    }

    #[test]
    fn use_trees_are_unfolded() {
        let found = paths("use std::{io, time::{Duration, Instant as Now}};");
        for path in ["std::io", "std::time::Duration", "std::time::Instant"] {
            assert!(found.contains(&path.to_owned()), "{path} in {found:?}");
        }
    }

    #[test]
    fn paths_are_found_in_macros_attributes_and_types() {
        let found = paths("#[tokio::main] fn f(x: Vec<aya::Ebpf>) { info!(\"\", a::now()); }");
        for path in ["tokio::main", "aya::Ebpf", "a::now"] {
            assert!(found.contains(&path.to_owned()), "{path} in {found:?}");
        }
    }

    #[test]
    fn a_type_annotation_is_no_path() {
        assert!(!paths("fn f(a:&b) {}").contains(&"a::b".to_owned()));
    }

    #[test]
    fn imports_end_with_their_statement() {
        let found = mentions("use aya as a; fn f() { aya(); }".parse().unwrap());
        let imported: Vec<_> =
            found.iter().filter(|m| m.segments == ["aya"]).map(|m| m.imported).collect();
        assert_eq!(imported, [true, false]);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let found = mentions("\n\nuse a::{\n  b,\n};".parse().unwrap());
        let b = found.iter().find(|mention| mention.segments == ["a", "b"]).unwrap();
        assert_eq!(b.line, 4);
    }
}
