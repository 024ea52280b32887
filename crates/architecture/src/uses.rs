//! Which file of a crate uses which other one, and for what. A re-export is followed to the file that defines the name;
//! the file that exports does not depend on it by that. Calls of methods name no path and are not seen.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::modules::{Crate, Id, plain};

/// A file that uses another: which line first names what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The file that uses.
    pub from: PathBuf,
    /// The file that defines.
    pub to: PathBuf,
    /// The line in `from`.
    pub line: usize,
    /// The path as it is written there.
    pub path: String,
}

/// The arrows between the files of a crate, one for each pair.
pub fn arrows(source: &Crate) -> Vec<Arrow> {
    let mut found: BTreeMap<(PathBuf, PathBuf), Arrow> = BTreeMap::new();
    for id in 0..source.modules.len() {
        let mut paths = Paths::default();
        source.modules[id].items.iter().for_each(|item| paths.visit_item(item));
        for (path, line) in paths.found {
            let Some(to) = target(source, id, &path) else { continue };
            let (from, to) = (source.modules[id].file.clone(), source.modules[to].file.clone());
            if from != to {
                let arrow = Arrow { from: from.clone(), to: to.clone(), line, path: path.join("::") };
                found.entry((from, to)).or_insert(arrow);
            }
        }
    }
    found.into_values().collect()
}

/// A module that is only imported is not used yet: the paths that begin with it are what counts. A glob counts as a use
/// of the module itself.
fn target(source: &Crate, from: Id, path: &[String]) -> Option<Id> {
    match path.split_last() {
        Some((last, module)) if last == "*" => source.module_at(from, module),
        _ => source.definer(from, path),
    }
}

/// Collects the paths of a piece of code, with their lines.
#[derive(Default)]
struct Paths {
    found: Vec<(Vec<String>, usize)>,
}

impl Paths {
    fn tree(&mut self, before: &mut Vec<String>, tree: &syn::UseTree) {
        let line = tree.span().start().line;
        match tree {
            syn::UseTree::Path(path) => {
                before.push(plain(&path.ident));
                self.tree(before, &path.tree);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
            syn::UseTree::Name(name) => self.end(before, plain(&name.ident), line),
            syn::UseTree::Rename(rename) => self.end(before, plain(&rename.ident), line),
            syn::UseTree::Glob(_) => self.end(before, "*".to_owned(), line),
        }
    }

    fn end(&mut self, before: &[String], last: String, line: usize) {
        self.found.push((before.iter().cloned().chain([last]).collect(), line));
    }

    /// What a macro is given is no syntax yet, but paths in it look like paths.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut colons, mut line) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.take(&mut path, line);
                        line = ident.span().start().line;
                    }
                    path.push(plain(&ident));
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.take(&mut path, line);
                    colons = 0;
                    self.tokens(group.stream());
                }
                TokenTree::Punct(_) => {
                    self.take(&mut path, line);
                    colons = 0;
                }
                // `#[serde(with = "crate::text")]` names a path in a string.
                TokenTree::Literal(literal) => {
                    self.take(&mut path, line);
                    colons = 0;
                    let text = literal.to_string();
                    let text = text.trim_matches('"');
                    if text.contains("::") && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                        let path = text.split("::").map(str::to_owned).collect();
                        self.found.push((path, literal.span().start().line));
                    }
                }
            }
        }
        self.take(&mut path, line);
    }

    fn take(&mut self, path: &mut Vec<String>, line: usize) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.found.push((path, line));
        }
    }
}

impl Visit<'_> for Paths {
    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        if matches!(item.vis, syn::Visibility::Inherited) {
            self.tree(&mut Vec::new(), &item.tree);
        }
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names = path.segments.iter().map(|segment| plain(&segment.ident)).collect();
        self.found.push((names, path.span().start().line));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &syn::Macro) {
        self.visit_path(&invoked.path);
        self.tokens(invoked.tokens.clone());
    }

    fn visit_meta_list(&mut self, list: &syn::MetaList) {
        self.tokens(list.tokens.clone());
    }
}
