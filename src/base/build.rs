//! The embedding macros do not see new files in these folders; cargo does.

fn main() {
    for folder in ["migrations/sqlite", "migrations/postgres", "locales", "static"] {
        println!("cargo::rerun-if-changed=../../{folder}");
    }
}
