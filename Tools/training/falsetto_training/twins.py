"""Twins of every human training clip, in its own room and channel: three to five that are synthetic, some enhanced (human).

Four parts: `twins`, with the vocoders that are at hand; `vocoded`, with the two that are trained here (ownvocoders.py); `predicted`, with
acoustic models trained here before a vocoder (ownacoustic.py); `suppressed`, a clip and a vocoded copy of it behind a noise suppressor
(suppressors.py).
"""
import multiprocessing
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import torch

from . import corpus, folds, nonspeech, vocoders
from .coding import opus37, together
from .ownacoustic import Predicted
from .ownvocoders import CopySynthesis, shaken
from .suppressors import Suppressor

# Chance of each vocoder in each slot of a clip, by part.
SLOTS = {"twins": ({"hifigan": 0.62, "world": 0.14, "griffin_lim": 0.12, "lpc": 0.05, "scrambled_phase": 0.07},
                   {"hifigan": 0.30, "world": 0.30, "griffin_lim": 0.22, "lpc": 0.08, "scrambled_phase": 0.10}),
         "vocoded": ({"trained": 1.0},), "predicted": ({"predicted": 1.0},), "suppressed": ({"suppressed": 1.0}, {"vocoded_suppressed": 1.0})}
CLIP_SHARE = {"twins": 1.0, "vocoded": 0.4, "predicted": 1.0, "suppressed": 0.3}   # of the people's clips that get a twin of this part
ENHANCED_SHARE = {"twins": 0.15, "vocoded": 0.0, "predicted": 0.0, "suppressed": 0.0}
ENHANCED = ("enhanced", "suppressed")             # what leaves a person a person
SEED = {"twins": 31, "vocoded": 37, "predicted": 43, "suppressed": 71}
_nets = {}


def plan(originals, part):
    """One row a twin: origin (row of the original), method, slot."""
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
    torch.set_num_threads(1)
    if part == "twins":
        _nets["hifigan"] = vocoders.HifiGAN(vocoders.hifigan_path(folder))
    elif part == "vocoded":
        _nets["trained"] = CopySynthesis(shaken(work))
    elif part == "predicted":
        _nets["predicted"] = Predicted(folder, work)
    else:
        copy, suppressor = CopySynthesis(shaken(work)), Suppressor(nonspeech.load_noises(folder))

        def vocoded_suppressed(x, rng):
            y, about = copy(x, rng)
            y, which = suppressor(y, rng)
            return y, f"{about}+{which}"
        _nets.update(suppressed=suppressor, vocoded_suppressed=vocoded_suppressed)


def make(job):
    x, method, seed, fold = job
    if method == "predicted":
        _nets[method].fold = fold
    rng = np.random.default_rng(seed)
    x = x.astype(np.float32) / 32767
    try:
        y, about = (_nets.get(method) or getattr(vocoders, method))(x, rng)
    except Exception as e:                      # a clip without voice, too short for an analysis
        if method in ENHANCED:
            return x, "as it is"
        y, about = vocoders.scrambled_phase(x, rng)
        about = f"scrambled({method} failed: {type(e).__name__})"
    return vocoders.match_level(y, x), about


def build(folder, work, part, processes=2):
    """work/PART.i16 and work/PART.csv, resumable by shards of 150."""
    table_path = os.path.join(work, part + ".csv")
    if os.path.exists(table_path):
        return
    originals, audio = corpus.load(work, "originals")
    p, fold = plan(originals, part), folds.of_items(originals)
    samples = originals.samples.values[p.origin]
    offsets = np.concatenate([[0], np.cumsum(samples)[:-1]])
    shards = os.path.join(work, part)
    os.makedirs(shards, exist_ok=True)
    progress = corpus.Progress(part, len(p))
    # Spawned, not forked: a fork of a process whose threads have trained may wait for them for ever.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=start, initargs=(folder, work, part)) as pool:
        for at in range(0, len(p), 150):
            path = os.path.join(shards, f"{at:06d}.npz")
            if os.path.exists(path):
                continue
            here = p.iloc[at:at + 150]
            jobs = [(audio[originals.offset[o]:originals.offset[o] + originals.samples[o]], m, [SEED[part], int(o), int(s), 7], fold[o])
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
    table["kind"] = np.where(p.method.isin(ENHANCED), "enhanced", "twin")
    table["label"] = table.kind.map(corpus.LABEL)
    table["system"] = "copy_" + p.method.values
    failed = sum(a == "as it is" or "failed" in a for a in about)
    print(f"{part}: {len(about)} twins, {failed} of them could not be made as planned", file=sys.stderr)
    if failed > 0.01 * len(about):
        kinds = ", ".join(sorted({a for a in about if a == "as it is" or "failed" in a})[:5])
        raise SystemExit(f"twins: {failed} of {len(about)} of the part {part} could not be made ({kinds}): see to that, remove {shards} and run again")
    table.to_csv(table_path + ".part", index=False)
    os.replace(table_path + ".part", table_path)
    shutil.rmtree(shards)
