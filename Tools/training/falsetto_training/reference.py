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
        self.size, self.step, self.onset = self.front["framesPerHop"], self.front["stepSamples"], self.front["onset"]
        self.heard, self.top = 0, self.front["leastTop"]
        # The line so far, behind as much silence as a first frame reaches back; where the block under way began; what is known of the sound.
        self.lead = logmel.BEFORE * self.step + self.front["frameSamples"] // 2
        self.line, self.begun, self.taken, self.anew = [0.0] * self.lead, 0, 0, True
        self.envelope, self.peak, self.soft = 0.0, 10 ** self.onset["leastPeak"], self.size * self.step
        self.memory = [[] for _ in range(self.e["blocks"])]
        self.ring, self.scores = [], []

    def linear(self, name, x):
        return F.linear(x, self.t[name + ".weight"], self.t[name + ".bias"])

    def norm(self, name, x):
        return F.layer_norm(x, (self.e["width"],), self.t[name + ".gamma"], self.t[name + ".beta"])

    def sets_in(self, sample):
        """One sample: does speech set in with it?"""
        least = 10 ** self.onset["leastPeak"]
        self.envelope += (sample * sample - self.envelope) / self.onset["envelopeSamples"]
        self.peak = max(self.peak * 10 ** (-self.onset["peakFallPerSecond"] / self.front["sampleRate"]), least)
        loud = self.envelope > least and self.envelope >= self.peak * 10 ** -self.onset["softBelowPeak"]
        risen = self.envelope > self.peak * 10 ** self.onset["riseAbovePeak"]
        begins = risen or (loud and self.soft >= self.size * self.step)
        self.soft, self.peak = 0 if loud else self.soft + 1, max(self.peak, self.envelope)
        return begins

    def forget(self):
        self.heard, self.memory = 0, [[] for _ in self.memory]

    def features(self, samples, sound):
        """samples of one hop and what it needs behind, and how many of the hop there are -> (features [BEFORE + FRAMES, BANDS], quiet, begins
        anew) of the block that ends in it, or None"""
        hop = self.size * self.step
        self.line[self.lead + self.taken:] = samples.tolist()
        ended = None
        for k in range(min(hop, sound)):
            if self.sets_in(self.line[self.lead + self.taken]):
                self.begun, self.anew = self.taken, True
            self.taken += 1
            if self.taken - self.begun < hop:
                continue
            assert ended is None
            # Where the block began in the line, less what its first frame reaches back.
            bands = logmel.log_bands(torch.tensor(self.line[self.begun:self.begun + 2 * self.lead + hop]))[:logmel.BEFORE + self.size]
            loudest = float(bands[logmel.BEFORE:].max())
            self.top = max(loudest, self.top - self.front["fallPerHop"], self.front["leastTop"])
            ended = (torch.clamp(bands - self.top, min=-self.front["depth"]) + 5) / 4, self.top - loudest > self.front["quietBelowTop"], self.anew
            self.begun, self.anew = self.taken, False
        return ended

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
        """One hop, of which so many samples are there ->
        features (None where no block ends), speech probability, is speech, evidence, score of the window (None without speech)."""
        h = {"features": None, "speech": 0.0, "evidence": 0.0, "isSpeech": False, "score": None}
        block = self.features(samples, sound)
        if block is None:
            return h
        h["features"], quiet, anew = block
        if quiet or anew:
            self.forget()
        if quiet:
            return h
        sums = pooling.sums(self.encoded(h["features"])[None])[0, 0]
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
    filled = F.pad(x, (0, hops * logmel.HOP + logmel.BEHIND - len(x)))
    return [leg.hear(filled[at:at + logmel.HOP + logmel.BEHIND], len(x) - at) for at in range(0, hops * logmel.HOP, logmel.HOP)]
