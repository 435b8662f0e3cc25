//! Has the crate built again when a scenario is added, changed or removed: they are part of the program.

fn main() {
    println!("cargo::rerun-if-changed=../../scenarios");
}
