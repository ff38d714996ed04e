"""Calibration on scores of sources left out: llr = scale(n) * mean + offset(n), by band and seconds of net speech n.

Logistic regression with balanced priors (Brummer & du Preez 2006), so the result is a log-likelihood ratio. Trials of n seconds:
the first n seconds of speech of a clip; beyond one clip, clips of one speaker (human) or of one speaker and system (synthetic)
of one source laid end to end, their evidence summed by the program's own rule. The scale may not fall as speech grows. The bound on what may be
claimed, llr = B tanh(raw / B), is the natural log of the number of different voices of the smaller class: a few hundred voices cannot
support more (Vergeer et al. 2016).
"""
import numpy as np

from . import folds, metrics, validation
from .modelfile import KNOTS


def clips(data, ears, band):
    """List of (fold, hops with speech, label, source, voice) over all folds' own sources. ears: fold -> the ear that left it out."""
    out, t = [], data.table
    for fold, ear in ears.items():
        index = validation.rows(data, band, fold, least=9600)
        for i, hops in zip(index, validation.heard(data, ear, band, index)):
            out.append((fold, hops, int(t.label[i]), t.source[i], folds.voice(t, i)))
    return out


def sequences(clips, seconds, rng, most=4):
    """[(fold, hops, label, source)]: trials with `seconds` of net speech."""
    n, out = int(round(seconds / validation.HOP_SECONDS)), []
    if seconds <= 2:
        return [(f, h[:n], y, s) for f, h, y, s, _ in clips if len(h) >= n]
    groups = {}
    for c in clips:
        groups.setdefault(c[4], []).append(c)
    for members in groups.values():
        made, at, have = 0, [], 0
        for i in rng.permutation(len(members)):
            fold, hops, label, source, _ = members[i]
            at.append(hops); have += len(hops)
            if have >= n * 0.9 and have > 0:
                out.append((fold, np.concatenate(at)[:n], label, source))
                at, have, made = [], 0, made + 1
                if made >= most * (4 if seconds <= 4 else 1):
                    break
    return out


def trials(data, ears, band, clips, seconds, rng):
    """(mean evidence, label, source) arrays of trials with `seconds` of net speech."""
    t = sequences(clips, seconds, rng)
    x = np.zeros(len(t))
    for fold, ear in ears.items():
        here = [k for k, v in enumerate(t) if v[0] == fold]
        if here:
            x[here] = ear.means(data.kept[band], [t[k][1] for k in here])
    return x, np.array([v[2] for v in t], float), np.array([v[3] for v in t], str)


def logistic(x, y, weight, scale=None, prior=(1.0, 3.0), strength=2.0):
    """(scale, offset) by Newton's method; a weak Gaussian prior keeps the scale near prior[0] and the offset near 0."""
    a, b = (prior[0], 0.0) if scale is None else (scale, 0.0)
    for _ in range(60):
        z = 1 / (1 + np.exp(-np.clip(a * x + b, -40, 40)))
        h = weight * z * (1 - z) + 1e-9
        ga = (weight * (z - y) * x).sum() + strength * (a - prior[0]) / prior[1] ** 2
        gb = (weight * (z - y)).sum() + strength * b / 9
        haa, hab, hbb = (h * x * x).sum() + strength / prior[1] ** 2, (h * x).sum(), h.sum() + strength / 9
        if scale is not None:
            b -= gb / hbb
            continue
        det = haa * hbb - hab * hab
        da, db = (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
        step = min(1, 1 / (abs(da) + abs(db) + 1e-9))
        a, b = a - step * da, b - step * db
    return float(a), float(b)


def fit_band(trials_of, voices):
    """trials_of: seconds -> (mean evidence, label, source); voices: different ones of each class."""
    data = []
    for k in KNOTS:
        x, y, s = trials_of(k)
        # Balanced classes; a source's weight goes with the root of its trials, so that one page does not set the line.
        w = np.unique(s, return_counts=True)[1][np.unique(s, return_inverse=True)[1]] ** -0.5
        for c in (0, 1):
            if (y == c).any():
                w[y == c] *= (len(y) / 2) / w[y == c].sum()
        data.append((x, y, w))                   # offset: refitted once the scale is held from falling
    scale, offset = [], []
    for x, y, w in data:
        enough = min((y == 1).sum(), (y == 0).sum()) >= 25
        if not enough and not scale:
            raise SystemExit(f"calibrate: only {(y == 0).sum()} human and {(y == 1).sum()} synthetic trials of sources left out have {KNOTS[0]} s "
                             "that is heard as speech; 25 each are needed: train on more clips")
        # Few speakers have much speech: the prior is the line of the knot before, loosely.
        prior = (scale[-1], 0.5 * scale[-1]) if scale else (1.0, 1.0)
        a, b = logistic(x, y, w, prior=prior) if enough else (prior[0], None)
        a = max(a, 0.05, scale[-1] if scale else 0)
        b = logistic(x, y, w, scale=a)[1] if enough else offset[-1]
        scale.append(round(a, 4)); offset.append(round(b, 4))
    about = [{"seconds": k, "human": int((y == 0).sum()), "synthetic": int((y == 1).sum()),
              "eer": round(metrics.eer(x, y), 4) if 0 < y.sum() < len(y) else None,
              "cllr": round(metrics.cllr(a * x + b, y), 4) if 0 < y.sum() < len(y) else None,
              "minCllr": round(metrics.min_cllr(x, y), 4) if 0 < y.sum() < len(y) else None}
             for k, (x, y, w), a, b in zip(KNOTS, data, scale, offset)]
    return {"netSpeechSeconds": [float(k) for k in KNOTS], "scale": scale, "offset": offset,
            "bound": round(float(np.log(min(voices))), 2)}, about


def fit(data, ears, seed=3):
    out, about = {}, {}
    for band, name in (("nb", "narrowband"), ("wb", "wideband")):
        c, rng = clips(data, ears, band), np.random.default_rng(seed)
        voices = [len({v[4] for v in c if v[2] == k}) for k in (0, 1)]
        out[name], about[name] = fit_band(lambda seconds: trials(data, ears, band, c, seconds, rng), voices)
    return out, about
