//! Leaves out of the library what hosts have no use for.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Symbol names are a fifth of the library. Not in the profile: that would build every dependency again.
    if std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-cdylib=-Wl,--strip-all");
    }
}
