//! Drags files onto the window as file managers do, alone on the screen and inside a host's window, and says whether they
//! arrive. Needs a display with a window manager: `cargo xtask window` brings one.
//!
//! `cargo run --release --package unbraid-plugin --example drops`

#[cfg(target_os = "linux")]
#[path = "../shared/host.rs"]
mod host;
#[cfg(target_os = "linux")]
mod source;
#[cfg(target_os = "linux")]
mod trial;

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    trial::run()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("dragging files onto the window is a matter of X11");
}
