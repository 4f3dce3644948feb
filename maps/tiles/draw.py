#!/usr/bin/env python3
"""Draws castle.png, the tiles of the castle. Run it again after a change: python3 maps/tiles/draw.py (needs Pillow)."""

import os
import random

from PIL import Image

SIZE, COLUMNS = 16, 8

PALETTE = {
    ".": None,
    "k": (34, 32, 46), "K": (58, 54, 72),  # outlines, deep shade
    "s": (118, 116, 132), "S": (154, 152, 164), "t": (188, 186, 192), "d": (86, 84, 102),  # stone
    "b": (92, 62, 44), "B": (134, 92, 58), "w": (176, 128, 80),  # wood
    "g": (74, 108, 58), "G": (98, 136, 70), "l": (128, 166, 84),  # grass
    "p": (150, 124, 88), "P": (174, 148, 108), "q": (128, 104, 74),  # path
    "u": (54, 96, 140), "U": (84, 134, 176), "v": (146, 190, 212),  # water
    "r": (146, 52, 52), "R": (190, 78, 66), "o": (224, 130, 66),  # red, orange
    "y": (240, 190, 84), "Y": (252, 230, 150), "h": (255, 248, 220),  # light
    "f": (226, 176, 140), "F": (190, 138, 108),  # skin
    "n": (58, 74, 120), "N": (88, 110, 164),  # blue cloth
    "e": (112, 112, 120), "E": (208, 210, 216), "m": (70, 70, 84),  # metal
    "a": (238, 236, 226), "A": (206, 200, 188),  # white cloth
    "c": (60, 56, 60), "C": (92, 86, 88),  # dark fur
    "z": (122, 84, 140), "Z": (160, 118, 176),  # violet
}

SPRITES = {
    "lamp": """
......kkkk......
.....kKKKKk.....
......kddk......
.....kkkkkk.....
....kKSSSSKk....
....kKssssKk....
....kKsmmsKk....
....kKsmmsKk....
....kKsmmsKk....
....kKssssKk....
....kKSSSSKk....
.....kkkkkk.....
......kddk......
......kddk......
.....kkddkk.....
.....kKKKKk.....""",
    "lamp_lit": """
......kkkk......
.....kKKKKk.....
......kddk......
.....kkkkkk.....
....kyYYYYyk....
....kyYhhYyk....
....kyYhhYyk....
....koYhhYok....
....koyhhyok....
....koyYYyok....
....kooyyook....
.....kkkkkk.....
......kddk......
......kddk......
.....kkddkk.....
.....kKKKKk.....""",
    "bell": """
.......kk.......
......kwwk......
...kkkkwwkkkk...
...kBBBwwBBBk...
...kkkkkkkkkk...
......kyyk......
.....kyYyok.....
....kyYYyyok....
....kyYyyyok....
....kyYyyook....
....kyYyyook....
...kyYyyyyook...
..kyYyyyyyoook..
..kkkkkkkkkkkk..
......koyk......
.......kk.......""",
    "portcullis": """
kkkkkkkkkkkkkkkk
eEemeEemeEemeEem
eEkmeEkmeEkmeEkm
eEkmeEkmeEkmeEkm
EEEEEEEEEEEEEEEE
mmmmmmmmmmmmmmmm
eEkmeEkmeEkmeEkm
eEkmeEkmeEkmeEkm
eEkmeEkmeEkmeEkm
EEEEEEEEEEEEEEEE
mmmmmmmmmmmmmmmm
eEkmeEkmeEkmeEkm
eEkmeEkmeEkmeEkm
.E.k.E.k.E.k.E.k
.k...k...k...k..
................""",
    "lift": """
kkkkkkkkkkkkkkkk
kwwwwwwwwwwwwwwk
kBbBBBBBBBBBBbBk
kBbBBBBBBBBBBbBk
kBbbbbbbbbbbbbBk
kB............Bk
kB............Bk
kB............Bk
kB............Bk
kB............Bk
kB............Bk
kBbbbbbbbbbbbbBk
kwwwwwwwwwwwwwwk
kBBBBBBBBBBBBBBk
kbbbbbbbbbbbbbbk
kkkkkkkkkkkkkkkk""",
    "plate": """
................
................
..kkkkkkkkkkkk..
.kttttttttttttk.
.ktSSSSSSSSSSsk.
.ktSssssssssSsk.
.ktSsddddddsSsk.
.ktSsdSSSSdsSsk.
.ktSsdSSSSdsSsk.
.ktSsddddddsSsk.
.ktSssssssssSsk.
.ktSSSSSSSSSSsk.
.ksssssssssssdk.
..kkkkkkkkkkkk..
................
................""",
    "lever": """
................
...........kkk..
..........kRrk..
..........krrk..
.........kkkk...
........kEk.....
.......kEk......
.......kek......
......kEk.......
.....kkekkk.....
....kSSSSSSk....
...kSsssssssk...
...kSsdddddsk...
...kSsssssssk...
...kddddddddk...
....kkkkkkkk....""",
    "chest": """
................
................
..kkkkkkkkkkkk..
.kwwwwwwwwwwwwk.
.kwBBByyyyBBBbk.
.kBBBByYyyBBBbk.
.kBbbbbbbbbbbbk.
.kkkkkyYykkkkkk.
.kwwwwykywwwwwk.
.kwBBBykyBBBBbk.
.kwBBByyyBBBBbk.
.kyBBBBBBBBBByk.
.kyyBBBBBBBByyk.
.kbbbbbbbbbbbbk.
..kkkkkkkkkkkk..
................""",
    "guard_down": """
.....kkkkkk.....
....kEEEEeek....
...kEEeeeeemk...
...kEkkkkkkmk...
...kkfffffFkk...
...kffkffkfFk...
....kffffFFk....
..kkkkFFFkkkk...
.kRRrkkkkkrrrkk.
.kRrnNNNNNnrrkw.
.kfknNyyNnnkfkw.
.kkknNyyNnnkkfw.
...knNNNnnnk.kw.
...kkkkkkkkk.kw.
...kbbk.kbbk..k.
...kkkk.kkkk....""",
    "guard_up": """
.....kkkkkk.....
....kEEEEeek....
...kEEeeeeemk...
...kEeeeeeemk...
...kEeeeeeemk...
...kmeeeeemmk...
....kmmmmmmk....
..kkkkkkkkkkkk..
.kRRRRRRRRrrrkw.
.kRrRRRRRrrrkkw.
.kfkRRRRRrrkfkw.
.kkkRRRRRrrkkkw.
...kRRRRrrrk.kw.
...kkkkkkkkk.kw.
...kbbk.kbbk..k.
...kkkk.kkkk....""",
    "guard_side": """
.....kkkkkk.....
....kEEEEeek....
...kEEeeeeemk...
...kEekkkkkkk...
...kEefffffk....
...kmeffkffk....
....kmffffFk....
....kkkFFkkk....
...kRRrnNNnk.w..
...kRrrnNNnk.w..
...kRrkfnNnkkw..
...kRrkkfffffw..
...krrnNNnkk.w..
....kkkkkkkk.w..
....kbbkbbk..w..
....kkkkkkk.....""",
    "player": """
.....kkkkkk.....
....kbbBBbbk....
...kbBBBBBBbk...
...kbbbBBBbbk...
...kbfffffFbk...
...kffkffkfFk...
....kffffFFk....
...kkkFFFkkk....
..kGGgkkkgggk...
.kGGgGGGGggggk..
.kfkgGGGGggkfk..
.kkkbbyybbbkkk..
...kGGGGgggk....
...kkkkkkkkk....
...kbbk.kbbk....
...kkkk.kkkk....""",
    "cook": """
....kkkkkkkk....
...kaaaaaaaAk...
...kaaaaaaAAk...
....kaaaaaAk....
....kAAAAAAk....
...kffkffkfFk...
....kfffFFFk....
...kkkrrrkkk....
..kaakkkkkaAk...
.kaaakaaakaAAk..
.kfkaaaaaaAkfk..
.kkkaaaaaaAkkk..
...kaaaaaAAk....
...kkkkkkkkk....
...kbbk.kbbk....
...kkkk.kkkk....""",
    "cat": """
................
................
..k...k.........
.kCk.kCk........
.kCCkCCk.....kk.
.kCyCyCk....kck.
.kCCaCCk....kck.
..kCaCkkkkkkkck.
...kkCCCCCCcck..
...kCCCCCCCccK..
...kCCCCCCccck..
...kCcCCCcckck..
...kCkkkkkkkck..
...kak....kkak..
...kkk.....kkk..
................""",
    "rat": """
................
................
................
................
................
................
.........kk.....
...kk..kkeek....
..kFek.keeeek...
..kkkkkeeeeeekk.
..kekeeeeeeeemkF
.kaeeeeeeeeemmkF
..kkkemeeemekk.F
....kFkkkkFk..F.
....kk....kkFF..
................""",
    "bee": """
................
................
................
....kk..kk......
...kvvkkvvk.....
...kvvvkvvvk....
....kkvkvkk.....
...kkkykkykkk...
..kykykykykykk..
..kykykykykykykk
..kkkkykkykyykk.
....kkkkkkkkk...
................
................
................
................""",
    "hive": """
......kkkk......
....kkyyyykk....
...kyYYyyyyok...
...kooooooook...
..kyYYYyyyyyok..
..kyYYyyyyyyok..
..kooooooooook..
.kyYYYyyyyyyyok.
.kyYYyykkyyyyok.
.koooookkoooook.
..kyYYykkyyyok..
..kyYyyyyyyyok..
..kooooooooook..
...kyYyyyyyok...
....kkyyyokk....
......kkkk......""",
    "coin": """
................
................
................
................
.....kkkkk......
....kyYYyok.....
...kyYhYyyok....
...kyYyyoyok....
...kyYyyoyok....
...kyyyooyok....
....kyyyyok.....
.....kkkkk......
................
................
................
................""",
    "relay": """
................
......kkkk......
..kk..kEek..kk..
.kEekkEEeekkEek.
.keEEEEEeeeeemk.
..kEEEkkkkeeek..
..kEEk....keek..
kkEEk..zz..keekk
kEEek.zZZz.keemk
kEeek.zZZz.kemmk
kkeek..zz..kemkk
..keek....kemk..
..keeekkkkeemk..
.keeeeeeeemmmek.
.kekkkeemmkkkmk.
..k..kkkkkk..k..""",
    "counter": """
................
.kkkkkkkkkkkkkk.
.kwwwwwwwwwwwwk.
.kwaaaakaaaaabk.
.kwakkakakkkabk.
.kwaakakaaakabk.
.kwaakakaaakabk.
.kwaakakakkkabk.
.kwaakakakaaabk.
.kwaakakakaaabk.
.kwakkkakkkkabk.
.kwaaaakaaaaabk.
.kwAAAAkAAAAAbk.
.kbbbbbbbbbbbbk.
.kkkkkkkkkkkkkk.
................""",
    "daylight": """
.......yy.......
..y....yy....y..
...y..kkkk..y...
....kkYYYykk....
....kYYYyyokk...
...kYYhYyy.nkk..
...kYhYYyo.nNk..
yy.kYYYyyo.nNkyy
yy.kYYyyyo.nNkyy
...kYYyyyo.nNk..
...kYyyyyo.nnk..
....kyyyyo.nk...
....kkyyookkk...
...y..kkkk..y...
..y....yy....y..
.......yy.......""",
    "door": """
kkkkkkkkkkkkkkkk
wwwwkwwwkwwwkwww
BBBbkBBbkBBbkBBb
BBBbkBBbkBBbkBBb
eEEEEEEEEEEEEEEe
mmmmmmmmmmmmmmmm
BBBbkBBbkBBbkBBb
BBBbkBBbkBBbkByb
BBBbkBBbkBBbkByb
BBBbkBBbkBBbkBBb
eEEEEEEEEEEEEEEe
mmmmmmmmmmmmmmmm
BBBbkBBbkBBbkBBb
BBBbkBBbkBBbkBBb
bbbbkbbbkbbbkbbb
kkkkkkkkkkkkkkkk""",
    "table": """
................
.kkkkkkkkkkkkkk.
kwwwwwwwwwwwwwwk
kwwBwwwwaawwwwwk
kwwwwwwaAAawwBwk
kwwwywwaAAawwwwk
kwwwyowwaawwwwwk
kwBwwwwwwwwwwwwk
kwwwwwwwwwwwrwwk
kwwwwBwwwwwwrwwk
kBBBBBBBBBBBBBBk
kbbbbbbbbbbbbbbk
.kkkkkkkkkkkkkk.
..kbbk....kbbk..
..kbbk....kbbk..
..kkkk....kkkk..""",
    "barrel": """
................
....kkkkkkkk....
...kwwwwwwwwk...
..kwBBBBBBBBbk..
..kkkkkkkkkkkk..
..keEEEeeeemmk..
.kwBBkBBBkBBbbk.
.kwBBkBBBkBBbbk.
.kwBBkBBBkBBbbk.
.kwBBkBBBkBBbbk.
..keEEEeeeemmk..
..kwBBkBBkBBbk..
..kwBBkBBkBBbk..
...kbbbbbbbbk...
....kkkkkkkk....
................""",
    "well": """
....kkkkkkkk....
..kktttttttskk..
.kttSSSSSSSSssk.
ktSSddddddddSSsk
ktSdkkkkkkkkdSsk
ktSdkuuuuuukdSsk
ktSdkuUUvuukdSsk
ktSdkuUUUuukdSsk
ktSdkuuUuuukdSsk
ktSddkkkkkkddSsk
ktSSSddddddSSSsk
kttSSSSSSSSSSssk
.ksstttttttsssk.
.kdssssssssssdk.
..kkddddddddkk..
....kkkkkkkk....""",
    "bush": """
................
................
.....kkkkk......
...kklGGGgkk....
..klGGlGGGGgk...
.klGGGGGGlGGgk..
.kGlGGGGGGGggkk.
klGGGGlGGGGGGggk
kGGGlGGGGGlGGggk
kGGGGGGGGGGGgggk
kgGlGGGGlGGgggk.
.kgGGGGGGGggggk.
..kkggggggggkk..
....kkkkkkkk....
................
................""",
}


def sprite(name):
    image = Image.new("RGBA", (SIZE, SIZE))
    for y, row in enumerate(SPRITES[name].strip("\n").split("\n")):
        assert len(row) == SIZE, (name, y, row)
        for x, letter in enumerate(row):
            colour = PALETTE[letter]
            if colour:
                image.putpixel((x, y), colour + (255,))
    return image


def speckled(base, specks, count, seed):
    """A floor: one colour with specks of others."""
    chance = random.Random(seed)
    image = Image.new("RGBA", (SIZE, SIZE), PALETTE[base] + (255,))
    for _ in range(count):
        x, y = chance.randrange(SIZE), chance.randrange(SIZE)
        image.putpixel((x, y), PALETTE[chance.choice(specks)] + (255,))
    return image


def put(image, x, y, letter):
    if 0 <= x < SIZE and 0 <= y < SIZE:
        image.putpixel((x, y), PALETTE[letter] + (255,))


def grass(seed, flowers=False):
    image = speckled("G", "G", 0, seed)
    chance = random.Random(seed)
    for _ in range(9):
        x, y = chance.randrange(SIZE), chance.randrange(SIZE)
        put(image, x, y, "g")
        put(image, x, y - 1, "l")
    for _ in range(5):
        put(image, chance.randrange(SIZE), chance.randrange(SIZE), "g")
    if flowers:
        for x, y, letter in ((4, 5, "R"), (11, 9, "Y"), (7, 12, "a")):
            put(image, x, y, letter)
            put(image, x, y + 1, "g")
    return image


def flags(seed, base="S", light="t", shade="s", joint="d", size=8):
    """Square stones with a lit upper left edge."""
    image = Image.new("RGBA", (SIZE, SIZE), PALETTE[base] + (255,))
    chance = random.Random(seed)
    for y in range(SIZE):
        for x in range(SIZE):
            shift = 4 if (y // size) % 2 and size == 8 else 0
            u, v = (x + shift) % size, y % size
            if u == size - 1 or v == size - 1:
                put(image, x, y, joint)
            elif u == 0 or v == 0:
                put(image, x, y, light if chance.random() < 0.7 else base)
            elif u == size - 2 or v == size - 2:
                put(image, x, y, shade)
    for _ in range(6):
        put(image, chance.randrange(SIZE), chance.randrange(SIZE), shade)
    return image


def boards(seed):
    image = Image.new("RGBA", (SIZE, SIZE), PALETTE["B"] + (255,))
    chance = random.Random(seed)
    for y in range(SIZE):
        for x in range(SIZE):
            if y % 4 == 3:
                put(image, x, y, "b")
            elif y % 4 == 0 and chance.random() < 0.6:
                put(image, x, y, "w")
    for row, x in ((0, 5), (1, 12), (2, 2), (3, 9)):
        for y in range(row * 4, row * 4 + 3):
            put(image, x, y, "b")
    return image


def bricks(seed):
    """The face of a wall."""
    image = Image.new("RGBA", (SIZE, SIZE), PALETTE["s"] + (255,))
    chance = random.Random(seed)
    for y in range(SIZE):
        for x in range(SIZE):
            row = y // 4
            u = (x + (row % 2) * 4) % 8
            if y % 4 == 3 or u == 7:
                put(image, x, y, "K")
            elif y % 4 == 0 or u == 0:
                put(image, x, y, "S" if chance.random() < 0.8 else "t")
            elif y % 4 == 2:
                put(image, x, y, "d" if chance.random() < 0.5 else "s")
    return image


def wall_top(seed):
    """The top of a wall, seen from above: brighter than its face, with an outline."""
    image = flags(seed, base="d", light="s", shade="K", joint="k")
    return image


def water(seed):
    image = speckled("u", "uU", 20, seed)
    for x, y in ((2, 4), (3, 4), (4, 4), (10, 10), (11, 10), (12, 10), (7, 14), (8, 14)):
        put(image, x, y, "v" if x % 2 else "U")
    return image


def rug():
    image = Image.new("RGBA", (SIZE, SIZE), PALETTE["r"] + (255,))
    for at in range(SIZE):
        for edge in (1, 14):
            put(image, at, edge, "y")
    for y in range(4, 12):
        for x in range(SIZE):
            if (x + y) % 8 in (0, 7) or (x - y) % 8 == 0:
                put(image, x, y, "R")
    return image


def tiles():
    return [
        grass(1), grass(2), grass(3, flowers=True), speckled("P", "pq", 44, 4),
        flags(5), flags(6), boards(7), water(8),
        wall_top(9), bricks(10), rug(), sprite("table"), sprite("barrel"), sprite("well"), sprite("bush"),
        flags(11, base="P", light="P", shade="p", joint="q", size=4),
        sprite("door"), sprite("lamp"), sprite("lamp_lit"), sprite("bell"),
        sprite("portcullis"), sprite("lift"), sprite("plate"), sprite("lever"),
        sprite("chest"), sprite("coin"), sprite("guard_down"), sprite("guard_up"),
        sprite("guard_side"), sprite("guard_side").transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        sprite("player"), sprite("cook"),
        sprite("cat"), sprite("rat"), sprite("bee"), sprite("hive"),
        sprite("relay"), sprite("counter"), sprite("daylight"), flags(12, base="d", light="s", shade="K", joint="k", size=4),
    ]


def main():
    all_tiles = tiles()
    rows = -(-len(all_tiles) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * SIZE, rows * SIZE))
    for at, tile in enumerate(all_tiles):
        sheet.paste(tile, (at % COLUMNS * SIZE, at // COLUMNS * SIZE))
    sheet.save(os.path.join(os.path.dirname(os.path.abspath(__file__)), "castle.png"), optimize=True)


if __name__ == "__main__":
    main()
