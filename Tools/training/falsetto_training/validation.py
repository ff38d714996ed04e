"""Cross-validation: held-out sources of the train split through the reference telephone channels.

Trials: clips of at least 2.5 s cut to 2.9 s; "nb" all, "wb" those of native rate 16 kHz or more.
"""
import os

import numpy as np
import pandas as pd

from . import bank, folds, metrics, scoring

CUT, LEAST = int(2.9 * 16000), int(2.5 * 16000)
BANDS = ("nb", "wb")


def rates(table):
    """Native rate in Hz, 0 if not known."""
    return pd.to_numeric(table.native_rate, errors="coerce").fillna(0).values


def rows(table, band, fold, least=LEAST):
    keep = table.kind.isin(["human", "spoof"]) & (table.samples >= least)
    if band == "wb":
        keep &= rates(table) >= 16000
    if fold is not None:
        keep &= np.isin(folds.of_items(table), fold)
    return np.flatnonzero(keep)


def audio(work, table, band, index, cut=CUT):
    data = bank.load(work, band)
    at, n = table.offset.values, table.samples.values
    return [data[at[i]:at[i] + min(n[i], cut)].astype(np.float32) / 32767 for i in index]


def trials(work, network, fold, batch=128, least=LEAST):
    """Scores of one network on a fold or several: DataFrame with item, band, score, net, label, source and the groups."""
    table, out = bank.items(work), []
    for band in BANDS:
        index = rows(table, band, fold, least)
        clips = audio(work, table, band, index)
        scored = [scoring.score(t) for t in scoring.tracks(network, clips, batch)]
        d = table.loc[index, ["path", "label", "source", "system", "family", "speaker", "language", "sex", "native_rate"]].copy()
        d["item"], d["band"] = index, band
        d["score"], d["net"] = [s for s, _ in scored], [n for _, n in scored]
        d["level"] = [20 * np.log10(np.sqrt(np.mean(c ** 2)) + 1e-6) for c in clips]
        d["seconds"] = table.samples.values[index] / 16000
        out.append(d)
    return pd.concat(out, ignore_index=True)


def speech_check(work, network, fold=None):
    """Share of frames heard as speech: per kind, against the targets; net speech per minute of clips without voice."""
    table, out = bank.items(work), {}
    for band in BANDS:
        index = np.flatnonzero((table.kind == "nonspeech") & (table.part == "originals"))
        tr = scoring.tracks(network, audio(work, table, band, index, cut=10 ** 9))
        seconds = {}
        for i, (e, s) in zip(index, tr):
            a = seconds.setdefault(table.source.values[i], [0.0, 0.0])
            a[0] += s.sum() * scoring.HOP_SECONDS
            a[1] += len(s) * scoring.HOP_SECONDS
        out[band] = {k: round(a / max(b, 1e-9), 4) for k, (a, b) in seconds.items()}
    return out


def report(d):
    lines = []
    for band in BANDS:
        t = d[d.band == band]
        if not len(t):
            continue
        s, y, g = t.score.values, t.label.values, t.source.values
        e, lo, hi = metrics.eer_interval(s, y, g)
        lines.append(f"{band}: EER {100 * e:.1f} % [{100 * lo:.1f}, {100 * hi:.1f}], detection at 1 % false alarms "
                     f"{100 * metrics.detection(s, y):.1f} %, {(y == 0).sum()} human, {(y == 1).sum()} synthetic, "
                     f"{np.isnan(s).mean() * 100:.1f} % unscored; nulls: duration {100 * null(t.seconds, y):.1f}, "
                     f"level {100 * null(t.level, y):.1f}")
    return lines


# Recorded over telephone lines, as their sources say.
TELEPHONE = ("hyke_ivr",)


def groups(d, alarms=0.05):
    """Lines on groups at the threshold where `alarms` of all human trials are flagged, worst first; and pages, each by itself."""
    lines = []
    for band in BANDS:
        t = d[d.band == band]
        s = metrics.wrong_extreme(t.score, t.label)
        human, flagged = (t.label == 0).values, s > np.quantile(s[(t.label == 0).values], 1 - alarms)
        share = lambda keep: f"{100 * flagged[keep].mean():.1f} % of {keep.sum()}"
        telephone = human & t.source.isin(TELEPHONE).values
        if telephone.any():
            lines.append(f"{band}: flagged at {100 * alarms:.0f} % false alarms: telephone-recorded people {share(telephone)}")
        for name in ("language", "source"):
            v = t[name].values
            people = [(flagged[keep].mean(), k, keep) for k in np.unique(v.astype(str)) if (keep := human & (v == k)).sum() >= 30]
            lines.append(f"{band}: flagged, by {name}: " + ", ".join(f"{k or 'unknown'} {share(keep)}" for _, k, keep in sorted(people, reverse=True)[:4]))
        v = t.family.values
        lines.append(f"{band}: found, by family: " + ", ".join(
            f"{k} {share(keep)}" for k in np.unique(v.astype(str)) if (keep := ~human & (v == k)).sum() >= 30))
        pages = [metrics.eer(p.score.values, p.label.values) for _, p in t.groupby("source")
                 if min((p.label == 0).sum(), (p.label == 1).sum()) >= 10]
        if pages:
            lines.append(f"{band}: EER within a page, mean of {len(pages)} pages: {100 * np.mean(pages):.1f} %")
    return lines


def null(values, y):
    """EER of a plain quantity in its better direction."""
    v = np.asarray(values, float)
    return min(metrics.eer(v, y), metrics.eer(-v, y))
