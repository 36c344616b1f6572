#!/usr/bin/env python3
"""The bindings against the real server: Kotlin on the JVM, Python, C; of Swift what can be seen without a compiler.

    python3 tests/bindings/run.py --guanmo PATH --bindings DIR --jars A:B:C --jni DIR [--kills N]

`--bindings` holds what `cargo xtask bindings` made: python/ (with the library), app.jar, c/look, swift/; `--jars` are
Kotlin's own and JNA, `--jni` has JNA's library. Each check that
counts ends with a control that must fail. Reaches nothing but 127.0.0.1.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

from office import ROOT, Office, SlowWay, Wrong, need

EXAMPLES = ROOT / "crates/ffi/examples"
SEED = 0x5F1
SYNCS = 8
# Answers of two threads that must come through while one sync over the slow way runs.
FEWEST = 5


def picture(file, seed):
    """A PNG of noise, which shrinks to nothing nowhere."""
    width, height = 640, 480
    dice = random.Random(seed)
    rows = b"".join(b"\0" + dice.randbytes(width * 3) for _ in range(height))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + png)


class Bench:
    """Where everything is."""

    def __init__(self, args, folder):
        self.folder, self.bindings, self.kills = folder, Path(args.bindings), args.kills
        self.python = self.bindings / "python"
        jars = f"{args.jars}:{self.bindings / 'app.jar'}"
        library = next(self.python.glob("libguanmo_ffi.*"))
        self.java = ["java", f"-Duniffi.component.guanmo.libraryOverride={library.resolve()}"]
        self.java += ["-Djna.nosys=false", f"-Djava.library.path={args.jni}", "-cp", jars]
        self.office = Office(args.guanmo, folder)
        self.codes = iter(self.office.codes)

    def kotlin(self, *words):
        return self.said([*self.java, *map(str, words)])

    def said(self, command):
        """Runs a program; the JSON of its last line."""
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment(self.python))
        need(done.returncode == 0, f"{command[-4:]}: {done.stdout[-500:]} {done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])


def environment(python):
    return {**os.environ, "PYTHONPATH": str(python)}


def day(bench, name, command):
    """An example's day: what it says is held against what the server holds."""
    photo = bench.folder / f"{name}.png"
    # One of its own: what the server has already is not sent again.
    picture(photo, name)
    words = [bench.office.url, next(bench.codes), bench.folder / f"day-{name}", photo]
    said = bench.said([*command, *map(str, words)])
    held = bench.office.answers(said["sheet"])
    need(said["answers"] > 10 and said["told"] > 0 and said["held"] == 1, f"{name}: {said}")
    need(len(held) == said["answers"], f"{name}: {said['answers']} acknowledged, the server holds {len(held)}")
    need(said["agreed"] is True and said["photos"] == 2, f"{name}: {said}")
    # A control: the count is of this sheet, not of any.
    need(not bench.office.answers("no such sheet"), "a sheet that is not there has answers")
    print(f"{name}: {said['answers']} answers and {said['photos']} photo files, phone and server agree")


def kotlin_errors(bench):
    said = bench.kotlin("CheckKt", "errors", bench.folder / "errors", bench.office.url)
    need(said["kinds"] == 9, said)
    print(f"kotlin: {said['kinds']} errors came by kind, with code and words")


def python_errors(bench, guanmo):
    """The same kinds in Python, and an observer that raises."""
    error, seen = guanmo.PhoneError, 0
    phone = guanmo.Phone.open(str(bench.folder / "python-errors"))
    server = guanmo.Server(bench.office.url)

    def expect(kind, code, call):
        nonlocal seen
        try:
            result = call()
            if asyncio.iscoroutine(result):
                asyncio.run(result)
        except kind as refused:
            problem = refused.problem
            need(problem.code == code and problem.text_zh and problem.text_en, f"{code}: {problem.code}")
            seen += 1
        else:
            raise Wrong(f"{code} was not raised")

    expect(error.Refused, "not_enrolled", phone.status)
    expect(error.BadArgument, "bad_argument", lambda: phone.sheet("no id"))
    expect(error.BadArgument, "bad_argument", lambda: guanmo.Server("no address"))
    expect(error.Storage, "database_locked", lambda: guanmo.Phone.open(str(bench.folder / "python-errors")))
    expect(error.Server, "code_invalid", lambda: phone.enrol(server, "AAAA-BBBB-CCCC", "python"))
    nowhere = guanmo.Server("http://127.0.0.1:1")
    expect(error.Network, "network", lambda: phone.enrol(nowhere, "x", "python"))

    class Trouble(guanmo.SyncObserver):
        raised = 0

        def on_progress(self, progress):
            Trouble.raised += 1
            raise ValueError("an observer that fails")

    async def through():
        await phone.enrol(server, next(bench.codes), "python")
        return await phone.sync(server, observer=Trouble())

    report = asyncio.run(through())
    need(Trouble.raised > 0 and report.agreed.agreed, f"{Trouble.raised} raised, {report.agreed}")
    print(f"python: {seen} errors came by kind; an observer raised {Trouble.raised} times, the sync went through")


def beside(bench):
    """Two threads fill while syncs run, with an observer that throws; then the same where they wait for it."""
    folder, slow = bench.folder / "beside", SlowWay(bench.office.url, 0.2)
    bench.kotlin("CheckKt", "enrol", folder, bench.office.url, next(bench.codes))
    said = bench.kotlin("CheckKt", "beside", folder, slow.url, SYNCS, "real")
    need(said["fewest"] >= FEWEST, f"only {said['fewest']} answers while a sync ran")
    need(said["thrown"] > 0 and said["agreed"], f"{said['thrown']} thrown, agreed: {said['agreed']}")
    wrong, seen = 0, 0
    held = {sheet: bench.office.answers(sheet) for sheet in {key.split()[0] for key in said["notes"]}}
    for key, note in said["notes"].items():
        sheet, item = key.split()
        seen += 1
        wrong += held[sheet].get(item, {}).get("note") != note
    need(seen > 20 and wrong == 0, f"{wrong} of {seen} answers are not what was acknowledged last")
    planted = bench.kotlin("CheckKt", "beside", folder, slow.url, SYNCS, "plant")
    need(planted["fewest"] < FEWEST, f"a sync that holds the phone was not noticed: {planted['fewest']}")
    print(
        f"kotlin: 2 threads made {said['filled']} answers beside {said['syncs']} syncs, at least {said['fewest']} in each; "
        f"{said['thrown']} exceptions of the observer; {seen} last answers are at the server; "
        f"control (the sync holds the phone): {planted['fewest']}, found"
    )


def stop(bench):
    slow, photo = SlowWay(bench.office.url, 0.5), bench.folder / "stop.png"
    picture(photo, "stop")
    said = bench.kotlin("CheckKt", "stop", bench.folder / "beside", slow.url, photo)
    wanted = {"cancelled": True, "second": "sync_running", "paused": True, "agreed": True}
    need(said == wanted, said)
    print("kotlin: a cancelled and a paused sync end, a second one at once is refused, the next goes through")


def killed_once(bench, folder, dice, number):
    """Kills a JVM that fills after some acknowledgements; (sheet, what was acknowledged last by item, in order)."""
    process = subprocess.Popen(
        [*bench.java, "CheckKt", "fill", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    sheet, acknowledged, wanted = None, [], dice.randrange(1, 400)
    for line in process.stdout:
        words = line.split()
        if words[0] == "sheet":
            sheet = words[1]
        elif line.endswith("\n"):
            acknowledged.append((words[1], int(words[2])))
        if len(acknowledged) == wanted:
            process.send_signal(signal.SIGKILL)
    need(process.wait() == -signal.SIGKILL, f"kill {number}: {process.stderr.read()[-1000:]}")
    return sheet, acknowledged


def lost(guanmo, folder, sheet, acknowledged):
    """How many items do not show what was acknowledged last; the answer in flight may be there as well."""
    try:
        lines = guanmo.Phone.open(str(folder)).sheet(sheet).lines
    except guanmo.PhoneError as error:
        return f"cannot be opened: {error}"
    shown = {line.item.id: line.answer and line.answer.note for line in lines}
    items = [line.item.id for line in lines]
    last, following = dict(acknowledged), acknowledged[-1][1] + 1
    in_flight = items[following % len(items)]
    allowed = {item: {str(count)} for item, count in last.items()}
    allowed.setdefault(in_flight, {shown[in_flight]}).add(str(following))
    return sum(shown[item] not in notes for item, notes in allowed.items())


def kills(bench, guanmo):
    folder, dice, total = bench.folder / "beside", random.Random(SEED), 0
    began = time.monotonic()
    for number in range(bench.kills):
        before = bench.folder / "before"
        shutil.rmtree(before, ignore_errors=True)
        shutil.copytree(folder, before)
        sheet, acknowledged = killed_once(bench, folder, dice, number)
        gone = lost(guanmo, folder, sheet, acknowledged)
        need(gone == 0, f"kill {number}: {gone} of {len(acknowledged)} acknowledged answers are not shown")
        total += len(acknowledged)
    need(total > bench.kills, f"only {total} answers before {bench.kills} kills: nothing is shown")
    # Control: the folder as it was before the last fill has lost what that one acknowledged.
    need(lost(guanmo, before, sheet, acknowledged), "a phone that lost its answers was not noticed")
    took = time.monotonic() - began
    print(f"kotlin: {bench.kills} JVMs killed, {total} acknowledged answers, 0 lost, {took:.0f} s; control found")


def own_authority(bench, guanmo):
    """A county's own authority: trusted if the app gives it, else not."""
    pem = bench.office.with_own_authority()
    phone = guanmo.Phone.open(str(bench.folder / "day-python"))
    report = asyncio.run(phone.sync(guanmo.Server(bench.office.url, pem)))
    need(bench.office.url.startswith("https:") and report.agreed.agreed, f"{bench.office.url}: {report}")
    try:
        asyncio.run(phone.sync(guanmo.Server(bench.office.url), no_retries(guanmo)))
    except guanmo.PhoneError.Network:
        print("python: HTTPS with the county's own authority; control (authority not given): refused")
    else:
        raise Wrong("a certificate of an unknown authority was trusted")


def no_retries(guanmo):
    return guanmo.SyncOptions(level=6, page_bytes=0, photos=True, retries=0)


def c_program(bench):
    """The C program links, agrees on the contract with the Python bindings, and reads the error's code."""
    folder = str(bench.folder / "c")
    said = subprocess.run([str(bench.bindings / "c/look"), folder], capture_output=True, text=True, timeout=60)
    need(said.returncode == 0, said.stderr)
    contract, code = said.stdout.split()
    known = (bench.python / "guanmo.py").read_text()
    need(f"bindings_contract_version = {contract}\n" in known and code == "not_enrolled", said.stdout)
    print(f"c: linked and run, contract {contract}, error `{code}` read")


def swift_text(bench):
    import swift

    generated = (bench.bindings / "swift/guanmo.swift").read_text(encoding="utf-8")
    example = (EXAMPLES / "swift/Day.swift").read_text(encoding="utf-8")
    for name, text in (("guanmo.swift", generated), ("Day.swift", example)):
        need(not swift.faults(text), f"{name} does not parse at lines {swift.faults(text)[:5]}")
    unknown, seen = swift.unknown_calls(generated, example)
    need(seen >= 8 and not unknown, f"{seen} calls, unknown: {unknown}")
    # Controls: a brace too few, a label that is not there.
    need(swift.faults(example.replace("{", "", 1)), "a missing brace was not found")
    planted, _ = swift.unknown_calls(generated, example.replace("deviceName:", "device:"))
    need(planted == ["enrol(server:code:device:)"], f"a wrong label was not found: {planted}")
    print(f"swift: not compiled; generated file and example parse, {seen} calls have the generated labels; controls found")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("guanmo", "bindings", "jars", "jni"):
        options.add_argument(f"--{name}", required=True)
    options.add_argument("--kills", type=int, default=12)
    args = options.parse_args()
    sys.path.insert(0, str(Path(args.bindings) / "python"))
    import guanmo

    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args, Path(folder))
        try:
            day(bench, "python", [sys.executable, str(EXAMPLES / "python/day.py")])
            day(bench, "kotlin", [*bench.java, "DayKt"])
            python_errors(bench, guanmo)
            kotlin_errors(bench)
            beside(bench)
            stop(bench)
            kills(bench, guanmo)
            own_authority(bench, guanmo)
            c_program(bench)
            swift_text(bench)
        except Wrong as wrong:
            raise SystemExit(f"seed {SEED}: {wrong}") from wrong
        finally:
            bench.office.stop()


if __name__ == "__main__":
    main()
