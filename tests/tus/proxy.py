"""A way to the server that is cut at given bytes, and counts the bytes of bodies that went through.

Invariant: a cut closes both sides after exactly that many bytes from the client, bodies and heads together; nothing is
held back, changed or repeated. Leaves out: slow links (`guanmo bench link`).
"""

import socket
import struct
import threading


class Proxy:
    def __init__(self, server, cuts):
        """`server` is (host, port); `cuts` are counts of bytes from the client, over all its connections."""
        self.server, self.cuts, self.made = server, sorted(cuts), 0
        self.passed = self.body_bytes = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.server)
            ended = threading.Event()
            threading.Thread(target=self.down, args=(server, client, ended), daemon=True).start()
            threading.Thread(target=self.up, args=(client, server, ended), daemon=True).start()

    def up(self, client, server, ended):
        head, left = b"", 0
        try:
            while data := client.recv(65536):
                with self.lock:
                    cut = self.cuts[0] - self.passed if self.cuts else None
                    if cut is not None and cut <= len(data):
                        data = data[: max(cut, 0)]
                        self.cuts.pop(0)
                        self.made += 1
                    else:
                        cut = None
                    self.passed += len(data)
                    head, left = self.count(head, left, data)
                server.sendall(data)
                if cut is not None:
                    # Every second cut as a reset, the way a network that is gone looks.
                    if self.made % 2:
                        for end in (client, server):
                            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
        except OSError:
            pass
        close(client, server, ended)

    def count(self, head, left, data):
        """Where requests and bodies begin; the part of a head that is there, and what is left of a body."""
        while data:
            if left:
                took = min(left, len(data))
                self.body_bytes += took
                left, data = left - took, data[took:]
                continue
            head += data
            if b"\r\n\r\n" not in head:
                return head, 0
            lines, data = head.split(b"\r\n\r\n", 1)
            head = b""
            for line in lines.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    left = int(line.split(b":")[1])
        return head, left

    def down(self, server, client, ended):
        try:
            while data := server.recv(65536):
                client.sendall(data)
        except OSError:
            pass
        close(client, server, ended)

    def stop(self):
        self.listener.close()


def close(client, server, ended):
    """Both sides, once: a closed socket's number may be another's already."""
    if ended.is_set():
        return
    ended.set()
    for end in (client, server):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()
