//! The sources: what the audio callback reaches knows no lock, and no two modules need each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Modules whose code the audio callback runs.
const ON_THE_AUDIO_THREAD: [&str; 5] =
    ["adapters", "handover", "player::source", "player::transport", "program"];

/// Words of whoever may have to wait.
const WAITING: [&str; 7] = ["Mutex", "RwLock", "Condvar", "Barrier", "LazyLock", "mpsc", "lock("];

/// Text of every module without its tests, by name.
fn modules() -> BTreeMap<String, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&source).unwrap().with_extension("");
            let name = name.to_str().unwrap().replace('/', "::");
            if name.ends_with("tests") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            modules.insert(name, text.split("#[cfg(test)]").next().unwrap().to_owned());
        }
    }
    modules
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split("//").next().unwrap_or_default())
}

#[test]
fn no_lock_is_reachable_from_the_audio_callback() {
    let modules = modules();
    for module in ON_THE_AUDIO_THREAD {
        let text = modules.get(module).unwrap_or_else(|| panic!("there is no module {module} any more"));
        for line in code(text) {
            assert!(!WAITING.iter().any(|word| line.contains(word)), "{module} can wait: {line}");
        }
    }
    assert!(
        code(&modules["player"]).any(|line| line.contains("Mutex")),
        "the search finds none where there is one"
    );
}

/// Modules that a module's code names by `use`.
fn needed(module: &str, text: &str, modules: &BTreeSet<&str>) -> BTreeSet<String> {
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let join =
        |base: &str, rest: &str| if base.is_empty() { rest.to_owned() } else { format!("{base}::{rest}") };
    let mut needed = BTreeSet::new();
    for line in code(text) {
        let line = line.trim_start().trim_start_matches("pub ");
        let Some(path) = line.strip_prefix("use ") else { continue };
        let path = path.split(['{', ';']).next().unwrap_or_default().trim_end_matches("::");
        let path = match path.split_once("::") {
            Some(("crate", rest)) => rest.to_owned(),
            Some(("super", rest)) => join(parent, rest),
            _ if path == "super" => parent.to_owned(),
            _ => join(module, path),
        };
        // The longest beginning that is a module.
        let mut found = path.as_str();
        while !found.is_empty() && !modules.contains(found) {
            found = found.rsplit_once("::").map_or("", |(before, _)| before);
        }
        if !found.is_empty() && found != module {
            needed.insert(found.to_owned());
        }
    }
    needed
}

#[test]
fn no_two_modules_need_each_other() {
    let modules = modules();
    let names: BTreeSet<&str> = modules.keys().map(String::as_str).collect();
    let mut left: BTreeMap<&str, BTreeSet<String>> =
        modules.iter().map(|(name, text)| (name.as_str(), needed(name, text, &names))).collect();
    assert!(left["program"].contains("player") && left["player"].contains("player::source"), "{left:?}");
    // Modules that need nothing go; what is left in the end is a circle.
    loop {
        let free: BTreeSet<String> =
            left.iter().filter(|(_, needs)| needs.is_empty()).map(|(name, _)| (*name).to_owned()).collect();
        if free.is_empty() {
            break;
        }
        left.retain(|name, _| !free.contains(*name));
        left.values_mut().for_each(|needs| needs.retain(|need| !free.contains(need)));
    }
    assert!(left.is_empty(), "a circle: {left:?}");
}
