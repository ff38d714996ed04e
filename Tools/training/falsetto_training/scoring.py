"""From outputs to a score, by the rule that the Swift program follows."""
import numpy as np
import torch

from .frontend import FrontEndOptions, features

OUTPUTS_PER_HOP = 4
HOP_SECONDS = 0.2


def hops(outputs):
    """[..., M, 2] -> evidence, speech flag of each hop of 200 ms."""
    m = outputs.shape[-2] // OUTPUTS_PER_HOP
    o = outputs[..., :m * OUTPUTS_PER_HOP, :].reshape(*outputs.shape[:-2], m, OUTPUTS_PER_HOP, 2)
    p = torch.sigmoid(o[..., 1])
    return (p * o[..., 0]).sum(-1) / p.sum(-1).clamp_min(1e-9), p.mean(-1) >= 0.5


def summarise(evidence, speech):
    """(mean evidence over speech hops, net speech in seconds); NaN without speech."""
    n = speech.sum(-1)
    mean = torch.where(n > 0, (evidence * speech).sum(-1) / n.clamp_min(1), torch.nan)
    return mean, n * HOP_SECONDS


@torch.no_grad()
def tracks(network, clips, batch=64):
    """List of float32 clips -> list of (evidence, speech) arrays, one value a hop."""
    network.eval()
    order = np.argsort([len(c) for c in clips])
    out = [None] * len(clips)
    for at in range(0, len(order), batch):
        part = order[at:at + batch]
        n = max(1600, max(len(clips[i]) for i in part))
        x = torch.zeros(len(part), n)
        for k, i in enumerate(part):
            x[k, :len(clips[i])] = torch.from_numpy(np.ascontiguousarray(clips[i]))
        with torch.autocast("cpu", torch.bfloat16, enabled=FAST):
            y = network(features(x, OPTIONS)).float()
        evidence, speech = hops(y)
        for k, i in enumerate(part):
            m = max(0, (len(clips[i]) - 512) // 200 + 1) // 16
            out[i] = (evidence[k, :m].numpy(), speech[k, :m].numpy())
    return out


FAST = True
OPTIONS = FrontEndOptions()


def score(track, seconds=None):
    """(mean, net speech) of a track, of its first `seconds` of net speech if given."""
    evidence, speech = track
    e = evidence[speech]
    if seconds is not None:
        e = e[:max(1, int(round(seconds / HOP_SECONDS)))]
    return (float(e.mean()) if len(e) else np.nan), len(e) * HOP_SECONDS
