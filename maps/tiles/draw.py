#!/usr/bin/env python3
"""Draws the tilesets of the castle: PNG pictures and Tiled's .tsx files. Needs nothing but Python.

usage: python3 maps/tiles/draw.py           writes them, beside this file
       python3 maps/tiles/draw.py --check   says whether they are what it would write
"""

import os
import sys

sys.dont_write_bytecode = True
FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

from paint.canvas import read_png  # noqa: E402
from paint.sheets import all_sheets  # noqa: E402


def stale(sheet):
    """Which files of a sheet are not what it draws; pictures are compared by their pixels."""
    picture, tsx = (os.path.join(FOLDER, sheet.name + ending) for ending in (".png", ".tsx"))
    canvas = sheet.canvas()
    if not os.path.exists(picture) or read_png(picture) != (canvas.width, canvas.height, canvas.rgba()):
        yield picture
    if not os.path.exists(tsx) or open(tsx, encoding="utf-8").read() != sheet.tsx():
        yield tsx


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    if not arguments:
        for sheet in all_sheets():
            sheet.write(FOLDER)
        return 0
    wrong = [path for sheet in all_sheets() for path in stale(sheet)]
    for path in wrong:
        print(f"{os.path.relpath(path)} is not what maps/tiles/draw.py draws: run it, and commit what it writes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
