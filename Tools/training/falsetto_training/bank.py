"""The channel bank: copies of the training set, each clip through one channel, kept as int16.

Variants by name: `0`, `1` and so on: random lines, one drawn for each matched pair, so that the line says nothing about the class;
`nb` and `wb`: lines of the reference bank, drawn by path, on which sources are scored that a head never heard; `nb1`, `wb1` and so on: further
draws of those, `nbh`, `wbh`, `nb1h` and so on the same with voices that were handled on the way (handling.py). `wb` takes only clips whose
native rate is 16 kHz or more. A cap on clips a source and class holds for all of them.
"""
import hashlib
import os
import re
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache

import numpy as np
import pandas as pd

from . import channels, corpus, handling, nonspeech
from .coding import opus37, together

PARTS = ("originals", "extras")
NARROW_SHARE = 0.6
SHARD = 150
TEXT = ("path", "kind", "source", "owner", "group", "pair", "speaker", "system", "family", "sex", "language", "native_rate")


@lru_cache(1)
def items(work):
    """All clips: one table, with `part`, `source_offset` (in that part's file) and `offset` (in every bank file)."""
    tables = [pd.read_csv(os.path.join(work, p + ".csv"), keep_default_na=False, dtype={c: str for c in TEXT}).assign(part=p)
              for p in PARTS if os.path.exists(os.path.join(work, p + ".csv"))]
    if not tables:
        raise SystemExit(f"{work} holds no clips: run the step prepare")
    t = pd.concat(tables, ignore_index=True)
    for c in TEXT:
        t[c] = t[c].fillna("") if c in t else ""
    t = t.rename(columns={"offset": "source_offset"})
    t["offset"] = np.concatenate([[0], np.cumsum(t.samples)[:-1]])
    return corpus.corrected(t)


def rates(table):
    """Native rate in Hz, 0 if not known."""
    return pd.to_numeric(table.native_rate, errors="coerce").fillna(0).values


def dry(work):
    """item row -> float32 samples before any channel."""
    t = items(work)
    audio = {p: np.memmap(os.path.join(work, p + ".i16"), np.int16, "r") for p in set(t.part)}
    part, at, n = t.part.values, t.source_offset.values, t.samples.values
    return lambda i: audio[part[i]][at[i]:at[i] + n[i]].astype(np.float32) / 32767


def hashed(text):
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def reference(variant):
    """("nb" or "wb", number of the draw, whether voices are handled) of a variant of the reference bank, else None."""
    m = re.fullmatch(r"(nb|wb)(\d*)(h?)", variant)
    return (m[1], int(m[2] or 0), bool(m[3])) if m else None


def chosen(work, variant, cap, seed):
    """[items] bool: which clips a variant holds. cap: clips of a source and class, drawn by seed; clips without voice are few and all taken."""
    t = items(work)
    draw = pd.Series([hashed(f"{seed}/{p}") for p in t.path]).groupby([t.source, t.kind]).rank(method="first").values
    keep = (draw <= cap) | (t.kind.values == "nonspeech") if cap else np.ones(len(t), bool)
    named = reference(variant)
    return keep & (rates(t) >= 16000) if named and named[0] == "wb" else keep


def plan(work, variant):
    """(narrow, chain, line seed) for each item."""
    t = items(work)
    if named := reference(variant):
        band, draw, handled = named
        names = channels.REFERENCE[band]
        drawn = f"/{draw}" * bool(draw) + "/handled" * handled
        digest = [hashed(p + drawn) for p in t.path]
        return pd.DataFrame({"narrow": band == "nb", "chain": [names[d % len(names)] for d in digest], "seed": [d // 64 % 2 ** 31 for d in digest]})
    if not variant.isdigit():
        raise SystemExit(f"bank: no variant {variant}: a number, or nb or wb with or without a number and an h")
    codes, groups = pd.factorize(t.group)
    rng = np.random.default_rng([53, int(variant)])
    narrow = rng.random(len(groups)) < NARROW_SHARE
    chain = [(channels.NARROW[i % len(channels.NARROW)] if w else channels.WIDE[i % len(channels.WIDE)])
             for w, i in zip(narrow, rng.integers(0, 2 ** 30, len(groups)))]
    seeds = rng.integers(0, 2 ** 31, len(groups))
    return pd.DataFrame({"narrow": narrow[codes], "chain": ["+".join(chain[c]) for c in codes], "seed": seeds[codes]})


_state = {}


def load_rooms(folder):
    """Room responses from just before the direct sound, half a second, of unit energy."""
    rooms = []
    for r in nonspeech.load_noises(folder, "rir"):
        r = r[max(0, np.argmax(np.abs(r)) - 16):][:8000]
        rooms.append((r / np.sqrt((r ** 2).sum() + 1e-9)).astype(np.float32))
    return rooms


def start(folder, work):
    t = items(work)
    load, human = dry(work), np.flatnonzero(t.kind == "human")
    babble = np.random.default_rng(59).choice(human, min(300, len(human)), replace=False)
    _state.update(load=load, rooms=load_rooms(folder), noises=nonspeech.load_noises(folder), speech=[load(i) for i in babble])


def shard(job):
    rows, seeds, narrow, chain, path, offsets, total, named = job
    kind = (handling.HandledLine if named[2] else channels.ReferenceLine) if named else channels.Line
    lines = [kind(s, w, _state["noises"], _state["rooms"], _state["speech"]) for s, w in zip(seeds, narrow)]
    x = [_state["load"](i) for i in rows]
    again = [k for k, l in enumerate(lines) if l.recode]
    if again:
        for k, y in zip(again, together([x[k] for k in again], opus37)):
            x[k] = y
    x = [l.before(c) for l, c in zip(lines, x)]
    for name in chain.split("+"):
        x = together(x, channels.coder(name))
        x = [l.after(c) for l, c in zip(lines, x)]
    out = np.memmap(path, np.int16, "r+", shape=(total,))
    for c, at in zip(x, offsets):
        out[at:at + len(c)] = corpus.to_int16(c)
    return len(rows)


def bank_path(work, variant):
    return os.path.join(work, f"bank{variant}.i16")


def load(work, variant):
    path = bank_path(work, variant)
    if not os.path.exists(path):
        raise SystemExit(f"bank: {path} is missing: run the step bank")
    refuse_other_clips(work, path, 2 * int(items(work).samples.sum()))
    return np.memmap(path, np.int16, "r")


def done(path):
    """Names of the pieces of a file that are there."""
    return set(open(path + ".done").read().split()) if os.path.exists(path + ".done") else set()


def refuse_other_clips(work, path, size, made_of=()):
    """Ends the program where a file is not as long as its clips ask for, or older than they are, or than another file it is made of."""
    made_of = [os.path.join(work, p + ".csv") for p in PARTS] + list(made_of)
    # What is made in pieces is as old as its first piece.
    begun = path + ".begun" if os.path.exists(path + ".begun") else path
    if os.path.getsize(path) != size or any(os.path.exists(m) and os.path.getmtime(m) > os.path.getmtime(begun) for m in made_of):
        raise SystemExit(f"{path} was made of other clips: remove it and what lies beside it under the same name")


def begin(path, make):
    """Makes a file that is filled in pieces, unless it is there; what was noted of an earlier one goes."""
    if not os.path.exists(path):
        if os.path.exists(path + ".done"):
            os.remove(path + ".done")
        make()
        open(path + ".begun", "w").close()


def jobs(work, variant, cap, seed):
    """name of a piece -> rows. The name says which clips, so that another cap or seed makes what is missing."""
    t, p, keep = items(work), plan(work, variant), chosen(work, variant, cap, seed)
    out = {}
    for chain, rows in p[keep].groupby("chain").groups.items():
        rows = np.sort(np.asarray(rows))
        for at in range(0, len(rows), SHARD):
            r = rows[at:at + SHARD]
            out[f"{chain}/{hashed('/'.join(t.path.values[r])):x}"] = r
    return out


def build(folder, work, variant, cap, seed, processes=2):
    path, t, p = bank_path(work, variant), items(work), plan(work, variant)
    total = int(t.samples.sum())
    begin(path, lambda: np.memmap(path, np.int16, "w+", shape=(total,)).flush())
    refuse_other_clips(work, path, 2 * total)
    made, asked = done(path), jobs(work, variant, cap, seed)
    asked = {name: r for name, r in asked.items() if name not in made}
    if not asked:
        return
    progress, n = corpus.Progress(f"bank {variant}", sum(map(len, asked.values()))), 0
    with ProcessPoolExecutor(processes, initializer=start, initargs=(folder, work)) as pool, open(path + ".done", "a") as log:
        waiting = [(name, pool.submit(shard, (r, p.seed.values[r], p.narrow.values[r], p.chain.values[r[0]], path, t.offset.values[r], total,
                                              reference(variant)))) for name, r in asked.items()]
        for name, future in waiting:
            n += future.result()
            log.write(name + "\n"); log.flush()
            progress(n)


def filled(work, variant, cap, seed):
    """Ends the program where a variant lacks clips that the recipe asks for."""
    missing = sum(len(r) for name, r in jobs(work, variant, cap, seed).items() if name not in done(bank_path(work, variant)))
    if missing:
        raise SystemExit(f"bank: {missing} clips of the variant {variant} are missing: run the step bank")
