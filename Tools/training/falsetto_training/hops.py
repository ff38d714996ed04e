"""Hop statistics of every variant of the bank: the frozen encoder runs once, heads are trained on what is kept here.

work/hopsVARIANT.f16 [hops of all clips, STORED] float16, work/beganVARIANT.i32 [hops] first sample of the block that ends in the hop; -1
where none does or the encoder is not asked. Of further draws VARIANT ends in `late`: they are heard from somewhere within the clip.
"""
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torch

from . import bank, logmel, pooling, targets, weights
from .corpus import Progress, save
from .encoder import CYCLE, ROWS, WIDTH, Encoder

BATCH, JOB = 32, 256
SIGNALS, CLIPS, SECONDS = 100, 9, 24             # the position means: signals of so many clips of different sources, at most so long
LATEST, LEFT = int(0.8 * logmel.RATE), int(1.3 * logmel.RATE)   # further draws begin so late at most; so much of a clip is left


def device():
    return "cuda" if torch.cuda.is_available() else "cpu"


def means_path(work):
    return os.path.join(work, "position-means.pt")


@torch.no_grad()
def position_means(work):
    """[blocks, CYCLE, WIDTH]: what each block gives on average at each position behind a full context, in voices of the train split."""
    path, t = means_path(work), bank.items(work)
    if os.path.exists(path):
        return
    rng, load = np.random.default_rng(1), bank.dry(work)
    rows = np.flatnonzero((t.kind != "nonspeech") & (t.samples > 2.5 * logmel.RATE))
    if len(rows) < CLIPS:
        raise SystemExit(f"encode: {len(rows)} voices of at least 2.5 s are too few for the means by position")
    w = 1 / t.source[rows].map(t.source[rows].value_counts()).values
    pick = rng.choice(rows, min(SIGNALS * CLIPS, len(rows) // CLIPS * CLIPS), replace=False, p=w / w.sum()).reshape(-1, CLIPS)
    e = Encoder(weights.encoder_tensors(weights.path(work)), device())
    total, count = torch.zeros(e.blocks, CYCLE, WIDTH, dtype=torch.float64), torch.zeros(CYCLE, dtype=torch.float64)
    progress = Progress("position means", len(pick))
    for k, group in enumerate(pick):
        x = np.concatenate([load(i) for i in group])[:SECONDS * logmel.RATE]
        with torch.autocast(e.device, torch.bfloat16):
            out, grid = e(torch.from_numpy(x)[None].to(e.device))
        use = (~grid.quiet & (grid.age >= CYCLE // ROWS))[0].cpu()
        at = (grid.age[0].cpu()[use, None] * ROWS + torch.arange(ROWS)) % CYCLE
        count.index_add_(0, at.flatten(), torch.ones(at.numel(), dtype=torch.float64))
        for b in range(e.blocks):
            total[b].index_add_(0, at.flatten(), out[b + 1][0].cpu().double().view(-1, ROWS, WIDTH)[use].flatten(0, 1))
        progress(k + 1)
    if count.min() < 1:
        raise SystemExit("encode: too little speech without a pause for the means by position: more clips are needed")
    save((total / count[:, None]).float(), path)


def tensors(work):
    """The encoder's tensors with the means by position."""
    if not os.path.exists(means_path(work)):
        raise SystemExit(f"{means_path(work)} is missing: run the step encode")
    return {**weights.encoder_tensors(weights.path(work)), "positionMeans": torch.load(means_path(work), weights_only=True)}


def paths(work, variant):
    """Files of a variant's statistics and block begins. Further draws bear their rule in the name, so that whole clips of theirs are not taken."""
    variant += "late" if further(variant) else ""
    return os.path.join(work, f"hops{variant}.f16"), os.path.join(work, f"began{variant}.i32")


def refuse_others(work, variant, kept, hop_count):
    """Ends the program where statistics were made of another bank, or less other means by position."""
    bank.refuse_other_clips(work, kept, 2 * pooling.STORED * int(hop_count), [bank.bank_path(work, variant) + ".begun", means_path(work)])


def layout(work):
    """(hops of each clip, the first one's row)"""
    n = logmel.hop_count(bank.items(work).samples.values)
    return n, np.cumsum(n) - n


def further(variant):
    """Whether it is a second, third ... draw of a reference line."""
    return (bank.reference(variant) or (None, 0))[1] > 0


def begins(variant, rows, samples):
    """The sample of each clip that it is heard from. Further draws of a line begin somewhere in the first 0.8 s, since calls are not cut as clips
    are: a head that heard only whole clips relies on their first words."""
    if not further(variant):
        return np.zeros(len(rows), int)
    return np.array([np.random.default_rng([5, r]).integers(m) for r, m in zip(rows, np.clip(samples - LEFT, 1, LATEST))], int)


_state = {}


def start(work):
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    _state["encoder"] = Encoder(tensors(work), device()).halved()


def encode(job):
    """One piece: clips of a variant, shortest first, so that a batch holds clips of one number of hops."""
    work, variant, rows = job
    e, t, (count, first) = _state["encoder"], bank.items(work), layout(work)
    audio = bank.load(work, variant)
    kept, began = paths(work, variant)
    kept, began = np.memmap(kept, np.float16, "r+").reshape(-1, pooling.STORED), np.memmap(began, np.int32, "r+")
    for n in np.unique(count[rows]):
        same = rows[count[rows] == n]
        for at in range(0, len(same) if n else 0, BATCH):
            part = same[at:at + BATCH]
            begin = begins(variant, part, t.samples.values[part])
            length = t.samples.values[part] - begin
            x = np.stack([np.pad(audio[o:o + m], (0, n * logmel.HOP - m))
                          for o, m in zip(t.offset.values[part] + begin, length)]).astype(np.float32) / 32768
            with torch.autocast(e.device, torch.bfloat16):
                out, grid = e(torch.from_numpy(x).to(e.device), length)
            first_sample = torch.where(grid.quiet, -1, grid.began + torch.from_numpy(begin)[:, None].to(e.device)).cpu().numpy()
            s = pooling.stored([z.float() for z in out]).half().cpu().numpy()
            for k, r in enumerate(part):
                kept[first[r]:first[r] + n], began[first[r]:first[r] + n] = s[k], first_sample[k]
    return len(rows)


def build(work, variant, cap, seed, processes=2):
    t, (count, _) = bank.items(work), layout(work)
    bank.filled(work, variant, cap, seed)
    kept, began = paths(work, variant)

    def make():
        np.memmap(began, np.int32, "w+", shape=(int(count.sum()),)).flush()
        np.memmap(kept, np.float16, "w+", shape=(int(count.sum()), pooling.STORED)).flush()
    bank.begin(kept, make)
    refuse_others(work, variant, kept, count.sum())
    made, rows = bank.done(kept), np.flatnonzero(bank.chosen(work, variant, cap, seed))
    rows = rows[np.argsort(count[rows], kind="stable")]
    rows = rows[[str(r) not in made for r in rows]]
    if not len(rows):
        return
    progress, n = Progress(f"encode {variant}", len(rows)), 0
    # A GPU is not shared out.
    side_by_side, context = 1 if device() == "cuda" else processes, multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(side_by_side, context, initializer=start, initargs=(work,)) as pool, open(kept + ".done", "a") as log:
        waiting = [(r, pool.submit(encode, (work, variant, r))) for r in (rows[at:at + JOB] for at in range(0, len(rows), JOB))]
        for r, future in waiting:
            n += future.result()
            log.write("\n".join(map(str, r)) + "\n"); log.flush()
            progress(n)


class Data:
    """All clips with the hop statistics of some variants: kept[variant], began[variant] (first sample of what the encoder heard, -1 where it was
    not asked) and share[variant] (per cent of speech in that) by hop, has[variant] by clip."""

    def __init__(self, work, variants, cap, seed):
        self.work, self.table = work, bank.items(work)
        self.count, self.first = layout(work)
        self.kept, self.began, self.share, self.has = {}, {}, {}, {}
        for v in variants:
            kept, began = paths(work, v)
            want = bank.chosen(work, v, cap, seed)
            made = np.isin(np.arange(len(want)), np.array(sorted(bank.done(kept)), int)) if os.path.exists(kept) else np.zeros(len(want), bool)
            if (want & ~made).any():
                raise SystemExit(f"encode: {(want & ~made).sum()} clips of the variant {v} are missing: run the step encode")
            refuse_others(work, v, kept, self.count.sum())
            self.kept[v], self.has[v] = np.memmap(kept, np.float16, "r").reshape(-1, pooling.STORED), want
            self.began[v] = np.fromfile(began, np.int32)
            self.share[v] = targets.shares(work, self.began[v])

    def hops(self, row):
        """Row numbers of a clip's hops."""
        return np.arange(self.first[row], self.first[row] + self.count[row])
