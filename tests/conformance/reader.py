"""Reads what Guanmo phones and servers send each other: written from docs/sync-protocol.md alone.

Whoever changes this file reads that document, not the Rust source: where the two disagree, the document is wrong and is
mended there. Invariant: `Refused` is the only error for foreign bytes, whatever they are. Leaves out: the network, merging.
"""

import base64
import hashlib
import json
import struct
import uuid

import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

U64 = (1 << 64) - 1
I64_MIN, I64_MAX = -(1 << 63), (1 << 63) - 1


class Refused(Exception):
    """The bytes are not what the document describes."""


def need(true, why):
    if not true:
        raise Refused(why)


def h(*parts):
    """H of the document: SHA-256 of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def be8(number):
    return struct.pack(">Q", number & U64)


def first8(data):
    return struct.unpack(">Q", data[:8])[0]


# --- CBOR ------------------------------------------------------------------------------------------------------------


class Id(bytes):
    """Tag 37: 16 bytes that are an id."""


class Cbor:
    """RFC 8949 with definite lengths, shortest integers and lengths."""

    def __init__(self, data, depth=16):
        self.data, self.at, self.depth = data, 0, depth

    def take(self, count):
        need(self.at + count <= len(self.data), "cbor: cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        need(info <= 27, "cbor: indefinite or reserved length")
        width = 1 << (info - 24)
        number = int.from_bytes(self.take(width), "big")
        least = 24 if width == 1 else 1 << (4 * width)
        need(major == 7 or number >= least, "cbor: not the shortest form")
        return major, number

    def item(self, depth=0):
        need(depth <= self.depth, "cbor: nested too deep")
        start = self.at
        major, number = self.head()
        if major == 0:
            return number
        if major == 1:
            return -1 - number
        if major == 2:
            return self.take(number)
        if major == 3:
            try:
                return self.take(number).decode()
            except UnicodeDecodeError:
                raise Refused("cbor: text is not UTF-8") from None
        if major == 4:
            need(number <= len(self.data) - self.at, "cbor: cut short")
            return [self.item(depth + 1) for _ in range(number)]
        if major == 6:
            need(number == 37, "cbor: unknown tag")
            inner = self.item(depth)
            need(type(inner) is bytes and len(inner) == 16, "cbor: an id has 16 bytes")
            return Id(inner)
        need(major == 7 and self.at == start + 1, "cbor: unknown item")
        need(number in (20, 21, 22), "cbor: unknown simple value")
        return {20: False, 21: True, 22: None}[number]

    def whole(self):
        item = self.item()
        need(self.at == len(self.data), "cbor: bytes follow")
        return item


def array(data, least, what):
    """A message: an array whose unknown further positions are ignored."""
    items = Cbor(data).whole() if isinstance(data, (bytes, bytearray)) else data
    need(isinstance(items, list) and len(items) >= least, f"{what}: too few positions")
    return items


def sized(data, length, what):
    need(type(data) is bytes and len(data) == length, f"{what}: {length} bytes expected")
    return data


def unsigned(number, what, limit=U64):
    need(type(number) is int and 0 <= number <= limit, f"{what}: an unsigned integer expected")
    return number


def read_value(data):
    """A value of the chapter Values, alone."""
    value = Cbor(data).whole()
    check_value(value, 0)
    return value


def check_value(value, depth):
    if isinstance(value, list):
        need(depth < 4, "value: lists nest four deep")
        need(len(value) <= 200, "value: a list has 200 positions at most")
        for inner in value:
            check_value(inner, depth + 1)
    elif type(value) is int:
        need(I64_MIN <= value <= I64_MAX, "value: outside 64 bits")


def signed(number):
    """Modulo 2⁶⁴, as a signed integer."""
    return ((number + (1 << 63)) & U64) - (1 << 63)


# --- columns ---------------------------------------------------------------------------------------------------------


class Columns:
    """The payload, read from its beginning."""

    def __init__(self, data):
        self.data, self.at, self.budget = data, 0, RAW_BYTES
        need(len(data) <= PAYLOAD_BYTES, "payload: too large")

    def spend(self, count):
        self.budget -= count
        need(self.budget >= 0, "payload: too large when unpacked")

    def take(self, count):
        need(0 <= count <= len(self.data) - self.at, "payload: cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def varint(self):
        number, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 127) << shift
            if byte < 128:
                need(byte or not shift, "varint: not the shortest form")
                need(number <= U64, "varint: more than 64 bits")
                return number
            shift += 7
            need(shift < 70, "varint: more than 64 bits")

    def zigzag(self):
        number = self.varint()
        return (number >> 1) ^ -(number & 1)

    def byte_column(self, expected=None):
        count = self.varint()
        need(expected is None or count == expected, "column: another length than its table says")
        self.spend(count)
        if count == 0:
            return b""
        method = self.take(1)[0]
        if method == 0:
            return self.take(count)
        if method == 1:
            frame = b"\x28\xb5\x2f\xfd" + self.take(self.varint())
            try:
                # One byte more than promised would show; nothing may follow the frame.
                out = zstandard.ZstdDecompressor().decompress(frame, max_output_size=count, allow_extra_data=False)
            except zstandard.ZstdError as error:
                raise Refused(f"column: zstd: {error}") from None
            need(len(out) == count, "column: zstd gives another length")
            return out
        need(method == 2, "column: unknown method")
        return self.take(1) * count

    def integers(self, count):
        if count == 0:
            return []
        self.spend(8 * count)
        low, step = self.zigzag(), self.varint()
        flags = self.take(1)[0]
        planes, delta = flags & 15, flags >> 4
        need(planes <= 8 and delta <= 1, "integers: unknown form")
        xs = [0] * count
        for plane in range(planes):
            for at, byte in enumerate(self.byte_column(count)):
                xs[at] |= byte << (8 * plane)
        out, running = [], 0
        for x in xs:
            value = signed(low + step * x)
            if delta:
                value = running = signed(running + value)
            out.append(value)
        return out

    def indexes(self, count, table, what):
        out = self.integers(count)
        for index in out:
            need(0 <= index < len(table), f"{what}: index outside its table")
        return [table[index] for index in out]

    def names(self):
        count = self.count(CHANGES)
        text = self.byte_column()
        try:
            names = text.decode().split("\n") if count else []
        except UnicodeDecodeError:
            raise Refused("names: not UTF-8") from None
        need(len(names) == count == len(set(names)), "names: another number, or one twice")
        need(all(0 < len(name.encode()) <= 120 for name in names), "names: too long, or none")
        return names

    def count(self, limit):
        number = self.varint()
        need(number <= limit, "count: over its limit")
        return number


PAYLOAD_BYTES, RAW_BYTES, CHANGES = 1 << 20, 16 << 20, 20_000


# --- segments --------------------------------------------------------------------------------------------------------


def read_header(data):
    items = array(data, 10, "header")
    version, algorithm, device, scope, epoch, first, count, schema, seen_seq, seen_chain = items[:10]
    need(version == 1, "header: unknown version")
    need(algorithm == 1, "header: unknown algorithm")
    need(type(seen_chain) is bytes and len(seen_chain) in (0, 32), "header: a chain has 32 bytes")
    header = {
        "version": version,
        "algorithm": algorithm,
        "device": uuid.UUID(bytes=bytes(sized(device, 16, "header"))),
        "scope": uuid.UUID(bytes=bytes(sized(scope, 16, "header"))),
        "epoch": unsigned(epoch, "header"),
        "first_seq": unsigned(first, "header"),
        "count": unsigned(count, "header"),
        "schema": unsigned(schema, "header"),
        "seen_seq": unsigned(seen_seq, "header"),
        "seen_chain": seen_chain,
    }
    need(1 <= header["first_seq"] <= 1 << 48 and 1 <= header["count"] <= 20_000, "header: seq or count out of range")
    return header


def minted_id(seed, number, at_ms):
    free = h(b"guanmo id v1", seed, be8(number))[:10]
    raw = bytearray(struct.pack(">Q", max(at_ms, 0) & ((1 << 48) - 1))[2:] + free)
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    return uuid.UUID(bytes=bytes(raw))


def uuid5_bytes(name_space, name):
    raw = bytearray(hashlib.sha1(name_space.bytes + name).digest()[:16])
    raw[6] = (raw[6] & 0x0F) | 0x50
    raw[8] = (raw[8] & 0x3F) | 0x80
    return uuid.UUID(bytes=bytes(raw))


def cut(data, width):
    need(len(data) % width == 0, "table: not a whole number of entries")
    return [data[at : at + width] for at in range(0, len(data), width)]


def apart(columns, count):
    """Ids whose byte positions stand apart, in three byte columns."""
    rows = [bytearray(16) for _ in range(count)]
    for start, end in ((0, 4), (4, 6), (6, 16)):
        data = columns.byte_column(count * (end - start))
        for place in range(start, end):
            for row, byte in zip(rows, data[(place - start) * count :]):
                row[place] = byte
    return [uuid.UUID(bytes=bytes(row)) for row in rows]


def uuids(columns):
    count = columns.count(1_000)
    return [uuid.UUID(bytes=raw) for raw in cut(columns.byte_column(count * 16), 16)]


class Shreds:
    """The values of one (kind, field name before `/`), or of one position of their lists."""

    def __init__(self, columns, alphabet, ids):
        self.columns, self.alphabet, self.ids = columns, alphabet, ids

    def read(self, count, depth=0):
        tags = self.columns.byte_column(count)
        need(all(tag <= 7 + 200 for tag in tags), "values: unknown tag")
        need(depth < 4 or all(tag < 7 for tag in tags), "values: lists nest four deep")
        column = self.columns
        numbers = iter(column.integers(tags.count(3)))
        lengths = column.integers(tags.count(4))
        need(all(length >= 0 for length in lengths), "values: negative length")
        total = sum(lengths)
        need(total <= RAW_BYTES, "values: too much text")
        letters = iter(column.indexes(total, self.alphabet, "alphabet") if total else [])
        texts = iter(["".join(next(letters) for _ in range(length)) for length in lengths])
        sizes = column.integers(tags.count(5))
        need(all(size >= 0 for size in sizes), "values: negative length")
        held = column.byte_column(sum(sizes)) if sizes else b""
        ids = iter(column.indexes(tags.count(6), self.ids, "ids"))
        lists = [[None] * (tag - 7) for tag in tags if tag >= 7]
        self.fill(lists, depth)
        lists, out, at, sizes = iter(lists), [], 0, iter(sizes)
        for tag in tags:
            if tag < 3:
                out.append((None, False, True)[tag])
            elif tag == 3:
                out.append(next(numbers))
            elif tag == 4:
                out.append(next(texts))
            elif tag == 5:
                size = next(sizes)
                out.append(held[at : at + size])
                at += size
            elif tag == 6:
                out.append(Id(next(ids).bytes))
            else:
                out.append(next(lists))
        return out

    def fill(self, lists, depth):
        longest = max((len(inner) for inner in lists), default=0)
        for place in range(min(longest, 25)):
            last = longest if place == 24 else place + 1
            places = [(inner, at) for inner in lists for at in range(place, min(last, len(inner)))]
            for (inner, at), value in zip(places, self.read(len(places), depth + 1)):
                inner[at] = value


def read_payload(header, data):
    """The changes of a payload, in order."""
    columns = Columns(data)
    need(columns.take(1) == b"\x01", "payload: unknown layout")
    kinds, fields = columns.names(), columns.names()
    others = other_logs(columns, header)
    ids = apart(columns, columns.count(4 * CHANGES))
    records = read_records(columns, kinds, ids)
    letters = columns.integers(columns.count(0x110000))
    need(all(0 <= c < 0x110000 and not 0xD800 <= c < 0xE000 for c in letters), "alphabet: no character")
    alphabet = [chr(code) for code in letters]
    count = columns.varint()
    need(count == header["count"], "payload: another number of changes than the header's")
    of_records = columns.indexes(count, records, "records")
    of_fields = columns.indexes(count, fields, "fields")
    at_ms = [columns.zigzag()]
    for difference in columns.integers(count - 1):
        at_ms.append(signed(at_ms[-1] + difference))
    dots = read_dots(columns, count, header, others)
    changes = []
    for place in range(count):
        record = of_records[place]
        record.setdefault("first_ms", at_ms[place])
        changes.append({"seq": header["first_seq"] + place, "record": record, "field": of_fields[place]})
        changes[-1].update(at_ms=at_ms[place], supersedes=dots[place])
    groups = {}
    for change in changes:
        groups.setdefault((change["record"]["kind"], change["field"].split("/")[0]), []).append(change)
    shreds = Shreds(columns, alphabet, ids)
    for group in groups.values():
        for change, value in zip(group, shreds.read(len(group))):
            change["value"] = value
    need(columns.at == len(data), "payload: bytes follow")
    for change in changes:
        record = change.pop("record")
        change["kind"], change["record"] = record["kind"], resolve(record)
    return changes


def other_logs(columns, header):
    count = columns.count(CHANGES)
    logs = []
    for raw in cut(columns.byte_column(count * 32), 32):
        device, epoch, branch = raw[:16], first8(raw[16:24]), first8(raw[24:])
        logs.append((uuid.UUID(bytes=raw[:16]), epoch, branch))
    return [(header["device"], header["epoch"], 0)] + logs


def read_records(columns, kinds, ids):
    count = columns.count(CHANGES)
    of_kinds = columns.indexes(count, kinds, "kinds")
    modes = columns.byte_column(count)
    need(all(mode <= 2 for mode in modes), "records: unknown mode")
    seeds = read_seeds(columns)
    spaces = uuids(columns)
    plain = iter(columns.indexes(modes.count(0), ids, "ids"))
    of_seeds = iter(columns.indexes(modes.count(1), seeds, "seeds"))
    numbers = iter(columns.integers(modes.count(1)))
    of_spaces = iter(columns.indexes(modes.count(2), spaces, "name spaces"))
    sources = iter(columns.indexes(modes.count(2), ids, "ids"))
    records = []
    for kind, mode in zip(of_kinds, modes):
        record = {"kind": kind, "mode": ("plain", "minted", "derived")[mode]}
        if mode == 0:
            record["plain"] = next(plain)
        elif mode == 1:
            record["seed"], record["n"] = next(of_seeds), next(numbers)
        else:
            record["space"], record["source"] = next(of_spaces), next(sources)
        records.append(record)
    return records


def read_seeds(columns):
    count = columns.count(CHANGES)
    return cut(columns.byte_column(count * 16), 16)


def resolve(record):
    if record["mode"] == "plain":
        return record["plain"]
    if record["mode"] == "derived":
        return uuid5_bytes(record["space"], record["source"].bytes)
    need(record["n"] >= 0 and "first_ms" in record, "records: no id can be minted from it")
    return minted_id(record["seed"], record["n"], record["first_ms"])


def read_dots(columns, count, header, logs):
    numbers = columns.integers(count)
    need(all(0 <= number <= 1_000 for number in numbers), "dots: too many, or fewer than none")
    total = sum(numbers)
    need(total <= 320_000, "dots: too many")
    of_logs = columns.indexes(total, logs, "logs")
    seqs = columns.integers(total)
    need(all(seq >= 1 for seq in seqs), "dots: seq begins at 1")
    flat = iter(zip(of_logs, seqs))
    return [[next(flat) for _ in range(number)] for number in numbers]


def chain_0(campaign, header):
    return h(b"guanmo log v1", campaign.bytes, header["device"].bytes, header["scope"].bytes, be8(header["epoch"]))


def read_segment(data):
    """A signed segment: its header, chains and changes. Neither chain nor signature is compared with anything."""
    header_bytes, payload, prev, signature = array(data, 4, "segment")[:4]
    need(type(header_bytes) is bytes and type(payload) is bytes, "segment: byte strings expected")
    sized(prev, 32, "segment"), sized(signature, 64, "segment")
    header = read_header(header_bytes)
    return {
        "header": header,
        "prev_chain": prev,
        "chain": h(prev, h(header_bytes), h(payload)),
        "signature": signature,
        "changes": read_payload(header, payload),
    }


def verify(public_key, signature, *parts):
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, b"".join(parts))
    except (InvalidSignature, ValueError):
        raise Refused("the signature is not its signer's") from None


def check_log(campaign, public_key, segments):
    """That these segments, in order, are one log from its beginning, by this key."""
    expected_chain, expected_seq = chain_0(campaign, segments[0]["header"]), 1
    for segment in segments:
        header = segment["header"]
        same = all(header[name] == segments[0]["header"][name] for name in ("device", "scope", "epoch"))
        need(same, "log: a segment of another log")
        need(header["first_seq"] == expected_seq, "log: a gap or an overlap")
        need(segment["prev_chain"] == expected_chain, "log: the chain is broken")
        verify(public_key, segment["signature"], b"guanmo segment v1", segment["chain"])
        expected_chain, expected_seq = segment["chain"], expected_seq + header["count"]


# --- sync ------------------------------------------------------------------------------------------------------------


def request_signed_bytes(server, generation, counter, body):
    return b"".join((b"guanmo request v1", server.bytes, be8(generation), be8(counter), h(body)))


def unpadded(text):
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Refused("not base64url") from None


def read_signature_header(text):
    """(device, counter, signature) of `guanmo-signature`."""
    parts = text.split(";")
    need(len(parts) == 3 and parts[1].isdecimal() and len(parts[0]) == 32, "signature header: unknown form")
    return uuid.UUID(parts[0]), int(parts[1]), unpadded(parts[2])


def read_certificate(text):
    try:
        return json.loads(unpadded(text))
    except ValueError:
        raise Refused("certificate: no JSON") from None


def verify_certificate(server, server_key, shown):
    ids = [server] + [uuid.UUID(shown[name]) for name in ("campaign", "device", "account")]
    signed = [b"guanmo device v1"] + [one.bytes for one in ids] + [bytes.fromhex(shown["public_key"])]
    verify(server_key, bytes.fromhex(shown["signature"]), *signed, be8(shown["enrolled_at_ms"]))


def fingerprint(public_key):
    digits = h(public_key)[:8].hex().upper()
    return "-".join(digits[at : at + 4] for at in range(0, 16, 4))


SORTED = {
    "checklist_hashes": lambda row: (row[0], row[1]),
    "roster": lambda row: tuple(map(present, (row[k] for k in ("account", "role", "group", "home_unit", "devices")))),
    "logs": lambda row: tuple(row[k] for k in ("scope", "device", "epoch", "branch", "seq", "chain")),
    "verdicts": lambda row: tuple(
        present(row[k]) for k in ("verdict", "scope", "device", "epoch", "seqs", "record", "code")
    ),
    "left_out": lambda row: tuple(row[k] for k in ("sheet", "site", "author", "reason")),
}
CLOSING_KEYS = "campaign group version locked_at_ms rules_hash checklist_hashes roster logs verdicts left_out audit reason"


def present(value):
    return (value is not None, value if value is not None else "")


def closing_set_bytes(closing):
    """The bytes that are hashed, from the JSON in any order."""
    missing = [key for key in CLOSING_KEYS.split()[:10] if key not in closing]
    need(not missing, "closing set: a key is missing")
    ordered = {key: closing[key] for key in CLOSING_KEYS.split() if key in closing}
    for key, order in SORTED.items():
        ordered[key] = sorted(ordered[key], key=order)
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode()


def heads_digest(heads):
    """`heads` of a request from (scope, epoch, seq, chain) of each acknowledged own log."""
    rows = sorted(s.bytes + be8(epoch) + be8(seq) + chain for s, epoch, seq, chain in heads)
    return first8(h(*rows)) if rows else 0


def scope_id(campaign, letter, owner):
    return uuid5_bytes(campaign, letter.encode() + (owner.bytes if owner else b""))


def mix(a, b):
    z = (a * 0x9E3779B97F4A7C15 + b) & U64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & U64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & U64
    return z ^ (z >> 31)


def digest(cells):
    """16 buckets from (record, field, log, seq) of each live value; log is (device, scope, epoch, branch)."""
    buckets = [0] * 16
    for record, field, (device, scope, epoch, branch), seq in cells:
        cell = mix(first8(record.bytes), first8(record.bytes[8:]))
        cell = mix(cell, first8(h(field.encode())))
        cell = mix(cell, first8(h(device.bytes, scope.bytes, be8(epoch), be8(branch))))
        place = record.bytes[15] & 15
        buckets[place] = (buckets[place] + mix(cell, seq)) & U64
    return buckets


def read_request(data):
    """A sync request; its segments are read too."""
    need(len(data) <= 2 << 20, "request: too large")
    items = array(data, 9, "request") + [None]
    protocol, schema, generation, heads, cursor, segments, want, clock, flags, said = items[:10]
    need(protocol == 1, "request: unknown protocol")
    need(type(cursor) is bytes and isinstance(segments, list) and len(segments) <= 500, "request: unknown form")
    if said is not None:
        changes, photos, photo_bytes, set_back = array(said, 4, "said")[:4]
        said = {"changes": changes, "photos": photos, "photo_bytes": photo_bytes}
        said["set_back"] = [array(pair, 2, "set back")[:2] for pair in set_back]
    return {
        "schema": unsigned(schema, "request"),
        "generation": unsigned(generation, "request"),
        "heads": unsigned(heads, "request"),
        "cursor": cursor,
        "segments": [read_segment(segment) for segment in segments],
        "want_bytes": unsigned(want, "request"),
        "clock_ms": clock,
        "flags": unsigned(flags, "request"),
        "said": said,
    }


def read_reply(data):
    """A sync reply; its segments are read too."""
    need(len(data) <= 8 << 20, "reply: too large")
    items = array(data, 11, "reply")
    generation, clock, more, cursor, have, forks, segments, scopes, digests, token, order = items[:11]
    started = items[11] if len(items) > 11 else None
    need(isinstance(more, bool) and type(cursor) is bytes, "reply: unknown form")
    return {
        "generation": unsigned(generation, "reply"),
        "clock_ms": clock,
        "more": more,
        "cursor": cursor,
        "have": None if have is None else [read_head(head) for head in have],
        "forks": [read_head(head) for head in forks],
        "segments": [read_segment(segment) for segment in segments],
        "scopes": [read_scope(scope) for scope in scopes],
        "digests": [read_digest(row) for row in digests],
        "token": token,
        "order": order,
        "started": None if started is None else unsigned(started, "reply"),
    }


def read_head(item):
    scope, epoch, seq, chain = array(item, 4, "head")[:4]
    sized(scope, 16, "head"), sized(chain, 32, "head")
    return uuid.UUID(bytes=scope), unsigned(epoch, "head"), unsigned(seq, "head"), chain


def read_scope(item):
    index, letter, campaign, owner = array(item, 4, "scope")[:4]
    owner = uuid.UUID(bytes=sized(owner, 16, "scope")) if owner != bytes(16) else None
    letter = chr(unsigned(letter, "scope", 127))
    return unsigned(index, "scope"), letter, uuid.UUID(bytes=sized(campaign, 16, "scope")), owner


def read_digest(item):
    index, buckets = array(item, 2, "digest")[:2]
    sized(buckets, 128, "digest")
    return unsigned(index, "digest"), [first8(buckets[at:]) for at in range(0, 128, 8)]
