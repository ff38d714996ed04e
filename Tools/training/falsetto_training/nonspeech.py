"""What a telephone line carries besides voices: tones, music, noise. It must not count as speech."""
import os

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from . import corpus

RATE = 16000
# Call progress tones by country: frequencies, on and off seconds (ITU-T E.180 supplement 2).
CADENCES = [((440, 480), (2, 4)), ((425,), (1, 4)), ((400, 450), (0.4, 0.2, 0.4, 2)), ((425,), (1.5, 3.5)), ((440,), (1.5, 3.5)),
            ((480, 620), (0.5, 0.5)), ((425,), (0.5, 0.5)), ((400,), (0.375, 0.375)), ((425,), (0.2, 0.2)), ((480, 620), (0.25, 0.25)),
            ((350, 440), (9, 0.1)), ((425,), (9, 0.1)), ((950, 1400, 1800), (0.33, 0.03)), ((425,), (0.33, 1)), ((400,), (1, 2)),
            ((1400,), (0.4, 14)), ((425, 400), (0.4, 0.2, 0.4, 4)), ((2100,), (3, 1)), ((1000,), (1, 1))]
DTMF_LOW, DTMF_HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)


def tones(rng, n):
    frequencies, cadence = CADENCES[rng.integers(len(CADENCES))]
    t = np.arange(n) / RATE
    at = (t + rng.uniform(0, sum(cadence))) % sum(cadence)
    edges = np.concatenate([[0], np.cumsum(cadence)])
    on = sum(((at >= edges[i]) & (at < edges[i + 1])) for i in range(0, len(cadence), 2))
    sines = [np.sin(2 * np.pi * f * rng.uniform(0.99, 1.01) * t + rng.uniform(0, 6)) for f in frequencies]
    if len(frequencies) == 3:                   # special information tone: one after the other
        third = (np.floor(at / 0.33) % 3).astype(int)
        return on * np.choose(third, sines)
    if rng.random() < 0.25:
        sines[0] = sines[0] * (1 + 0.8 * np.sin(2 * np.pi * 25 * t))
    return on * sum(sines)


def dtmf(rng, n):
    x, at, t = np.zeros(n), 0, np.arange(n) / RATE
    while at < n:
        on, off = int(rng.uniform(0.06, 0.3) * RATE), int(rng.uniform(0.05, 0.6) * RATE)
        x[at:at + on] = sum(np.sin(2 * np.pi * rng.choice(f) * t[:len(x[at:at + on])]) for f in (DTMF_LOW, DTMF_HIGH))
        at += on + off
    return x


def note(rng, frequency, n, kind):
    t = np.arange(n) / RATE
    decay = np.exp(-t * rng.uniform(0.5, 8))
    if kind == "pluck":                         # Karplus & Strong 1983
        period = max(2, int(RATE / frequency))
        burst = np.zeros(n); burst[:period] = rng.uniform(-1, 1, min(period, n))
        a = np.zeros(period + 2); a[0], a[period], a[period + 1] = 1, -0.498, -0.498
        return lfilter([1.0], a, burst)
    if kind == "fm":                            # Chowning 1973
        index = rng.uniform(0.5, 6) * decay
        return np.sin(2 * np.pi * frequency * t + index * np.sin(2 * np.pi * frequency * rng.choice([0.5, 1, 1.41, 2, 3]) * t)) * decay
    harmonics = np.arange(1, max(2, min(24, int(7000 / frequency))))
    weights = harmonics ** -rng.uniform(0.5, 2.5) * rng.uniform(0.2, 1, len(harmonics))
    vibrato = frequency * t + rng.uniform(0, 0.02) * frequency / 35 * np.sin(2 * np.pi * rng.uniform(4, 7) * t)
    y = sum(w * np.sin(2 * np.pi * h * vibrato) for w, h in zip(weights, harmonics))
    attack = np.minimum(1, t / rng.uniform(0.005, 0.15))
    return y * attack * (decay if kind == "bell" else np.minimum(1, (n / RATE - t) / 0.05))


def music(rng, n):
    x = np.zeros(n)
    beat = rng.uniform(0.15, 0.7)
    scale = np.array([0, 2, 4, 5, 7, 9, 11]) if rng.random() < 0.6 else np.array([0, 2, 3, 5, 7, 8, 10])
    root = rng.uniform(90, 220)
    voices = [(rng.choice(["pluck", "fm", "organ", "bell"]), int(rng.choice([1, 1, 2, 3, 4])), rng.choice([1, 2, 4], p=[0.5, 0.35, 0.15]),
               rng.uniform(0.3, 1)) for _ in range(int(rng.integers(1, 4)))]
    for kind, chord, octave, loud in voices:
        at = 0.0
        while at * RATE < n:
            length = beat * rng.choice([0.5, 1, 1, 2, 4])
            i = int(at * RATE)
            m = min(int(length * RATE * rng.uniform(0.8, 1.3)), n - i)
            if rng.random() < 0.85 and m > 400:
                degree = rng.integers(7)
                for k in range(chord):
                    step = scale[(degree + 2 * k) % 7] + 12 * ((degree + 2 * k) // 7)
                    y = note(rng, root * octave * 2 ** (step / 12), m, kind)
                    x[i:i + m] += loud * y / (np.abs(y).max() + 1e-6)
            at += length
    if rng.random() < 0.5:                      # drums
        for i in np.arange(0, n, int(beat * RATE)):
            i = int(i); m = min(int(rng.uniform(0.03, 0.2) * RATE), n - i)
            hit = rng.standard_normal(m) if rng.random() < 0.6 else np.sin(2 * np.pi * np.cumsum(np.linspace(160, 50, m)) / RATE)
            x[i:i + m] += rng.uniform(0.3, 1) * hit * np.exp(-np.arange(m) / RATE * rng.uniform(15, 60))
    return x


def hum(rng, n):
    """Noise of many colours, mains hum, clicks, comfort noise."""
    x = lfilter([1], [1, -rng.uniform(-0.5, 0.99)], rng.standard_normal(n))
    x /= x.std() + 1e-9
    t = np.arange(n) / RATE
    if rng.random() < 0.3:
        x += rng.uniform(0.3, 3) * sum(np.sin(2 * np.pi * rng.choice([50, 60]) * k * t) / k for k in (1, 2, 3, 5))
    if rng.random() < 0.3:
        x *= 1 + 0.9 * np.sin(2 * np.pi * rng.uniform(0.2, 8) * t)
    if rng.random() < 0.3:
        x[rng.integers(0, n, int(rng.integers(1, 40)))] += rng.uniform(5, 40)
    return x


def build(folder, work, count=620, seconds=3.0):
    """work/extras.i16 and work/extras.csv: tones, music, noise made here, and pieces of the corpus' noises."""
    table_path = os.path.join(work, "extras.csv")
    if os.path.exists(table_path):
        return
    n, out = int(seconds * RATE), []
    noises = load_noises(folder)
    for i in range(count):
        rng = np.random.default_rng([47, i])
        kind = ["tones", "dtmf", "music", "music", "hum", "noise"][i % 6]
        x = noises[rng.integers(len(noises))] if kind == "noise" else globals()[kind](rng, n)
        if kind == "noise":
            x = np.tile(x, n // len(x) + 2)
            at = rng.integers(len(x) - n)
            x = x[at:at + n]
        x = np.asarray(x, np.float32)
        out.append((f"extra/{kind}/{i}", kind, x * (0.25 / (np.abs(x).max() + 1e-6))))
    with open(os.path.join(work, "extras.i16"), "wb") as f:
        for _, _, x in out:
            f.write(corpus.to_int16(x).tobytes())
    pd.DataFrame({"path": [p for p, _, _ in out], "label": -1, "kind": "nonspeech", "source": ["made_" + k for _, k, _ in out],
                  "group": [p for p, _, _ in out], "native_rate": RATE, "offset": np.arange(count) * n, "samples": n}).to_csv(table_path, index=False)


def load_noises(folder, kind="noise"):
    d = pd.read_csv(os.path.join(folder, "augment/list.csv"), keep_default_na=False)
    return [corpus.read16k(os.path.join(folder, p))[0] for p in d.path[d.kind == kind]]
