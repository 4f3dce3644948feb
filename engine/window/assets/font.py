#!/usr/bin/env python3
"""Draws font.png, the window's embedded font: ASCII, Latin-1 and some symbols, 6 by 12 pixels each, white on nothing.

usage: python3 engine/window/assets/font.py           writes font.png, beside this file
       python3 engine/window/assets/font.py --check   says whether it is what this would write

The grid has 16 columns: codes 32 to 127, then 160 to 255, then the row of SYMBOLS. Code 127 is the sign for what the
font lacks. Letters are 5 wide; capitals stand on the line between rows 8 and 9 of the cell and are 7 high, small letters
5, with two rows below the line and two above capitals for marks.
"""

import os
import struct
import sys
import zlib

WIDTH, HEIGHT, COLUMNS = 6, 12, 16
# The row of a cell at which a capital begins.
CAPITAL = 2

SYMBOLS = "\u2190\u2191\u2192\u2193\u2026\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u25cf\u25b6\u2713\u2717"

# Rows from the capitals' top down, `#` is ink; short ones end early. A number before `:` is the row to begin at.
GLYPHS = {
    " ": "",
    "!": "..#/..#/..#/..#/..#/./..#",
    '"': ".#.#/.#.#/.#.#",
    "#": ".#.#/.#.#/#####/.#.#/#####/.#.#/.#.#",
    "$": "..#/.####/#.#/.###/..#.#/####/..#",
    "%": "##/##..#/...#/..#/.#/#..##/...##",
    "&": ".##/#..#/#.#/.#/#.#.#/#..#/.##.#",
    "'": "..#/..#/..#",
    "(": "...#/..#/.#/.#/.#/..#/...#",
    ")": ".#/..#/...#/...#/...#/..#/.#",
    "*": "1:..#/#.#.#/.###/#.#.#/..#",
    "+": "1:..#/..#/#####/..#/..#",
    ",": "5:..#/..#/.#",
    "-": "3:.###",
    ".": "5:.##/.##",
    "/": "....#/....#/...#/..#/.#/#/#",
    "0": ".###/#...#/#..##/#.#.#/##..#/#...#/.###",
    "1": "..#/.##/..#/..#/..#/..#/.###",
    "2": ".###/#...#/....#/...#/..#/.#/#####",
    "3": "#####/...#/..#/...#/....#/#...#/.###",
    "4": "...#/..##/.#.#/#..#/#####/...#/...#",
    "5": "#####/#/####/....#/....#/#...#/.###",
    "6": "..##/.#/#/####/#...#/#...#/.###",
    "7": "#####/....#/...#/..#/.#/.#/.#",
    "8": ".###/#...#/#...#/.###/#...#/#...#/.###",
    "9": ".###/#...#/#...#/.####/....#/...#/.##",
    ":": "1:.##/.##/./.##/.##",
    ";": "1:.##/.##/./.##/..#/.#",
    "<": "1:...#/..#/.#/..#/...#",
    "=": "2:#####/./#####",
    ">": "1:.#/..#/...#/..#/.#",
    "?": ".###/#...#/....#/...#/..#/./..#",
    "@": ".###/#...#/#.###/#.#.#/#.##/#/.###",
    "A": ".###/#...#/#...#/#####/#...#/#...#/#...#",
    "B": "####/#...#/#...#/####/#...#/#...#/####",
    "C": ".###/#...#/#/#/#/#...#/.###",
    "D": "####/#...#/#...#/#...#/#...#/#...#/####",
    "E": "#####/#/#/####/#/#/#####",
    "F": "#####/#/#/####/#/#/#",
    "G": ".###/#...#/#/#.###/#...#/#...#/.####",
    "H": "#...#/#...#/#...#/#####/#...#/#...#/#...#",
    "I": ".###/..#/..#/..#/..#/..#/.###",
    "J": "..###/...#/...#/...#/...#/#..#/.##",
    "K": "#...#/#..#/#.#/##/#.#/#..#/#...#",
    "L": "#/#/#/#/#/#/#####",
    "M": "#...#/##.##/#.#.#/#.#.#/#...#/#...#/#...#",
    "N": "#...#/##..#/#.#.#/#..##/#...#/#...#/#...#",
    "O": ".###/#...#/#...#/#...#/#...#/#...#/.###",
    "P": "####/#...#/#...#/####/#/#/#",
    "Q": ".###/#...#/#...#/#...#/#.#.#/#..#/.##.#",
    "R": "####/#...#/#...#/####/#.#/#..#/#...#",
    "S": ".####/#/#/.###/....#/....#/####",
    "T": "#####/..#/..#/..#/..#/..#/..#",
    "U": "#...#/#...#/#...#/#...#/#...#/#...#/.###",
    "V": "#...#/#...#/#...#/#...#/#...#/.#.#/..#",
    "W": "#...#/#...#/#...#/#.#.#/#.#.#/#.#.#/.#.#",
    "X": "#...#/#...#/.#.#/..#/.#.#/#...#/#...#",
    "Y": "#...#/#...#/.#.#/..#/..#/..#/..#",
    "Z": "#####/....#/...#/..#/.#/#/#####",
    "[": ".###/.#/.#/.#/.#/.#/.###",
    "\\": "#/#/.#/..#/...#/....#/....#",
    "]": ".###/...#/...#/...#/...#/...#/.###",
    "^": "..#/.#.#/#...#",
    "_": "8:#####",
    "`": ".#/..#",
    "a": "2:.###/....#/.####/#...#/.####",
    "b": "#/#/####/#...#/#...#/#...#/####",
    "c": "2:.####/#/#/#/.####",
    "d": "....#/....#/.####/#...#/#...#/#...#/.####",
    "e": "2:.###/#...#/#####/#/.####",
    "f": "..##/.#/####/.#/.#/.#/.#",
    "g": "2:.####/#...#/#...#/#...#/.####/....#/.###",
    "h": "#/#/####/#...#/#...#/#...#/#...#",
    "i": "..#/./.##/..#/..#/..#/.###",
    "j": "...#/./..##/...#/...#/...#/...#/...#/.##",
    "k": "#/#/#..#/#.#/##/#.#/#..#",
    "l": ".##/..#/..#/..#/..#/..#/...##",
    "m": "2:##.#/#.#.#/#.#.#/#.#.#/#.#.#",
    "n": "2:####/#...#/#...#/#...#/#...#",
    "o": "2:.###/#...#/#...#/#...#/.###",
    "p": "2:####/#...#/#...#/#...#/####/#/#",
    "q": "2:.####/#...#/#...#/#...#/.####/....#/....#",
    "r": "2:#.##/##/#/#/#",
    "s": "2:.####/#/.###/....#/####",
    "t": ".#/.#/####/.#/.#/.#/..##",
    "u": "2:#...#/#...#/#...#/#...#/.####",
    "v": "2:#...#/#...#/#...#/.#.#/..#",
    "w": "2:#...#/#.#.#/#.#.#/#.#.#/.#.#",
    "x": "2:#...#/.#.#/..#/.#.#/#...#",
    "y": "2:#...#/#...#/#...#/#...#/.####/....#/.###",
    "z": "2:#####/...#/..#/.#/#####",
    "{": "...##/..#/..#/.#/..#/..#/...##",
    "|": "..#/..#/..#/..#/..#/..#/..#/..#",
    "}": "##/..#/..#/...#/..#/..#/##",
    "~": "3:.#..#/#.#.#/#..#",
    "\x7f": "#####/#...#/#.#.#/#...#/#.#.#/#...#/#####",
    "\xa0": "",
    "\xa1": "2:..#/./..#/..#/..#/..#/..#",
    "\xa2": "1:..#/.####/#.#/#.#/#.#/.####/..#",
    "\xa3": "..##/.#..#/.#/###/.#/.#/#####",
    "\xa4": "1:#...#/.###/.#.#/.###/#...#",
    "\xa5": "#...#/.#.#/#####/..#/#####/..#/..#",
    "\xa6": "..#/..#/..#/./..#/..#/..#",
    "\xa7": ".###/#/.##/#..#/.##/...#/###",
    "\xa8": ".#.#",
    "\xa9": ".###/#...#/#.#.#/##..#/#.#.#/#...#/.###",
    "\xaa": ".##/#.#/.##/./###",
    "\xab": "2:..#.#/.#.#/#.#/.#.#/..#.#",
    "\xac": "3:#####/....#/....#",
    "\xad": "3:.###",
    "\xae": ".###/#...#/###.#/##..#/#.#.#/#...#/.###",
    "\xaf": ".###",
    "\xb0": ".##/#..#/.##",
    "\xb1": "..#/..#/#####/..#/..#/./#####",
    "\xb2": "##/..#/.#/###",
    "\xb3": "###/.##/..#/##",
    "\xb4": "...#/..#",
    "\xb5": "2:#...#/#...#/#...#/##.##/#.#.#/#/#",
    "\xb6": ".####/##.#/##.#/.#.#/.#.#/.#.#/.#.#",
    "\xb7": "3:.##/.##",
    "\xb8": "7:..#/.##",
    "\xb9": ".#/##/.#/###",
    "\xba": ".#/#.#/.#/./###",
    "\xbb": "2:#.#/.#.#/..#.#/.#.#/#.#",
    "\xbc": "#/#..#/#.#/.#/#.#/..###/....#",
    "\xbd": "#/#..#/#.#/.#/#.##/....#/..###",
    "\xbe": "##/.#.#/####/.#/#.#/..###/....#",
    "\xbf": "2:..#/./..#/.#/#/#...#/.###",
    "\xc6": ".####/#.#/#.#/####/#.#/#.#/#.###",
    "\xc7": ".###/#...#/#/#/#/#...#/.###/..#/.##",
    "\xd0": ".###/.#..#/.#..#/###.#/.#..#/.#..#/.###",
    "\xd7": "2:#...#/.#.#/..#/.#.#/#...#",
    "\xd8": ".###/#..##/#..##/#.#.#/##..#/##..#/.###",
    "\xde": "#/####/#...#/#...#/####/#/#",
    "\xdf": ".##/#..#/#..#/#.#/#..#/#..#/#.##",
    "\xe6": "2:##.##/..#.#/.####/#.#/.####",
    "\xe7": "2:.####/#/#/#/.####/..#/.##",
    "\xf0": "..#.#/...#/..#.#/.####/#...#/#...#/.###",
    "\xf7": "1:..#/./#####/./..#",
    "\xf8": "2:.###/#..##/#.#.#/##..#/.###",
    "\xfe": "#/#/####/#...#/#...#/####/#/#",
    "\u2190": "1:..#/.#/#####/.#/..#",
    "\u2191": "1:..#/.###/#.#.#/..#/..#",
    "\u2192": "1:..#/...#/#####/...#/..#",
    "\u2193": "1:..#/..#/#.#.#/.###/..#",
    "\u2026": "6:#.#.#",
    "\u2013": "3:.####",
    "\u2014": "3:#####",
    "\u2018": "...#/..#/..#",
    "\u2019": "..#/..#/.#",
    "\u201c": ".#..#/#..#/#..#",
    "\u201d": ".#..#/.#..#/#..#",
    "\u2022": "2:.##/####/####/.##",
    "\u25cf": "1:.###/#####/#####/#####/.###",
    "\u25b6": "#/##/###/####/###/##/#",
    "\u2713": "1:....#/....#/...#/#..#/.#.#/..#",
    "\u2717": "1:#...#/.#.#/..#/.#.#/#...#",
}

# Marks, by their last row's distance above a letter.
MARKS = {
    "`": ".#/..#", "'": "...#/..#", "^": "..#/.#.#", "~": ".##.#/#.##", ":": ".#.#", "o": "..#/.#.#/..#",
}  # fmt: skip

# Latin-1's letters with marks: each is a letter and a mark.
MARKED = dict(
    zip(
        "\xc0\xc1\xc2\xc3\xc4\xc5\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\xd1\xd2\xd3\xd4\xd5\xd6\xd9\xda\xdb\xdc\xdd"
        "\xe0\xe1\xe2\xe3\xe4\xe5\xe8\xe9\xea\xeb\xec\xed\xee\xef\xf1\xf2\xf3\xf4\xf5\xf6\xf9\xfa\xfb\xfc\xfd\xff",
        "A` A' A^ A~ A: Ao E` E' E^ E: I` I' I^ I: N~ O` O' O^ O~ O: U` U' U^ U: Y' "
        "a` a' a^ a~ a: ao e` e' e^ e: i` i' i^ i: n~ o` o' o^ o~ o: u` u' u^ u: y' y:".split(),
        strict=True,
    )
)


def ink(text):
    """The pixels of a glyph's text: (column, row from the capitals' top)."""
    first, _, rows = text.rpartition(":")
    top = int(first or 0)
    return {(x, top + y) for y, row in enumerate(rows.split("/")) for x, letter in enumerate(row) if letter == "#"}


def glyph(character):
    if character not in MARKED:
        return ink(GLYPHS[character])
    letter, mark = MARKED[character]
    body = ink(GLYPHS[letter])
    if letter == "i":
        body = {(x, y) for x, y in body if y > 1}
    high = min(y for _, y in body)
    rows = MARKS[mark].count("/") + 1
    # A capital has two rows above it: a ring takes its place on it.
    lift = high - rows - (1 if high > rows else 0)
    return body | {(x, y + max(lift, -CAPITAL)) for x, y in ink(MARKS[mark])}


def characters():
    return [chr(code) for code in (*range(32, 128), *range(160, 256))] + list(SYMBOLS)


def rows():
    """The picture's rows, RGBA."""
    signs = characters()
    height = -(-len(signs) // COLUMNS) * HEIGHT
    lines = [bytearray(COLUMNS * WIDTH * 4) for _ in range(height)]
    for at, character in enumerate(signs):
        for x, y in glyph(character):
            assert 0 <= x < WIDTH - 1 and 0 <= y + CAPITAL < HEIGHT, character
            place = (at % COLUMNS * WIDTH + x) * 4
            lines[at // COLUMNS * HEIGHT + CAPITAL + y][place : place + 4] = b"\xff\xff\xff\xff"
    return lines


def png(lines):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", len(lines[0]) // 4, len(lines), 8, 6, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + bytes(line) for line in lines), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def pixels(data):
    """The unpacked rows of a picture that `png` wrote: compressors differ, pixels do not."""
    begin = data.index(b"IDAT")
    length = struct.unpack(">I", data[begin - 4 : begin])[0]
    return data[:begin - 4], zlib.decompress(data[begin + 4 : begin + 4 + length])


def main(arguments):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "font.png")
    drawn = png(rows())
    if arguments == ["--check"]:
        if os.path.exists(path) and pixels(open(path, "rb").read()) == pixels(drawn):
            return 0
        print(f"{os.path.relpath(path)} is not what engine/window/assets/font.py draws: run it, and commit what it writes")
        return 1
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    with open(path, "wb") as file:
        file.write(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
