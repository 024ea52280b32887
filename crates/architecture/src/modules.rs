//! The modules of one crate: which file each is in, and what each name in it stands for. Code that only tests see is
//! left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::{Attribute, Ident, Item, Meta, UseTree};

/// A module, by its position in [`Crate::modules`]. The first is the root.
pub type Id = usize;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A module of this crate.
    Module(Id),
    /// A type, function, constant or macro, defined in this module.
    Item,
    /// Another path, by `use`.
    Path(Vec<String>),
}

/// One module.
pub struct Module {
    /// The file that it is in, relative to the folder of the crate's sources.
    pub file: PathBuf,
    /// The module around it; none for the root.
    pub parent: Option<Id>,
    /// What can be named in it.
    pub names: BTreeMap<String, Name>,
    /// Paths whose names are all taken in by `use path::*`.
    pub globs: Vec<Vec<String>>,
    /// What stands in it, without the contents of other modules.
    pub items: Vec<Item>,
}

/// The modules of a crate.
#[derive(Default)]
pub struct Crate {
    /// All modules; the first is the root.
    pub modules: Vec<Module>,
}

impl Crate {
    /// Reads a crate from its root file, such as `src/lib.rs`.
    pub fn read(root: &Path) -> Result<Self, String> {
        let mut read = Self::default();
        let folder = root.parent().unwrap_or(root);
        let items = parse(root)?;
        read.module(None, folder, root, folder, items)?;
        Ok(read)
    }

    /// Adds a module. `children` is the folder in which its child modules have their files.
    fn module(
        &mut self,
        parent: Option<Id>,
        sources: &Path,
        file: &Path,
        children: &Path,
        items: Vec<Item>,
    ) -> Result<Id, String> {
        let id = self.modules.len();
        let relative = file.strip_prefix(sources).unwrap_or(file).to_owned();
        let (names, globs) = (BTreeMap::new(), Vec::new());
        self.modules.push(Module { file: relative, parent, names, globs, items: Vec::new() });
        for item in items.into_iter().filter(|item| !only_for_tests(item)) {
            if let Item::Mod(module) = item {
                let name = plain(&module.ident);
                let inner = children.join(&name);
                let child = if let Some((_, items)) = module.content {
                    self.module(Some(id), sources, file, &inner, items)?
                } else {
                    let file =
                        [children.join(format!("{name}.rs")), inner.join("mod.rs")].into_iter().find(|f| f.exists());
                    let file = file.ok_or_else(|| format!("{}: no file of module {name}", children.display()))?;
                    let items = parse(&file)?;
                    self.module(Some(id), sources, &file, &inner, items)?
                };
                self.modules[id].names.insert(name, Name::Module(child));
                continue;
            }
            self.declare(id, &item);
            self.modules[id].items.push(item);
        }
        Ok(id)
    }

    /// Notes what an item adds to the names of its module.
    fn declare(&mut self, id: Id, item: &Item) {
        let module = &mut self.modules[id];
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::TraitAlias(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => match &item.ident {
                Some(ident) => ident,
                None => return,
            },
            Item::Use(item) => return import(module, &mut Vec::new(), &item.tree),
            _ => return,
        };
        module.names.insert(plain(name), Name::Item);
    }

    /// The module that defines what a path means, seen from `from`; none when it is of another crate, or a module.
    pub fn definer(&self, from: Id, path: &[String]) -> Option<Id> {
        self.resolve(from, path, 0).filter(|(_, rest)| !matches!(rest, Found::Module)).map(|(id, _)| id)
    }

    /// The module that a path leads to.
    pub fn module_at(&self, from: Id, path: &[String]) -> Option<Id> {
        self.resolve(from, path, 0).filter(|(_, rest)| matches!(rest, Found::Module)).map(|(id, _)| id)
    }

    fn resolve(&self, from: Id, path: &[String], depth: usize) -> Option<(Id, Found)> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Some(0),
            "self" => Some(from),
            "super" => self.modules[from].parent,
            _ => return self.look_up(from, path, depth),
        }?;
        match rest.first().map(String::as_str) {
            None => Some((start, Found::Module)),
            Some("super" | "self") => self.resolve(start, rest, depth),
            Some(_) => self.look_up(start, rest, depth),
        }
    }

    /// Follows a path from a module, through whatever is imported or exported again. What comes after an item are its
    /// variants and functions.
    fn look_up(&self, from: Id, path: &[String], depth: usize) -> Option<(Id, Found)> {
        // Deeper than any chain of `use`: a circle of them.
        if depth > 32 {
            return None;
        }
        let Some((first, rest)) = path.split_first() else { return Some((from, Found::Module)) };
        match self.modules[from].names.get(first) {
            Some(Name::Item) => Some((from, Found::Item)),
            Some(Name::Module(id)) => self.look_up(*id, rest, depth + 1),
            Some(Name::Path(target)) => {
                // `use clap;` and the like: a name that stands for itself is of another crate.
                if target.first() == Some(first) && target.len() == 1 {
                    return None;
                }
                let whole: Vec<String> = target.iter().chain(rest).cloned().collect();
                self.resolve(from, &whole, depth + 1)
            }
            None => self.modules[from].globs.iter().find_map(|glob| {
                let whole: Vec<String> = glob.iter().chain(path).cloned().collect();
                self.resolve(from, &whole, depth + 1)
            }),
        }
    }
}

enum Found {
    Module,
    Item,
}

/// Notes what a `use` adds to the names of a module.
fn import(module: &mut Module, before: &mut Vec<String>, tree: &UseTree) {
    match tree {
        UseTree::Path(path) => {
            before.push(plain(&path.ident));
            import(module, before, &path.tree);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| import(module, before, tree)),
        UseTree::Glob(_) => module.globs.push(before.clone()),
        UseTree::Name(name) => alias(module, before, &name.ident, &name.ident),
        UseTree::Rename(rename) => alias(module, before, &rename.ident, &rename.rename),
    }
}

fn alias(module: &mut Module, before: &[String], name: &Ident, called: &Ident) {
    let mut path = before.to_vec();
    // `use path::{self}` means the path itself, under its last name.
    let is_self = name == "self" && !before.is_empty();
    if !is_self {
        path.push(plain(name));
    }
    let called = if called == "self" { path.last().cloned().unwrap_or_default() } else { plain(called) };
    // A definition of that name wins: then both are of different kinds, such as a type and a function.
    module.names.entry(called).or_insert(Name::Path(path));
}

fn parse(file: &Path) -> Result<Vec<Item>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let parsed = syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(parsed.items)
}

fn only_for_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Const(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(is_cfg_test)
}

fn is_cfg_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}

/// A name without the `r#` of raw identifiers.
pub(crate) fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}
