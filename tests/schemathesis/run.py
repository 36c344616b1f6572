#!/usr/bin/env python3
"""Walks the whole HTTP interface with schemathesis, once for every role, on a campaign made for it.

    python3 tests/schemathesis/run.py [--guanmo PATH] [--st PATH] [--examples N] [--role ROLE ...] [--report FILE]

It starts a real server on a fresh data folder, makes one login for each role, enters a few issues, and lets schemathesis
call every operation with made-up and with wrong input. It fails (exit 1) if any answer was a 5xx, was not declared, did
not fit its schema, or if a route answered without the sign-in it asks for. Control: `--plant` serves the same through a
proxy that turns every tenth answer into a 500; then it must fail.

Needs: schemathesis 4 (`pip install schemathesis`), a built `guanmo`. Reaches nothing but 127.0.0.1.
"""

import argparse
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
PASSWORD = "Guanmo-2026-walk"
CHECKS = ",".join(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "ignored_auth",
        "unsupported_method",
    ]
)
# Those who can close logins go last: they may close each other's.
ROLES = [
    ("supervisor", {}),
    ("county_lead", {}),
    ("county_reviewer", {}),
    ("group_rapporteur", {"group_number": 1}),
    ("scrutineer", {}),
    ("tally_clerk", {}),
    ("township_lead", {"unit": "640422215"}),
    ("department_lead", {"unit": "城管局"}),
    ("village_user", {"unit": "640422215200"}),
    ("auditor", {}),
    ("secadmin", {}),
    ("sysadmin", {}),
]
DIVISIONS = "代码,名称\r\n640422,西吉县\r\n640422102,平峰镇\r\n640422215,火石寨乡\r\n640422215200,沙岗村\r\n"
SITES = (
    "点位类型,点位名称,乡镇代码,村代码,编号,县城点位类型,顺序\r\n"
    "示范村,沙岗村,640422215,640422215200,,,1\r\n县城点位,文垚市场,,,,市场,9\r\n"
)
ROSTER = "姓名,角色,组别,所在单位代码\r\n观摩员01,观摩员,1,\r\n观摩员02,观摩员,2,\r\n"


def prepare(guanmo, folder):
    """Makes a started campaign in folder/data; (data folder, set-up secret, which the first start tells)."""
    data = str(folder / "data")
    first = Office(guanmo, data)
    secret = first.secret
    first.stop()

    def run(*args):
        subprocess.run([guanmo, *args, "--data", data], check=True, stdout=subprocess.DEVNULL)

    def imported(what, text):
        file = folder / f"{what}.csv"
        file.write_text(text, encoding="utf-8")
        run("import", what, str(file))

    run("campaign", "new", "观摩评比", "--from", "2026-05-01", "--to", "2026-05-03")
    imported("divisions", DIVISIONS)
    run("campaign", "group", "1", "--townships", "640422215")
    run("campaign", "group", "2", "--townships", "640422102")
    checklists = sorted((HERE / "../../crates/domain/data").glob("*.json"))
    texts = [json.loads(f.read_text(encoding="utf-8")) for f in checklists]
    own = [t for t in texts if str(t.get("schema", "")).startswith("checklist/") and t.get("code") != "bench"]
    file = folder / "checklists.json"
    file.write_text(json.dumps(own, ensure_ascii=False), encoding="utf-8")
    run("import", "checklist", str(file))
    imported("sites", SITES)
    imported("roster", ROSTER)
    run("campaign", "start")
    return data, secret


def call(url, body=None, token=None):
    """One JSON request; the answer's JSON."""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{url}: {error.code} {error.read().decode()}") from error
    return json.loads(text) if text else None


class Office:
    """A server with its sign-ins."""

    def __init__(self, guanmo, data):
        command = [guanmo, "serve", "--json", "--listen", "127.0.0.1:0", "--data", data]
        self.log = open(Path(data).parent / "server.log", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        said = json.loads(self.process.stdout.readline())
        self.url, self.secret = said["url"], said["setup_secret"]
        self.made, self.admin = 0, None

    def set_up(self, secret):
        self.made += 1
        name = f"user{self.made}"
        call(f"{self.url}/api/v1/setup", {"secret": secret, "user_name": name, "password": PASSWORD})
        return self.sign_in(name)

    def sign_in(self, name):
        return call(f"{self.url}/api/v1/session", {"user_name": name, "password": PASSWORD})["token"]

    def login(self, role, reach):
        try:
            invited = call(f"{self.url}/api/v1/logins", {"role": role, **reach}, self.admin)
        except SystemExit as refused:
            if not reach:
                raise
            print(f"{role}: invited without unit or group ({refused})", file=sys.stderr)
            invited = call(f"{self.url}/api/v1/logins", {"role": role}, self.admin)
        return self.set_up(invited["secret"])

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


class Planted(http.server.BaseHTTPRequestHandler):
    """The control: hands requests on, but makes every tenth answer a 500."""

    target = ""
    count = 0

    def handle_any(self):
        Planted.count += 1
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else None
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")}
        request = urllib.request.Request(Planted.target + self.path, data=body, headers=headers, method=self.command)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read()
        bad = Planted.count % 10 == 0 and not self.path.endswith("openapi.json")
        self.send_response(500 if bad else answer.status)
        self.send_header("content-type", answer.headers.get("content-type") or "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def log_message(self, *_):
        pass


def planted(url):
    Planted.target = url
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Planted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def walk(st, url, role, token, examples):
    """Runs schemathesis as one role; (ok, cases, output)."""
    command = [
        st, "run", f"{url}/api/v1/openapi.json", "--url", url,
        "--header", f"Authorization: Bearer {token}",
        "--checks", CHECKS, "--max-examples", str(max(examples, 1)),
        # Its body is binary and signed: tests/tests/e2e has a phone built by hand for it.
        "--exclude-path", "/api/v1/sync",
        "--phases", "coverage,fuzzing" if examples else "coverage", "--mode", "all",
        "--seed", "1", "--continue-on-failure", "--no-color",
        "--suppress-health-check", "all", "--warnings", "off",
    ]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONUTF8": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tempfile.gettempdir())
    cases = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) generated", done.stdout)]
    return done.returncode == 0, sum(cases), done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guanmo", default=str(HERE / "../../target/debug/guanmo"))
    parser.add_argument("--st", default="st")
    parser.add_argument("--examples", type=int, default=0, help="random inputs for each operation, beside the systematic ones")
    parser.add_argument("--role", action="append", help="only these roles")
    parser.add_argument("--report", help="where to write what schemathesis said")
    parser.add_argument("--least", type=int, default=2000, help="fewer cases than this count as a failure")
    parser.add_argument("--plant", action="store_true", help="the control: must fail")
    args = parser.parse_args()
    failed, total, said = [], 0, []
    with tempfile.TemporaryDirectory() as folder:
        data, secret = prepare(args.guanmo, Path(folder))
        office = Office(args.guanmo, data)
        try:
            office.admin = office.set_up(secret)
            desk = office.login("supervisor", {})
            for n in range(3):
                issue = {"category": "sewage", "description": f"污水 {n}", "township": "640422215"}
                call(f"{office.url}/api/v1/issues", issue, desk)
            url = planted(office.url) if args.plant else office.url
            for role, reach in ROLES:
                if args.role and role not in args.role:
                    continue
                token = office.login(role, reach)
                ok, cases, output = walk(args.st, url, role, token, args.examples)
                total += cases
                said.append(f"===== {role}\n{output}")
                print(f"{role}: {cases} cases, {'ok' if ok else 'FAILED'}", flush=True)
                if not ok:
                    failed.append(role)
        finally:
            office.stop()
    if args.report:
        Path(args.report).write_text("\n".join(said), encoding="utf-8")
    print(f"total: {total} cases, failed: {', '.join(failed) or 'none'}")
    if failed or (total < args.least and not args.role):
        sys.exit(1)


if __name__ == "__main__":
    main()
