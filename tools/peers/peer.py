"""What the peers in Python share: their command line, their clock, the size of the process. No work is done here."""

import json
import os
import sys

ROUNDS = 5


def median(times):
    return sorted(times)[len(times) // 2]


def resident():
    """Bytes of memory that the process holds."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        sys.exit("memory is read from /proc, which this system does not have")


def main(version, **measures):
    """Calls the measure that the command line names with its numbers, and prints the figure."""
    arity = {"wake": 2, "spawn": 1, "memory": 1}
    name, *numbers = sys.argv[1:] or [""]
    if len(numbers) != arity.get(name) or not all(number.isdecimal() and int(number) > 0 for number in numbers):
        print(f"usage: {sys.argv[0]} wake N TICKS | spawn N | memory N", file=sys.stderr)
        sys.exit(2)
    value = measures[name](*map(int, numbers))
    print(json.dumps({"value": value, "unit": "B" if name == "memory" else "ns", "version": version}))
