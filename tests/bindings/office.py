"""An office for the bindings: a started campaign whose sheets can be read, served, and a slow way to it.

Leaves out: what the phones do (run.py).
"""

import json
import os
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 6
DIVISIONS = (
    "代码,名称\r\n640422,西吉县\r\n640422215,火石寨乡\r\n"
    "640422215200,沙岗村\r\n640422215201,大庄村\r\n640422215202,蝉窑村\r\n"
)
SITES = (
    "点位类型,点位名称,乡镇代码,村代码,编号,县城点位类型,顺序\r\n"
    "示范村,沙岗村,640422215,640422215200,,,1\r\n"
    "示范村,大庄村,640422215,640422215201,,,2\r\n"
    "示范村,蝉窑村,640422215,640422215202,,,3\r\n"
)

# A proxy that is set for the world must not catch the server on this machine.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


class Wrong(Exception):
    """Something is not as it must be."""


def need(true, what):
    if not true:
        raise Wrong(what)


class Office:
    """A started campaign and a server on it."""

    def __init__(self, guanmo, folder):
        self.guanmo, self.data = guanmo, folder / "data"
        self.command("campaign", "new", "绑定", "--from", "2021-11-18", "--to", "2021-11-20", "--sheets-open")
        self.people = [f"观摩员{number:02}" for number in range(1, PEOPLE + 1)]
        roster = "姓名,角色,组别,所在单位代码\r\n" + "".join(f"{name},观摩员,1,\r\n" for name in self.people)
        village = (ROOT / "crates/domain/data/village.json").read_text(encoding="utf-8")
        self.take("divisions", "divisions.csv", DIVISIONS, folder)
        self.command("campaign", "group", "1", "--townships", "640422215")
        for what, name, text in (
            ("checklist", "checklist.json", village),
            ("sites", "sites.csv", SITES),
            ("roster", "roster.csv", roster),
        ):
            self.take(what, name, text, folder)
        self.command("campaign", "start")
        self.codes = [json.loads(self.command("code", name, "--json"))["code"] for name in self.people]
        self.start("127.0.0.1:0")

    def start(self, address, *more):
        serve = [self.guanmo, "serve", "--json", "--listen", address, "--disk-reserve", "1MB", "--log-level", "warn"]
        self.process = subprocess.Popen([*serve, *more, "--data", str(self.data)], stdout=subprocess.PIPE)
        self.url = json.loads(self.process.stdout.readline())["url"]

    def take(self, what, name, text, folder):
        file = folder / name
        file.write_text(text, encoding="utf-8")
        self.command("import", what, str(file))

    def command(self, *words):
        done = subprocess.run([self.guanmo, *words, "--data", str(self.data)], capture_output=True, text=True)
        need(done.returncode == 0, f"{words}: {done.stderr}")
        return done.stdout

    def answers(self, sheet):
        """What the server holds of a sheet: rows by item. It is stopped meanwhile: an export has the folder alone."""
        self.stop()
        rows = json.loads(self.command("export", "answers", "--format", "json", "--english"))
        self.start(self.url.removeprefix("http://"))
        return {row["item"]: row for row in rows if row["sheet"] == sheet and row["answer"]}

    def with_own_authority(self):
        """Serves anew over HTTPS with a certificate of the county's own authority; the authority's PEM."""
        self.stop()
        made = self.data.parent / "tls"
        done = subprocess.run([self.guanmo, "cert", "new", "--to", str(made), "127.0.0.1"], capture_output=True, text=True)
        need(done.returncode == 0, done.stderr)
        chain, key = (next(made.glob(name)) for name in ("server.pem", "server-key.pem"))
        self.start("127.0.0.1:0", "--tls-cert", str(chain), "--tls-key", str(key))
        return (made / "ca.pem").read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait()


class SlowWay:
    """A way to the server on which every piece of an answer is held back for a while."""

    def __init__(self, url, seconds):
        host, port = url.removeprefix("http://").rsplit(":", 1)
        self.server, self.seconds = (host, int(port)), seconds
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.server)
            threading.Thread(target=self.pass_on, args=(client, server, 0), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, client, self.seconds), daemon=True).start()

    @staticmethod
    def pass_on(source, sink, seconds):
        try:
            while data := source.recv(1 << 20):
                time.sleep(seconds)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            # The other side is gone: so is this one.
            source.close()
            sink.close()
