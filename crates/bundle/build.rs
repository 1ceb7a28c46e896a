//! How the library that hosts load is linked: without what they have no use for, and so that it stays once it is loaded.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |variable: &str, value: &str| std::env::var_os(variable).is_some_and(|found| found == value);
    let linux = is("CARGO_CFG_TARGET_OS", "linux");
    // Symbol names are a fifth of the library. Not in the profile: that would build every dependency again. (Visual Studio's
    // linker writes them to a file of their own.)
    if linux || is("CARGO_CFG_TARGET_OS", "windows") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-cdylib=-Wl,--strip-all");
    }
    if linux {
        // A window's thread may still be taking down its OpenGL context when the host has closed the window and lets go of
        // the library (baseview does not always wait for it); code that is gone from memory would be the host's end.
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}
