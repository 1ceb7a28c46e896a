//! What the documents tell people to type exists, and runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Commands that are not run here, and why. Everything else in a shell block is run as it stands.
const NOT_RUN: [(&str, &str); 4] = [
    ("cargo xtask test", "runs this test"),
    ("cargo xtask render my-song.m4a", "the reader's song; `crates/song/tests` reads files of every format"),
    ("cargo xtask render my-album --jobs 4", "the reader's songs; `tests/render.rs` renders a folder"),
    (
        "cargo xtask bundle unbraid --release",
        "`cargo xtask test` packs before it runs this, and other tests use the result",
    ),
];

/// Commands within a sentence or a table, and why they are not run. Those of `cargo xtask` are checked for their options,
/// those that build or run a package of ours for the package and the example that they name.
const NOT_RUN_INLINE: [(&str, &str); 7] = [
    ("cargo clippy --release --all-targets", "`cargo xtask test` runs it"),
    ("cargo doc --no-deps --open", "`cargo xtask test` runs it, without opening a browser"),
    ("cargo deny check licenses bans sources", "takes `cargo deny`; the public automation runs it"),
    ("cargo install --locked --features cli cargo-about", "installs a program"),
    ("cargo install --locked cargo-deb", "installs a program"),
    ("cargo install --locked cargo-deny", "installs a program"),
    ("cargo test --release -p unbraid-engine", "`cargo xtask test` runs all packages' tests"),
];

/// Documents none of whose blocks are run, and why.
const NOT_RUN_DOCUMENTS: [(&str, &str); 1] =
    [("models/training/README.md", "days of training; `cargo xtask test` runs the tests of that package")];

/// A block whose first line is this and a reason is not run.
const MARK: &str = "# not run by the tests: ";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every document that speaks to users and developers.
fn documents() -> Vec<(String, String)> {
    let root = root();
    let single = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "models/README.md"];
    let mut files: Vec<_> = single.iter().map(|name| root.join(name)).collect();
    files.extend(["models/training/README.md", "tests/clips/README.md"].map(|name| root.join(name)));
    for entry in std::fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "md") {
            files.push(path);
        }
    }
    files.sort();
    files
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The commands in a document's shell blocks that are to be run: comments and marked blocks are left out.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for block in text.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap();
        if let Some(reason) = block.strip_prefix(MARK) {
            assert!(reason.lines().next().is_some_and(|reason| reason.len() > 5), "a mark without a reason");
            continue;
        }
        for line in block.lines() {
            let command = line.split(" #").next().unwrap().trim();
            if !command.is_empty() && !command.starts_with('#') {
                commands.push(command.to_owned());
            }
        }
    }
    commands
}

fn run(command: &str) -> (bool, String) {
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", command])
        .current_dir(root())
        .stdin(std::process::Stdio::null())
        .output()
        .expect("bash starts");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn every_command_in_a_shell_block_runs() {
    let mut unused: Vec<_> = NOT_RUN.iter().map(|(command, _)| *command).collect();
    let mut ran = BTreeMap::new();
    for (name, text) in documents() {
        if NOT_RUN_DOCUMENTS.iter().any(|(left_out, _why)| *left_out == name) {
            assert!(!commands(&text).is_empty(), "{name} has no block to leave out");
            continue;
        }
        for command in commands(&text) {
            if let Some((left_out, _why)) = NOT_RUN.iter().find(|(known, _)| *known == command) {
                unused.retain(|known| known != left_out);
                continue;
            }
            ran.entry(command).or_insert(name.clone());
        }
    }
    assert!(unused.is_empty(), "excluded, but in no document: {unused:?}");
    assert!(!ran.is_empty(), "the documents have commands");
    for (command, name) in ran {
        let (success, output) = run(&command);
        assert!(success, "{name}: `{command}` failed:\n{output}");
    }
}

/// The options that `cargo xtask COMMAND --help` lists, and whether there is such a command.
fn help(command: &str) -> Option<String> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_xtask")).args([command, "--help"]).output().expect("xtask starts");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn every_command_and_option_that_a_document_names_exists() {
    let mut helps: BTreeMap<String, String> = BTreeMap::new();
    let mut count = 0;
    for (name, text) in documents() {
        for rest in text.split("cargo xtask ").skip(1) {
            let rest = rest.split(['`', '\n', ';', '#', '&', '[']).next().unwrap();
            let mut words = rest.split_whitespace();
            let Some(command) = words.next().filter(|word| word.chars().all(|c| c.is_ascii_lowercase()))
            else {
                continue;
            };
            // These are answered by the argument parser, or handed on to the bundler.
            if ["help", "bundle"].contains(&command) {
                continue;
            }
            let help = helps.entry(command.to_owned()).or_insert_with(|| {
                help(command).unwrap_or_else(|| panic!("{name}: there is no `cargo xtask {command}`"))
            });
            for option in words.filter(|word| word.starts_with("--") && *word != "--help") {
                let option = option.split('=').next().unwrap();
                assert!(help.contains(option), "{name}: `cargo xtask {command}` has no option {option}");
            }
            count += 1;
        }
    }
    assert!(count > 10, "only {count} commands found");
}

/// True for a `cargo run` or `cargo test` whose package, and example if any, exist.
fn builds(command: &str) -> bool {
    let words: Vec<_> = command.split_whitespace().collect();
    let after = |options: &[&str]| {
        let at = words.iter().position(|word| options.contains(word))?;
        words.get(at + 1).copied()
    };
    let Some(package) = after(&["-p", "--package"]) else { return false };
    let name = package.trim_start_matches("unbraid-");
    let folders = [root().join(name), root().join("crates").join(name)];
    let Some(folder) = folders.into_iter().find(|folder| folder.join("Cargo.toml").exists()) else {
        return false;
    };
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let example = after(&["--example"]).is_none_or(|name| {
        let files = [format!("examples/{name}.rs"), format!("examples/{name}/main.rs")];
        files.iter().any(|file| folder.join(file).exists())
    });
    ["run", "test"].contains(&words[1]) && manifest.contains(&format!("name = \"{package}\"")) && example
}

#[test]
fn every_cargo_command_within_a_sentence_is_known() {
    let mut unused: Vec<_> = NOT_RUN_INLINE.iter().map(|(command, _)| *command).collect();
    for (name, text) in documents() {
        for part in text.split('`').skip(1).step_by(2) {
            // With an option or an argument, that is: a bare `cargo deny` is a name.
            if !part.starts_with("cargo ") || part.starts_with("cargo xtask") || part.split(' ').count() < 3 {
                continue;
            }
            let known = NOT_RUN_INLINE.iter().any(|(command, _)| *command == part);
            unused.retain(|command| *command != part);
            assert!(known || builds(part), "{name}: `{part}` is neither checked nor excluded");
        }
    }
    assert!(unused.is_empty(), "excluded, but in no document: {unused:?}");
    assert!(builds("cargo run --release --package unbraid-engine --example cost -- x.onnx"));
    assert!(
        !builds("cargo run --package unbraid-engine --example nothing") && !builds("cargo test -p unbraid-x")
    );
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    let mut count = 0;
    for (name, text) in documents() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(folder.join(target).exists(), "{name}: {target} is not there");
            count += 1;
        }
    }
    assert!(count > 5, "only {count} links found");
}

#[test]
fn commands_are_taken_out_of_blocks() {
    let text = "a `b`\n```sh\ncargo x   # why\n# comment\n\nls\n```\n```sh\n# not run by the tests: because so\nrm\n```\n";
    assert_eq!(commands(text), ["cargo x", "ls"]);
    assert!(!run("exit 3").0 && run("true").0);
}
