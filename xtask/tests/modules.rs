//! No cycle of modules in any crate: what a module imports does not import it back.
//!
//! An edge is a path through `crate`, `super`, `self` or a child's name, in an import or anywhere else, to another module
//! of the crate. `mod child;` itself is none, but a child that uses its parent's items while the parent uses the child is
//! a cycle. Code under `#[cfg(test)]` does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, ItemMod, ItemUse, Macro, Token, UseTree, Visibility};

/// A module's names from the root of its crate, which has none.
type Module = Vec<String>;

/// Every module with those it uses, and a path by which it does.
type Graph = BTreeMap<Module, BTreeMap<Module, String>>;

fn name(module: &[String]) -> String {
    if module.is_empty() { "crate".into() } else { module.join("::") }
}

fn is_test(attributes: &[Attribute]) -> bool {
    let is_cfg_test = |attribute: &&Attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    };
    attributes.iter().find(is_cfg_test).is_some()
}

/// Parses a module's file, or its block, and all below it. `folder` holds the files of its children.
fn collect(items: Vec<Item>, module: Module, folder: &Path, sources: &mut BTreeMap<Module, Vec<Item>>) {
    for item in &items {
        let Item::Mod(ItemMod { attrs, ident, content, .. }) = item else { continue };
        if is_test(attrs) {
            continue;
        }
        let child: Module = module.iter().cloned().chain([ident.to_string()]).collect();
        let children = folder.join(ident.to_string());
        match content {
            Some((_, items)) => collect(items.clone(), child, &children, sources),
            None => {
                let file = folder.join(format!("{ident}.rs"));
                collect(parse(&file), child, &children, sources);
            }
        }
    }
    sources.insert(module, items);
}

fn parse(file: &Path) -> Vec<Item> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())).items
}

/// The paths of one module's code.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Paths {
    fn add_use(&mut self, tree: &UseTree, prefix: &[String]) {
        let with = |ident: &syn::Ident| prefix.iter().cloned().chain([ident.to_string()]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.add_use(&path.tree, &with(&path.ident)),
            UseTree::Name(name) => self.0.push(with(&name.ident)),
            UseTree::Rename(rename) => self.0.push(with(&rename.ident)),
            UseTree::Glob(_) => self.0.push(prefix.iter().cloned().chain(["*".to_owned()]).collect()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, prefix)),
        }
    }
}

impl Visit<'_> for Paths {
    fn visit_item(&mut self, item: &Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Static(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            // Modules are visited on their own.
            Item::Mod(_) => return,
            _ => &Vec::new(),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, method: &syn::ImplItemFn) {
        if !is_test(&method.attrs) {
            visit::visit_impl_item_fn(self, method);
        }
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        self.add_use(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        if path.segments.len() > 1 {
            self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &Macro) {
        // Most macros take expressions; what others take is not looked at.
        if let Ok(arguments) = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
    }

    fn visit_attribute(&mut self, _: &Attribute) {}

    fn visit_visibility(&mut self, _: &Visibility) {}
}

/// The module to which `path` leads from `module`, if it stays in the crate.
fn resolve(path: &[String], module: &Module, modules: &BTreeSet<Module>) -> Option<Module> {
    let mut target = match path.first()?.as_str() {
        "crate" => Module::new(),
        "self" => module.clone(),
        "super" => module.split_last()?.1.to_vec(),
        child => {
            let child: Module = module.iter().cloned().chain([child.to_owned()]).collect();
            modules.contains(&child).then_some(child)?
        }
    };
    for segment in &path[1..] {
        if segment == "super" {
            target.pop()?;
            continue;
        }
        let next: Module = target.iter().cloned().chain([segment.clone()]).collect();
        if !modules.contains(&next) {
            break;
        }
        target = next;
    }
    Some(target)
}

/// Which module of the crate with this root file uses which.
fn graph(root: &Path) -> Graph {
    let mut sources = BTreeMap::new();
    collect(parse(root), Module::new(), root.parent().unwrap(), &mut sources);
    let modules: BTreeSet<Module> = sources.keys().cloned().collect();
    let mut graph = Graph::new();
    for (module, items) in sources {
        let mut paths = Paths::default();
        items.iter().for_each(|item| paths.visit_item(item));
        let uses =
            paths.0.iter().filter_map(|path| Some((resolve(path, &module, &modules)?, path.join("::"))));
        let uses = uses.filter(|(target, _)| *target != module).collect();
        graph.insert(module, uses);
    }
    graph
}

fn reachable(graph: &Graph, from: &Module) -> BTreeSet<Module> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(module) = next.pop() {
        for target in graph[&module].keys() {
            if seen.insert(target.clone()) {
                next.push(target.clone());
            }
        }
    }
    seen
}

/// The groups of modules that reach each other, one line each, with the paths within the group.
fn cycles(root: &Path) -> Vec<String> {
    let graph = graph(root);
    let reachable: BTreeMap<&Module, BTreeSet<Module>> =
        graph.keys().map(|module| (module, reachable(&graph, module))).collect();
    let groups: BTreeSet<BTreeSet<&Module>> = graph
        .keys()
        .filter(|module| reachable[module].contains(*module))
        .map(|module| {
            graph
                .keys()
                .filter(|&other| reachable[module].contains(other) && reachable[other].contains(module))
                .collect()
        })
        .collect();
    let line = |group: BTreeSet<&Module>| {
        let within = |module: &Module| {
            let uses = graph[module].iter().filter(|(target, _)| group.contains(target));
            uses.map(|(_, path)| format!("\n    {} uses {path}", name(module))).collect::<String>()
        };
        let names: Vec<String> = group.iter().map(|module| name(module)).collect();
        format!("{}{}", names.join(", "), group.iter().map(|module| within(module)).collect::<String>())
    };
    groups.into_iter().map(line).collect()
}

/// The root files of every package's library and program.
fn roots() -> Vec<(String, PathBuf)> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let crates = fs::read_dir(repository.join("crates")).unwrap();
    let mut packages: Vec<String> =
        crates.map(|entry| format!("crates/{}", entry.unwrap().file_name().to_string_lossy())).collect();
    packages.extend(["plugin", "tests", "xtask"].map(String::from));
    packages.sort();
    let mut roots = Vec::new();
    for package in packages {
        for root in ["src/lib.rs", "src/main.rs"].map(|file| repository.join(&package).join(file)) {
            if root.exists() {
                roots.push((package.clone(), root));
            }
        }
    }
    roots
}

#[test]
fn no_crate_has_a_cycle_of_modules() {
    let roots = roots();
    assert!(roots.len() > 8, "only {} roots were found", roots.len());
    let found: Vec<(String, Vec<String>)> = roots
        .into_iter()
        .map(|(package, root)| (package, cycles(&root)))
        .filter(|(_, cycles)| !cycles.is_empty())
        .collect();
    for (package, cycles) in &found {
        println!("{package}: {}", cycles.join("\n"));
    }
    let packages: Vec<&String> = found.iter().map(|(package, _)| package).collect();
    assert!(found.is_empty(), "cycles of modules in {packages:?}; the lines above say which");
}

#[test]
fn planted_cycles_are_found_and_inclusion_alone_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let plant = |lib: &str, parent: &str, child: &str, sibling: &str| {
        fs::create_dir_all(folder.path().join("parent")).unwrap();
        for (file, text) in
            [("lib.rs", lib), ("parent.rs", parent), ("parent/child.rs", child), ("sibling.rs", sibling)]
        {
            fs::write(folder.path().join(file), text).unwrap();
        }
        cycles(&folder.path().join("lib.rs")).len()
    };
    let lib = "mod parent; mod sibling; pub use parent::Thing;";
    assert_eq!(
        plant(lib, "mod child; pub struct Thing;", "use super::Thing;", "use crate::parent::Thing;"),
        0
    );
    assert_eq!(
        plant(lib, "mod child; use child::f; pub struct Thing;", "use super::Thing;", ""),
        1,
        "parent and child"
    );
    assert_eq!(
        plant(lib, "use crate::sibling::S; pub struct Thing;", "", "use super::parent::Thing;"),
        1,
        "siblings"
    );
    assert_eq!(
        plant(lib, "pub struct Thing;", "", "use crate::Thing;"),
        0,
        "a re-export is used, which uses nothing back"
    );
    assert_eq!(
        plant(lib, "pub struct Thing(crate::sibling::S);", "", "use crate::Thing;"),
        1,
        "through a re-export"
    );
    assert_eq!(
        plant(
            lib,
            "pub fn f() { println!(\"{}\", crate::sibling::g()) } pub struct Thing;",
            "",
            "use crate::parent;"
        ),
        1,
        "in a macro"
    );
    let tests = "pub struct Thing; #[cfg(test)] mod tests { use crate::sibling::S; }";
    assert_eq!(plant(lib, tests, "", "use crate::parent::Thing;"), 0, "tests do not count");
}
