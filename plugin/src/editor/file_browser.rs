//! Choosing files inside the window. The system's dialogs need a portal or a toolkit, run event loops of their own inside the
//! host's, and are missing without a desktop.

use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use egui::{Align, Button, Context, Id, Key, Layout, Modal, ScrollArea, TextEdit, Ui};

use super::text_order::visual;
use super::theme;

/// Most entries listed of one folder.
const MOST: usize = 2000;

/// Least space at both sides of the browser together, and its greatest width.
const MARGIN: f32 = 80.0;
const WIDEST: f32 = 560.0;
/// Height of the window without the list, and the list's least and greatest height.
const AROUND_LIST: f32 = 260.0;
const LIST: [f32; 2] = [120.0, 380.0];

/// Purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A network to load.
    Network,
    /// A preset to import into the user's folder.
    Import,
    /// A file to write the settings to.
    Export,
    /// A song to play, with one of these extensions.
    Song(&'static [&'static str]),
    /// A folder for recordings.
    Recordings,
}

impl Purpose {
    fn title(self) -> &'static str {
        match self {
            Purpose::Network => "Load a network",
            Purpose::Import => "Import a preset",
            Purpose::Export => "Export the settings as a preset",
            Purpose::Song(_) => "Open a song",
            Purpose::Recordings => "Choose a folder for recordings",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Purpose::Network => "Load",
            Purpose::Import => "Import",
            Purpose::Export => "Export",
            Purpose::Song(_) => "Open",
            Purpose::Recordings => "Use this folder",
        }
    }

    fn extensions(self) -> &'static [&'static str] {
        match self {
            Purpose::Network => &["onnx"],
            Purpose::Import | Purpose::Export => &["json"],
            Purpose::Song(extensions) => extensions,
            Purpose::Recordings => &[],
        }
    }
}

/// Result of an open browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A file for this purpose.
    Chosen(Purpose, PathBuf),
    /// No file.
    Cancelled,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    is_file: bool,
    name: String,
}

/// An open file browser.
pub struct FileBrowser {
    purpose: Purpose,
    folder: PathBuf,
    entries: Vec<Entry>,
    /// Name of the chosen or typed file, or a whole path.
    name: String,
    error: Option<String>,
}

impl FileBrowser {
    /// Opens in `folder`, or in the home folder if that does not exist.
    pub fn open(purpose: Purpose, folder: Option<&Path>) -> Self {
        let home = || dirs::home_dir().unwrap_or_else(|| PathBuf::from("/"));
        let folder = folder.filter(|folder| folder.is_dir()).map_or_else(home, Path::to_owned);
        let mut browser = Self { purpose, folder, entries: Vec::new(), name: String::new(), error: None };
        browser.list();
        browser
    }

    /// The folder that is shown.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn list(&mut self) {
        self.error = None;
        self.entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries.flatten().filter_map(|entry| self.entry(&entry)).take(MOST).collect(),
            Err(error) => {
                self.error = Some(format!("{}: {error}", self.folder.display()));
                Vec::new()
            }
        };
        // Folders first.
        self.entries.sort_by_key(|entry| (entry.is_file, entry.name.to_lowercase()));
    }

    fn entry(&self, entry: &fs::DirEntry) -> Option<Entry> {
        let name = entry.file_name().to_string_lossy().into_owned();
        // Follows links.
        let is_file = !entry.path().is_dir();
        let listed = !is_file || self.accepts(&name);
        (listed && !name.starts_with('.')).then_some(Entry { is_file, name })
    }

    fn accepts(&self, name: &str) -> bool {
        let extension = Path::new(name).extension().map(|text| text.to_string_lossy().to_lowercase());
        extension.is_some_and(|extension| self.purpose.extensions().contains(&extension.as_str()))
    }

    fn enter(&mut self, folder: PathBuf) {
        self.folder = folder;
        self.name.clear();
        self.list();
    }

    /// The typed or clicked file, if it can be used; or the folder that is shown, or a typed one, which need not exist.
    fn chosen(&mut self) -> Option<PathBuf> {
        if self.purpose == Purpose::Recordings {
            let name = self.name.trim();
            return Some(if name.is_empty() { self.folder.clone() } else { self.folder.join(name) });
        }
        if self.name.trim().is_empty() {
            return None;
        }
        let mut path = self.folder.join(self.name.trim());
        if path.is_dir() {
            self.enter(path);
            return None;
        }
        if self.purpose == Purpose::Export {
            if path.extension().is_none() {
                path.set_extension(self.purpose.extensions()[0]);
            }
        } else if !path.is_file() {
            self.error = Some(format!("{} does not exist", path.display()));
            return None;
        }
        Some(path)
    }

    /// Draws the browser over the window. Returns its result once it is closed.
    pub fn show(&mut self, context: &Context) -> Option<Outcome> {
        let mut outcome = None;
        let size = context.content_rect().size();
        let modal = Modal::new(Id::unique("browser")).show(context, |ui| {
            ui.set_width((size.x - MARGIN).min(WIDEST));
            ui.heading(self.purpose.title());
            self.path_row(ui);
            self.files(ui, (size.y - AROUND_LIST).clamp(LIST[0], LIST[1]), &mut outcome);
            if let Some(error) = &self.error {
                ui.colored_label(theme::WARNING, visual(error));
            }
            self.action_row(ui, &mut outcome);
        });
        if modal.should_close() && outcome.is_none() {
            outcome = Some(Outcome::Cancelled);
        }
        outcome
    }

    fn path_row(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let parent = self.folder.parent().map(Path::to_owned);
            if ui.add_enabled(parent.is_some(), Button::new("Up")).clicked()
                && let Some(parent) = parent
            {
                self.enter(parent);
            }
            ui.weak(visual(&self.folder.display().to_string()));
        });
    }

    fn files(&mut self, ui: &mut Ui, height: f32, outcome: &mut Option<Outcome>) {
        let mut entered = None;
        ScrollArea::vertical().auto_shrink([false, false]).max_height(height).show(ui, |ui| {
            if self.entries.is_empty() && self.error.is_none() {
                ui.weak(match self.purpose {
                    Purpose::Recordings => "No folders here".to_owned(),
                    Purpose::Song(_) => "No folders and no songs here".to_owned(),
                    _ => format!("No folders and no .{} files here", self.purpose.extensions().join(", .")),
                });
            }
            for entry in &self.entries {
                let name = visual(&entry.name);
                let label = if entry.is_file { name } else { format!("{name}{MAIN_SEPARATOR}").into() };
                let response = ui.selectable_label(entry.is_file && self.name == entry.name, label);
                if response.clicked() {
                    if entry.is_file {
                        self.name.clone_from(&entry.name);
                    } else {
                        entered = Some(self.folder.join(&entry.name));
                    }
                }
                if response.double_clicked() && entry.is_file && self.purpose != Purpose::Export {
                    *outcome = Some(Outcome::Chosen(self.purpose, self.folder.join(&entry.name)));
                }
            }
        });
        if let Some(folder) = entered {
            self.enter(folder);
        }
    }

    fn action_row(&mut self, ui: &mut Ui, outcome: &mut Option<Outcome>) {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut act = ui.button(self.purpose.action()).clicked();
            if ui.button("Cancel").clicked() {
                *outcome = Some(Outcome::Cancelled);
            }
            let field = TextEdit::singleline(&mut self.name)
                .id(Id::unique("browser name"))
                .hint_text(match self.purpose {
                    Purpose::Recordings => "This folder, or the name of a new one",
                    _ => "Name of the file, or a whole path",
                })
                .desired_width(f32::INFINITY);
            let typed = ui.add(field);
            act |= typed.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if act && let Some(path) = self.chosen() {
                *outcome = Some(Outcome::Chosen(self.purpose, path));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(test: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("unbraid-browser-{}-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("Sub")).unwrap();
        for name in ["b.onnx", "A.ONNX", "song.wav", "Song.M4A", ".hidden.onnx"] {
            fs::write(path.join(name), "x").unwrap();
        }
        path
    }

    #[test]
    fn it_lists_folders_and_files_of_its_purpose() {
        let path = folder("list");
        let names = |purpose| -> Vec<String> {
            FileBrowser::open(purpose, Some(&path)).entries.into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names(Purpose::Network), ["Sub", "A.ONNX", "b.onnx"]);
        assert_eq!(names(Purpose::Song(&["m4a", "wav"])), ["Sub", "Song.M4A", "song.wav"]);
        assert_eq!(names(Purpose::Import), ["Sub"]);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_typed_name_is_a_file_a_folder_or_an_error() {
        let path = folder("typed");
        let mut browser = FileBrowser::open(Purpose::Network, Some(&path));
        assert_eq!(browser.chosen(), None, "nothing was typed");
        browser.name = "b.onnx".into();
        assert_eq!(browser.chosen(), Some(path.join("b.onnx")));
        browser.name = "missing.onnx".into();
        assert_eq!(browser.chosen(), None);
        assert!(browser.error.as_ref().unwrap().contains("missing.onnx"));
        browser.name = path.join("Sub").display().to_string();
        assert_eq!(browser.chosen(), None);
        assert_eq!(browser.folder(), path.join("Sub"));
        let mut recordings = FileBrowser::open(Purpose::Recordings, Some(&path));
        assert_eq!(recordings.chosen(), Some(path.clone()), "the folder that is shown");
        recordings.name = "new".into();
        assert_eq!(recordings.chosen(), Some(path.join("new")));
        let mut export = FileBrowser::open(Purpose::Export, Some(&path));
        export.name = "mine".into();
        assert_eq!(export.chosen(), Some(path.join("mine.json")));
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_read_says_so() {
        let mut browser = FileBrowser::open(Purpose::Song(&["wav"]), None);
        browser.enter("/nowhere/at/all".into());
        assert!(browser.error.unwrap().contains("/nowhere/at/all"));
    }
}
