"""A canvas of palette letters, and PNG files. Nothing here knows what is painted."""

import random
import struct
import zlib

from .palette import PALETTE


class Canvas:
    """Pixels by palette letter; None is transparent."""

    def __init__(self, width, height, fill=None):
        self.width, self.height = width, height
        self.pixels = [fill] * (width * height)

    @classmethod
    def of(cls, text, **letters):
        """From a drawing in letters; `.` is transparent. `letters` replaces some of them by others."""
        rows = text.strip("\n").split("\n")
        canvas = cls(len(rows[0]), len(rows))
        for y, row in enumerate(rows):
            assert len(row) == canvas.width, f"row {y} has {len(row)} of {canvas.width} letters: {row}"
            for x, letter in enumerate(row):
                canvas.put(x, y, letters.get(letter, letter))
        return canvas

    def put(self, x, y, letter):
        if 0 <= x < self.width and 0 <= y < self.height:
            self.pixels[y * self.width + x] = None if letter == "." else letter

    def get(self, x, y):
        inside = 0 <= x < self.width and 0 <= y < self.height
        return self.pixels[y * self.width + x] if inside else None

    def rect(self, x, y, width, height, letter):
        for v in range(y, y + height):
            for u in range(x, x + width):
                self.put(u, v, letter)
        return self

    def disc(self, x, y, rx, ry, letter):
        """An ellipse about the middle (x, y), which may lie between pixels."""
        for v in range(self.height):
            for u in range(self.width):
                if ((u + 0.5 - x) / rx) ** 2 + ((v + 0.5 - y) / ry) ** 2 <= 1:
                    self.put(u, v, letter)
        return self

    def paste(self, other, x=0, y=0):
        for v in range(other.height):
            for u in range(other.width):
                letter = other.get(u, v)
                if letter:
                    self.put(x + u, y + v, letter)
        return self

    def copy(self):
        return Canvas(self.width, self.height).paste(self)

    def flipped(self):
        """Left and right exchanged."""
        canvas = Canvas(self.width, self.height)
        for y in range(self.height):
            for x in range(self.width):
                canvas.put(self.width - 1 - x, y, self.get(x, y) or ".")
        return canvas

    def shifted(self, dx, dy):
        return Canvas(self.width, self.height).paste(self, dx, dy)

    def cut(self, x, y, width, height):
        canvas = Canvas(width, height)
        for v in range(height):
            for u in range(width):
                canvas.put(u, v, self.get(x + u, y + v) or ".")
        return canvas

    def swapped(self, **letters):
        canvas = Canvas(self.width, self.height)
        canvas.pixels = [letters.get(letter, letter) if letter else None for letter in self.pixels]
        return canvas

    def outlined(self, letter="k"):
        """With an outline around what is painted."""
        canvas = self.copy()
        for y in range(self.height):
            for x in range(self.width):
                near = ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1))
                if not self.get(x, y) and any(self.get(u, v) not in (None, "~", "-") for u, v in near):
                    canvas.put(x, y, letter)
        return canvas

    def rgba(self):
        empty = (0, 0, 0, 0)
        return b"".join(bytes(PALETTE[letter] if letter else empty) for letter in self.pixels)


class Chance:
    """Random numbers that are the same in every Python: only `random()` is promised to be."""

    def __init__(self, seed):
        self.source = random.Random(seed)

    def below(self, count):
        return int(self.source.random() * count)

    def often(self, share):
        return self.source.random() < share

    def of(self, things):
        return things[self.below(len(things))]


def write_png(path, canvas):
    """Writes an RGBA picture, each row as it is."""
    stride = canvas.width * 4
    raw = canvas.rgba()
    rows = b"".join(b"\0" + raw[at : at + stride] for at in range(0, len(raw), stride))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", canvas.width, canvas.height, 8, 6, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def read_png(path):
    """Width, height and RGBA bytes of a picture that `write_png` wrote: compressors differ, pixels do not."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed, size = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
            assert body[8:] == bytes((8, 6, 0, 0, 0)), f"{path} is not as write_png writes"
        elif kind == b"IDAT":
            packed += body
        at += length + 12
    rows, stride = zlib.decompress(packed), size[0] * 4 + 1
    assert not any(rows[::stride]), f"{path} is not as write_png writes"
    return (*size, b"".join(rows[at + 1 : at + stride] for at in range(0, len(rows), stride)))
