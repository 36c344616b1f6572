//! The bindings of mobile-core for native apps: written, compiled where there is a compiler, and tried against the server.
//!
//! Invariant: what is tried is made of the library as it is now; nothing of it is committed, because all of it follows from
//! the Rust source (`crates/ffi/tests` compare that). Leaves out: phones, and a Swift compiler (docs/howto/native.md).

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell::{Cmd, root, target_dir, which};
use crate::steps::Lacking;
use crate::{apt, node, python};

/// Major version of Java that the compiled Kotlin is for.
const JAVA: u32 = 17;
/// Where Debian has JNA.
const JNA: &str = "/usr/share/java/jna.jar";
/// JVMs killed while they fill, with the tests.
const USUAL: &str = "12";
/// The same of `--nightly`.
const NIGHTLY: &str = "200";

/// Writes, compiles and tries them.
pub fn usual() -> Result<()> {
    all(USUAL)
}

/// The same with more kills.
pub fn nightly() -> Result<()> {
    all(NIGHTLY)
}

fn all(kills: &str) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Err(Lacking::because("the bindings are tried on Linux only").into());
    }
    java()?;
    jna()?;
    node::packages(&tests_dir())?;
    let programs = python::folder("bindings-tools", &tests_dir().join("requirements.txt"))?;
    let library = build()?;
    write(&library)?;
    kotlin()?;
    c(&library)?;
    let guanmo = guanmo()?;
    Cmd::new(programs.join("python"))
        .args(&[tests_dir().join("run.py")])
        .args(&["--guanmo".into(), guanmo])
        .args(&["--bindings".into(), dir()])
        .args(&["--jars".into(), jars()?, "--kills".into(), kills.to_owned()])
        .args(&["--jni".into(), jni()?])
        .run()
}

/// The server's program: the one `GUANMO` names, else built.
fn guanmo() -> Result<PathBuf> {
    if let Some(built) = std::env::var_os("GUANMO") {
        return Ok(built.into());
    }
    Cmd::cargo(["build", "--workspace", "--bin", "guanmo"]).run()?;
    Ok(target_dir().join("debug/guanmo"))
}

fn tests_dir() -> PathBuf {
    root().join("tests/bindings")
}

/// Where everything is made.
fn dir() -> PathBuf {
    target_dir().join("bindings")
}

/// A Java that runs what is compiled here.
fn java() -> Result<()> {
    if which("java").is_none() {
        if !apt::usable() {
            let why = format!("Java {JAVA} or newer is not here and cannot be installed from here");
            return Err(Lacking::because(why).into());
        }
        apt::install("Java", &["default-jre-headless"])?;
    }
    let said = Cmd::new("java").args(&["--version"]).output()?;
    if major(&said).is_none_or(|found| found < JAVA) {
        bail!("Java {JAVA} or newer is needed, this is there: {said}");
    }
    Ok(())
}

/// N of `openjdk N.x.y date`.
fn major(said: &str) -> Option<u32> {
    let version = said.split_whitespace().nth(1)?;
    version.split(['.', '-', '+']).next()?.parse().ok()
}

/// The library as an app gets it, beside the Python that loads it.
fn build() -> Result<PathBuf> {
    Cmd::cargo(["build", "--package", "ffi", "--lib"]).run()?;
    let name = format!("{DLL_PREFIX}guanmo_ffi{DLL_SUFFIX}");
    let folder = dir().join("python");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let (from, to) = (target_dir().join("debug").join(&name), folder.join(&name));
    std::fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(to)
}

/// Writes the bindings from what the library says of itself.
fn write(library: &Path) -> Result<()> {
    for language in ["kotlin", "swift", "python"] {
        Cmd::cargo([
            "run",
            "--quiet",
            "--package",
            "ffi",
            "--features",
            "bindgen",
        ])
        .args(&["--bin", "uniffi-bindgen", "--", "generate", "--no-format"])
        .args(&["--language", language, "--out-dir"])
        .args(&[&dir().join(language), library])
        .run()?;
    }
    Ok(())
}

/// Compiles the generated Kotlin, the example and the checks, unless they are as they were.
fn kotlin() -> Result<()> {
    let sources = [
        dir().join("kotlin/guanmo/guanmo.kt"),
        root().join("crates/ffi/examples/kotlin/Day.kt"),
        tests_dir().join("kotlin/Check.kt"),
    ];
    let mut text = String::new();
    for source in &sources {
        let read = std::fs::read_to_string(source);
        text += &read.with_context(|| format!("cannot read {}", source.display()))?;
    }
    let (jar, stamp) = (dir().join("app.jar"), dir().join("app.sources"));
    if jar.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|then| then == text) {
        return Ok(());
    }
    Cmd::new("java")
        .args(&["-Xmx1g", "-cp"])
        .args(&[compiler()?])
        .args(&[
            "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler",
            "-no-stdlib",
            "-no-reflect",
            "-nowarn",
        ])
        .args(&[
            "-jvm-target".into(),
            JAVA.to_string(),
            "-cp".into(),
            jars()?,
        ])
        .args(&["-d".into(), jar])
        .args(&sources)
        .run()?;
    // Last, so that an interrupted compilation is done again.
    std::fs::write(&stamp, text).with_context(|| format!("cannot write {}", stamp.display()))
}

/// What the compiled Kotlin runs with.
fn jars() -> Result<String> {
    let kotlin = joined(&["kotlin-stdlib", "kotlinx-coroutines-core-jvm"])?;
    Ok(format!("{kotlin}:{JNA}"))
}

/// By which Kotlin calls a library. (The copy in the compiler's jar lacks a class.)
fn jna() -> Result<()> {
    if Path::new(JNA).is_file() && jni().is_ok() {
        return Ok(());
    }
    if !apt::usable() {
        let why =
            "JNA (Debian: libjna-java, libjna-jni) is not here and cannot be installed from here";
        return Err(Lacking::because(why).into());
    }
    apt::install("JNA", &["libjna-java", "libjna-jni"])
}

/// The folder with JNA's own library, which depends on the processor.
fn jni() -> Result<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").context("cannot read /usr/lib")?;
    let mut places = folders.flatten().map(|entry| entry.path().join("jni"));
    let found = places.find(|dir| dir.join("libjnidispatch.system.so").is_file());
    found.context("JNA's library is not in /usr/lib/*/jni")
}

fn compiler() -> Result<String> {
    joined(&[
        "kotlin-compiler",
        "kotlin-stdlib",
        "kotlin-script-runtime",
        "kotlin-reflect",
        "kotlinx-coroutines-core-jvm",
    ])
}

fn joined(names: &[&str]) -> Result<String> {
    let lib = tests_dir().join("node_modules/kotlin-compiler/lib");
    let paths = names.iter().map(|name| lib.join(format!("{name}.jar")));
    let joined = std::env::join_paths(paths).context("a path with a colon")?;
    joined.into_string().ok().context("a path that is not text")
}

/// Compiles the C program against the generated header and links it with the library.
fn c(library: &Path) -> Result<()> {
    let folder = dir().join("c");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let beside = library.parent().context("a library without a folder")?;
    Cmd::new("cc")
        // Marks that only clang knows.
        .args(&["-Wall", "-Wextra", "-Werror", "-D_Nonnull=", "-D_Nullable="])
        .args(&["-I".into(), dir().join("swift")])
        .args(&[root().join("crates/ffi/examples/c/look.c")])
        .args(&["-L".as_ref(), beside.as_os_str(), "-lguanmo_ffi".as_ref()])
        .args(&[format!("-Wl,-rpath,{}", beside.display())])
        .args(&["-o".into(), folder.join("look")])
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_java_is_read() {
        assert_eq!(major("openjdk 17.0.15 2025-04-15\n"), Some(17));
        assert_eq!(major("openjdk 21 2023-09-19\n"), Some(21));
        assert_eq!(major("java: not found"), None);
    }
}
