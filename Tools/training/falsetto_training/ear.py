"""What hears on top of the frozen encoder: standardised statistics, a speech detector and a head, under the names of the model file."""
import os

import numpy as np
import torch
import torch.nn.functional as F

from . import evidence, pooling

THRESHOLD = 0.5                                  # a hop is heard as speech from this probability on


class Ear:
    """tensors: statistics.mean and .scale [3 C], head.hidden, head.output, speech, each .weight and .bias. about: the recipe it was made by."""

    def __init__(self, tensors, about):
        self.t = {k: v.float() for k, v in tensors.items()}
        self.about = about
        self.pooled, self.window, self.limit = list(about["pooled"]), about["window"], about["limit"]

    def standardised(self, v):
        """[..., 3 C] statistics -> the same, limited."""
        v = torch.as_tensor(v)
        return ((v - self.t["statistics.mean"].to(v)) * self.t["statistics.scale"].to(v)).clamp(-self.limit, self.limit)

    def linear(self, name, x):
        return F.linear(x, self.t[name + ".weight"].to(x), self.t[name + ".bias"].to(x))

    def score(self, v):
        """[N, 3 C] statistics of windows -> [N]; positive is synthetic."""
        return self.linear("head.output", F.gelu(self.linear("head.hidden", self.standardised(v))))[..., 0]

    def speech(self, v):
        """[..., 3 C] statistics of hops -> probability of speech."""
        return torch.sigmoid(self.linear("speech", self.standardised(v))[..., 0])

    @torch.no_grad()
    def heard(self, kept, asked, rows, chunk=4096):
        """Which of the hops `rows` (row numbers) are heard as speech -> bool array. asked: of all hops, those that the encoder heard."""
        out = np.zeros(len(rows), bool)
        for at in range(0, len(rows), chunk):
            r = rows[at:at + chunk]
            p = self.speech(pooling.statistics(pooling.kept_sums(kept[r], self.pooled)))
            out[at:at + chunk] = (p >= THRESHOLD).numpy() & asked[r]
        return out

    @torch.no_grad()
    def scores(self, kept, windows, chunk=4096):
        """Scores of windows of hops (row numbers) -> array."""
        parts = [self.score(pooling.windows(kept, windows[at:at + chunk], self.pooled)).numpy() for at in range(0, len(windows), chunk)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def means(self, kept, sequences):
        """Mean evidence of each sequence of hops with speech, by the program's rule -> array."""
        return evidence.means(lambda w: self.scores(kept, w), sequences, self.window)


def path(work, name, held):
    """held: the fold left out, or None."""
    return os.path.join(work, f"{name}.{'all' if held is None else f'fold{held}'}.pt")


def load(work, name, held):
    file = path(work, name, held)
    if not os.path.exists(file):
        raise SystemExit(f"{file} is not there: run the step fit")
    d = torch.load(file, weights_only=True)
    return Ear(d["tensors"], d["about"])
