"""The encoder and an ear together on any clips: the score track that the program gives, many clips at once, and differentiable."""
import numpy as np
import torch

from . import ear, encoder, evidence, logmel, modelfile, pooling

HOP_SECONDS = logmel.HOP / logmel.RATE


class Hearing:
    def __init__(self, enc, listener, fast=False):
        self.encoder, self.ear, self.fast = enc, listener, fast

    def hops(self, x, samples=None):
        """[B, N] samples, of each clip so many (all) -> ([B, H, 3, C] sums of the pooled outputs, [B, H] speech)."""
        with torch.autocast(self.encoder.device, torch.bfloat16, enabled=self.fast):
            out, grid = self.encoder(x, samples)
        s = pooling.sums(torch.cat([out[p] for p in self.ear.pooled], -1))
        return s, (self.ear.speech(pooling.statistics(s)) >= ear.THRESHOLD) & ~grid.quiet

    def mean(self, x):
        """[B, N] samples -> [B] mean evidence; differentiable while the speech stays where it is. 0 without speech."""
        sums, speech = self.hops(x)
        out = []
        for s, on in zip(sums, speech):
            s = s[on]
            if not len(s):
                out.append(x.new_zeros(()) + 0 * sums.sum())
                continue
            w, n = self.ear.window, len(s)
            ends = range(min(n, w), n + 1)
            score = self.ear.score(pooling.statistics(torch.stack([s[max(0, k - w):k].mean(0) for k in ends])))
            out.append((score[0] * ends[0] + score[1:].sum()) / n)
        return torch.stack(out)

    @torch.no_grad()
    def tracks(self, clips, batch=32):
        """List of float32 clips -> list of (evidence, speech) arrays, one value a hop."""
        samples, out = np.array([len(c) for c in clips]), [None] * len(clips)
        count = logmel.hop_count(samples)
        for n in np.unique(count):
            same = np.flatnonzero(count == n)
            for at in range(0, len(same), batch):
                part = same[at:at + batch]
                if n == 0:
                    for i in part:
                        out[i] = np.zeros(0), np.zeros(0, bool)
                    continue
                x = torch.from_numpy(np.stack([np.pad(clips[i], (0, n * logmel.HOP - samples[i])) for i in part]))
                sums, speech = self.hops(x.to(self.encoder.device, self.encoder.dtype), samples[part])
                for i, s, on in zip(part, sums.cpu(), speech.cpu()):
                    out[i] = self.track(s[on]), on.numpy()
        return [self.spread(e, on) for e, on in out]

    def track(self, s):
        """[n, 3, C] sums of the hops with speech -> what each adds."""
        if not len(s):
            return np.zeros(0)
        w = self.ear.window
        windows = torch.stack([s[max(0, k - w):k].mean(0) for k in range(1, len(s) + 1)])
        return evidence.increments(self.ear.score(pooling.statistics(windows)).numpy(), w)

    @staticmethod
    def spread(added, speech):
        out = np.zeros(len(speech))
        out[speech] = added
        return out, speech


def summary(track):
    """(mean evidence over the hops with speech, net speech in seconds) of a track; NaN without speech."""
    e = track[0][track[1]]
    return (float(e.mean()) if len(e) else np.nan), len(e) * HOP_SECONDS


def load(path, dtype=torch.float32, fast=False):
    """(hearing, description) of a model file."""
    tensors, about = modelfile.read(path)
    e = about["encoder"]
    listener = ear.Ear({k: v for k, v in tensors.items() if k.split(".")[0] in ("statistics", "head", "speech")},
                       {"pooled": e["pooled"], "window": e["windowHops"], "limit": e["limit"]})
    listener.t = {k: v.to(dtype) for k, v in listener.t.items()}
    return Hearing(encoder.Encoder({k: v for k, v in tensors.items() if k not in listener.t}, dtype=dtype), listener, fast), about
