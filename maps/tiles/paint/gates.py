"""Doors that swing on their hinges and gates that are wound up, seen from above and the south, by how open they are."""

import math

from .canvas import Canvas

# A picture is larger than the doorway, with the doorway's middle in its own.
SIZE = 80
LENGTH, HEIGHT = 32, 18
# Seen from above at a slant, ways north are shorter.
SLANT = 0.75


def _plank(along, up, lit):
    """The letter of a leaf of oak at a place on it; `lit`: how much its face looks to the light."""
    ramp = "bBwW" if lit > 0.6 else "vbBw" if lit > 0.3 else "vvbB"
    if up >= HEIGHT - 1:
        return ramp[3]
    if up in (4, 13):
        return "54" [int(along) % 4 == 3] if lit > 0.3 else "3"
    if up in (3, 12):
        return "k"
    if LENGTH - 7 <= along <= LENGTH - 5 and 7 <= up <= 9:
        return "Y" if along < LENGTH - 5.5 and up > 7 else "y"
    if int(along) % 6 == 5:
        return ramp[0]
    return ramp[2] if int(along) % 6 == 0 else ramp[1]


def _leaf(hinge, way, thick):
    """A leaf from its hinge on the ground along a way (a unit vector), as columns from the far to the near."""
    canvas = Canvas(SIZE, SIZE)
    (hx, hy), (dx, dy) = hinge, way
    lit = abs(dx)
    steps = [at / 4 for at in range(LENGTH * 4)]
    # What is nearer the viewer is drawn later.
    for along in sorted(steps, key=lambda at: dy * at):
        x, y = hx + dx * along, hy + dy * along * SLANT
        for up in range(HEIGHT):
            letter = _plank(along, up, lit)
            for side in range(thick):
                canvas.put(math.floor(x) + side, math.floor(y) - up, letter if side == 0 or up < HEIGHT - 1 else "B")
        for side in range(thick):
            # The upper edge.
            canvas.put(math.floor(x) + side, math.floor(y) - HEIGHT, "W" if lit > 0.3 else "w")
    return canvas.outlined()


def across(openness):
    """A door in a wall that runs east and west, its hinge in the west, swinging north."""
    turn = math.radians(84) * openness
    way = (math.cos(turn), -math.sin(turn))
    thick = 1 if openness < 0.5 else 2
    return _leaf((SIZE / 2 - LENGTH / 2, SIZE / 2 + 6), way, thick)


def along(openness, hinge="north"):
    """A door in a wall that runs north and south, swinging east."""
    if openness == 0:
        return _shut_along()
    turn = math.radians(88) * openness
    south = 1 if hinge == "north" else -1
    place = (SIZE / 2 - 2, SIZE / 2 - south * (LENGTH / 2 - 4))
    return _leaf(place, (math.sin(turn), south * math.cos(turn)), 4 if openness < 0.3 else 2)


def _shut_along():
    """Edge on: the upper edge, and at its southern end the thickness of the leaf."""
    canvas = Canvas(SIZE, SIZE)
    x, north, south = SIZE // 2 - 2, SIZE // 2 - LENGTH // 2, SIZE // 2 + LENGTH // 2 - 1
    for y in range(north - HEIGHT + 2, south - HEIGHT + 1):
        for side, letter in enumerate("WwwB"):
            canvas.put(x + side, y, letter if (y - north) % 6 else "B")
    for y in range(south - HEIGHT + 1, south):
        for side, letter in enumerate("wBBb"):
            canvas.put(x + side, y, letter)
    canvas.rect(x, south - 5, 4, 1, "4").rect(x, south - 14, 4, 1, "4")
    return canvas.outlined()


# Raised, it has to be hidden by the lintel.
PORTCULLIS_WIDTH, PORTCULLIS_HEIGHT = 64, 26


def portcullis(openness):
    """Iron bars that end in spikes; what is above the lintel is not seen."""
    canvas = Canvas(SIZE, SIZE)
    left, ground = SIZE // 2 - PORTCULLIS_WIDTH // 2, SIZE // 2 + 7
    lintel = ground - PORTCULLIS_HEIGHT
    bottom = ground - round(openness * (PORTCULLIS_HEIGHT - 6))
    for column in range(8):
        x = left + column * 8 + 2
        for y in range(lintel, bottom + 1):
            spike = bottom - y
            canvas.put(x, y, "k")
            canvas.put(x + 3, y, "k")
            if spike > 1:
                canvas.put(x + 1, y, "5" if (bottom - y) % 8 > 1 else "6")
                canvas.put(x + 2, y, "3")
            elif spike == 1:
                canvas.put(x, y, ".")
                canvas.put(x + 3, y, ".")
                canvas.put(x + 1, y, "4")
                canvas.put(x + 2, y, "2")
            else:
                canvas.put(x, y, ".")
                canvas.put(x + 3, y, ".")
                canvas.put(x + 1, y, "k")
                canvas.put(x + 2, y, "k")
    for bar in range(4):
        y = bottom - 6 - bar * 8
        if y > lintel + 1:
            for x in range(left, left + PORTCULLIS_WIDTH):
                if (x - left) % 8 in (3, 4):
                    canvas.put(x, y, "6" if (x - left) % 8 == 3 else "5")
                    canvas.put(x, y + 1, "4")
                else:
                    canvas.put(x, y - 1, "k")
                    canvas.put(x, y, "4")
                    canvas.put(x, y + 1, "2")
                    canvas.put(x, y + 2, "k")
    return canvas
