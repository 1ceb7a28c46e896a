//! Finds out which networks are there to be built in.

use std::path::Path;

fn main() {
    let live = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/live.onnx");
    println!("cargo::rustc-check-cfg=cfg(live_network)");
    println!("cargo::rerun-if-changed=../models/live.onnx");
    println!("cargo::rerun-if-changed=../models/studio.onnx");
    if live.exists() {
        println!("cargo::rustc-cfg=live_network");
    }
    // Symbol names are a fifth of the library and of no use to a host. Not in the profile: that would build
    // every dependency again.
    if std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-cdylib=-Wl,--strip-all");
    }
}
