"""A model file heard hop by hop, with what is remembered between hops, as the Swift program does it: the reference of the golden file.

Written apart from encoder.py, which runs whole clips in batches: the two must agree (tests).
"""
import torch
import torch.nn.functional as F

from . import evidence, logmel, modelfile, pooling


class Leg:
    def __init__(self, tensors, about):
        self.t, self.e, self.front = tensors, about["encoder"], about["frontEnd"]
        self.rows = self.front["framesPerHop"] // 2
        self.cycle = self.e["contextFrames"] + self.rows
        self.size = self.front["framesPerHop"]
        self.line, self.past = torch.zeros(logmel.LEAD), [torch.full((self.front["bandCount"],), logmel.SILENCE)] * (logmel.BEFORE + self.size)
        self.top, self.loudest, self.frames, self.soft = self.front["leastTop"], -10.0, 0, self.size
        self.heard = 0
        self.memory = [[] for _ in range(self.e["blocks"])]
        self.ring, self.scores = [], []

    def linear(self, name, x):
        return F.linear(x, self.t[name + ".weight"], self.t[name + ".bias"])

    def norm(self, name, x):
        return F.layer_norm(x, (self.e["width"],), self.t[name + ".gamma"], self.t[name + ".beta"])

    def frame(self, bands):
        """One frame [BANDS] -> (features [BEFORE + FRAMES, BANDS], quiet) where it ends a block, else None."""
        peak, level, onset = float(bands.max()), max(self.top, self.loudest), self.front["onset"]
        soft = level - peak > onset["softBelowLevel"]
        if (self.soft >= self.size and not soft) or peak - level > onset["riseAboveLevel"]:
            self.loudest, self.frames = -10.0, 0
            self.forget()
        self.past = self.past[1:] + [bands]
        self.soft, self.loudest, self.frames = (self.soft + 1) * soft, max(self.loudest, peak), self.frames + 1
        if self.frames < self.size:
            return None
        self.top = max(self.loudest, self.top - self.front["fallPerHop"], self.front["leastTop"])
        quiet = self.top - self.loudest > self.front["quietBelowTop"]
        self.loudest, self.frames = -10.0, 0
        return (torch.clamp(torch.stack(self.past) - self.top, min=-self.front["depth"]) + 5) / 4, quiet

    def forget(self):
        self.heard, self.memory = 0, [[] for _ in self.memory]

    def features(self, samples):
        """samples of one hop and what it needs behind -> what `frame` gives for the block that ends in it, and the samples up to there; or None"""
        line = torch.cat([self.line, samples])
        self.line = line[logmel.HOP:logmel.HOP + logmel.LEAD]
        ended = [(*b, logmel.STEP * (k + 1)) for k, b in enumerate(map(self.frame, logmel.log_bands(line))) if b]
        assert len(ended) < 2
        return ended[0] if ended else None

    def encoded(self, features):
        """[BEFORE + FRAMES, BANDS] -> [rows, C] of the pooled outputs"""
        width, position = self.e["width"], self.heard % self.cycle
        three = lambda n, x, step: F.gelu(self.linear(n, x.unfold(0, 3, step).transpose(1, 2).flatten(1)))
        z = three("conv2", three("conv1", features, 1), 2)
        out, z = [z], z + self.t["positions"][position:position + self.rows]
        for i in range(self.e["blocks"]):
            n = f"block{i + 1}."
            q, k, v = self.linear(n + "projections", self.norm(n + "attentionNorm", z)).chunk(3, 1)
            self.memory[i] = (self.memory[i] + [(k, v)])[-(self.cycle // self.rows):]
            k, v = (torch.cat(m) for m in zip(*self.memory[i]))
            heads = lambda m: m.view(len(m), self.e["heads"], -1).transpose(0, 1)
            weight = torch.softmax(heads(q) @ heads(k).transpose(1, 2) * (width // self.e["heads"]) ** -0.5, -1)
            z = z + self.linear(n + "attentionOutput", (weight @ heads(v)).transpose(0, 1).reshape(self.rows, width))
            z = z + self.linear(n + "outer", F.gelu(self.linear(n + "inner", self.norm(n + "innerNorm", z))))
            out.append(z - self.t["positionMeans"][i, position:position + self.rows])
        self.heard += self.rows
        return torch.cat([out[p] for p in self.e["pooled"]], 1)

    def standardised(self, sums):
        v = (pooling.statistics(sums) - self.t["statistics.mean"]) * self.t["statistics.scale"]
        return v.clamp(-self.e["limit"], self.e["limit"])

    @torch.no_grad()
    def hear(self, samples, sound):
        """One hop, of which so many samples are there -> features (None where no block ends), speech probability, is speech, evidence, score of the window (None without speech)."""
        h = {"features": None, "speech": 0.0, "evidence": 0.0, "isSpeech": False, "score": None}
        block = self.features(samples)
        if block is None or block[2] > sound:
            return h
        h["features"], quiet = features, _ = block[:2]
        if quiet:
            self.forget()
            return h
        sums = pooling.sums(self.encoded(features)[None])[0, 0]
        h["speech"] = float(torch.sigmoid(self.linear("speech", self.standardised(sums)))[0])
        if h["speech"] < 0.5:
            return h
        self.ring = (self.ring + [sums])[-self.e["windowHops"]:]
        hidden = F.gelu(self.linear("head.hidden", self.standardised(torch.stack(self.ring).mean(0))))
        h["isSpeech"], h["score"] = True, float(self.linear("head.output", hidden)[0])
        self.scores.append(h["score"])
        h["evidence"] = float(evidence.increments(self.scores, self.e["windowHops"])[-1])
        return h


def hear(path, x):
    """samples [N] float32 -> what is heard in each whole hop."""
    leg, hops = Leg(*modelfile.read(path)), int(logmel.hop_count(len(x)))
    filled = torch.from_numpy(logmel.filled(x.numpy()))
    return [leg.hear(filled[at:at + logmel.HOP + logmel.BEHIND], len(x) - at) for at in range(0, hops * logmel.HOP, logmel.HOP)]
