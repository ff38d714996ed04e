"""The clips of the train split as one int16 file and a table; dev is never opened here.

Table columns: path, label (0 human, 1 synthetic, -1 no voice, -2 left out), kind (as the manifest has it), source, owner, group, speaker,
system, family, sex, language, native_rate, offset, samples. `group` names what must share one channel: a matched pair, or a clip by itself.
Rows of neural codecs (a person resynthesized) are left out, and `google_dfconformer`. Labels that the page itself contradicts are
corrected whenever the table is read (`corrected`).
"""
import os
import sys
import time

import numpy as np
import pandas as pd
import soundfile as sf
import soxr
import torch

from . import folds
from .coding import RATE, opus37, together

EXCLUDED_SOURCES = {"google_dfconformer"}
KIND = {"bonafide": "human", "spoof": "spoof", "nonspeech": "nonspeech"}
LABEL = {"human": 0, "spoof": 1, "nonspeech": -1}
CORRECTIONS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "Corpora", "corrections.csv")


class Progress:
    """One line every few seconds: done, rate, time left."""

    def __init__(self, what, total):
        self.what, self.total, self.start, self.last = what, total, time.time(), 0.0

    def __call__(self, done, note=""):
        now = time.time()
        if now - self.last < 10 and done < self.total:
            return
        self.last = now
        rate = done / max(now - self.start, 1e-6)
        left = (self.total - done) / max(rate, 1e-9)
        print(f"{self.what}: {done}/{self.total} {rate:.1f}/s, {left / 60:.1f} min left {note}", file=sys.stderr, flush=True)


def rows(corpus):
    d = pd.read_csv(os.path.join(corpus, "manifest.csv"), dtype=str, keep_default_na=False)
    d = d[(d.split == "train") & d.label.isin(list(KIND)) & ~d.source.isin(EXCLUDED_SOURCES)]
    return d[~((d.label == "spoof") & (d.system_family == "neural_codec"))].sort_values("path").reset_index(drop=True)


def corrected(table, file=CORRECTIONS):
    """The table with the labels and generators that the clips' own pages state. What is neither a person's recording nor a machine's as a whole
    (enhanced, only partly generated, through a neural codec, doubtful) gets the label -2. `kind` stays: folds, caps and lines hang on it, and a
    correction must not draw them anew."""
    c = pd.read_csv(file, dtype=str, keep_default_na=False).set_index("path")
    at = table.path.isin(c.index)
    said = c.loc[table.path[at]]
    label = said.label.map({"bonafide": 0, "spoof": 1}).fillna(-2).astype(int)
    table = table.copy()
    table.loc[at, "label"] = np.where(said.system_family == "neural_codec", -2, label)
    table.loc[at, "family"] = said.system_family.values
    table.loc[at, "system"] = np.where(label == 0, "", np.where(table.system[at] == "", said.system_family, table.system[at]))
    return table


def read16k(path):
    x, rate = sf.read(path, dtype="float32")
    x = x[:, 0] if x.ndim > 1 else x
    return (soxr.resample(x, rate, RATE).astype(np.float32) if rate != RATE else x), rate


def to_int16(x):
    return np.round(np.clip(x, -1, 1) * 32767).astype(np.int16)


def build(corpus, work):
    """work/originals.i16 and work/originals.csv."""
    table_path = os.path.join(work, "originals.csv")
    if os.path.exists(table_path):
        return
    d = rows(corpus)
    progress = Progress("reading", len(d))
    clips, narrow = [], []
    for i, p in enumerate(d.path):
        x, rate = read16k(os.path.join(corpus, p))
        if rate != RATE:
            narrow.append(i)
        clips.append(x)
        progress(i + 1)
    for at in range(0, len(narrow), 150):
        part = narrow[at:at + 150]
        for i, y in zip(part, together([clips[i] for i in part], opus37)):
            clips[i] = y
    samples = np.array([len(c) for c in clips])
    offsets = np.concatenate([[0], np.cumsum(samples)[:-1]])
    kind = d.label.map(KIND)
    table = pd.DataFrame({
        "path": d.path, "label": kind.map(LABEL), "kind": kind, "source": d.source, "owner": folds.owners(d),
        "group": d.pair_id.where(d.pair_id != "", d.path), "pair": d.pair_id, "speaker": d.speaker, "system": d.system,
        "family": d.system_family, "sex": d.sex, "language": d.language, "native_rate": d.native_rate,
        "offset": offsets, "samples": samples})
    with open(os.path.join(work, "originals.i16"), "wb") as f:
        for c in clips:
            f.write(to_int16(c).tobytes())
    table.to_csv(table_path + ".part", index=False)
    os.replace(table_path + ".part", table_path)


def save(values, path):
    """A checkpoint, whole or not at all."""
    torch.save(values, path + ".part")
    os.replace(path + ".part", path)


def load(work, name):
    table = pd.read_csv(os.path.join(work, name + ".csv"), keep_default_na=False)
    return table, np.memmap(os.path.join(work, name + ".i16"), np.int16, "r")
