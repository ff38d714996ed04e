"""The golden file: a signal made here, and what the reference hears in it with the weights of the model file."""
import numpy as np
import torch
from safetensors.torch import save_file

from . import reference


def signal(seconds=8.0, rate=16000, seed=20261123):
    """Digital silence, voiced-like pulses with a moving pitch through two resonances, a chirp, noise, near silence, digital silence."""
    from scipy.signal import lfilter
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    t = np.arange(n) / rate
    pitch = 120 + 40 * np.sin(2 * np.pi * 0.9 * t)
    phase = np.cumsum(pitch) / rate
    pulses = (np.diff(np.floor(phase), prepend=0) > 0).astype(np.float64)
    voice = np.zeros(n)
    for frequency, width in ((600, 90), (1700, 150), (2900, 220)):
        r = np.exp(-np.pi * width / rate)
        voice += lfilter([1.0], [1, -2 * r * np.cos(2 * np.pi * frequency / rate), r * r], pulses)
    voice *= 0.2 / np.abs(voice).max() * (0.6 + 0.4 * np.sin(2 * np.pi * 3.1 * t))
    x = voice + 0.003 * rng.standard_normal(n)
    a, b = int(1.1 * rate), int(1.5 * rate)
    u = np.arange(b - a) / rate
    x[a:b] += 0.1 * np.sin(2 * np.pi * (300 * u + 0.5 * 15000 * u * u))
    x[int(1.7 * rate):int(1.9 * rate)] *= 0.01
    x[int(1.9 * rate):int(2.0 * rate)] = 0
    x[:int(0.3 * rate)] = 0
    return np.clip(x, -1, 1).astype(np.float32)


def write(path, model_path):
    """-> (hops, hops with speech)"""
    x = signal(seconds=40.0)             # of such a signal about every fourth hop is heard as speech
    # More than a hop of digital silence within: what follows is heard as at the start of a leg.
    x = torch.from_numpy(np.concatenate([x[:80000], np.zeros(18000, np.float32), x[80000:]]))
    heard = reference.hear(model_path, x)
    save_file({"samples": x, "features": torch.stack([h["features"] for h in heard[:30]]).reshape(-1).contiguous(),
               "speech": torch.tensor([h["speech"] for h in heard]), "evidence": torch.tensor([h["evidence"] for h in heard]),
               "score": torch.tensor([h["score"] for h in heard if h["isSpeech"]])}, str(path))
    return len(heard), sum(h["isSpeech"] for h in heard)
