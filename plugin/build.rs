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
}
