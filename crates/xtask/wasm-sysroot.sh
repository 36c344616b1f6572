#!/usr/bin/env bash
# Builds std for wasm32-unknown-unknown with Debian's rustc-web and lays it out as a private toolchain folder:
#   OUT/bin/{rustc,rustdoc}  OUT/lib/rustlib/wasm32-unknown-unknown/lib/*.rlib
# Called by `cargo xtask setup` where rustup cannot fetch the target. OUT must be absolute.
# Needs: apt-get install --no-install-recommends rustc-web cargo-web rust-web-src, and clang, lld of the same LLVM.
set -euo pipefail

out=$1
target=wasm32-unknown-unknown
host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rm -rf "$out"
mkdir -p "$out/bin" "$out/lib/rustlib/$target/lib" "$work/src"
: > "$work/src/lib.rs"
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[profile.release]\ndebug = 0\n' > "$work/Cargo.toml"

# RUSTC_BOOTSTRAP and -Zbuild-std are for the standard library only; the product is built with stable features.
# Bitcode is kept so that an application may use fat LTO.
cd "$work"
env -u CARGO_BUILD_RUSTFLAGS -u LD_LIBRARY_PATH \
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
    RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=/usr/lib/rustlib/src/rust=/rustc" \
    /usr/bin/cargo build --release -Zbuild-std=std,test,panic_abort --target "$target"

cp target/"$target"/release/deps/*.rlib "$out/lib/rustlib/$target/lib/"
rm -f "$out/lib/rustlib/$target/lib/"libempty-*.rlib
ln -s "/usr/lib/rustlib/$host" "$out/lib/rustlib/$host"
for tool in rustc rustdoc; do
    printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' "$tool" "$out" > "$out/bin/$tool"
    chmod +x "$out/bin/$tool"
done
