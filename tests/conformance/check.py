"""Compares what reader.py reads in the stored vectors with their JSON; `--plant` shows that it can fail.

Invariant: a run that compared nothing, or less than it should, has failed. Leaves out: the writers of the vectors, which
are in Rust (`tests/tests/conformance`).
"""

import base64
import json
import pathlib
import sys
import uuid

import reader as r

VECTORS = pathlib.Path(__file__).parent / "vectors"
READ_AS = {"value": r.read_value, "segment": r.read_segment, "request": r.read_request, "reply": r.read_reply}


class Differs(Exception):
    """Something read is not what the vector says."""


class Check:
    def __init__(self, planted=None):
        """`planted` is a pair of a file's name and a change of its bytes."""
        self.planted, self.compared, self.refused = planted, 0, 0

    def bytes(self, name):
        data = (VECTORS / name).read_bytes()
        if self.planted and self.planted[0] == name:
            data = self.planted[1](data)
        return data

    def json(self, name):
        return json.loads(self.bytes(name))

    def same(self, what, read, said):
        self.compared += 1
        if read != said:
            raise Differs(f"{what}:\n  read {read!r}\n  said {said!r}")

    def logs(self):
        for log in self.json("logs.json"):
            campaign, key = uuid.UUID(log["campaign"]), bytes.fromhex(log["public_key"])
            segments = []
            for name in log["segments"]:
                segments.append(r.read_segment(self.bytes(f"segments/{name}.bin")))
                self.segment(name, segments[-1])
            self.same(log["name"], r.chain_0(campaign, segments[0]["header"]).hex(), log["chain_0"])
            r.check_log(campaign, key, segments)

    def segment(self, name, segment):
        said = self.json(f"segments/{name}.json")
        self.same(f"{name} header", shown_header(segment["header"]), said["header"])
        for part in ("prev_chain", "chain", "signature"):
            self.same(f"{name} {part}", segment[part].hex(), said[part])
        self.same(f"{name} changes", len(segment["changes"]), len(said["changes"]))
        for change, expected in zip(segment["changes"], said["changes"]):
            self.same(f"{name} seq {expected['seq']}", shown_change(change), expected)

    def values(self):
        for row in self.json("values.json"):
            self.same(row["hex"], shown(r.read_value(bytes.fromhex(row["hex"]))), row["value"])

    def ids(self):
        said = self.json("ids.json")
        for row in said["minted"]:
            made = r.minted_id(bytes.fromhex(row["seed"]), int(row["n"]), row["at_ms"])
            self.same("minted", str(made), row["id"])
        for row in said["derived"]:
            made = r.uuid5_bytes(uuid.UUID(row["name_space"]), uuid.UUID(row["of"]).bytes)
            self.same("derived", str(made), row["id"])
        for row in said["scopes"]:
            owner = row["owner"] and uuid.UUID(row["owner"])
            self.same("scope", str(r.scope_id(uuid.UUID(row["campaign"]), row["letter"], owner)), row["id"])
        for row in said["sheets"]:
            scope = r.scope_id(uuid.UUID(row["campaign"]), "s", uuid.UUID(row["author"]))
            self.same("sheet", str(r.uuid5_bytes(scope, uuid.UUID(row["site"]).bytes)), row["id"])

    def digest(self):
        said = self.json("digest.json")
        cells = []
        for row in said["cells"]:
            log = uuid.UUID(row["device"]), uuid.UUID(row["scope"]), int(row["epoch"]), int(row["branch"])
            cells.append((uuid.UUID(row["record"]), row["field"], log, row["seq"]))
            alone = sum(r.digest(cells[-1:]))
            self.same("cell", str(alone), row["cell"])
        self.same("buckets", [str(bucket) for bucket in r.digest(cells)], said["buckets"])

    def request(self):
        said, body = self.json("sync/request.json"), self.bytes("sync/request.bin")
        request = r.read_request(body)
        key, server = bytes.fromhex(said["public_key"]), uuid.UUID(said["server"])
        device, counter, signature = r.read_signature_header(said["guanmo-signature"])
        signed = r.request_signed_bytes(server, request["generation"], counter, body)
        r.verify(key, signature, signed)
        self.same("counter", counter, said["counter"])
        self.same("device", device, request["segments"][0]["header"]["device"])
        for name in ("want_bytes", "clock_ms", "flags", "said"):
            self.same(f"request {name}", request[name], said[name])
        for name in ("generation", "heads"):
            self.same(f"request {name}", str(request[name]), said[name])
        heads = [(uuid.UUID(h["scope"]), int(h["epoch"]), h["seq"], bytes.fromhex(h["chain"])) for h in said["heads_of"]]
        self.same("request heads", r.heads_digest(heads), request["heads"])
        self.same("request cursor", request["cursor"].hex(), said["cursor"])
        self.relayed("request", request["segments"], said["segments"])
        nothing = r.read_request(self.bytes("sync/nothing-new.bin"))
        read = {"heads": str(nothing["heads"]), "cursor": nothing["cursor"].hex()}
        read.update(segments=len(nothing["segments"]), said=nothing["said"])
        self.same("nothing new", read, self.json("sync/nothing-new.json"))

    def relayed(self, what, segments, names):
        self.same(f"{what} segments", len(segments), len(names))
        for segment, name in zip(segments, names):
            self.segment(name, segment)

    def reply(self):
        said, reply = self.json("sync/reply.json"), r.read_reply(self.bytes("sync/reply.bin"))
        for name in ("clock_ms", "more", "token", "order", "started"):
            self.same(f"reply {name}", reply[name], said[name])
        self.same("reply generation", str(reply["generation"]), said["generation"])
        self.same("reply cursor", reply["cursor"].hex(), said["cursor"])
        for name in ("have", "forks"):
            self.same(f"reply {name}", [shown_head(head) for head in reply[name]], said[name])
        self.relayed("reply", reply["segments"], said["segments"])
        for (index, letter, campaign, owner), row in zip(reply["scopes"], said["scopes"], strict=True):
            read = {"index": index, "letter": letter, "campaign": str(campaign), "owner": owner and str(owner)}
            read["id"] = str(r.scope_id(campaign, letter, owner))
            self.same("reply scope", read, row)
        digests = [{"index": i, "buckets": b"".join(map(r.be8, b)).hex()} for i, b in reply["digests"]]
        self.same("reply digests", digests, said["digests"])

    def certificate(self):
        said = self.json("sync/certificate.json")
        shown = r.read_certificate(said["guanmo-certificate"])
        for name in ("campaign", "device", "account", "public_key", "enrolled_at_ms"):
            self.same(f"certificate {name}", shown[name], said[name])
        r.verify_certificate(uuid.UUID(said["server"]), bytes.fromhex(said["server_key"]), shown)
        self.same("fingerprint", r.fingerprint(bytes.fromhex(shown["public_key"])), said["fingerprint"])

    def closing_set(self):
        said, stored = self.json("closing-set-hashes.json"), self.bytes("closing-set.json")
        self.same("closing set", r.h(stored).hex(), said["closing_set"])
        self.same("closing set again", r.closing_set_bytes(json.loads(stored)), stored)
        self.same("result hash", r.h(stored, said["result"].encode()).hex(), said["result_hash"])

    def refusals(self):
        said = self.json("refused.json")
        campaign, key = uuid.UUID(said["campaign"]), bytes.fromhex(said["public_key"])
        for case in said["cases"]:
            parts = [bytes.fromhex(part) for part in case["hex"]]
            try:
                if case["as"] == "log":
                    r.check_log(campaign, key, [r.read_segment(part) for part in parts])
                else:
                    READ_AS[case["as"]](parts[0])
                refused = None
            except r.Refused as error:
                refused = str(error)
            self.same(f"{case['as']} with {case['why']}: {refused}", refused is not None, case["why"] is not None)
            self.refused += refused is not None

    def run(self):
        for part in (self.logs, self.values, self.ids, self.digest, self.request, self.reply):
            part()
        for part in (self.certificate, self.closing_set, self.refusals):
            part()
        if self.compared < 700 or self.refused < 40:
            raise Differs(f"only {self.compared} comparisons, {self.refused} refusals")


def shown(value):
    if isinstance(value, list):
        return [shown(inner) for inner in value]
    if isinstance(value, r.Id):
        return {"id": str(uuid.UUID(bytes=bytes(value)))}
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def shown_header(header):
    out = {name: header[name] for name in ("version", "algorithm", "first_seq", "count", "schema", "seen_seq")}
    out.update(device=str(header["device"]), scope=str(header["scope"]), epoch=str(header["epoch"]))
    out["seen_chain"] = header["seen_chain"].hex()
    return out


def shown_change(change):
    out = {name: change[name] for name in ("seq", "kind", "field", "at_ms")}
    out.update(record=str(change["record"]), value=shown(change["value"]))
    out["supersedes"] = [
        {"device": str(device), "epoch": str(epoch), "branch": str(branch), "seq": seq}
        for (device, epoch, branch), seq in change["supersedes"]
    ]
    return out


def shown_head(head):
    scope, epoch, seq, chain = head
    return {"scope": str(scope), "epoch": str(epoch), "seq": seq, "chain": chain.hex()}


# Errors put into a vector: each must be found.
PLANTED = {
    "one value of one change": ("segments/sealed-2.json", lambda d: d.replace(b'"V-C1"', b'"V-C2"').replace(b"45000", b"45001")),
    "one time": ("segments/values-1.json", lambda d: d.replace(b"1637193600000", b"1637193600001")),
    "one bit of a segment": ("segments/sealed-2.bin", lambda d: d[:500] + bytes([d[500] ^ 1]) + d[501:]),
    "one bit of a signature": ("segments/group-1.bin", lambda d: d[:-1] + bytes([d[-1] ^ 1])),
    "one digit of a digest": ("digest.json", lambda d: d.replace(b'"cell": "1', b'"cell": "2', 1)),
    "a missing segment": ("logs.json", lambda d: d.replace(b'"sealed-1",', b"")),
    "a wrong vector said to be right": ("refused.json", lambda d: d.replace(b'"why": "five lists nested"', b'"why": null', 1)),
    "a right vector said to be wrong": ("refused.json", lambda d: d.replace(b'"why": null', b'"why": "nothing"', 1)),
    "one letter of the request": ("sync/request.json", lambda d: d.replace(b'"want_bytes": 65536', b'"want_bytes": 65537')),
    "a closing set of another order": ("closing-set.json", lambda d: d.replace(b'"version":2,', b"", 1)),
}


def plant():
    for what, (name, change) in PLANTED.items():
        before = (VECTORS / name).read_bytes()
        if change(before) == before:
            raise SystemExit(f"planted nothing: {what}")
        try:
            Check((name, change)).run()
        except (Differs, r.Refused) as error:
            print(f"found: {what} ({str(error).splitlines()[0][:80]})")
            continue
        raise SystemExit(f"not found: {what}")
    print(f"{len(PLANTED)} planted errors, all found")


if __name__ == "__main__":
    if "--plant" in sys.argv:
        plant()
    else:
        check = Check()
        try:
            check.run()
        except (Differs, r.Refused) as error:
            raise SystemExit(f"the vectors and the document differ: {error}") from None
        print(f"{check.compared} comparisons, {check.refused} wrong vectors refused")
