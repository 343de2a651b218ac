//! Has the crate compiled again when a migration is added: `sqlx::migrate!` alone sees only those it knows.

#[expect(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
