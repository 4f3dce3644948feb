"""The same work on greenlet: stackful coroutines for CPython, switched by a round-robin hub, which is ours.

Usage: greenlets.py wake N TICKS | spawn N | memory N; prints one line of JSON.

wake    ns per wake: N greenlets that count and switch to the hub once a tick; median of rounds of TICKS ticks
spawn   ns per greenlet that is created, runs and dies; median of rounds of N
memory  bytes per waiting greenlet: what the process's resident memory grew by
"""

import sys
from platform import python_version
from time import process_time_ns

import peer

try:
    from greenlet import __version__, getcurrent, greenlet
except ImportError:
    sys.exit("this Python has no greenlet; `tools/setup --peers` installs one, for tools/peers/.venv/bin/python")


def forever():
    hub = getcurrent().parent
    count = 0
    while True:
        count += 1
        hub.switch()


def once():
    pass


def waiting(n):
    tasks = [greenlet(forever) for _ in range(n)]
    for task in tasks:
        task.switch()
    return tasks


def wake(n, ticks):
    tasks = waiting(n)
    times = []
    for _ in range(peer.ROUNDS):
        began = process_time_ns()
        for _ in range(ticks):
            for task in tasks:
                task.switch()
        times.append(process_time_ns() - began)
    return peer.median(times) / (n * ticks)


def spawn(n):
    times = []
    for _ in range(1 + peer.ROUNDS):
        began = process_time_ns()
        for _ in range(n):
            greenlet(once).switch()
        times.append(process_time_ns() - began)
    return peer.median(times[1:]) / n


def memory(n):
    waiting(10)
    before = peer.resident()
    tasks = waiting(n)
    return (peer.resident() - before) / len(tasks)


if __name__ == "__main__":
    peer.main(f"{__version__}, CPython {python_version()}", wake=wake, spawn=spawn, memory=memory)
