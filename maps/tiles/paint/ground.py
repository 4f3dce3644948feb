"""What one stands on: grass, paths, floors, carpets, water. All of it repeats without seams."""

from .canvas import Canvas, Chance

SIZE = 16


def _wrap(canvas, x, y, letter):
    canvas.put(x % SIZE, y % SIZE, letter)


def grass(seed, tufts=6, flowers=()):
    canvas, chance = Canvas(SIZE, SIZE, "G"), Chance(seed)
    for _ in range(14):
        x, y = chance.below(SIZE), chance.below(SIZE)
        for step in range(2 + chance.below(3)):
            _wrap(canvas, x + step, y, "g" if chance.often(0.35) else "G")
    for _ in range(tufts):
        x, y = chance.below(SIZE), chance.below(SIZE)
        _wrap(canvas, x, y, "l")
        _wrap(canvas, x, y + 1, "l")
        _wrap(canvas, x + 1, y + 1, "g")
        if chance.often(0.5):
            _wrap(canvas, x - 1, y + 1, "g")
            _wrap(canvas, x, y - 1, "L")
    for x, y, petal, heart in flowers:
        for dx, dy in ((0, -1), (-1, 0), (1, 0)):
            _wrap(canvas, x + dx, y + dy, petal)
        _wrap(canvas, x, y, heart)
        _wrap(canvas, x, y + 1, "g")
    return canvas


def dirt(seed):
    canvas, chance = Canvas(SIZE, SIZE, "p"), Chance(seed)
    for _ in range(26):
        x, y = chance.below(SIZE), chance.below(SIZE)
        letter = chance.of("QPP")
        _wrap(canvas, x, y, letter)
        if chance.often(0.5):
            _wrap(canvas, x + 1, y, letter)
    for _ in range(3):
        x, y = chance.below(SIZE), chance.below(SIZE)
        _wrap(canvas, x, y, "a")
        _wrap(canvas, x, y + 1, "q")
    return canvas


def cobbles(seed, ramp="QppP"):
    """Round stones, set by hand."""
    joint, low, mid, high = ramp
    canvas, chance = Canvas(SIZE, SIZE, joint), Chance(seed)
    for row in range(4):
        shift = 2 if row % 2 else 0
        for column in range(4):
            x, y = column * 4 + shift, row * 4
            body = mid if chance.often(0.7) else low
            for dx, dy in ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2)):
                _wrap(canvas, x + dx, y + dy, body)
            _wrap(canvas, x, y, high if body == mid and chance.often(0.6) else body)
            _wrap(canvas, x + 1, y, high if body == mid else mid)
            _wrap(canvas, x + 2, y + 2, low if body == mid else joint)
            if chance.often(0.5):
                _wrap(canvas, x + 1, y + 2, low)
            if chance.often(0.25):
                _wrap(canvas, x + 2, y, joint)
    return canvas


def flags(seed, ramp="2334", size=8, worn=2, lit=0.5):
    """Square stones with a lit upper left edge; every other row is shifted."""
    joint, low, mid, high = ramp
    canvas, chance = Canvas(SIZE, SIZE, mid), Chance(seed)
    for row in range(SIZE // size):
        shift = size // 2 if row % 2 and size == 8 else 0
        for column in range(SIZE // size):
            x, y = column * size + shift, row * size
            body = mid if chance.often(0.75) else low
            for v in range(size):
                for u in range(size):
                    edge = u == size - 1 or v == size - 1
                    _wrap(canvas, x + u, y + v, joint if edge else body)
            for at in range(size - 1):
                if chance.often(lit + 0.3):
                    _wrap(canvas, x + at, y, high if body == mid else mid)
                if chance.often(lit):
                    _wrap(canvas, x, y + at, high if body == mid else mid)
    for _ in range(worn):
        x, y = chance.below(SIZE), chance.below(SIZE)
        _wrap(canvas, x, y, low)
        _wrap(canvas, x + 1, y + 1, low)
    return canvas


def checks(ramps):
    """Two by two tiles in two colours."""
    canvas = Canvas(SIZE, SIZE)
    for y in range(SIZE):
        for x in range(SIZE):
            low, mid, high = ramps[(x // 8 + y // 8) % 2]
            u, v = x % 8, y % 8
            canvas.put(x, y, low if u == 7 or v == 7 else high if (u == 0 and v < 6) or (v == 0 and u < 6) else mid)
    return canvas


def boards(seed):
    canvas, chance = Canvas(SIZE, SIZE, "B"), Chance(seed)
    for row in range(4):
        y, joint = row * 4, (5, 13, 1, 9)[row]
        for x in range(SIZE):
            canvas.put(x, y, "w" if chance.often(0.25) else "B")
            canvas.put(x, y + 3, "b")
            if chance.often(0.06):
                canvas.put(x, y + 1 + chance.below(2), "b")
        for step in range(4):
            canvas.put(joint, y + step, "b")
        canvas.put((joint - 1) % SIZE, y + 1, "v")
    return canvas


def water(frame):
    """One of four: the ripples drift to the right."""
    canvas = Canvas(SIZE, SIZE, "u")
    for x, y, length in ((1, 2, 5), (9, 5, 4), (4, 9, 6), (11, 12, 4)):
        for step in range(length):
            _wrap(canvas, x + step + frame * 4, y + (1 if step in (0, length - 1) else 0), "U")
        _wrap(canvas, x + 2 + frame * 4, y - 1, "o")
    for x, y in ((6, 0), (14, 9), (2, 14)):
        for step in range(3):
            _wrap(canvas, x + step - frame * 4, y, "x")
    return canvas


def bank(sides, frame):
    """Water with land on some of its sides (of `nesw`): a lip of stone, foam below it."""
    canvas = water(frame)
    foam = (0, 1, 2, 1)[frame]
    for at in range(SIZE):
        if "n" in sides:
            for y, letter in enumerate("4321x"):
                canvas.put(at, y, letter)
            canvas.put(at, 5 + (at // 4 + foam) % 2, "o")
        if "s" in sides:
            canvas.put(at, SIZE - 1, "5")
            canvas.put(at, SIZE - 2, "o" if (at // 3 + foam) % 3 else "U")
        if "w" in sides:
            canvas.put(0, at, "4")
            canvas.put(1, at, "2")
            canvas.put(2, at, "o" if (at // 3 + foam) % 3 else "U")
        if "e" in sides:
            canvas.put(SIZE - 1, at, "5")
            canvas.put(SIZE - 2, at, "o" if (at // 3 + foam) % 3 else "U")
    return canvas


def carpet(sides, field="R", light="t", dark="r"):
    """A carpet's piece, with a border on some of its sides (of `nesw`)."""
    canvas = Canvas(SIZE, SIZE, field)
    for y in range(SIZE):
        for x in range(SIZE):
            u, v = (x + 8) % 16 - 8, (y + 8) % 16 - 8
            if abs(u) + abs(v) in (5, 6):
                canvas.put(x, y, light)
            elif abs(u) + abs(v) < 3:
                canvas.put(x, y, dark)
            elif (x - 8) ** 2 + (y - 8) ** 2 < 5:
                canvas.put(x, y, "y")
    border = (dark, "Y", "y", dark)
    for depth, letter in enumerate(border):
        for at in range(SIZE):
            for side, x, y in (("n", at, depth), ("s", at, 15 - depth), ("w", depth, at), ("e", 15 - depth, at)):
                if side not in sides:
                    continue
                # At a corner the outer ring wins.
                near = {"n": y, "s": 15 - y, "w": x, "e": 15 - x}
                if all(near[other] >= depth for other in sides):
                    canvas.put(x, y, letter)
    if "s" in sides:
        for x in range(0, SIZE, 2):
            canvas.put(x, 15, "Y")
    return canvas


def fringe(sides):
    """Grass that grows over the edge of a path: to lay over it on those sides."""
    canvas, chance = Canvas(SIZE, SIZE), Chance(len(sides) * 7 + ord(sides[0]))
    for at in range(SIZE):
        for side in sides:
            depth = 2 + chance.below(3)
            for step in range(depth):
                x, y = {"n": (at, step), "s": (at, 15 - step), "w": (step, at), "e": (15 - step, at)}[side]
                canvas.put(x, y, "g" if step == depth - 1 else "G")
    return canvas
