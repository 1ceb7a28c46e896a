//! Where the plug-in's entry points come from: the code that is linked into this program, or the packed libraries, which a
//! host loads.

use std::env::consts::{ARCH, DLL_EXTENSION, OS};
use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap_sys::entry::clap_plugin_entry;
use libloading::Library;
use unbraid_plugin::Unbraid;

/// Folder of the packed plug-ins to test. Without it, tests call the linked code.
const BUNDLES: &str = "UNBRAID_BUNDLES";

/// Packed libraries, never unloaded.
struct Loaded {
    clap: Library,
    vst3: Library,
}

static LOADED: LazyLock<Option<Loaded>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os(BUNDLES)?);
    let clap = folder.join("unbraid.clap");
    let clap = if cfg!(target_os = "macos") { clap.join("Contents/MacOS/unbraid") } else { clap };
    let vst3 = library(&vst3_file(&folder));
    enter(&vst3);
    Some(Loaded { clap: library(&clap), vst3 })
});

fn library(file: &Path) -> Library {
    let file = std::path::absolute(file).unwrap();
    // SAFETY: the library is ours, and made to be loaded by hosts.
    unsafe { Library::new(&file) }.unwrap_or_else(|error| {
        panic!(
            "{BUNDLES}: cannot load {}: {error}: run `cargo xtask bundle unbraid --release`",
            file.display()
        )
    })
}

/// The file in a VST3 bundle, by the format's rules for each system.
fn vst3_file(folder: &Path) -> PathBuf {
    let contents = folder.join("unbraid.vst3/Contents");
    match OS {
        "macos" => contents.join("MacOS/unbraid"),
        // There `arm_64`, and a library is named as its bundle.
        "windows" => contents.join(format!("{}-win/unbraid.vst3", ARCH.replace("aarch64", "arm_64"))),
        system => contents.join(format!("{ARCH}-{system}/unbraid.{DLL_EXTENSION}")),
    }
}

/// Tells a VST3 library that it was loaded, as hosts must before they ask for the factory.
fn enter(vst3: &Library) {
    // SAFETY: the functions have the signatures that the format prescribes for each system; ours make no use of the handle.
    let entered = unsafe {
        #[cfg(windows)]
        {
            vst3.get::<unsafe extern "system" fn() -> bool>(b"InitDll\0").unwrap()()
        }
        #[cfg(not(windows))]
        {
            let name: &[u8] = if cfg!(target_os = "macos") { b"bundleEntry\0" } else { b"ModuleEntry\0" };
            vst3.get::<unsafe extern "C" fn(*mut c_void) -> bool>(name).unwrap()(std::ptr::null_mut())
        }
    };
    assert!(entered, "the VST3 library refuses to be loaded");
}

/// The CLAP entry point.
pub fn clap_entry() -> &'static clap_plugin_entry {
    static LINKED: clap_plugin_entry = unbraid_formats::clap::entry::<Unbraid>();
    // SAFETY: the symbol has this type, and its library is never unloaded.
    LOADED.as_ref().map_or(&LINKED, |loaded| unsafe {
        let entry = loaded.clap.get::<*const clap_plugin_entry>(b"clap_entry\0").unwrap();
        &**entry
    })
}

/// A new VST3 factory, counted once.
pub fn vst3_factory() -> *mut c_void {
    LOADED.as_ref().map_or_else(unbraid_formats::vst3::factory::<Unbraid>, |loaded| {
        // SAFETY: the function has the signature that the format prescribes, and its library is never unloaded.
        unsafe {
            loaded.vst3.get::<unsafe extern "system" fn() -> *mut c_void>(b"GetPluginFactory\0").unwrap()()
        }
    })
}
