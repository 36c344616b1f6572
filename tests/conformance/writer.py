"""Writes what a phone sends: the other half of reader.py, from docs/sync-protocol.md alone, as plain as the document allows.

Invariant: what it writes is read again by reader.py before it is sent. Leaves out: compression, minted and derived ids,
superseded dots: no reader may demand them.
"""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import reader


def cbor(item):
    if item is None:
        return b"\xf6"
    if isinstance(item, bool):
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, reader.Id):
        return b"\xd8\x25" + head(2, 16) + bytes(item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        return head(3, len(item.encode())) + item.encode()
    return head(4, len(item)) + b"".join(map(cbor, item))


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * width:
            return bytes([major << 5 | info]) + number.to_bytes(width, "big")
    raise ValueError(number)


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def zigzag(number):
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def byte_column(data):
    return varint(len(data)) + (b"\0" + bytes(data) if data else b"")


def integers(numbers):
    if not numbers:
        return b""
    low = min(numbers)
    planes = ((max(numbers) - low).bit_length() + 7) // 8
    out = zigzag(low) + varint(1) + bytes([planes])
    for plane in range(planes):
        out += byte_column([(number - low) >> 8 * plane & 255 for number in numbers])
    return out


class Payload:
    """The columns of (kind, record, field, at_ms, value) changes."""

    def __init__(self, changes):
        self.ids, self.letters = [], []
        kinds, fields, records, groups = [], [], [], {}
        for kind, record, field, _, value in changes:
            index(kinds, kind), index(fields, field)
            if index(records, (kind, record)) == len(records) - 1:
                index(self.ids, record.bytes)
            groups.setdefault((kind, field.split("/")[0]), []).append(value)
        shreds = b"".join(self.shred(values) for values in groups.values())
        names = lambda rows: varint(len(rows)) + byte_column("\n".join(rows).encode())
        out = b"\x01" + names(kinds) + names(fields) + varint(0) + byte_column(b"") + varint(len(self.ids))
        for start, end in ((0, 4), (4, 6), (6, 16)):
            out += byte_column([row[place] for place in range(start, end) for row in self.ids])
        out += varint(len(records)) + integers([kinds.index(kind) for kind, _ in records])
        out += byte_column(bytes(len(records))) + (varint(0) + byte_column(b"")) * 2
        out += integers([self.ids.index(record.bytes) for _, record in records])
        out += varint(len(self.letters)) + integers([ord(letter) for letter in self.letters])
        out += varint(len(changes)) + integers([records.index(change[:2]) for change in changes])
        out += integers([fields.index(change[2]) for change in changes])
        times = [change[3] for change in changes]
        out += zigzag(times[0]) + integers([after - before for before, after in zip(times, times[1:])])
        self.bytes = out + integers([0] * len(changes)) + shreds

    def shred(self, values):
        tags, ints, texts, held, ids, lists = [], [], [], [], [], []
        for value in values:
            if value is None or isinstance(value, bool):
                tags.append({None: 0, False: 1, True: 2}[value])
            elif isinstance(value, int):
                tags.append(3), ints.append(value)
            elif isinstance(value, str):
                tags.append(4), texts.append(value)
            elif isinstance(value, reader.Id):
                tags.append(6), ids.append(index(self.ids, bytes(value)))
            elif isinstance(value, bytes):
                tags.append(5), held.append(value)
            else:
                tags.append(7 + len(value)), lists.append(value)
        out = byte_column(tags) + integers(ints) + integers([len(text) for text in texts])
        out += integers([index(self.letters, letter) for text in texts for letter in text])
        out += integers([len(data) for data in held]) + (byte_column(b"".join(held)) if held else b"")
        out += integers(ids)
        for place in range(min(25, max(map(len, lists), default=0))):
            inside = [inner[place : None if place == 24 else place + 1] for inner in lists]
            out += self.shred([value for part in inside for value in part])
        return out


def index(rows, row):
    if row not in rows:
        rows.append(row)
    return rows.index(row)


class Phone:
    """A device with a key, one log for each scope, and nothing remembered of replies but the token."""

    def __init__(self, post, code, name):
        """`post(path, body, headers)` sends a request and returns the body of its answer, or raises."""
        self.key, self.post, self.counter, self.heads = Ed25519PrivateKey.generate(), post, 0, {}
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        me = post("/api/v1/enrol", {"code": code, "public_key": public, "device_name": name}, {})
        ids = ("server", "campaign", "device", "account", "group")
        self.me = {name: reader.uuid.UUID(me[name]) for name in ids} | {"generation": me["generation"]}

    def segment(self, scope, changes):
        """The next segment of the log of that scope."""
        me = self.me
        header = {"device": me["device"], "scope": scope, "epoch": 1}
        first, prev = self.heads.get(scope, (1, reader.chain_0(me["campaign"], header)))
        fields = [1, 1, me["device"].bytes, scope.bytes, 1, first, len(changes), 1, 0, b""]
        head_bytes, payload = cbor(fields), Payload(changes).bytes
        chain = reader.h(prev, reader.h(head_bytes), reader.h(payload))
        self.heads[scope] = (first + len(changes), chain)
        segment = [head_bytes, payload, prev, self.key.sign(b"guanmo segment v1" + chain)]
        again = reader.read_segment(cbor(segment))["changes"]
        assert [(c["kind"], c["record"], c["field"], c["at_ms"], c["value"]) for c in again] == changes
        return segment

    def sync(self, segments, clock_ms):
        """Sends segments; the reply, with a token for photos."""
        body = cbor([1, 1, self.me["generation"], 0, b"", segments, 0, clock_ms, 2])
        self.counter += 1
        signed = reader.request_signed_bytes(self.me["server"], self.me["generation"], self.counter, body)
        signature = base64.urlsafe_b64encode(self.key.sign(signed)).decode().rstrip("=")
        header = f"{self.me['device'].hex};{self.counter};{signature}"
        types = {"content-type": "application/vnd.guanmo.sync", "guanmo-signature": header}
        return reader.read_reply(self.post("/api/v1/sync", body, types))
