#!/usr/bin/env python3
"""A weak link between two network namespaces, for a real TCP stack: needs root and /dev/net/tun.

    relay.py NAMESPACE_A NAMESPACE_B DELAY_MS LOSS_PERCENT RATE_KBIT [QUEUE_PACKETS]

Makes a TUN device in each (10.78.0.1 in A, 10.78.0.2 in B) and carries packets between them with so much delay one way, loss
and rate in each direction; what does not fit into the queue is dropped. Says `up` when it is; ends with its parent's pipe.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def enter(path):
    namespace = os.open(path, os.O_RDONLY)
    if LIBC.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"cannot enter {path}")
    os.close(namespace)


def device(namespace, address, peer):
    """A TUN device in a namespace; this process stays where it was."""
    enter(f"/run/netns/{namespace}")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22s", b"cell0", IFF_TUN | IFF_NO_PI, b""))
    for words in (f"addr add {address} peer {peer} dev cell0", "link set cell0 up", "link set lo up"):
        subprocess.run(["ip", *words.split()], check=True)
    enter(HOME)
    return tun


HOME = f"/proc/{os.getpid()}/fd/{os.open('/proc/self/ns/net', os.O_RDONLY)}"


def relay(ends, delay, loss, rate, longest):
    waiting, number = [], 0
    free, queued = dict.fromkeys(ends, 0.0), dict.fromkeys(ends, 0)
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    while True:
        now = time.monotonic()
        pause = max(0.0, min(1.0, waiting[0][0] - now)) if waiting else 1.0
        ready, _, _ = select.select([*ends, sys.stdin], [], [], pause)
        if sys.stdin in ready and not os.read(0, 1):
            return
        now = time.monotonic()
        for end in set(ready) & set(ends):
            try:
                packet = os.read(end, 65536)
            except BlockingIOError:
                continue
            if random.random() < loss or queued[end] >= longest:
                continue
            free[end] = max(now, free[end]) + len(packet) / rate
            queued[end] += 1
            number += 1
            heapq.heappush(waiting, (free[end] + delay, number, end, packet))
        while waiting and waiting[0][0] <= now:
            _, _, end, packet = heapq.heappop(waiting)
            queued[end] -= 1
            try:
                os.write(other[end], packet)
            except OSError:
                pass


if __name__ == "__main__":
    a, b, delay_ms, loss_percent, rate_kbit = sys.argv[1:6]
    ends = [device(a, "10.78.0.1", "10.78.0.2"), device(b, "10.78.0.2", "10.78.0.1")]
    print("up", flush=True)
    longest = int(sys.argv[6]) if len(sys.argv) > 6 else 50
    relay(ends, float(delay_ms) / 1e3, float(loss_percent) / 100, float(rate_kbit) * 1000 / 8, longest)
