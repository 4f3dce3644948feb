"""The colours of the castle: 56 and three shadows, in ramps from dark to light. Light comes from the upper left, always."""


def _hex(text):
    return tuple(int(text[at : at + 2], 16) for at in (0, 2, 4)) + (255,)


_RAMPS = {
    # letters, dark to light: what for
    "kK": "17152a 2a2840",  # outlines, deep shade
    "123456": "383a56 4e5170 696c88 888ba0 aaacb8 d0cfd0",  # cool stone, steel
    "qQpPa": "4c3b40 6b5650 8f7862 b39b7c d3bf9b",  # warm stone, sand, earth
    "vbBwW": "33202e 553139 7d4b3a a67046 cf9d62",  # wood
    "jgGlL": "1c3536 2a5140 437346 6b9a4c a3bd5c",  # leaves and grass
    "xuUoO": "1f2f58 2b4d80 3d7aa6 6bb0c9 b5e0dd",  # water
    "rRtT": "57203a 892c42 bd4747 e07b5b",  # red
    "yYhH": "9c5c31 d4943f f3ca5e fdefb2",  # gold, flame
    "dsS": "8a5145 c48362 ebba8f",  # skin
    "nNM": "263060 394e92 5d80c4",  # blue
    "zZV": "40305f 6b4b8c 9d78b5",  # violet
    "eEf": "5a5a63 b9b2a8 f4efe2",  # linen
    "cCF": "2e2733 4d4149 74655f",  # fur
    "mi": "c9708a f0a8b0",  # rose
}

PALETTE = {
    letter: _hex(colour) for letters, colours in _RAMPS.items() for letter, colour in zip(letters, colours.split(), strict=True)
}
# Shadows: ink over whatever is below.
PALETTE.update({"-": (23, 21, 42, 48), "~": (23, 21, 42, 88), "=": (23, 21, 42, 140)})
