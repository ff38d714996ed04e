"""Which clips the drill takes, and the plain telephone line that all of them pass."""
import os

import numpy as np
import pandas as pd

from falsetto_training import channels, corpus, folds
from falsetto_training.coding import opus37, together

RATE = corpus.RATE
CUT, LEAST = int(2.9 * RATE), 2.5
LEVEL = 10 ** (-26 / 20)
LINES = {"nb": "g711u", "wb": "g722"}
EDGE = {"nb": 3800.0, "wb": 7600.0}          # what a line of that band carries, Hz


def table(folder, split, fold):
    """Rows of the split that are a person or a machine (no neural codecs), of the held-out folds' sources on the train split."""
    d = pd.read_csv(os.path.join(folder, "manifest.csv"), dtype=str, keep_default_na=False)
    d = d[(d.split == split) & d.label.isin(["bonafide", "spoof"]) & ~d.source.isin(corpus.EXCLUDED_SOURCES)]
    d = d[~((d.label == "spoof") & (d.system_family == "neural_codec"))].sort_values("path").reset_index(drop=True)
    d["kind"] = d.label.map(corpus.KIND)
    d["synthetic"] = (d.label == "spoof").astype(int)
    if split == "train" and fold is not None:
        held = folds.assign(d)
        d = d[[held.get(s) in fold for s in d.source]].reset_index(drop=True)
    return d


def rates(d):
    return pd.to_numeric(d.native_rate, errors="coerce").fillna(0).values


def pick(d, most, band, seed):
    """Row numbers of at most `most` clips a class of at least 2.5 s: one of each source in turn, so that no page rules."""
    rng, out = np.random.default_rng(seed), []
    fit = (d.duration_s.astype(float) >= LEAST) & ((rates(d) >= 16000) if band == "wb" else True)
    for y in (0, 1):
        queues = [list(rng.permutation(np.flatnonzero(fit & (d.synthetic == y) & (d.source == s)))) for s in sorted(d.source.unique())]
        chosen = []
        while len(chosen) < most and any(queues):
            for q in queues:
                if q and len(chosen) < most:
                    chosen.append(q.pop())
        out += chosen
    return np.array(out, int)


def read(folder, d, index, cut=CUT):
    """float32 clips; 8 kHz ones through the corpus' Opus step, as in training, so that coding is no evidence."""
    clips, narrow = [], []
    for k, i in enumerate(index):
        x, rate = corpus.read16k(os.path.join(folder, d.path[i]))
        if rate != RATE:
            narrow.append(k)
        clips.append(x)
    if narrow:
        for k, y in zip(narrow, together([clips[k] for k in narrow], opus37)):
            clips[k] = y
    return [c[:cut] for c in clips]


def levelled(x):
    """Active level at -26 dBFS, the usual level of ITU-T P.56 tests."""
    return (x / channels.active_level(x) * LEVEL).astype(np.float32)


def line(clips, coder):
    """A call's line without any disturbance: level, one real coder."""
    return [np.clip(y, -1, 1).astype(np.float32) for y in together([np.clip(levelled(c), -1, 1) for c in clips], channels.coder(coder))]
