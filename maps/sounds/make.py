#!/usr/bin/env python3
"""Makes the castle's sounds, WAV of 16 bits, 22050 Hz, mono, out of sines and noise. Needs nothing but Python.

usage: python3 maps/sounds/make.py           writes them, beside this file
       python3 maps/sounds/make.py --check   says whether they are what it would write

A sound belongs to an action by its name, `<class>_<action>.wav`, and is played when such an action begins;
`<class>_step.wav` is played as one of that class walks.
"""

import math
import os
import random
import struct
import sys
import wave

RATE = 22050


class Sound:
    """Samples between -1 and 1."""

    def __init__(self, seconds):
        self.samples = [0.0] * int(seconds * RATE)

    def add(self, start, seconds, voice):
        """Adds `voice(t, part)`: t is in seconds, part from 0 to 1."""
        first, count = int(start * RATE), int(seconds * RATE)
        for at in range(min(count, len(self.samples) - first)):
            self.samples[first + at] += voice(at / RATE, at / count)
        return self

    def tone(self, start, seconds, pitch, level, fall=4.0, bend=0.0, harmonics=((1, 1.0),)):
        """A tone that dies away; `bend` is by how many octaves its pitch has moved at its end."""
        phase = [0.0]

        def voice(t, part):
            phase[0] += 2 * math.pi * pitch * 2 ** (bend * part) / RATE
            wave_ = sum(share * math.sin(times * phase[0]) for times, share in harmonics)
            return level * wave_ * math.exp(-fall * part) * min(1.0, t * 400) * min(1.0, (1 - part) * 20)

        return self.add(start, seconds, voice)

    def noise(self, start, seconds, low, high, level, fall=5.0, seed=1):
        """Noise between two pitches that dies away."""
        chance, state = random.Random(seed), [0.0, 0.0]
        up, down = 1 - math.exp(-2 * math.pi * high / RATE), 1 - math.exp(-2 * math.pi * low / RATE)

        def voice(t, part):
            state[0] += up * (chance.random() * 2 - 1 - state[0])
            state[1] += down * (state[0] - state[1])
            return level * 2 * (state[0] - state[1]) * math.exp(-fall * part) * min(1.0, t * 600) * min(1.0, (1 - part) * 20)

        return self.add(start, seconds, voice)

    def creak(self, start, seconds, low, high, level, seed):
        """A hinge: it sticks and slips, faster as it goes."""
        chance, at = random.Random(seed), start
        while at < start + seconds:
            part = (at - start) / seconds
            pitch = low + (high - low) * math.sin(math.pi * part)
            self.tone(at, 0.03, pitch * (6 + chance.random()), level * (0.4 + 0.6 * chance.random()), 6)
            self.tone(at, 0.04, pitch * 2.1, level * 0.8, 5)
            at += 1 / pitch * (0.8 + 0.4 * chance.random())
        return self

    def frames(self):
        return b"".join(struct.pack("<h", max(-32767, min(32767, round(sample * 32767)))) for sample in self.samples)


def thud(sound, start, level, pitch=70, seed=5):
    sound.tone(start, 0.18, pitch, level, 6, bend=-0.6)
    return sound.noise(start, 0.08, 150, 1200, level * 0.5, 6, seed)


def clink(sound, start, level, pitch, seed):
    for times, share in ((1, 1.0), (1.53, 0.6), (2.71, 0.4)):
        sound.tone(start, 0.14, pitch * times, level * share, 8)
    return sound.noise(start, 0.03, 1500, 6000, level, 5, seed)


def bell():
    # Hum, prime, tierce, quint, nominal, and what shimmers above; the higher, the shorter. Twins beat.
    sound, prime = Sound(2.4), 392.0
    for times, level, seconds in (
        (0.5, 0.22, 2.4), (1.0, 0.26, 2.2), (1.004, 0.12, 2.2), (1.2, 0.2, 1.7), (1.5, 0.12, 1.3), (2.0, 0.22, 1.2),
        (2.01, 0.1, 1.2), (2.66, 0.08, 0.7), (3.01, 0.06, 0.6), (4.16, 0.05, 0.4),
    ):  # fmt: skip
        sound.tone(0, seconds, prime * times, level * 0.62, 5)
    return sound.noise(0, 0.04, 900, 5000, 0.3, 6, 3)


def step(seed, pitch=95, level=0.3):
    sound = Sound(0.12).tone(0, 0.08, pitch, level * 0.6, 6, bend=-0.5)
    return sound.noise(0, 0.06, 200, 1400, level, 6, seed).noise(0.05, 0.06, 600, 2400, level * 0.4, 6, seed + 1)


def chain(seconds, rate, seed):
    sound, chance, at = Sound(seconds), random.Random(seed), 0.0
    sound.noise(0, seconds, 60, 240, 0.25, 0.8, seed)
    while at < seconds - 0.15:
        clink(sound, at, 0.07 + 0.04 * chance.random(), 900 + 500 * chance.random(), seed)
        thud(sound, at + 0.03, 0.1, 80, seed)
        at += 1 / rate * (0.85 + 0.3 * chance.random())
    return sound


VOICE = ((1, 1.0), (2, 0.5), (3, 0.35), (4, 0.15), (5, 0.1))


def meow():
    sound = Sound(0.55).tone(0.0, 0.22, 520, 0.14, 0.2, bend=0.55, harmonics=VOICE)
    return sound.tone(0.2, 0.34, 760, 0.15, 1.6, bend=-0.7, harmonics=VOICE)


def sounds():
    return {
        "door_open": thud(Sound(0.75), 0.0, 0.18, 120).creak(0.06, 0.55, 28, 52, 0.1, 7),
        "door_close": thud(Sound(0.8).creak(0, 0.45, 46, 26, 0.08, 8), 0.5, 0.5),
        "portcullis_raise": chain(1.6, 8, 11),
        "portcullis_lower": thud(chain(1.5, 11, 12), 1.3, 0.5, 55),
        "bell_strike": bell(),
        "lever_pull": clink(thud(Sound(0.32).noise(0, 0.1, 300, 1500, 0.14, 3, 21), 0.13, 0.4, 110), 0.15, 0.12, 700, 22),
        "plate_press": thud(Sound(0.3).noise(0, 0.14, 200, 900, 0.25, 3, 31), 0.1, 0.35, 85),
        "plate_release": thud(Sound(0.25), 0.05, 0.2, 130, 32),
        "chest_open": Sound(0.7).creak(0.0, 0.45, 40, 70, 0.08, 41),
        "coin_take": Sound(0.5).tone(0, 0.12, 988, 0.25, 4, harmonics=((1, 1), (2, 0.3))).tone(
            0.09, 0.38, 1319, 0.28, 5, harmonics=((1, 1), (2, 0.3), (3, 0.1))
        ),
        "lamp_turn_on": Sound(0.4).noise(0, 0.36, 500, 3500, 0.3, 4, 51).tone(0.02, 0.1, 180, 0.1, 5, bend=0.6),
        "lamp_turn_off": Sound(0.22).noise(0, 0.2, 900, 4500, 0.2, 6, 52),
        "cat_meow": meow(),
        "player_step": step(61),
        "guard_step": clink(step(62, 80, 0.34), 0.02, 0.03, 1900, 63),
        "cook_step": step(64, 105, 0.22),
    }


def path(name):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".wav")


def close(name, frames):
    """Whether the file says the same: libraries may round a sine otherwise, in the last place."""
    if not os.path.exists(path(name)):
        return False
    with wave.open(path(name)) as file:
        form, old = file.getparams()[:3], file.readframes(file.getnframes())
    if form != (1, 2, RATE) or len(old) != len(frames):
        return False
    pairs = zip(struct.unpack(f"<{len(old) // 2}h", old), struct.unpack(f"<{len(old) // 2}h", frames))
    return all(abs(one - other) <= 2 for one, other in pairs)


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    wrong = 0
    for name, sound in sounds().items():
        frames = sound.frames()
        if not arguments:
            with wave.open(path(name), "wb") as file:
                file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
                file.writeframes(frames)
        elif not close(name, frames):
            print(f"{os.path.relpath(path(name))} is not what maps/sounds/make.py makes: run it, and commit what it writes")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
