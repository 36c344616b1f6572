//! Sync over a weak link with a real TCP stack: two network namespaces, joined by `tests/link/relay.py`. Needs root.
//!
//! Invariant: both namespaces are gone afterwards, whatever happened. Leaves out: the imitated link of every machine
//! (`guanmo bench link`).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::shell::{Cmd, root, target_dir, which};

const PHONES: &str = "guanmo-phones";
const OFFICE: &str = "guanmo-office";
/// Phones and rate in kbit/s of each run; delay and loss are those of row P7.
const RUNS: [(&str, &str); 2] = [("1", "256"), ("30", "1000")];

/// Namespaces and the relay between them.
struct Link {
    relay: Option<Child>,
}

impl Link {
    fn open(rate_kbit: &str) -> Result<Self> {
        let mut link = Self { relay: None };
        for name in [PHONES, OFFICE] {
            Cmd::new("ip").args(&["netns", "add", name]).run()?;
        }
        let mut relay = Command::new("python3")
            .arg(root().join("tests/link/relay.py"))
            .args([PHONES, OFFICE, "300", "5", rate_kbit])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the relay")?;
        let mut said = String::new();
        let stdout = relay.stdout.take().context("no stdout")?;
        link.relay = Some(relay);
        BufReader::new(stdout).read_line(&mut said)?;
        ensure!(said.trim() == "up", "the relay did not come up");
        Ok(link)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(relay) = &mut self.relay {
            // Gone already if it failed.
            let _ = relay.kill();
            let _ = relay.wait();
        }
        for name in [PHONES, OFFICE] {
            // What was never made is not there to be removed.
            let _ = Cmd::new("ip").args(&["netns", "del", name]).run();
        }
    }
}

/// One phone over 256 kbit/s, then thirty over 1 Mbit/s; 300 ms one way, 5 % loss.
pub fn measure() -> Result<()> {
    ensure!(
        cfg!(target_os = "linux") && which("ip").is_some() && which("python3").is_some(),
        "this needs Linux with iproute2 and Python, and root; `guanmo bench link` needs neither"
    );
    Cmd::cargo(["build", "--release", "--workspace", "--bin", "guanmo"]).run()?;
    let guanmo = target_dir().join("release/guanmo");
    for (count, rate_kbit) in RUNS {
        let _link = Link::open(rate_kbit)?;
        let namespace = format!("/run/netns/{PHONES}");
        Cmd::new("ip")
            .args(&["netns", "exec", OFFICE])
            .args(&[&guanmo])
            .args(&[
                "bench",
                "link",
                "--listen",
                "10.78.0.2",
                "--namespace",
                &namespace,
            ])
            .args(&["--count", count])
            .run()?;
    }
    Ok(())
}
