"""Error rates. Positive scores mean synthetic. A trial without a score (NaN) counts with the wrong extreme score."""
import numpy as np


def wrong_extreme(scores, labels):
    s = np.array(scores, np.float64)
    return np.where(np.isfinite(s), s, np.where(np.asarray(labels) == 1, -np.inf, np.inf))


def eer(scores, labels):
    """Where P_fa and P_miss meet. No threshold parts equal scores (a language, a length of 3.000 s); between two thresholds a coin
    decides, which is the straight line between their points. Without ties within one trial of the ASVspoof packages' formula."""
    s, y = wrong_extreme(scores, labels), np.asarray(labels)
    at = np.unique(s)
    human, synthetic = np.sort(s[y == 0]), np.sort(s[y == 1])
    alarm = np.r_[1 - np.searchsorted(human, at) / len(human), 0]
    miss = np.r_[np.searchsorted(synthetic, at) / len(synthetic), 1]
    i = int(np.argmax(miss >= alarm))
    if i == 0:
        return float(alarm[0])
    gap = alarm[i - 1:i + 1] - miss[i - 1:i + 1]
    t = gap[0] / (gap[0] - gap[1])
    return float(alarm[i - 1] + t * (alarm[i] - alarm[i - 1]))


def detection(scores, labels, alarms=0.01):
    s, y = wrong_extreme(scores, labels), np.asarray(labels)
    human = np.sort(s[y == 0])[::-1]
    return float((s[y == 1] > human[min(len(human) - 1, int(np.floor(alarms * len(human))))]).mean())


def cllr(llr, labels):
    s, y = np.clip(wrong_extreme(llr, labels), -50, 50), np.asarray(labels)
    return float((np.log2(1 + np.exp(-s[y == 1])).mean() + np.log2(1 + np.exp(s[y == 0])).mean()) / 2)


def min_cllr(scores, labels):
    """Cllr after isotonic regression with balanced priors."""
    from sklearn.isotonic import IsotonicRegression
    s, y = np.clip(wrong_extreme(scores, labels), -1e6, 1e6), np.asarray(labels)
    w = np.where(y == 1, 0.5 / (y == 1).sum(), 0.5 / (y == 0).sum())
    p = np.clip(IsotonicRegression().fit(s, y, sample_weight=w).predict(s), 1e-9, 1 - 1e-9)
    return cllr(np.log(p / (1 - p)), y)


def bootstrap(values, sources, draws=400, seed=5):
    """values(index) over resampled sources -> (2.5 %, 97.5 %). `values` may return an array (for paired differences)."""
    rng = np.random.default_rng(seed)
    names = np.unique(sources)
    members = {n: np.flatnonzero(sources == n) for n in names}
    out = []
    for _ in range(draws):
        index = np.concatenate([members[n] for n in rng.choice(names, len(names))])
        try:
            out.append(values(index))
        except (ValueError, IndexError):
            continue
    return np.nanpercentile(out, [2.5, 97.5], axis=0)


def eer_interval(scores, labels, sources):
    s, y, g = map(np.asarray, (scores, labels, sources))
    f = lambda i: eer(s[i], y[i]) if 0 < y[i].sum() < len(i) else np.nan
    return eer(s, y), *bootstrap(f, g)


def paired_difference(a, b, labels, sources):
    """EER of a less EER of b on the same trials, with its interval."""
    a, b, y, g = map(np.asarray, (a, b, labels, sources))
    f = lambda i: eer(a[i], y[i]) - eer(b[i], y[i]) if 0 < y[i].sum() < len(i) else np.nan
    return eer(a, y) - eer(b, y), *bootstrap(f, g)
