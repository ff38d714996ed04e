"""Calibration on scores of held-out folds: llr = scale(n) * mean + offset(n), by band and seconds of net speech n.

Logistic regression with balanced priors (Brummer & du Preez 2006), so the result is a log-likelihood ratio. Trials of n seconds:
the first n seconds of speech of a clip; beyond one clip, clips of one speaker (human) or of one speaker and system (synthetic)
of one source laid end to end. The scale may not fall as speech grows. The bound on what may be claimed, llr = B tanh(raw / B), is the
natural log of the number of different voices of the smaller class: a few hundred voices cannot support more (Vergeer et al. 2016).
"""
import numpy as np

from . import bank, metrics, scoring, validation
from .modelfile import KNOTS


def tracks(work, models):
    """band -> list of (track, label, source, speaker key) over the folds' own held-out sources. models: fold -> network."""
    table, out = bank.items(work), {}
    for band in validation.BANDS:
        out[band] = []
        for fold, network in models.items():
            index = validation.rows(table, band, fold, least=9600)
            for i, t in zip(index, scoring.tracks(network, validation.audio(work, table, band, index), 128)):
                r = table.loc[i]
                key = (r.source, r.speaker, r.system if r.label else "human")
                out[band].append((t[0][t[1]], int(r.label), r.source, key))
    return out


def cut(clips, seconds, rng, most=4):
    """(mean evidence, label, source) of trials with `seconds` of net speech."""
    n, out = int(round(seconds / scoring.HOP_SECONDS)), []
    if seconds <= 2:
        return [(e[:n].mean(), y, s) for e, y, s, _ in clips if len(e) >= n]
    groups = {}
    for e, y, s, k in clips:
        groups.setdefault(k, []).append((e, y, s))
    for members in groups.values():
        made, order, at, have = 0, rng.permutation(len(members)), [], 0
        for i in order:
            at.append(members[i][0]); have += len(members[i][0])
            if have >= n * 0.9 and have > 0:
                e = np.concatenate(at)[:n]
                out.append((e.mean(), members[i][1], members[i][2]))
                at, have, made = [], 0, made + 1
                if made >= most * (4 if seconds <= 3 else 1):
                    break
    return out


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


def fit_band(clips, seed=3):
    rng, data = np.random.default_rng(seed), []
    for k in KNOTS:
        t = cut(clips, k, rng)
        x, y = np.array([v[0] for v in t]), np.array([v[1] for v in t], float)
        # Balanced classes; a source's weight goes with the root of its trials, so that one page does not set the line.
        s = np.array([v[2] for v in t])
        w = np.array([(s == v).sum() for v in s], float) ** -0.5 if len(s) else np.zeros(0)
        for c in (0, 1):
            if (y == c).any():
                w[y == c] *= (len(y) / 2) / w[y == c].sum()
        data.append((x, y, w))                   # offset: refitted once the scale is held from falling
    scale, offset = [], []
    for x, y, w in data:
        enough = min((y == 1).sum(), (y == 0).sum()) >= 25
        if not enough and not scale:
            raise SystemExit(f"calibrate: only {(y == 0).sum()} human and {(y == 1).sum()} synthetic held-out trials have {KNOTS[0]} s that the network hears as "
                             "speech; 25 each are needed: train for longer, or on more clips")
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
    voices = [len({k for _, y, _, k in clips if y == c}) for c in (0, 1)]
    return {"netSpeechSeconds": [float(k) for k in KNOTS], "scale": scale, "offset": offset,
            "bound": round(float(np.log(min(voices))), 2)}, about


def fit(work, models):
    t = tracks(work, models)
    out, about = {}, {}
    for band, name in (("nb", "narrowband"), ("wb", "wideband")):
        out[name], about[name] = fit_band(t[band])
    return out, about
