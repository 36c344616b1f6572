#!/usr/bin/env python3
"""Walks the whole HTTP interface with schemathesis, once for every role, on the demo's tour.

    python3 tests/schemathesis/run.py [--guanmo PATH] [--st PATH] [--nightly] [--role ROLE ...] [--report FILE]

It plays the tour, makes a login of each role, and lets schemathesis call every operation with made-up and with wrong
input, about what exists and what does not. Each role has a server of its own on a copy of that data, so what
one does is not met by another; two run at a time. It fails (exit 1) if any answer was a 5xx, was not declared, did not fit
its schema, or if a route answered without the sign-in it asks for.

Control: `--plant` walks a short way through a proxy that turns every tenth answer into a 500; it succeeds only if the walk
found that.

Needs: schemathesis 4 (`cargo xtask interface` sees to it), a built `guanmo`. Reaches nothing but 127.0.0.1.
"""

import argparse
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
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
# An id of nothing.
NOWHERE = "00000000-0000-0000-0000-000000000194"
# Fewer cases than these count as a failure; inputs made up for each operation, beside the systematic ones.
USUAL = {"least": 20000, "examples": 1}
NIGHTLY = {"least": 40000, "examples": 40}


def prepare(guanmo, folder):
    """Plays the demo's tour into the folder and makes a login of every role; (data folder, what exists)."""
    tour = [guanmo, "demo", "--once", "--json", "--photos", "20", "--listen", "127.0.0.1:0", "--data", str(folder / "tour")]
    told = subprocess.run(tour, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    logins = json.loads(told)["logins"]
    admin, supervisor = logins["administrator"], logins["supervisor"]
    data = str(folder / "tour/server")
    office = Office(guanmo, data)
    try:
        token = office.sign_in(admin["user"], admin["password"])
        ids = named(office, office.sign_in(supervisor["user"], supervisor["password"]), token)
        for role, reach in ROLES:
            secret = call(f"{office.url}/api/v1/logins", {"role": role, **reach}, token)["secret"]
            call(f"{office.url}/api/v1/setup", {"secret": secret, "user_name": f"walk_{role}", "password": PASSWORD})
    finally:
        office.stop()
    return data, ids


def named(office, supervisor, admin):
    """What exists, by the beginning of the paths that name it: a request about nothing shows little."""

    def items(path, token=supervisor):
        return call(f"{office.url}/api/v1/{path}", None, token)["items"]

    ids = {what: [i["id"] for i in items(what)] for what in ("groups", "records", "issues", "photos", "campaigns")}
    ids["logins"] = [i["id"] for i in items("logins", admin) if not i["user_name"].startswith("walk_")]
    people = items("people")
    ids["people"] = [p["account"] for p in people]
    ids["devices"] = [d["id"] for p in people for d in p["devices"]]
    board = call(f"{office.url}/api/v1/board", None, supervisor)["rows"]
    ids["results"] = [row["code"] for row in board if row["code"]]
    return ids


def known(office, ids):
    """The description, with what exists (and something that does not) in its paths."""
    api = call(f"{office.url}/api/v1/openapi.json")
    for path, operations in api["paths"].items():
        there = ids.get(path.split("/")[3], [])
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and there:
                    parameter["schema"]["enum"] = [*there[:3], there[-1], NOWHERE]
    return api


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
    """A server."""

    def __init__(self, guanmo, data):
        command = [guanmo, "serve", "--json", "--listen", "127.0.0.1:0", "--data", data]
        self.log = open(f"{data}.log", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        said = json.loads(self.process.stdout.readline())
        self.url = said["url"]

    def sign_in(self, name, password=PASSWORD):
        return call(f"{self.url}/api/v1/session", {"user_name": name, "password": password})["token"]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()


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


def schemathesis(st, description, url, token, *options):
    """Runs schemathesis; (nothing found, cases, what it said)."""
    command = [
        st, "run", description, "--url", url,
        "--header", f"Authorization: Bearer {token}", "--mode", "all",
        "--seed", "1", "--continue-on-failure", "--no-color", "--no-shrink",
        "--suppress-health-check", "all", "--warnings", "off", *options,
    ]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONUTF8": "1"}
    environment |= {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tempfile.gettempdir())
    cases = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) generated", done.stdout)]
    return done.returncode == 0, sum(cases), done.stdout + done.stderr


def walk(args, data, ids, role):
    """Walks as one role on a copy of the data; (role, nothing found, cases, what was said)."""
    began = time.monotonic()
    copy = f"{data}-{role}"
    shutil.copytree(data, copy)
    office = Office(args.guanmo, copy)
    try:
        token = office.sign_in(f"walk_{role}")
        description = f"{copy}.json"
        Path(description).write_text(json.dumps(known(office, ids)), encoding="utf-8")
        ok, cases, said = schemathesis(
            args.st, description, office.url, token, "--checks", CHECKS,
            "--phases", "coverage,fuzzing", "--max-examples", str(args.examples),
            # Its body is binary and signed: tests/tests/e2e has a phone built by hand for it.
            "--exclude-path", "/api/v1/sync",
        )
    finally:
        office.stop()
    shutil.rmtree(copy)
    print(f"{role}: {cases} cases, {time.monotonic() - began:.0f} s, {'ok' if ok else 'FAILED'}", flush=True)
    return role, ok, cases, said


def control(args, data):
    """Whether a planted fault is found."""
    office = Office(args.guanmo, data)
    try:
        token = office.sign_in("walk_supervisor")
        found, cases, said = schemathesis(
            args.st, f"{office.url}/api/v1/openapi.json", planted(office.url), token, "--checks", "not_a_server_error",
            "--phases", "coverage", "--max-examples", "1", "--include-path", "/api/v1/board",
            "--include-path", "/api/v1/groups", "--include-path", "/api/v1/people",
        )
    finally:
        office.stop()
    caught = not found and "Server error" in said
    print(f"control: {cases} cases, the planted faults were {'found' if caught else 'NOT FOUND'}")
    return caught, said


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guanmo", default=str(HERE / "../../target/debug/guanmo"))
    parser.add_argument("--st", default="st")
    parser.add_argument("--nightly", action="store_true", help="with 40 made-up inputs for each operation instead of one")
    parser.add_argument("--examples", type=int, help="random inputs for each operation, beside the systematic ones")
    parser.add_argument("--role", action="append", help="only these roles")
    parser.add_argument("--report", help="where to write what schemathesis said")
    parser.add_argument("--plant", action="store_true", help="only the control")
    args = parser.parse_args()
    amount = NIGHTLY if args.nightly else USUAL
    args.examples = args.examples or amount["examples"]
    with tempfile.TemporaryDirectory() as folder:
        data, ids = prepare(args.guanmo, Path(folder))
        if args.plant:
            caught, said = control(args, data)
            if not caught:
                print(said)
            sys.exit(0 if caught else 1)
        roles = [role for role, _ in ROLES if not args.role or role in args.role]
        with ThreadPoolExecutor(max_workers=2) as two:
            done = list(two.map(lambda role: walk(args, data, ids, role), roles))
    if args.report:
        Path(args.report).write_text("\n".join(f"===== {role}\n{said}" for role, _, _, said in done), encoding="utf-8")
    failed = [role for role, ok, _, _ in done if not ok]
    for role, ok, _, said in done:
        if not ok and not args.report:
            print(f"===== {role}\n{said}")
    total = sum(cases for _, _, cases, _ in done)
    print(f"total: {total} cases, failed: {', '.join(failed) or 'none'}")
    if failed or (total < amount["least"] and not args.role):
        sys.exit(1)


if __name__ == "__main__":
    main()
