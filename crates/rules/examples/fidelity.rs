//! Prints `FIDELITY.md`: `cargo run -p edge502-rules --example fidelity > FIDELITY.md`.

fn main() {
    print!("{}", edge502_rules::fidelity::markdown());
}
