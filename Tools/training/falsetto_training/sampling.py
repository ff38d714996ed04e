"""Which clips meet in a batch, and the crops of them.

Half human, half synthetic by construction. Units: a matched pair of one page; a person's clip with its copy-synthesised twin (cut
at the same place); one human and one synthetic clip drawn apart, balanced over sources; a few without voice. Both
members of a pair or twin unit come from the same variant of the bank, so from the same channel, but for a share that meets a line each (`shared`). Some clips drawn apart come a second time
without a line.
"""
import queue
import threading
from dataclasses import dataclass

import numpy as np
import soxr
import torch
from scipy.signal import firwin, oaconvolve

from . import bank, channels, targets


@dataclass
class Mix:
    pairs: int = 10                              # units a batch
    twins: int = 12
    apart: int = 8
    nonspeech: int = 4
    source_power: float = 0.5                    # chance of a source goes with (clips)^power
    seconds: tuple = (1.4, 2.9)
    resample: float = 0.3                        # chance of a speed change of a unit
    speed: float = 0.16                          # its size, natural log
    lead: float = 0.2                            # chance of tones, music, noise or silence before the clip
    noise: float = 0.25
    narrow: float = 0.1                          # chance to cut a unit to the telephone band once more
    shared: float = 1.0                          # chance that the two of a pair or of twins meet one line
    views: int = 0                               # of the clips drawn apart, how many come a second time without a line (needs the variant `dry`)
    line: float = 1.0                            # chance that a clip of a variant without a line meets one drawn anew, not a level alone
    room: float = 0.0                            # chance of a room in it


class Pool:
    def __init__(self, table, keep, variants, work, power, rooms=()):
        self.table, self.rooms = table, rooms
        self.audio = [bank.load(work, v) for v in variants]
        self.dry = [v in bank.WITHOUT_LINE for v in variants]
        self.plain = variants.index("dry") if "dry" in variants else None
        self.target, self.target_at, self.target_n = targets.load(work)
        self.offset, self.samples = table.offset.values, table.samples.values
        rows = np.flatnonzero(keep)
        kind = table.kind.values
        self.human = self.by_source(rows[kind[rows] == "human"], power)
        self.spoof = self.by_source(rows[kind[rows] == "spoof"], power)
        self.nonspeech = self.by_source(rows[kind[rows] == "nonspeech"], power)
        part = table.part.values
        self.twins, self.enhanced, self.suppressed = self.beside(table, rows[np.isin(part[rows], bank.TWINS)])
        pairs = {}
        for r in rows[(part[rows] == "originals")]:
            if table.pair.values[r]:
                pairs.setdefault(table.pair.values[r], ([], []))[int(kind[r] == "spoof")].append(r)
        both = [p for p in pairs.values() if p[0] and p[1]]
        source = table.source.values
        self.pair_sources = {}
        for p in both:
            self.pair_sources.setdefault(source[p[0][0]], []).append(p)
        w = np.array([sum(len(a) + len(b) for a, b in v) for v in self.pair_sources.values()], float) ** power
        self.pair_lists, self.pair_weight = list(self.pair_sources.values()), w / w.sum() if len(w) else w

    @staticmethod
    def beside(table, rows):
        """For a person's clip: its twins; itself enhanced; and itself and a twin behind noise suppressors."""
        twins, enhanced, suppressed = {}, {}, {}
        for r in rows:
            origin, machine = int(table.origin.values[r]), table.kind.values[r] == "twin"
            if table.part.values[r] == "suppressed":
                suppressed.setdefault(origin, [None, None])[int(machine)] = int(r)
            else:
                (twins if machine else enhanced).setdefault(origin, []).append(int(r))
        return twins, enhanced, suppressed

    def by_source(self, rows, power):
        source, system = self.table.source.values[rows], self.table.system.values[rows]
        names = np.unique(source)
        lists = [[rows[(source == s) & (system == y)] for y in np.unique(system[source == s])] for s in names]
        w = np.array([(source == s).sum() for s in names], float) ** power
        return lists, w / w.sum()

    @staticmethod
    def draw(rng, pool):
        lists, w = pool
        systems = lists[rng.choice(len(lists), p=w)]
        sizes = np.sqrt([len(s) for s in systems])
        rows = systems[rng.choice(len(systems), p=sizes / sizes.sum())]
        return int(rows[rng.integers(len(rows))])

    def clip(self, row, variant):
        at = self.offset[row]
        return self.audio[variant][at:at + self.samples[row]], \
            self.target[self.target_at[row]:self.target_at[row] + self.target_n[row]]


class Level:
    """No line at all, only a level."""

    def __init__(self, rng):
        self.level = 10 ** (rng.uniform(-38, -14) / 20)

    def __call__(self, x):
        return np.clip(x / (channels.active_level(x) + 1e-6) * self.level, -1, 1).astype(np.float32)


class QuickLine:
    """A cheap line drawn anew each time, for clips that saw no coder: room, response, noise, level, and G.711 or nothing."""

    def __init__(self, rng, pool, room=0.0):
        self.room = pool.rooms[rng.integers(len(pool.rooms))] if rng.random() < room else None
        self.narrow = rng.random() < 0.6
        self.filter = channels.line_filter(rng, self.narrow)
        self.level = 10 ** (rng.uniform(-38, -14) / 20)
        self.law = self.narrow and rng.random() < 0.6
        kind, self.noise = rng.random(), None
        if kind < 0.35:
            self.noise, snr = rng.standard_normal(60000).astype(np.float32), rng.uniform(12, 42)
        elif kind < 0.6:
            x, _ = pool.clip(pool.draw(rng, pool.nonspeech if kind < 0.5 else pool.human), int(rng.integers(len(pool.audio))))
            x = np.tile(x, 60000 // max(1, len(x)) + 1)[:60000].astype(np.float32)
            self.noise, snr = x / (np.sqrt(np.mean(x ** 2)) + 1.0), rng.uniform(8, 35)
        if self.noise is not None:
            self.noise = self.noise * np.float32(10 ** (-snr / 20))

    def __call__(self, x):
        if self.room is not None:
            x = oaconvolve(x, self.room)[:len(x)]
        x = oaconvolve(x, self.filter)[80:80 + len(x)]
        x = x / (channels.active_level(x) + 1e-6)
        if self.noise is not None:
            x = x + self.noise[:len(x)]
        x = np.clip(x * self.level, -1, 1)
        if self.narrow:
            if self.law:                         # mu-law in 8 bits
                y = np.round(np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256) * 127) / 127
                x = np.sign(y) * (256 ** np.abs(y) - 1) / 255
            x = oaconvolve(x, TELEPHONE)[80:80 + len(x)]
        return x.astype(np.float32)


TELEPHONE = firwin(161, 3700, fs=16000).astype(np.float32)


class Sampler:
    """Yields (samples [B, N], targets [B, M], valid [B, M], labels [B], cut to the telephone band [B], partner pairs [P, 2],
    views [V, 2]: a clip through its line, and the same stretch without one)."""

    def __init__(self, pool, mix, seed):
        if mix.views and pool.plain is None:
            raise SystemExit("recipe: mix.views needs the variant dry among the variants")
        self.pool, self.mix, self.rng = pool, mix, np.random.default_rng(seed)

    def units(self):
        rng, pool, m = self.rng, self.pool, self.mix
        out = []
        for _ in range(m.pairs if pool.pair_lists else 0):
            groups = pool.pair_lists[rng.choice(len(pool.pair_lists), p=pool.pair_weight)]
            people, machines = groups[rng.integers(len(groups))]
            out.append((int(rng.choice(people)), int(rng.choice(machines)), False))
        for _ in range(m.twins):
            h = pool.draw(rng, pool.human)
            if h in pool.suppressed and rng.random() < 0.4:      # both or neither
                out.append((*pool.suppressed[h], True))
                continue
            t = int(rng.choice(pool.twins[h]))
            if h in pool.enhanced and rng.random() < 0.4:
                h = int(rng.choice(pool.enhanced[h]))
            out.append((h, t, True))
        for _ in range(m.apart):
            out.append((pool.draw(rng, pool.human), None, False))
            out.append((None, pool.draw(rng, pool.spoof), False))
        for _ in range(m.nonspeech):
            out.append((pool.draw(rng, pool.nonspeech), None, False))
        return out

    def line(self, variant):
        """What a clip of this variant still has to go through; None for one that met its line in the bank."""
        rng, m = self.rng, self.mix
        if not self.pool.dry[variant]:
            return None
        return QuickLine(rng, self.pool, m.room) if rng.random() < m.line else Level(rng)

    def batch(self):
        rng, pool, m = self.rng, self.pool, self.mix
        n = int(rng.uniform(*m.seconds) * 20) * targets.STEP + 312
        steps = n // targets.STEP
        xs, ts, vs, labels, partners, views = [], [], [], [], [], []

        def add(x, t, v, label):
            xs.append(np.pad(x, (0, n - len(x))))
            ts.append(np.pad(t, (0, steps - len(t))).astype(np.float32))
            vs.append(np.pad(v, (0, steps - len(v))).astype(np.float32))
            labels.append(label)
            return len(xs) - 1

        for human, machine, aligned in self.units():
            viewed = len(views) < m.views and (human is None) != (machine is None)
            variant = int(rng.integers(len(pool.audio)))
            speed = float(np.exp(rng.uniform(-m.speed, m.speed))) if rng.random() < m.resample else 1.0
            lead = self.lead(rng, pool, n, variant) if rng.random() < m.lead else None
            noise = 10 ** (-rng.uniform(12, 40) / 20) if rng.random() < m.noise else 0
            cut = rng.random() < m.narrow
            place = rng.random()
            line = self.line(variant)
            here = []
            apart = rng.random() >= m.shared
            for row, label in ((human, 0), (machine, 1)):
                if row is None:
                    continue
                if label == 1 and apart:
                    variant = int(rng.integers(len(pool.audio)))
                    noise = 10 ** (-rng.uniform(12, 40) / 20) if rng.random() < m.noise else 0
                    line = self.line(variant)
                if pool.table.label.values[row] < 0:
                    label = -1
                x, t = pool.clip(row, variant)
                x, t = self.crop(rng, x, t, n, speed, place if aligned or viewed else rng.random())
                if line is not None and len(x) > 400:
                    x = line(x)
                v = np.ones(len(t), np.float32)
                if lead is not None:
                    k = len(lead) // targets.STEP
                    x, t, v = np.concatenate([lead, x])[:n], np.concatenate([np.zeros(k), t])[:steps], \
                        np.concatenate([np.ones(k), v])[:steps]
                x = np.asarray(x, np.float32)
                if noise:
                    x = x + noise * np.sqrt(np.mean(x ** 2) + 1e-9) * rng.standard_normal(len(x)).astype(np.float32)
                here.append(add(x, t, v, (label, cut)))
            if len(here) == 2:
                partners.append(here)
            if viewed and lead is None:
                x, t = self.crop(rng, *pool.clip(human if machine is None else machine, pool.plain), n, speed, place)
                x = np.asarray(x, np.float32) * np.float32(10 ** rng.uniform(-0.7, 0.7))
                views.append([here[0], add(x, t, np.ones(len(t), np.float32), labels[here[0]])])
        return (torch.from_numpy(np.stack(xs)), torch.from_numpy(np.stack(ts)), torch.from_numpy(np.stack(vs)),
                torch.tensor([l for l, _ in labels]), torch.tensor([c for _, c in labels]),
                torch.tensor(partners).reshape(-1, 2), torch.tensor(views).reshape(-1, 2))

    @staticmethod
    def crop(rng, x, t, n, speed, place):
        """A stretch of n samples after the speed change, with some speech in it if there is any."""
        need = int(n * speed)
        free = max(0, len(x) - need)
        start = int(place * free) // targets.STEP * targets.STEP
        k = start // targets.STEP
        x = x[start:start + need].astype(np.float32) / 32767
        t = t[k:k + need // targets.STEP + 1]
        if speed != 1:
            x = soxr.resample(x, 16000 * speed, 16000, quality="MQ")
            m = len(x) // targets.STEP
            t = t[np.minimum((np.arange(m) * speed).astype(int), len(t) - 1)] if len(t) else t
        return x[:n], t[:len(x) // targets.STEP]

    @staticmethod
    def lead(rng, pool, n, variant):
        k = int(rng.uniform(0.1, 0.5) * n) // targets.STEP * targets.STEP
        if rng.random() < 0.35:
            return (rng.standard_normal(k) * 10 ** rng.uniform(-6, -2.5)).astype(np.float32)
        x, _ = pool.clip(pool.draw(rng, pool.nonspeech), variant)
        x = np.tile(x, k // max(1, len(x)) + 1)[:k].astype(np.float32) / 32767
        return x * np.float32(10 ** rng.uniform(-1, 0.5))


def prefetch(sampler, depth=4):
    """Batches, made ahead in a thread; what goes wrong there is raised here."""
    q = queue.Queue(depth)

    def fill():
        try:
            while True:
                q.put(sampler.batch())
        except BaseException as e:
            q.put(e)
    threading.Thread(target=fill, daemon=True).start()
    while True:
        batch = q.get()
        if isinstance(batch, BaseException):
            raise batch
        yield batch
