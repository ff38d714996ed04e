"""The golden file: a signal made here, and what the reference hears in it with the weights of the model file."""
import numpy as np
import torch
from safetensors.torch import save_file

from . import reference


# First three formants of six vowels (a, i, u, e, o, er), Hz (Peterson and Barney 1952, men's means, rounded).
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410), (490, 1350, 1690))


def syllable(rng, length, burst, pitch, before, vowel, memory, rate):
    """A burst of noise, then pulses through three resonances that glide from one vowel to the next -> [length]."""
    from scipy.signal import lfilter
    u = np.arange(length) / length
    phase = np.cumsum(pitch * (1 + 0.1 * np.sin(2 * np.pi * 0.8 * u) - 0.08 * u)) / rate
    source = lfilter([1], [1, -0.95], (np.diff(np.floor(phase), prepend=0) > 0) + 0.02 * rng.standard_normal(length))
    source[:burst] = 0
    for at in range(0, length, rate // 100):
        part = slice(at, at + rate // 100)
        formants = before + (vowel - before) * min(1, at / (0.4 * length))
        for k, width in enumerate((80, 110, 160)):
            r = np.exp(-np.pi * width / rate)
            poles = [1, -2 * r * np.cos(2 * np.pi * formants[k] / rate), r * r]
            source[part], memory[k] = lfilter([sum(poles)], poles, source[part], zi=memory[k])
    out = source * np.sin(np.pi * u) ** 0.5
    out *= 0.3 * rng.uniform(0.5, 1) / (np.abs(out).max() + 1e-9)
    out[:burst] += lfilter([1, -0.9], [1, 0.5], rng.standard_normal(burst)) * 0.02 * np.hanning(burst)
    return out


def signal(seconds=8.0, rate=16000, seed=20261123):
    """Syllables with pauses, so that the speech detector hears most of it; a chirp, near silence and digital silence in its second second."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    x, at, pitch, before, memory = np.zeros(n + rate), 0, 130.0, np.array(VOWELS[0], float), [np.zeros(2) for _ in range(3)]
    while at < n:
        length, burst = int(rng.uniform(0.13, 0.26) * rate), int(rng.uniform(0.03, 0.09) * rate)
        pitch, vowel = float(np.clip(pitch * rng.uniform(0.88, 1.12), 95, 190)), np.array(VOWELS[rng.integers(len(VOWELS))], float)
        x[at:at + length] = syllable(rng, length, burst, pitch, before, vowel, memory, rate)
        at, before = at + length, vowel
        if rng.random() < 0.12:
            at += int(rng.uniform(0.15, 0.6) * rate)
    x = x[:n] + 0.0015 * rng.standard_normal(n)
    a, b = int(1.1 * rate), int(1.3 * rate)
    u = np.arange(b - a) / rate
    x[a:b] += 0.1 * np.sin(2 * np.pi * (300 * u + 0.5 * 15000 * u * u))
    x[int(1.7 * rate):int(1.9 * rate)] *= 0.01
    x[int(1.9 * rate):int(2.0 * rate)] = 0
    x[:int(0.3 * rate)] = 0
    return np.clip(x, -1, 1).astype(np.float32)


def write(path, model_path):
    """-> (hops, hops with speech)"""
    x = signal(seconds=40.0)
    # More than a hop of digital silence within: what follows is heard as at the start of a leg.
    x = torch.from_numpy(np.concatenate([x[:80000], np.zeros(18000, np.float32), x[80000:]]))
    heard = reference.hear(model_path, x)
    save_file({"samples": x, "features": torch.stack([h["features"] for h in heard if h["features"] is not None][:30]).reshape(-1).contiguous(),
               "speech": torch.tensor([h["speech"] for h in heard]), "evidence": torch.tensor([h["evidence"] for h in heard]),
               "score": torch.tensor([h["score"] for h in heard if h["isSpeech"]])}, str(path))
    return len(heard), sum(h["isSpeech"] for h in heard)
