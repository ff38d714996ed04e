"""The channel bank: whole copies of the training set, each clip through a random channel, kept as int16.

A variant draws one channel for each group (matched pair, clip with its twins), so the channel says nothing about the class. Two have no
line: `dry`, and `dressed`, where each group wears another person's recording (dressing.py). `quiet` is variant 0 with a noise
suppressor behind the line of two groups in five (suppressors.py).
"""
import hashlib
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache

import numpy as np
import pandas as pd

from . import channels, corpus, dressing, folds, nonspeech, suppressors
from .coding import opus37, together
from .vocoders import fit

PARTS = ("originals", "twins", "extras", "vocoded", "predicted", "suppressed")
TWINS = ("twins", "vocoded", "predicted", "suppressed")
WITHOUT_LINE = ("dry", "dressed")
NARROW_SHARE = 0.6
SHARD = 150


@lru_cache(1)
def items(work):
    """All clips: one table, with `part`, `source_offset` (in that part's file) and `offset` (in every bank file)."""
    tables = [pd.read_csv(os.path.join(work, p + ".csv"), keep_default_na=False).assign(part=p) for p in PARTS
              if os.path.exists(os.path.join(work, p + ".csv"))]
    t = pd.concat(tables, ignore_index=True)
    for c in ("pair", "speaker", "system", "family", "sex", "language", "native_rate", "method"):
        t[c] = t[c].fillna("") if c in t else ""
    t = t.rename(columns={"offset": "source_offset"})
    t["offset"] = np.concatenate([[0], np.cumsum(t.samples)[:-1]])
    return t


def dry(work):
    """item row -> float32 samples before any channel."""
    t = items(work)
    audio = {p: np.memmap(os.path.join(work, p + ".i16"), np.int16, "r") for p in set(t.part)}
    part, at, n = t.part.values, t.source_offset.values, t.samples.values
    return lambda i: audio[part[i]][at[i]:at[i] + n[i]].astype(np.float32) / 32767


def plan(work, variant):
    """(narrow, chain, line seed) for each item, the same within a group.

    Variants "nb" and "wb" are for validation: each original by itself through a channel of the reference bank.
    """
    t = items(work)
    if variant in channels.REFERENCE:
        names = channels.REFERENCE[variant]
        digest = [int(hashlib.sha256(p.encode()).hexdigest()[:12], 16) for p in t.path]
        return pd.DataFrame({"narrow": variant == "nb", "chain": [names[d % len(names)] for d in digest],
                             "seed": [d // 64 % 2 ** 31 for d in digest], "skip": t.part.isin(TWINS).values})
    codes, groups = pd.factorize(t.group)
    rng = np.random.default_rng([53, variant])
    narrow = rng.random(len(groups)) < NARROW_SHARE
    chain = [(channels.NARROW[i % len(channels.NARROW)] if w else channels.WIDE[i % len(channels.WIDE)])
             for w, i in zip(narrow, rng.integers(0, 2 ** 30, len(groups)))]
    seeds = rng.integers(0, 2 ** 31, len(groups))
    return pd.DataFrame({"narrow": narrow[codes], "chain": ["+".join(chain[c]) for c in codes], "seed": seeds[codes],
                         "skip": False})


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
    rng = np.random.default_rng(59)
    rooms = load_rooms(folder)
    load = dry(work)
    human = np.flatnonzero(t.kind == "human")
    _state.update(load=load, rooms=rooms, noises=nonspeech.load_noises(folder),
                  speech=[load(i) for i in rng.choice(human, 300, replace=False)])


def shard(job):
    rows, seeds, narrow, chain, path, offsets, total, reference = job
    kind = channels.ReferenceLine if reference else channels.Line
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


def hosts(work):
    """For each clip the row of the person's clip that it is dressed as, the same within a group and of its fold; -1: as it is."""
    t = items(work)
    fold, people = folds.of_items(t), np.flatnonzero((t.part == "originals") & (t.kind == "human") & (t.samples > 24000))
    weight = 1 / np.sqrt(t.source[people].map(t.source[people].value_counts()).values)
    codes, groups = pd.factorize(t.group)
    rng, out = np.random.default_rng(79), np.full(len(groups), -1)
    first = np.unique(codes, return_index=True)[1]
    for k in range(folds.FOLDS):
        here, of = np.flatnonzero(fold[first] == k), fold[people] == k
        out[here] = rng.choice(people[of], len(here), p=weight[of] / weight[of].sum())
    return np.where(t.kind == "nonspeech", -1, out[codes])


def suppressions(work):
    """For each clip "rnn", "speex" or "", the same within a group: what stands behind the line of variant 0 in the variant `quiet`."""
    codes, groups = pd.factorize(items(work).group)
    return np.random.default_rng(89).choice(["rnn", "speex", ""], len(groups), p=[0.28, 0.12, 0.6])[codes]


def dress_rows(job):
    work, rows, host, path, total = job
    load, out, at = dry(work), np.memmap(path, np.int16, "r+", shape=(total,)), items(work).offset.values
    for i, h in zip(rows, host):
        x = load(i)
        if h >= 0 and len(x) > 2 * dressing.SIZE:
            x = dressing.dressed(x, load(h), np.random.default_rng([83, int(i)]))
        out[at[i]:at[i] + len(x)] = corpus.to_int16(x)
    return len(rows)


def quiet_rows(job):
    work, rows, which, path, total = job
    line, out = load(work, 0), np.memmap(path, np.int16, "r+", shape=(total,))
    t, suppressor = items(work), suppressors.Suppressor([])
    at, n = t.offset.values, t.samples.values
    for i, name in zip(rows, which):
        x = line[at[i]:at[i] + n[i]]
        if name:
            y = getattr(suppressor, name)(x.astype(np.float32) / 32767, np.random.default_rng([97, int(i)]))
            x = corpus.to_int16(fit(y, n[i]))
        out[at[i]:at[i] + n[i]] = x
    return len(rows)


def derive(work, variant, processes):
    """The variants that are made of others, in one piece."""
    path = os.path.join(work, f"bank{variant}.i16")
    if os.path.exists(path):
        return
    make, what = (dress_rows, hosts(work)) if variant == "dressed" else (quiet_rows, suppressions(work))
    if variant == "quiet":
        load(work, 0)
    total = int(items(work).samples.sum())
    np.memmap(path + ".part", np.int16, "w+", shape=(total,)).flush()
    progress, n = corpus.Progress(f"bank {variant}", len(what)), 0
    jobs = [(work, np.arange(a, min(a + 300, len(what))), what[a:a + 300], path + ".part", total) for a in range(0, len(what), 300)]
    with ProcessPoolExecutor(processes) as pool:
        for done in pool.map(make, jobs):
            n += done
            progress(n)
    os.replace(path + ".part", path)


def load(work, variant):
    """The samples of a bank. Ends the program where a training would hear silence, or clips that have been made anew since."""
    path = os.path.join(work, f"bank{variant}.i16")
    # One that is made in pieces exists from the first on.
    if not os.path.exists(path) or (variant not in (*WITHOUT_LINE, "quiet") and "all" not in done(path)):
        raise SystemExit(f"bank: {path} is not finished: run the step bank with --variants {variant}")
    refuse_other_clips(work, variant)
    return np.memmap(path, np.int16, "r")


def done(path):
    return set(open(path + ".done").read().split()) if os.path.exists(path + ".done") else set()


def older(path, made_of):
    return any(os.path.getmtime(m) > os.path.getmtime(path) for m in made_of)


def refuse_other_clips(work, variant):
    """Ends the program where a bank is not as long as its clips, or older than they are."""
    path, t = os.path.join(work, f"bank{variant}.i16"), items(work)
    if variant in channels.REFERENCE:            # the originals alone, which stand first in every bank: more twins do not move them
        parts, fits = {"originals"}, os.path.getsize(path) >= 2 * int(t.samples[t.part == "originals"].sum())
    else:
        parts, fits = set(t.part), os.path.getsize(path) == 2 * int(t.samples.sum())
    made = [os.path.join(work, p + ".csv") for p in parts] + ([os.path.join(work, "bank0.i16.done")] if variant == "quiet" else [])
    if not fits or older(path, made):
        raise SystemExit(f"bank: {path} was made of other clips: remove it and, if there is one, {path}.done")


def build(folder, work, variant, processes=2):
    path = os.path.join(work, f"bank{variant}.i16")
    if os.path.exists(path):
        refuse_other_clips(work, variant)
    if variant == "dry":                         # no channel: the parts one after the other
        if not os.path.exists(path):
            with open(path + ".part", "wb") as out:
                for part in items(work).part.unique():
                    with open(os.path.join(work, part + ".i16"), "rb") as f:
                        shutil.copyfileobj(f, out)
            os.replace(path + ".part", path)
        return
    if variant in ("dressed", "quiet"):
        return derive(work, variant, processes)
    t, p, made = items(work), plan(work, variant), done(path)
    total = int(t.samples.sum())
    if "all" in made:
        return
    if not os.path.exists(path):
        np.memmap(path, np.int16, "w+", shape=(total,)).flush()
    jobs = []
    for chain, rows in p[~p.skip].groupby("chain").groups.items():
        rows = np.asarray(rows)
        for at in range(0, len(rows), SHARD):
            r = rows[at:at + SHARD]
            jobs.append((f"{chain}/{at}", (r, p.seed.values[r], p.narrow.values[r], chain, path, t.offset.values[r], total,
                                               variant in channels.REFERENCE)))
    progress, n = corpus.Progress(f"bank {variant}", int((~p.skip).sum())), 0
    with ProcessPoolExecutor(processes, initializer=start, initargs=(folder, work)) as pool, open(path + ".done", "a") as log:
        waiting = [(name, pool.submit(shard, job)) for name, job in jobs if name not in made]
        for name, future in waiting:
            n += future.result()
            log.write(name + "\n"); log.flush()
            progress(n)
        log.write("all\n")
