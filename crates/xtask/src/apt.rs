//! Debian packages: installed where this process may, named where it may not.

use anyhow::{Result, bail};

use crate::shell::{Cmd, which};

/// Installs packages. `why` completes the sentence "… is missing".
///
/// Errors: there is no apt-get, or this is not root; the message holds the command to run.
pub fn install<S: AsRef<str>>(why: &str, packages: &[S]) -> Result<()> {
    let names: Vec<&str> = packages.iter().map(AsRef::as_ref).collect();
    let by_hand = format!("apt-get install {}", names.join(" "));
    if which("apt-get").is_none() {
        bail!(
            "{why} is missing. On Debian: `{by_hand}`; elsewhere install the same by your system's means"
        );
    }
    if !is_root() {
        bail!("{why} is missing. Run: sudo {by_hand}");
    }
    println!("{why} is missing; installing {}", names.join(" "));
    if get(&["install"], &names).run().is_ok() {
        return Ok(());
    }
    // A fresh container has no package lists, an old one has stale ones.
    update()?;
    get(&["install"], &names).run()
}

/// Downloads the package lists.
pub fn update() -> Result<()> {
    get(&["update"], &[]).run()
}

/// Whether the package lists know this package.
pub fn knows(package: &str) -> bool {
    Cmd::new("apt-cache")
        .args(&["policy", package])
        .output()
        .is_ok_and(|text| text.contains("Candidate:") && !text.contains("Candidate: (none)"))
}

/// Whether packages can be installed without asking anybody.
pub fn usable() -> bool {
    is_root() && which("apt-get").is_some()
}

fn get(verb: &[&str], packages: &[&str]) -> Cmd {
    Cmd::new("apt-get")
        .args(&["-qq", "-y", "-o", "Dpkg::Use-Pty=0"])
        // A fresh machine often updates itself at that moment.
        .args(&["-o", "DPkg::Lock::Timeout=300"])
        .args(verb)
        .args(if packages.is_empty() {
            &[]
        } else {
            &["--no-install-recommends"][..]
        })
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
}

fn is_root() -> bool {
    Cmd::new("id")
        .args(&["-u"])
        .output()
        .is_ok_and(|text| text.trim() == "0")
}
