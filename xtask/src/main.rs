//! Unbraid's own commands, run as `cargo xtask COMMAND`.

fn main() -> anyhow::Result<()> {
    nice_plug_xtask::main()
}
