"""Shortcut probes on held-out trials: what each nuisance alone tells of the label, and how far the score moves when it alone changes."""
import numpy as np
import pandas as pd
from scipy.signal import butter, sosfilt

from . import bank, metrics, scoring, targets, validation
from .folds import of_items


def measure(clips):
    rows = []
    for x in clips:
        a = targets.activity(x)
        on = np.flatnonzero(a)
        n = len(x) // 160
        db = 10 * np.log10((x[:n * 160].reshape(n, 160) ** 2).mean(1) + 1e-9)
        s = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
        f = np.arange(len(s)) * 16000 / (2 * (len(s) - 1))
        low = s[(f > 300) & (f < 3400)].sum()
        rows.append({"duration": len(x) / 16000, "level": db[db > db.max() - 30].mean(),
                     "leading silence": on[0] / 100 if len(on) else 9, "trailing silence": (len(a) - on[-1]) / 100 if len(on) else 9,
                     "noise floor": np.percentile(db, 5) - np.percentile(db, 95), "speech share": a.mean(),
                     "bandwidth": np.log((s[f > 3600].sum() + 1e-12) / (low + 1e-12)),
                     "tilt": np.log((s[(f > 1500) & (f < 3400)].sum() + 1e-12) / (s[(f > 300) & (f < 1500)].sum() + 1e-12))})
    return pd.DataFrame(rows)


def changes():
    rng = np.random.default_rng(3)
    low = butter(8, 3400, fs=16000, output="sos")
    level = lambda x: np.sqrt(np.mean(x ** 2) + 1e-9)
    return {
        "10 dB quieter": lambda x: x * 0.316,
        "10 dB louder (clipped at full scale)": lambda x: np.clip(x * 3.16, -1, 1),
        "first 1.5 s only": lambda x: x[:24000],
        "0.5 s of digital silence before": lambda x: np.concatenate([np.zeros(8000, np.float32), x]),
        "leading and trailing silence cut": lambda x: trimmed(x),
        "white noise at 20 dB": lambda x: x + level(x) * 0.1 * rng.standard_normal(len(x)).astype(np.float32),
        "low-pass 3.4 kHz": lambda x: sosfilt(low, x).astype(np.float32),
        "pauses set to zero": lambda x: gated(x),
    }


def trimmed(x):
    on = np.flatnonzero(targets.activity(x))
    return x[on[0] * 160:(on[-1] + 1) * 160 + 512] if len(on) else x


def gated(x):
    a = np.repeat(targets.activity(x), 160)
    y = x.copy()
    y[:len(a)][~a] = 0
    return y


def table(work, models, trials, most=500):
    """Markdown lines. trials: the concatenated CSV of held-out scores; models: fold -> network."""
    items = bank.items(work)
    fold = of_items(items)
    lines = ["| band | nuisance alone | EER of the label from it | rank correlation with the score, human | synthetic |", "| --- | --- | --- | --- | --- |"]
    moved = ["| band | change alone | mean shift, human | mean shift, synthetic | spread of shifts | EER before | after |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    groups = ["| band | group | human: trials, mean score | synthetic: trials, mean score |", "| --- | --- | --- | --- |"]
    for band in validation.BANDS:
        d = trials[trials.band == band].reset_index(drop=True)
        clips = validation.audio(work, items, band, d.item.values)
        m = measure(clips)
        m["duration"] = d.seconds
        m["native rate"] = [float(v) for v in validation.rates(d)]
        for c in m:
            rank = [pd.Series(m[c][d.label == k]).corr(d.score[d.label == k], method="spearman") for k in (0, 1)]
            lines.append(f"| {band} | {c} | {100 * validation.null(m[c].values, d.label.values):.1f} % | {rank[0]:.2f} | {rank[1]:.2f} |")
        for g in ("language", "sex"):
            for v, part in d.groupby(g):
                h, s = part[part.label == 0], part[part.label == 1]
                if len(h) >= 30 or len(s) >= 30:
                    groups.append(f"| {band} | {g} {v or 'unknown'} | {len(h)}, {h.score.mean():.2f} | {len(s)}, {s.score.mean():.2f} |")
        folds = fold[d.item.values]
        pick = np.sort(np.random.default_rng(1).permutation(len(d))[:most])
        for name, change in changes().items():
            before, after = d.score.values[pick], np.full(len(pick), np.nan)
            for f, network in models.items():
                here = [k for k, i in enumerate(pick) if folds[i] == f]
                t = scoring.tracks(network, [change(clips[pick[k]]) for k in here], 128)
                after[here] = [scoring.score(v)[0] for v in t]
            y = d.label.values[pick]
            shift = after - before
            moved.append(f"| {band} | {name} | {np.nanmean(shift[y == 0]):+.2f} | {np.nanmean(shift[y == 1]):+.2f} | {np.nanstd(shift):.2f} "
                         f"| {100 * metrics.eer(before, y):.1f} % | {100 * metrics.eer(after, y):.1f} % |")
    return lines + [""] + moved + [""] + groups
