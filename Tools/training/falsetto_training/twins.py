"""Twins of every human training clip, in its own room and channel: three or four that are synthetic, some enhanced (human).

Three parts: `twins`, with the vocoders that are at hand; `vocoded`, with the two that are trained here (ownvocoders.py); `predicted`, with
acoustic models trained here before those (ownacoustic.py).
"""
import os
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd

from . import corpus, vocoders
from .coding import opus37, together

# Chance of each vocoder in each slot of a clip, by part.
SLOTS = {"twins": ({"hifigan": 0.62, "world": 0.14, "griffin_lim": 0.12, "lpc": 0.05, "scrambled_phase": 0.07},
                   {"hifigan": 0.30, "world": 0.30, "griffin_lim": 0.22, "lpc": 0.08, "scrambled_phase": 0.10}),
         "vocoded": ({"trained": 1.0},), "predicted": ({"predicted": 1.0},)}
ENHANCED_SHARE = {"twins": 0.15, "vocoded": 0.0, "predicted": 0.0}
CLIP_SHARE = {"twins": 1.0, "vocoded": 0.4, "predicted": 1.0}   # of the people's clips that get a twin of this part
SEED = {"twins": 31, "vocoded": 37, "predicted": 43}
_nets = {}


def plan(originals, part):
    """One row a twin: origin (row of the original), method, seed."""
    out = []
    for i in np.flatnonzero(originals.kind == "human"):
        rng = np.random.default_rng([SEED[part], int(i)])
        if rng.random() >= CLIP_SHARE[part]:
            continue
        for slot, share in enumerate(SLOTS[part]):
            out.append((i, rng.choice(list(share), p=list(share.values())), slot))
        if rng.random() < ENHANCED_SHARE[part]:
            out.append((i, "enhanced", 2))
    return pd.DataFrame(out, columns=["origin", "method", "slot"])


def start(folder, work, part):
    if part == "twins":
        _nets["hifigan"] = vocoders.HifiGAN(os.path.join(folder, "vocoders/hifigan_low/generator.onnx"))
    elif part == "vocoded":
        from .ownvocoders import Trained
        _nets["trained"] = Trained(work)
    else:
        from .ownacoustic import Predicted
        _nets["predicted"] = Predicted(work)


def make(job):
    x, method, seed = job
    rng = np.random.default_rng(seed)
    x = x.astype(np.float32) / 32767
    try:
        y, about = (_nets.get(method) or getattr(vocoders, method))(x, rng)
    except Exception as e:                      # a clip without voice, too short for an analysis
        y, about = vocoders.scrambled_phase(x, rng)
        about = f"scrambled({method} failed: {type(e).__name__})"
    return vocoders.match_level(y, x), about


def build(folder, work, part, processes=2):
    """work/PART.i16 and work/PART.csv, resumable by shards of 150."""
    table_path = os.path.join(work, part + ".csv")
    if os.path.exists(table_path):
        return
    originals, audio = corpus.load(work, "originals")
    p = plan(originals, part)
    samples = originals.samples.values[p.origin]
    offsets = np.concatenate([[0], np.cumsum(samples)[:-1]])
    shards = os.path.join(work, part)
    os.makedirs(shards, exist_ok=True)
    progress = corpus.Progress(part, len(p))
    with ProcessPoolExecutor(processes, initializer=start, initargs=(folder, work, part)) as pool:
        for at in range(0, len(p), 150):
            path = os.path.join(shards, f"{at:06d}.npz")
            if os.path.exists(path):
                continue
            here = p.iloc[at:at + 150]
            jobs = [(audio[originals.offset[o]:originals.offset[o] + originals.samples[o]], m, [SEED[part], int(o), int(s), 7])
                    for o, m, s in zip(here.origin, here.method, here.slot)]
            done = list(pool.map(make, jobs, chunksize=5))
            coded = together([y for y, _ in done], opus37)
            np.savez(path + ".part.npz", audio=corpus.to_int16(np.concatenate(coded)), about=np.array([a for _, a in done]))
            os.replace(path + ".part.npz", path)
            progress(at + len(here))
    about = []
    with open(os.path.join(work, part + ".i16"), "wb") as f:
        for at in range(0, len(p), 150):
            with np.load(os.path.join(shards, f"{at:06d}.npz")) as z:
                f.write(z["audio"].tobytes())
                about += list(z["about"])
    table = originals.loc[p.origin].reset_index(drop=True)
    table["origin"], table["method"], table["offset"] = p.origin.values, about, offsets
    table["kind"] = np.where(p.method == "enhanced", "enhanced", "twin")
    table["label"] = table.kind.map(corpus.LABEL)
    table["system"] = "copy_" + p.method.values
    table.to_csv(table_path + ".part", index=False)
    os.replace(table_path + ".part", table_path)
