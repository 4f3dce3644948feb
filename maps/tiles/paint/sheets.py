"""The tilesets: which picture stands where, and what it is to the engine. Writes PNG and Tiled's .tsx.

Tiles keep their places from run to run: add at the end of a shelf that has room, or a shelf at the end.
"""

import os
from xml.sax.saxutils import quoteattr

from . import beasts, furniture, gates, ground, people, things, walls
from .canvas import Canvas, write_png

FACINGS = ("down", "right", "left", "up")


class Sheet:
    """A tileset in the making: a grid of tiles, filled shelf by shelf."""

    def __init__(self, name, width, height, columns, offset=(0, 0)):
        self.name, self.width, self.height, self.columns, self.offset = name, width, height, columns, offset
        self.cells, self.facts, self.names = {}, {}, {}
        self.shelf, self.depth, self.column = 0, 0, 0

    def next_shelf(self):
        self.shelf, self.depth, self.column = self.shelf + self.depth, 0, 0

    def add(self, name, *frames, ms=160, foot=False, **facts):
        """A picture of any number of tiles, and the further frames of its animation. `foot`: only its lowest row is solid."""
        places = [self._place(frame) for frame in frames]
        self.names[name] = places[0]
        across, down = frames[0].width // self.width, frames[0].height // self.height
        for row in range(down):
            for column in range(across):
                at, *_ = steps = [place + row * self.columns + column for place in places]
                one = dict(facts)
                if across * down > 1 and (row, column) != (down - 1, across // 2):
                    # A picture of several tiles shines from one of them.
                    for fact in ("glow", "glow_color", "flicker"):
                        one.pop(fact, None)
                if foot and row < down - 1:
                    one.pop("solid")
                self.facts[at] = (one, [(step, ms) for step in steps] if len(frames) > 1 else [])

    def _place(self, canvas):
        across, down = canvas.width // self.width, canvas.height // self.height
        assert (across * self.width, down * self.height) == (canvas.width, canvas.height), "not a whole number of tiles"
        if self.column + across > self.columns:
            self.next_shelf()
        at = self.shelf * self.columns + self.column
        for row in range(down):
            for column in range(across):
                cell = canvas.cut(column * self.width, row * self.height, self.width, self.height)
                self.cells[at + row * self.columns + column] = cell
        self.column += across
        self.depth = max(self.depth, down)
        return at

    def rows(self):
        return -(-(max(self.cells) + 1) // self.columns)

    def canvas(self):
        sheet = Canvas(self.columns * self.width, self.rows() * self.height)
        for at, cell in self.cells.items():
            sheet.paste(cell, at % self.columns * self.width, at // self.columns * self.height)
        return sheet

    def tsx(self):
        rows = self.rows()
        lines = ['<?xml version="1.0" encoding="UTF-8"?>']
        lines.append(
            f'<tileset version="1.10" tiledversion="1.10.2" name="{self.name}" tilewidth="{self.width}" '
            f'tileheight="{self.height}" tilecount="{self.columns * rows}" columns="{self.columns}">'
        )
        if self.offset != (0, 0):
            lines.append(f' <tileoffset x="{self.offset[0]}" y="{self.offset[1]}"/>')
        size = f'width="{self.columns * self.width}" height="{rows * self.height}"'
        lines.append(f' <image source="{self.name}.png" {size}/>')
        for at in sorted(self.facts):
            facts, steps = self.facts[at]
            lines += _tile(at, dict(facts), steps)
        return "\n".join([*lines, "</tileset>", ""])

    def write(self, folder):
        write_png(os.path.join(folder, self.name + ".png"), self.canvas())
        with open(os.path.join(folder, self.name + ".tsx"), "w", encoding="utf-8") as file:
            file.write(self.tsx())


def _tile(at, facts, steps):
    kind = facts.pop("kind", None)
    if not (kind or facts or steps):
        return []
    lines = [f' <tile id="{at}"' + (f" type={quoteattr(kind)}" if kind else "") + ">"]
    if facts:
        lines.append("  <properties>")
        for name in sorted(facts):
            value = facts[name]
            form = {bool: "bool", float: "float", int: "float"}.get(type(value), "color" if name == "glow_color" else None)
            text = str(value).lower() if isinstance(value, bool) else str(value)
            typed = f' type="{form}"' if form else ""
            lines.append(f"   <property name={quoteattr(name)}{typed} value={quoteattr(text)}/>")
        lines.append("  </properties>")
    if steps:
        lines.append("  <animation>")
        lines += [f'   <frame tileid="{tile}" duration="{ms}"/>' for tile, ms in steps]
        lines.append("  </animation>")
    return [*lines, " </tile>"]


WARM, FIRE, DAY = "#ffffc070", "#ffff9a48", "#ffa8c8ff"
SIDES = [a + b + c + d for a in ("", "n") for b in ("", "e") for c in ("", "s") for d in ("", "w")]


def castle():
    sheet = Sheet("castle", 16, 16, 16)
    # Ground.
    for name, tile in (
        ("grass", ground.grass(1)), ("grass_2", ground.grass(2, 9)), ("grass_3", ground.grass(9, 3)),
        ("flowers", ground.grass(3, 5, ((4, 5, "T", "H"), (11, 11, "f", "y")))),
        ("flowers_2", ground.grass(6, 5, ((11, 4, "M", "H"), (5, 10, "Z", "H")))),
        ("dirt", ground.dirt(4)), ("cobbles", ground.cobbles(5)), ("cobbles_2", ground.cobbles(6)),
        ("hall", ground.flags(5, "QppP", lit=0.4)), ("hall_2", ground.flags(8, "QppP", lit=0.3, worn=4)),
        ("flags", ground.flags(7, "2334", lit=0.4)), ("flags_2", ground.flags(6, "2334", lit=0.3, worn=4)),
        ("cell", ground.flags(7, "k123", 8, 5)), ("cell_2", ground.flags(9, "k122", 8, 6)),
        ("boards", ground.boards(7)), ("kitchen", ground.checks(("QpP", "Qpp"))),
    ):  # fmt: skip
        sheet.add(name, tile)
    sheet.add("water", *[ground.water(frame) for frame in range(4)], ms=320, solid=True)
    for sides in ("n", "s", "w"):
        sheet.add("bank_" + sides, *[ground.bank(sides, frame) for frame in range(4)], ms=320, solid=True)
    sheet.add("bank_e", *[ground.bank("e", frame) for frame in range(4)], ms=320, solid=True)
    for sides in ("n", "e", "s", "w", "nw", "ne", "sw", "se"):
        sheet.add("fringe_" + sides, ground.fringe(sides))
    for sides in ("n", "w", "nw", "c"):
        sheet.add("shade_" + sides, walls.shade(sides))
    for sides in ("nw", "n", "ne", "w", "", "e", "sw", "s", "se"):
        sheet.add("carpet_" + sides, ground.carpet(sides))
    for name, ramp in (("blue", dict(field="N", light="M", dark="n")),):
        for sides in ("nw", "ne", "sw", "se", "nws", "nes", "ns"):
            sheet.add(f"{name}_{sides}", ground.carpet(sides, **ramp))
    # Walls.
    for sides in SIDES:
        sheet.add("top_" + sides, walls.top(sides), solid=True)
    for name, tile in (
        ("face", walls.face(1)), ("face_2", walls.face(2)), ("face_3", walls.face(3)), ("face_w", walls.jamb("w")),
        ("face_e", walls.jamb("e")), ("face_moss", walls.hung(2, walls.MOSS)), ("slit", walls.hung(2, walls.SLIT)),
        ("shield", walls.hung(3, walls.SHIELD)), ("banner_red", walls.banner(3, "TRr")), ("banner_blue", walls.banner(1, "MNn")),
        ("dark_face", walls.face(4, "12344")), ("dark_face_2", walls.face(6, "12344")), ("face_we", walls.face(5, ends="we")),
    ):  # fmt: skip
        sheet.add(name, tile, solid=True)
    sheet.add("window", walls.window(1, "xu"), solid=True)
    sheet.add("window_lit", walls.window(1, "YH"), solid=True, glow=26.0, glow_color=WARM)
    sheet.add("window_day", walls.window(1, "Oo"), solid=True, glow=30.0, glow_color=DAY)
    sheet.add("torch", *[walls.torch(2, frame) for frame in range(3)], ms=140, solid=True, glow=46.0, glow_color=FIRE, flicker=0.25)
    for part in "lmr":
        sheet.add("lintel_" + part, walls.lintel(part))
    sheet.add("arch", walls.lintel("m"))
    # Furniture of one tile.
    table, supper = furniture.TABLE, furniture.SUPPER
    end = Canvas.of(furniture.TABLE_END)
    for name, tile in (
        ("table_l", end), ("table", Canvas.of(table)), ("table_r", furniture.table_end()),
        ("table_supper", furniture.over(table, supper)), ("table_bread", furniture.over(table, furniture.BREAD)),
        ("counter", Canvas.of(furniture.COUNTER)), ("counter_pots", furniture.over(furniture.COUNTER, furniture.POTS)),
        ("counter_greens", furniture.over(furniture.COUNTER, furniture.GREENS)),
        ("barrel", Canvas.of(furniture.BARREL)), ("crate", Canvas.of(furniture.CRATE)), ("sacks", Canvas.of(furniture.SACKS)),
        ("rack", Canvas.of(furniture.RACK)), ("bars", Canvas.of(furniture.BARS)), ("bush", Canvas.of(furniture.BUSH)),
        ("roses", Canvas.of(furniture.ROSES)), ("hedge", Canvas.of(furniture.HEDGE)), ("hay", Canvas.of(furniture.HAY)),
        ("pot", Canvas.of(furniture.POT)), ("sign", Canvas.of(furniture.SIGN)),
    ):  # fmt: skip
        sheet.add(name, tile, solid=True)
    candles = [furniture.over(table).paste(Canvas.of(frame)) for frame in furniture.CANDLES]
    sheet.add("table_candles", *candles, ms=260, solid=True, glow=40.0, glow_color=WARM, flicker=0.15)
    for name, tile in (
        ("stool", Canvas.of(furniture.STOOL)), ("bones", Canvas.of(furniture.BONES)), ("web", Canvas.of(furniture.WEB)),
        ("straw", furniture.straw(1)), ("straw_2", furniture.straw(2)), ("rail", Canvas.of(furniture.RAIL)),
        ("lily", Canvas.of(furniture.LILY)),
    ):  # fmt: skip
        sheet.add(name, tile)
    _large(sheet)
    _things(sheet)
    return sheet


def _large(sheet):
    """What stands on more tiles than one. What rises above head height is for a layer with `above`."""
    sheet.next_shelf()
    for name, text, letters in (
        ("shelf", furniture.SHELF, {}), ("bed_blue", furniture.BED, dict(A="n", D="N", C="M")),
        ("bed_red", furniture.BED, dict(A="r", D="R", C="t")), ("throne", furniture.THRONE, {}),
        ("pillar", furniture.PILLAR, {}), ("statue", furniture.STATUE, {}), ("dummy", furniture.DUMMY, {}),
    ):  # fmt: skip
        sheet.add(name, Canvas.of(text, **letters), solid=True, foot=name in ("throne", "pillar", "statue", "dummy"))
    sheet.add("well", Canvas.of(furniture.WELL), solid=True)
    sheet.add("crown", Canvas.of(furniture.CROWN))
    sheet.add("trunk", Canvas(32, 16).paste(Canvas.of(furniture.TRUNK), 8, 0), solid=True)
    sheet.next_shelf()
    sheet.add("hearth", *[furniture.hearth(frame) for frame in range(3)], ms=130, solid=True, glow=72.0, glow_color=FIRE, flicker=0.3)


def _things(sheet):
    sheet.next_shelf()
    sheet.add("lamp", things.lamp("dark"), kind="Lamp")
    flames = [things.lamp(flame) for flame in ("low", "high", "wide", "high")]
    sheet.add("lamp_lit", *flames, ms=150, kind="Lamp", look="lit", glow=64.0, glow_color=WARM, flicker=0.12)
    sheet.add("plate", Canvas.of(things.PLATE), kind="Plate", floor=True)
    sheet.add("plate_down", Canvas.of(things.PLATE_DOWN), kind="Plate", look="down", floor=True)
    sheet.add("lever", Canvas.of(things.LEVER), kind="Lever")
    sheet.add("lever_half", Canvas.of(things.LEVER_HALF), kind="Lever", look="Pull")
    sheet.add("lever_down", Canvas.of(things.LEVER).flipped(), kind="Lever", look="pulled")
    sheet.add("chest", Canvas.of(things.CHEST), kind="Chest")
    sheet.add("chest_open", Canvas.of(things.CHEST_OPEN), kind="Chest", look="open")
    sheet.add("chest_empty", Canvas.of(things.CHEST_EMPTY), kind="Chest", look="empty")
    sheet.add("lift", Canvas.of(things.LIFT), kind="Lift", floor=True)
    coin = [Canvas.of(text) for text in things.COINS]
    sheet.next_shelf()
    sheet.add("coin", *coin, coin[1].flipped(), ms=110, kind="Coin")
    sheet.add("relay", Canvas.of(things.RELAY), kind="Relay", floor=True)
    sheet.add("counter_works", Canvas.of(things.COUNTER), kind="Counter", floor=True)
    sheet.add("daylight", Canvas.of(things.SUNDIAL), kind="Daylight", floor=True)
    sheet.add("hive", Canvas.of(things.HIVE), kind="Hive")
    sheet.next_shelf()
    for facing in ("right", "left"):
        cat = [beasts.beast(text, facing) for text in beasts.CAT]
        sheet.add("cat_" + facing, cat[0], kind="Cat", facing=facing)
        sheet.add("cat_walk_" + facing, cat[1], cat[0], cat[2], cat[0], ms=110, kind="Cat", look="walk", facing=facing)
    sheet.add("cat_asleep", beasts.beast(beasts.CAT_ASLEEP), kind="Cat", look="asleep")
    sheet.next_shelf()
    for facing in ("right", "left"):
        rat, bee = ([beasts.beast(text, facing) for text in texts] for texts in (beasts.RAT, beasts.BEE))
        sheet.add("rat_" + facing, rat[0], kind="Rat", facing=facing)
        sheet.add("rat_walk_" + facing, rat[1], rat[0], ms=90, kind="Rat", look="walk", facing=facing)
        sheet.add("bee_" + facing, *bee, ms=60, kind="Bee", facing=facing)


def folk():
    """People are taller than a tile: their feet stay where a tile's would be."""
    sheet = Sheet("people", 16, 24, 12, offset=(0, -5))
    for person in people.HEADS:
        for facing in FACINGS:
            still = people.figure(person, facing)
            stride, other = people.figure(person, facing, 1), people.figure(person, facing, 2)
            breath = people.figure(person, facing, breath=1)
            name = f"{person.lower()}_{facing}"
            sheet.add(name, still, breath, ms=700, kind=person, facing=facing)
            sheet.add(name + "_walk", stride, still, other, still, ms=120, kind=person, look="walk", facing=facing)
    return sheet


def doors():
    """What hangs in doorways, by how open it is; and the shut ones again in the doorway's own size, for the map editor."""
    sheet = Sheet("gates", gates.SIZE, gates.SIZE, 5)
    steps = [at / 4 for at in range(5)]
    for facing, draw in (
        ("left", gates.across),
        ("right", lambda at: gates.across(at).flipped()),
        ("up", gates.along),
        ("down", lambda at: gates.along(at, "south")),
    ):
        for at in steps:
            sheet.add(f"door_{facing}_{at}", draw(at), kind="Door", facing=facing, at=at)
    for at in steps:
        sheet.add(f"portcullis_{at}", gates.portcullis(at), kind="Portcullis", at=at)
    middle = gates.SIZE // 2
    across = Sheet("door_across", 32, 16, 1)
    across.add("door", gates.across(0).cut(middle - 16, middle - 8, 32, 16), kind="Door")
    along = Sheet("door_along", 16, 32, 1)
    along.add("door", gates.along(0).cut(middle - 8, middle - 16, 16, 32), kind="Door")
    gate = Sheet("gate", 64, 16, 1)
    gate.add("gate", gates.portcullis(0).cut(middle - 32, middle - 8, 64, 16), kind="Portcullis")
    return [sheet, across, along, gate]


def large_things():
    bells = Sheet("bell", 32, 32, 9)
    bells.add("bell", things.bell(0), kind="Bell")
    bells.add("bell_swing", *[things.bell(lean) for lean in (10, 20, 10, 0, -10, -20, -10, 0)], ms=100, kind="Bell", look="Ring")
    plates = Sheet("plates", 48, 16, 2)
    plates.add("plate_wide", things.plate(things.PLATE, 48), kind="Plate", floor=True)
    plates.add("plate_wide_down", things.plate(things.PLATE_DOWN, 48), kind="Plate", look="down", floor=True)
    return [bells, plates]


def all_sheets():
    return [castle(), folk(), *doors(), *large_things()]
