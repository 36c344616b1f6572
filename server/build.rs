//! Compiles the server anew when the inspector's app was built anew: it is embedded, and its files have new names then.

fn main() {
    println!("cargo:rerun-if-changed=web/app");
}
