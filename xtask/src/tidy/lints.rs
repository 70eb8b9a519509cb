//! Lints that must hold, and that nothing may switch off.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

use super::findings::Finding;
use super::mentions::mentions;
use super::source::Source;

/// A file that opens a crate or a module, and the lints that it must set for all that is inside.
struct Root {
    path: &'static str,
    /// `deny`, where a derive's own code keeps from `forbid`.
    level: &'static str,
    lints: &'static [&'static [&'static str]],
}

const ROOTS: &[Root] = &[
    Root { path: "observer/src/lib.rs", level: "forbid", lints: &[PANICS] },
    Root { path: "observer/src/main.rs", level: "deny", lints: &[PANICS, UNSAFE] },
    Root { path: "observer-common/src/lib.rs", level: "forbid", lints: &[PANICS, UNSAFE] },
    Root { path: "observer/src/decode/mod.rs", level: "forbid", lints: &[OVERFLOWS, UNSAFE] },
    Root { path: "observer/src/exchange/mod.rs", level: "forbid", lints: &[OVERFLOWS, UNSAFE] },
    Root { path: "observer/src/frame/mod.rs", level: "forbid", lints: &[OVERFLOWS, UNSAFE] },
    Root { path: "observer/src/pipeline/mod.rs", level: "forbid", lints: &[OVERFLOWS, UNSAFE] },
    Root { path: "observer/src/protocol/mod.rs", level: "forbid", lints: &[OVERFLOWS, UNSAFE] },
    Root {
        path: "observer/src/source/replay/mod.rs",
        level: "forbid",
        lints: &[OVERFLOWS, UNSAFE],
    },
    Root { path: "observer/src/stream/mod.rs", level: "forbid", lints: &[OVERFLOWS, UNSAFE] },
];

/// So that no byte from the wire or a file is a panic.
const PANICS: &[&str] = &[
    "clippy::expect_used",
    "clippy::indexing_slicing",
    "clippy::panic",
    "clippy::string_slice",
    "clippy::todo",
    "clippy::unimplemented",
    "clippy::unreachable",
    "clippy::unwrap_used",
];

/// So that no number of theirs overflows or is cut.
const OVERFLOWS: &[&str] = &[
    "clippy::arithmetic_side_effects",
    "clippy::cast_possible_truncation",
    "clippy::cast_possible_wrap",
    "clippy::cast_sign_loss",
];

const UNSAFE: &[&str] = &["unsafe_code"];

/// Groups that hold some of these.
const GROUPS: &[&str] = &["clippy::all", "clippy::pedantic", "clippy::restriction", "warnings"];

/// Where the lints may not be switched off for a part of the code, whatever the reason.
const STRICT: [&str; 3] = ["observer/src/", "observer-common/src/", "observer-ebpf/src/"];

/// The one exception: system calls without a safe wrapper.
const MAY_BE_UNSAFE: &str = "observer/src/source/live/mod.rs";

/// What roots should set and do not, and roots that are not there.
pub fn missing(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for root in ROOTS {
        match sources.iter().find(|source| source.path == root.path) {
            Some(source) => findings.extend(unset(source, root)),
            None => findings.push(Finding::new(root.path, 1, "missing: tidy's rules name it")),
        }
    }
    findings
}

/// Places that switch a lint off which must hold everywhere.
pub fn suppressed(source: &Source) -> Vec<Finding> {
    if !STRICT.iter().any(|folder| source.path.starts_with(folder)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut attributes = Vec::new();
    collect(source.code.to_token_stream(), &mut attributes);
    for attribute in attributes {
        let named = mentions(attribute);
        let weakens = |path: &str| matches!(path, "allow" | "expect" | "warn");
        if !named.iter().any(|mention| weakens(&mention.path())) {
            continue;
        }
        for mention in named {
            let lint = mention.path();
            let is_excepted = source.path == MAY_BE_UNSAFE && lint == "unsafe_code";
            if is_binding(&lint) && !is_excepted {
                let text = format!("{lint} holds here: write what needs no exception");
                findings.push(Finding::new(&source.path, mention.line, text));
            }
        }
    }
    findings
}

fn is_binding(lint: &str) -> bool {
    [PANICS, OVERFLOWS, UNSAFE, GROUPS].iter().any(|lints| lints.contains(&lint))
}

/// What stands in the brackets of attributes, in macros as well.
fn collect(tokens: TokenStream, attributes: &mut Vec<TokenStream>) {
    let mut after_sign = false;
    for token in tokens {
        match token {
            TokenTree::Punct(sign) => {
                after_sign = sign.as_char() == '#' || after_sign && sign.as_char() == '!';
            }
            TokenTree::Group(group) => {
                if after_sign && group.delimiter() == Delimiter::Bracket {
                    attributes.push(group.stream());
                } else {
                    collect(group.stream(), attributes);
                }
                after_sign = false;
            }
            _ => after_sign = false,
        }
    }
}

fn unset(source: &Source, root: &Root) -> Vec<Finding> {
    let attributes = source.code.attrs.iter().filter(|attribute| sets(attribute, root.level));
    let set: Vec<_> = attributes
        .flat_map(|attribute| mentions(attribute.meta.to_token_stream()))
        .map(|mention| mention.path())
        .collect();
    let wanted = root.lints.iter().copied().flatten();
    let unset = wanted.filter(|lint| !set.iter().any(|path| path == *lint));
    let text = |lint| format!("must `#![{}({lint})]`", root.level);
    unset.map(|lint| Finding::new(&source.path, 1, text(lint))).collect()
}

/// Whether an attribute sets lints to the level or a stricter one, at least outside tests.
fn sets(attribute: &syn::Attribute, level: &str) -> bool {
    let text = attribute.meta.to_token_stream().to_string().replace(' ', "");
    let text = text.strip_prefix("cfg_attr(not(test),").unwrap_or(&text);
    [level, "forbid"].iter().any(|level| text.starts_with(&format!("{level}(")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, code: &str) -> Source {
        Source::parse(path.to_owned(), format!("//! A sample.\n{code}")).unwrap()
    }

    const SAMPLE: Root = Root { path: "a.rs", level: "forbid", lints: &[PANICS, UNSAFE] };

    fn lacking(code: &str, root: &Root) -> usize {
        unset(&source("a.rs", code), root).len()
    }

    #[test]
    fn roots_set_lints_outside_tests_at_least() {
        let all = PANICS.join(", ");
        let count = PANICS.len() + 1;
        let good = format!("#![forbid(unsafe_code)]\n#![cfg_attr(not(test), forbid({all}))]");
        assert_eq!(lacking(&good, &SAMPLE), 0);
        assert_eq!(lacking("#![forbid(clippy::panic)]", &SAMPLE), count - 1);
        for weaker in ["deny", "warn", "allow"] {
            assert_eq!(lacking(&format!("#![{weaker}({all}, unsafe_code)]"), &SAMPLE), count);
        }
        let only_tests = format!("#![cfg_attr(test, forbid({all}, unsafe_code))]");
        assert_eq!(lacking(&only_tests, &SAMPLE), count);
        assert_eq!(lacking("", &SAMPLE), count);
        let found = unset(&source("a.rs", &good.replace("clippy::panic,", "")), &SAMPLE);
        assert_eq!(found[0].text, "must `#![forbid(clippy::panic)]`");
    }

    #[test]
    fn where_forbid_is_not_possible_deny_is_enough() {
        let root = Root { level: "deny", ..SAMPLE };
        let all = PANICS.join(", ");
        let good = format!("#![forbid(unsafe_code)]\n#![cfg_attr(not(test), deny({all}))]");
        assert_eq!(lacking(&good, &root), 0);
        assert_eq!(lacking(&good.replace("deny", "warn"), &root), PANICS.len());
    }

    #[test]
    fn what_roots_are_named_must_exist() {
        assert_eq!(missing(&[]).len(), ROOTS.len());
    }

    /// Lines on which a lint is switched off.
    fn lines(path: &str, code: &str) -> Vec<usize> {
        suppressed(&source(path, code)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn no_item_switches_a_binding_lint_off() {
        let wire = "observer/src/sink/x.rs";
        for code in [
            "#[allow(clippy::unwrap_used)] fn f() {}",
            "#[expect(clippy::indexing_slicing, reason = \"a\")] fn f() {}",
            "fn f() { #[allow(clippy::panic)] let x = 1; }",
            "impl A { #[warn(clippy::arithmetic_side_effects)] fn f() {} }",
            "#![allow(clippy::restriction)]",
            "#[cfg_attr(all(), allow(clippy::expect_used))] fn f() {}",
            "macro_rules! m { () => { #[allow(unsafe_code)] fn f() {} } }",
            "#[allow(warnings)] fn f() {}",
        ] {
            assert_eq!(lines(wire, code), [2], "{code}");
            assert_eq!(lines("xtask/src/x.rs", code), [0; 0], "{code}");
        }
        for code in [
            "#[expect(missing_docs, reason = \"a\")] fn f() {}",
            "#[deny(clippy::unwrap_used)] fn f() {}",
            "#[cfg(test)] mod tests { #![allow(clippy::unwrap_used)] }",
            "fn f() { allow(clippy::unwrap_used) }",
        ] {
            assert_eq!(lines(wire, code), [0; 0], "{code}");
        }
    }

    #[test]
    fn only_live_capture_may_be_unsafe() {
        let code = "#![allow(unsafe_code, reason = \"a\")]";
        assert_eq!(lines(MAY_BE_UNSAFE, code), [0; 0]);
        assert_eq!(lines("observer/src/source/live/x.rs", code), [2]);
        assert_eq!(lines(MAY_BE_UNSAFE, "#![allow(clippy::panic)]"), [2]);
    }
}
