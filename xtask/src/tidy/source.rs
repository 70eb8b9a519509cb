//! The checkout's Rust files, parsed, with test code told from the rest.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use syn::visit_mut::{self, VisitMut};

/// One Rust file.
pub struct Source {
    /// Path from the repository's root.
    pub path: String,
    /// The text.
    pub text: String,
    /// What it says, without items that only tests see.
    pub code: syn::File,
    /// Whether only tests see the file.
    pub test: bool,
    /// Its modules that only tests see and that are files of their own: paths without extension.
    test_modules: Vec<String>,
}

/// Reads every Rust file under `root`, but for build output and hidden folders.
pub fn load(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    walk(root, "", &mut sources)?;
    mark_tests(&mut sources);
    Ok(sources)
}

fn walk(folder: &Path, prefix: &str, sources: &mut Vec<Source>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {prefix}"))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let inside = format!("{prefix}{name}");
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&path, &format!("{inside}/"), sources)?;
            }
        } else if path.extension() == Some(OsStr::new("rs")) {
            let text = fs::read_to_string(&path).with_context(|| inside.clone())?;
            sources.push(Source::parse(inside, text)?);
        }
    }
    Ok(())
}

/// Marks the files of test modules, and all below them.
fn mark_tests(sources: &mut [Source]) {
    let modules: Vec<String> = sources.iter().flat_map(|s| s.test_modules.clone()).collect();
    for source in sources {
        let is_of = |module: &String| {
            let rest = source.path.strip_prefix(module.as_str());
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        source.test |= modules.iter().any(is_of);
    }
}

impl Source {
    /// Parses a file; `path` is that from the repository's root.
    pub fn parse(path: String, text: String) -> Result<Self> {
        let mut code = syn::parse_file(&text).with_context(|| path.clone())?;
        let mut strip = StripTests { folder: module_folder(&path), test_modules: Vec::new() };
        strip.visit_file_mut(&mut code);
        // A module `tests` below `src` is one by its `cfg(test)`, not by its name.
        let mut folders = path.split('/').take_while(|part| *part != "src");
        let in_tests = folders.any(|part| matches!(part, "tests" | "benches"));
        Ok(Self { path, text, code, test: in_tests, test_modules: strip.test_modules })
    }
}

/// Where the modules of a file lie.
fn module_folder(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let (parent, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    let folder = if matches!(name, "mod" | "lib" | "main") { parent } else { stem };
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// Takes away the items that only tests see.
struct StripTests {
    folder: String,
    test_modules: Vec<String>,
}

impl VisitMut for StripTests {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        self.strip(&mut file.items);
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            self.strip(items);
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut syn::ItemImpl) {
        block.items.retain(|item| match item {
            syn::ImplItem::Fn(function) => !is_test(&function.attrs),
            _ => true,
        });
        visit_mut::visit_item_impl_mut(self, block);
    }
}

impl StripTests {
    fn strip(&mut self, items: &mut Vec<syn::Item>) {
        items.retain(|item| {
            let test = is_test(attributes(item));
            if let (true, syn::Item::Mod(syn::ItemMod { ident, content: None, .. })) = (test, item)
            {
                self.test_modules.push(format!("{}{ident}", self.folder));
            }
            !test
        });
    }
}

/// Whether the item is `#[cfg(test)]`, `#[cfg(all(test, ..))]` or `#[test]`.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let cfg_test = || attribute.parse_args::<syn::Meta>().is_ok_and(|meta| takes_test(&meta));
        attribute.path().is_ident("test") || attribute.path().is_ident("cfg") && cfg_test()
    })
}

/// Whether a condition holds in tests only.
fn takes_test(condition: &syn::Meta) -> bool {
    type Conditions = syn::punctuated::Punctuated<syn::Meta, syn::Token![,]>;
    match condition {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("all") => {
            let all = list.parse_args_with(Conditions::parse_terminated);
            all.is_ok_and(|all| all.iter().any(takes_test))
        }
        _ => false,
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_test_modules_are_tests() {
        let file =
            |path: &str, text: &str| Source::parse(path.to_owned(), text.to_owned()).unwrap();
        let mut sources = vec![
            file("a/src/lib.rs", "#[cfg(test)] mod checks; mod api;"),
            file("a/src/checks.rs", ""),
            file("a/src/checks/deep.rs", ""),
            file("a/src/checksum.rs", ""),
            file("a/src/api.rs", "#[cfg(test)] mod proof;"),
            file("a/src/api/proof.rs", ""),
            file("a/benches/fast.rs", ""),
            file("a/src/live.rs", "#[cfg(all(test, feature = \"x\"))] mod proof;"),
            file("a/src/live/proof.rs", ""),
            file("a/src/odd.rs", "#[cfg(any(test, feature = \"x\"))] mod tests;"),
            file("a/src/odd/tests/deep.rs", ""),
            file("a/tests/src/lib.rs", ""),
        ];
        mark_tests(&mut sources);
        let test: Vec<_> = sources.iter().map(|source| source.test).collect();
        let expected = [false, true, true, false, false, true, true];
        assert_eq!(test[..7], expected);
        assert_eq!(test[7..], [false, true, false, false, true]);
    }

    #[test]
    fn modules_lie_beside_their_file() {
        assert_eq!(module_folder("a/src/lib.rs"), "a/src/");
        assert_eq!(module_folder("a/src/api.rs"), "a/src/api/");
        assert_eq!(module_folder("a/src/api/mod.rs"), "a/src/api/");
        assert_eq!(module_folder("build.rs"), "build/");
    }
}
