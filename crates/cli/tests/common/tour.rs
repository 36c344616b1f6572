//! A small tour made with the command line alone: two townships, two groups, three sites, three people.
//!
//! Leaves out: phones.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use std::io::{BufRead, BufReader};

use super::{Run, guanmo, logs};

/// A data folder in a temporary folder.
pub struct Tour {
    folder: tempfile::TempDir,
}

pub const DIVISIONS: &str = "代码,名称\r\n640422,西吉县\r\n640422102,平峰镇\r\n640422215,火石寨乡\r\n\
                             640422102200,平峰村\r\n640422215200,沙岗村\r\n";
pub const SITES: &str = "点位类型,点位名称,乡镇代码,村代码,编号,县城点位类型,顺序\r\n\
                         示范村,沙岗村,640422215,640422215200,,,1\r\n\
                         农户,农户1,640422215,640422215200,1,,2\r\n\
                         示范村,平峰村,640422102,640422102200,,,1\r\n\
                         县城点位,文垚市场,,,,市场,9\r\n";
pub const ROSTER: &str = "姓名,角色,组别,所在单位代码\r\n观摩员01,观摩员,1,\r\n观摩员02,观摩员,1,640422215\r\n\
                          观摩员03,观摩员,2,\r\n";

impl Tour {
    /// A campaign with its groups; nothing imported but divisions.
    pub fn prepared() -> Self {
        Self::prepared_in(tempfile::tempdir().unwrap())
    }

    /// The same in a folder whose `data` a server may have used before.
    pub fn prepared_in(folder: tempfile::TempDir) -> Self {
        let tour = Self { folder };
        tour.ok(&[
            "campaign",
            "new",
            "观摩评比",
            "--from",
            "2021-11-18",
            "--to",
            "2021-11-20",
        ]);
        tour.ok_import("divisions", "divisions.csv", DIVISIONS);
        tour.ok(&["campaign", "group", "1", "--townships", "640422215"]);
        tour.ok(&["campaign", "group", "2", "--townships", "640422102"]);
        tour
    }

    /// The same with everything imported and started.
    pub fn started() -> Self {
        Self::started_with(ROSTER)
    }

    /// The same with another roster.
    pub fn started_with(people: &str) -> Self {
        Self::prepared().start(people)
    }

    /// Imports everything and starts.
    pub fn start(self, people: &str) -> Self {
        let tour = self;
        let all: Vec<&str> = domain::builtin::CHECKLIST_FILES
            .iter()
            .map(|(_, text)| *text)
            .collect();
        tour.ok_import(
            "checklist",
            "checklists.json",
            &format!("[{}]", all.join(",")),
        );
        tour.ok_import("sites", "sites.csv", SITES);
        tour.ok_import("roster", "roster.csv", &format!("\u{feff}{people}"));
        tour.ok(&["campaign", "start"]);
        tour
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Runs an office's command on the data folder.
    pub fn run(&self, args: &[&str]) -> Run {
        let data = self.data();
        guanmo(&[args, &["--data", data.to_str().unwrap()]].concat())
    }

    /// The same, expected to go well.
    pub fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        run.stdout
    }

    /// Writes a file and imports it.
    pub fn import(&self, what: &str, name: &str, text: impl AsRef<[u8]>) -> Run {
        let file = self.path(name);
        std::fs::write(&file, text).unwrap();
        self.run(&["import", what, file.to_str().unwrap()])
    }

    fn ok_import(&self, what: &str, name: &str, text: &str) {
        let run = self.import(what, name, text);
        assert_eq!(run.code, 0, "{what}: {}", run.stderr);
    }

    /// What `campaign show` says.
    pub fn shown(&self) -> serde_json::Value {
        serde_json::from_str(&self.ok(&["campaign", "show", "--json"])).unwrap()
    }

    /// An enrolment code.
    pub fn code(&self, name: &str) -> String {
        let said: serde_json::Value =
            serde_json::from_str(&self.ok(&["code", name, "--json"])).unwrap();
        let code = said["code"].as_str().unwrap().to_owned();
        logs::never(&code);
        code
    }
}

/// A running server.
pub struct Serving {
    child: Child,
    log: tempfile::NamedTempFile,
    /// Its address.
    pub url: String,
    /// What it said at the start.
    pub said: serde_json::Value,
}

impl Serving {
    /// Starts it on any free port.
    pub fn on(data: &Path) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_guanmo"))
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("GUANMO_LOG", logs::EVERYTHING)
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).expect("an address");
        let url = said["url"].as_str().unwrap().to_owned();
        Self {
            child,
            log,
            url,
            said,
        }
    }

    /// Asks it to stop, as a service manager does, and waits.
    pub fn stop(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Already gone after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
        logs::look_over(&std::fs::read_to_string(self.log.path()).unwrap());
    }
}
