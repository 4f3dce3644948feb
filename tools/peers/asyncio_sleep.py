"""The same work on asyncio: tasks await `sleep(0)`, upon which the event loop passes once over all that are ready.

Usage: asyncio_sleep.py wake N TICKS | spawn N | memory N; prints one line of JSON.

wake    ns per wake: N tasks that count and await sleep(0) for ever; median of rounds of TICKS passes of the loop
spawn   ns per task that is created, runs and dies; median of rounds of N
memory  bytes per waiting task: what the process's resident memory grew by
"""

import asyncio
from platform import python_version
from time import process_time_ns

import peer


async def forever():
    count = 0
    while True:
        count += 1
        await asyncio.sleep(0)


async def once():
    pass


async def waiting(n):
    tasks = [asyncio.create_task(forever()) for _ in range(n)]
    await asyncio.sleep(0)
    return tasks


async def wake(n, ticks):
    tasks = await waiting(n)
    times = []
    for _ in range(peer.ROUNDS):
        began = process_time_ns()
        for _ in range(ticks):
            # This one awaits its turn among them: between two of its turns each of them had one.
            await asyncio.sleep(0)
        times.append(process_time_ns() - began)
    return peer.median(times) / (len(tasks) * ticks)


async def spawn(n):
    times = []
    for _ in range(1 + peer.ROUNDS):
        began = process_time_ns()
        tasks = [asyncio.create_task(once()) for _ in range(n)]
        await asyncio.sleep(0)
        times.append(process_time_ns() - began)
        assert all(task.done() for task in tasks)
    return peer.median(times[1:]) / n


async def memory(n):
    before = peer.resident()
    tasks = await waiting(n)
    return (peer.resident() - before) / len(tasks)


def on_a_loop(measure):
    return lambda *numbers: asyncio.run(measure(*numbers))


if __name__ == "__main__":
    measures = {measure.__name__: on_a_loop(measure) for measure in (wake, spawn, memory)}
    peer.main(f"CPython {python_version()}", **measures)
