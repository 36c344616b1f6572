#!/usr/bin/env python3
"""Two foreign tus clients (tus-js-client, tuspy) against the real server over connections that are cut.

    python3 tests/tus/run.py --guanmo PATH [--uploads N] [--plant]

Each upload has a file of up to 20 MB of chance bytes and is cut at five places. Every file must stand on the server's
disk with its own SHA-256, and no cut may cost more than one chunk sent again. A wrong offset must be answered 409, a
wrong checksum 460. The phones that announce the photos are tests/conformance/writer.py.

Control: `--plant` gives each upload up at a cut and begins anew; it succeeds only if the count of bytes sent again finds
that. Needs what `cargo xtask tus` sees to. Reaches nothing but 127.0.0.1.
"""

import argparse
import base64
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

import reader
import writer
from proxy import Proxy
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

MAX_BYTES = 20_000_000
CUTS = 5
CHUNK = 256 * 1024
SEED = 0x18
PHONES = 4
DIVISIONS = "代码,名称\r\n640422,西吉县\r\n640422215,火石寨乡\r\n640422215200,沙岗村\r\n"
SITES = "点位类型,点位名称,乡镇代码,村代码,编号,县城点位类型,顺序\r\n示范村,沙岗村,640422215,640422215200,,,1\r\n"


class Wrong(Exception):
    """Something is not as it must be."""


def need(true, what):
    if not true:
        raise Wrong(what)


class Office:
    """A started campaign and a server on it."""

    def __init__(self, guanmo, folder):
        self.guanmo, self.data = guanmo, folder / "data"
        self.command("campaign", "new", "上传", "--from", "2021-11-18", "--to", "2021-11-20")
        people = [f"观摩员{number:02}" for number in range(1, PHONES + 1)]
        roster = "姓名,角色,组别,所在单位代码\r\n" + "".join(f"{name},观摩员,1,\r\n" for name in people)
        village = (HERE.parents[1] / "crates/domain/data/village.json").read_text(encoding="utf-8")
        for what, text in (("divisions", DIVISIONS), ("checklist", village), ("sites", SITES), ("roster", roster)):
            file = folder / f"{what}.{'json' if what == 'checklist' else 'csv'}"
            file.write_text(text, encoding="utf-8")
            if what == "checklist":
                self.command("campaign", "group", "1", "--townships", "640422215")
            self.command("import", what, str(file))
        self.command("campaign", "start")
        codes = [json.loads(self.command("code", name, "--json"))["code"] for name in people]
        serve = [guanmo, "serve", "--json", "--listen", "127.0.0.1:0", "--disk-reserve", "1MB", "--log-level", "warn"]
        self.process = subprocess.Popen([*serve, "--data", str(self.data)], stdout=subprocess.PIPE)
        self.url = json.loads(self.process.stdout.readline())["url"]
        host, port = self.url.removeprefix("http://").rsplit(":", 1)
        self.address = (host, int(port))
        self.phones = [writer.Phone(self.post, code, f"phone{number}") for number, code in enumerate(codes)]
        for phone in self.phones:
            phone.sync([], 0)

    def command(self, *words):
        done = subprocess.run([self.guanmo, *words, "--data", str(self.data)], capture_output=True, text=True)
        need(done.returncode == 0, f"{words}: {done.stderr}")
        return done.stdout

    def post(self, path, body, headers):
        is_json = isinstance(body, dict)
        data = json.dumps(body).encode() if is_json else body
        headers = headers or {"content-type": "application/json"}
        status, _, answer = self.ask("POST", path, data, headers)
        need(status == 200, f"{path}: {status} {answer[:300]}")
        return json.loads(answer) if is_json else answer

    def ask(self, method, path, data=None, headers=None):
        request = urllib.request.Request(self.url + path, data=data, headers=headers or {}, method=method)
        try:
            with OPENER.open(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def stored(self, sha256):
        """The hash of what is on the disk under that name."""
        path = self.data / "photos/finished" / sha256[:2] / sha256[2:]
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None

    def stop(self):
        self.process.terminate()
        self.process.wait()


# A proxy that is set for the world must not catch the server on this machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


def announce(phone, data, number):
    """A photo record that refers to the bytes; the token to send them with."""
    now_ms = int(time.time() * 1000)
    digest = hashlib.sha256(data).digest()
    scope = reader.scope_id(phone.me["campaign"], "g", phone.me["group"])
    issue, size = reader.Id(uuid.UUID(int=1 + number).bytes), len(data)
    image = ["issue", issue, None, digest, size, digest, size] + [None] * 7 + [None, "camera", None]
    record = uuid.uuid4()
    changes = [("photo", record, "image", now_ms, image)]
    reply = phone.sync([phone.segment(scope, changes)], now_ms)
    need(reply["token"], "no token for photos")
    return reply["token"]


def by_tuspy(port, token, file, sha256, plant=None):
    """Resumes after each cut; with `plant`, a way to ask the server, gives up and begins anew instead."""
    endpoint = f"http://127.0.0.1:{port}/api/v1/blobs/"
    client = TusClient(endpoint, headers={"authorization": f"Bearer {token}"})
    url = None
    for _ in range(CUTS * 3 + 1):
        try:
            stream = io.BytesIO(file.read_bytes())
            uploader = client.uploader(file_stream=stream, chunk_size=CHUNK, metadata={"sha256": sha256}, url=url)
            if not url:
                url = uploader.create_url()
                uploader.set_url(url)
                # tuspy begins at 0 although the answer may say more.
                uploader.offset = uploader.get_offset()
            uploader.upload()
            return
        except (TusCommunicationError, TusUploadFailed, OSError) as error:
            if plant and url:
                plant("DELETE", url[url.index("/api") :], None, {**client.headers, **TUS})
                url = None
            last = error
    raise Wrong(f"tuspy gave up: {last}")


def by_tus_js(port, token, file, sha256):
    endpoint = f"http://127.0.0.1:{port}/api/v1/blobs/"
    command = ["node", str(HERE / "upload.js"), endpoint, token, str(file), sha256, str(CHUNK)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    need(done.returncode == 0, f"tus-js-client gave up: {done.stderr[:500]}")


TUS = {"tus-resumable": "1.0.0"}


def upload(office, folder, dice, number, plant):
    """One file; how many cuts it met and how many bytes went twice."""
    # Many small files and some large ones; an empty one and one of a single byte.
    size = number if number < 2 else int(MAX_BYTES * dice.random() ** 3)
    data = dice.randbytes(size)
    sha256, phone = hashlib.sha256(data).hexdigest(), office.phones[number % PHONES]
    token = announce(phone, data, number)
    file = folder / "file"
    file.write_bytes(data)
    proxy = Proxy(office.address, [dice.randrange(1, size + 1_000) for _ in range(CUTS)])
    if number % 2 == 0 or plant:
        by_tuspy(proxy.port, token, file, sha256, plant and office.ask)
    else:
        by_tus_js(proxy.port, token, file, sha256)
    proxy.stop()
    stored = office.stored(sha256)
    need(stored == sha256, f"upload {number}: the server has {stored}, not {sha256}")
    again = proxy.body_bytes - size
    need(again >= 0, f"upload {number}: {-again} bytes fewer than the file has")
    need(again <= proxy.made * CHUNK, f"upload {number}: {again} bytes again after {proxy.made} cuts")
    # Nothing looks at the file again: the disk of a long run stays small.
    (office.data / "photos/finished" / sha256[:2] / sha256[2:]).unlink()
    return proxy.made, again, size


def refusals(office):
    """A wrong offset and a wrong checksum."""
    data = b"photo" * 1000
    token = announce(office.phones[0], data, 10_000)
    sha256 = hashlib.sha256(data).hexdigest()
    headers = {**TUS, "authorization": f"Bearer {token}"}
    named = base64.b64encode(sha256.encode()).decode()
    begin = {**headers, "upload-length": str(len(data)), "upload-metadata": f"sha256 {named}"}
    status, answered, _ = office.ask("POST", "/api/v1/blobs/", b"", begin)
    need(status == 201, f"creation: {status}")
    path, kind = f"/api/v1/blobs/{sha256}", {"content-type": "application/offset+octet-stream"}
    status, _, _ = office.ask("PATCH", path, data[:10], {**headers, **kind, "upload-offset": "7"})
    need(status == 409, f"a wrong offset is answered {status}")
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    checked = {**headers, **kind, "upload-offset": "0", "upload-checksum": f"sha256 {wrong}"}
    status, _, _ = office.ask("PATCH", path, data[:10], checked)
    need(status == 460, f"a wrong checksum is answered {status}")
    status, answered, _ = office.ask("HEAD", path, None, headers)
    need(status == 200 and answered["upload-offset"] == "0", "a refused piece was kept")
    unknown = announce(office.phones[0], b"another", 10_001)
    sha256 = base64.b64encode(hashlib.sha256(b"never announced").hexdigest().encode()).decode()
    begin = {**TUS, "authorization": f"Bearer {unknown}", "upload-length": "15", "upload-metadata": f"sha256 {sha256}"}
    status, _, _ = office.ask("POST", "/api/v1/blobs/", b"", begin)
    need(status == 403, f"what no record refers to is answered {status}")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--guanmo", required=True)
    options.add_argument("--uploads", type=int, default=50)
    options.add_argument("--plant", action="store_true")
    args = options.parse_args()
    dice, began = random.Random(SEED), time.monotonic()
    cuts = again = total = done = 0
    with tempfile.TemporaryDirectory() as folder:
        office = Office(args.guanmo, Path(folder))
        try:
            refusals(office)
            for number in range(args.uploads):
                made, twice, size = upload(office, Path(folder), dice, number, args.plant)
                cuts, again, total, done = cuts + made, again + twice, total + size, done + 1
        except Wrong as wrong:
            if args.plant and "bytes again" in str(wrong):
                print(f"found: uploads that begin anew ({wrong})")
                return
            raise SystemExit(f"seed {SEED}: {wrong}") from wrong
        finally:
            office.stop()
    if args.plant:
        raise SystemExit("uploads that begin anew were not found")
    if done == 0 or cuts < 4 * done:
        raise SystemExit(f"only {cuts} cuts of {done} uploads: nothing is shown")
    took = time.monotonic() - began
    print(f"{done} uploads, {total / 1e6:.0f} MB, {cuts} cuts, {again / 1e6:.1f} MB sent again, {took:.0f} s: all whole")


if __name__ == "__main__":
    main()
