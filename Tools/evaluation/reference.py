"""Works out the figures of `falsetto evaluate` a second time, with numpy, scipy and scikit-learn.

    pip install -r requirements.txt
    python reference.py

prints the golden values that stand in Tests/EvaluationTests. Nothing here is shared with the Swift code but the
definitions, and the generator SplitMix64, by which both make the same trials and the same bootstrap draws.
"""

import numpy as np
from scipy import stats
from scipy.spatial import ConvexHull
from scipy.special import gammaincinv, betaincinv
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score, roc_curve

MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        return (self.next() * bound) >> 64


def trials(count=600, seed=7, unscored=False, shift=180):
    """Labels (1 synthetic), scores in steps of 1/64 (so that many are equal), sources of both and of one class."""
    g = SplitMix64(seed)
    labels, scores, sources = [], [], []
    for _ in range(count):
        source = g.below(12)
        label = 1 if source >= 8 else 0 if source < 4 else g.below(2)
        steps = sum(g.below(256) for _ in range(4)) - 510 + (shift if label else 0) + 12 * (source % 3)
        missing = g.below(20) == 0
        labels.append(label)
        scores.append(None if unscored and missing else steps / 64)
        sources.append(source)
    return np.array(labels), scores, np.array(sources)


def with_wrong_extremes(labels, scores):
    return np.array([s if s is not None else (-np.inf if y else np.inf) for y, s in zip(labels, scores)], float)


def points(labels, s):
    """P_fa and P_miss at every threshold, lowest first, the last one flagging nothing."""
    thresholds = np.append(np.unique(s), np.nan)
    h, y = np.sort(s[labels == 0]), np.sort(s[labels == 1])
    fa = np.append(1 - np.searchsorted(h, thresholds[:-1], "left") / len(h), 0)
    miss = np.append(np.searchsorted(y, thresholds[:-1], "left") / len(y), 1)
    return thresholds, fa, miss


def eer(labels, s):
    _, fa, miss = points(labels, s)
    # Rounded, so that two points that are equally near in exact arithmetic stay equal: the first of them counts.
    k = np.argmin(np.round(np.abs(fa - miss), 12))
    return (fa[k] + miss[k]) / 2


def eer_rocch(labels, s):
    _, fa, miss = points(labels, s)
    xy = np.unique(np.vstack([np.c_[fa, miss], [[0, 1], [1, 0], [1, 1]]]), axis=0)
    hull = ConvexHull(xy)
    best = 1.0
    for a, b in hull.simplices:  # the edge that crosses the diagonal lowest
        (x0, y0), (x1, y1) = xy[a], xy[b]
        d0, d1 = x0 - y0, x1 - y1
        if d0 * d1 <= 0 and d0 != d1:
            t = d0 / (d0 - d1)
            best = min(best, x0 + t * (x1 - x0))
    return best


def dcf(fa, miss, pi=0.05, c_fa=1.0, c_miss=10.0):
    return (c_fa * (1 - pi) * fa + c_miss * pi * miss) / min(c_fa * (1 - pi), c_miss * pi)


def cllr(labels, s):
    return (np.mean(np.logaddexp(0, -s[labels == 1])) + np.mean(np.logaddexp(0, s[labels == 0]))) / 2 / np.log(2)


def min_cllr(labels, s):
    clipped = np.clip(s, -1e9, 1e9)
    p = IsotonicRegression(y_min=0, y_max=1).fit(clipped, labels).predict(clipped)
    with np.errstate(divide="ignore"):
        llr = np.log(p) - np.log1p(-p) - np.log(labels.sum() / (labels == 0).sum())
    return cllr(labels, llr)


def figures(labels, scores):
    s = with_wrong_extremes(labels, scores)
    has = np.isfinite(s)
    thresholds, fa, miss = points(labels, s)
    bayes = np.log(0.95 / 0.5)
    at1, at5 = np.argmax(fa <= 0.01), np.argmax(fa <= 0.05)
    clipped = np.clip(s, -1e9, 1e9)
    return {
        "eer": eer(labels, s),
        "eerROCCH": eer_rocch(labels, s),
        "minDCF": dcf(fa, miss).min(),
        "actDCF": dcf(np.mean(s[labels == 0] >= bayes), np.mean(s[labels == 1] < bayes)),
        "cllr": cllr(labels, s) if has.all() else np.inf,
        "minCllr": min_cllr(labels, s),
        "cllrScoredOnly": cllr(labels[has], s[has]),
        "minCllrScoredOnly": min_cllr(labels[has], s[has]),
        "detectionAt1": 1 - miss[at1],
        "detectionAt1Threshold": thresholds[at1],
        "detectionAt1FalseAlarmRate": fa[at1],
        "detectionAt5": 1 - miss[at5],
        "detectionAt5Threshold": thresholds[at5],
        "detectionAt5FalseAlarmRate": fa[at5],
        "auc": roc_auc_score(labels, clipped),
    }


def bootstrap(labels, score_sets, sources, draws=200, seed=1):
    """EER of each set in each draw of sources; units are numbered by first appearance."""
    order = list(dict.fromkeys(sources))
    members = [np.flatnonzero(sources == u) for u in order]
    g = SplitMix64(seed)
    rows = []
    redrawn = 0
    while len(rows) < draws:
        index = np.concatenate([members[g.below(len(order))] for _ in order])
        if len(set(labels[index])) < 2:
            redrawn += 1
            continue
        rows.append([eer(labels[index], s[index]) for s in score_sets])
    return np.array(rows), redrawn


def show(title, values):
    print(title)
    for name, value in values.items():
        print(f"    {name} {float(value)!r}")


def main():
    labels, scores, sources = trials()
    show(f"complete: {np.sum(labels == 0)} human, {np.sum(labels == 1)} synthetic", figures(labels, scores))
    # The EER once more from scikit-learn's own curve.
    fpr, tpr, _ = roc_curve(labels, with_wrong_extremes(labels, scores), drop_intermediate=False)
    k = np.argmin(np.round(np.abs(fpr - (1 - tpr))[::-1], 12))
    show("scikit-learn's roc_curve", {"eer": ((fpr + 1 - tpr)[::-1][k]) / 2})

    labels_u, scores_u, _ = trials(unscored=True)
    show(f"with {sum(s is None for s in scores_u)} unscored", figures(labels_u, scores_u))

    _, other, _ = trials(shift=120)
    first, second = with_wrong_extremes(labels, scores), with_wrong_extremes(labels, other)
    rows, redrawn = bootstrap(labels, [first, second], sources)
    low, high = np.percentile(rows[:, 0], [2.5, 97.5])
    dlow, dhigh = np.percentile(rows[:, 0] - rows[:, 1], [2.5, 97.5])
    show("bootstrap of 200 draws", {"low": low, "high": high, "redrawn": redrawn})
    show("paired", {"second": eer(labels, second), "low": dlow, "high": dhigh})

    few = np.isin(sources, [0, 9, 11])  # three sources of one class each: two draws in nine or so lack a class
    rows, redrawn = bootstrap(labels[few], [first[few]], sources[few])
    low, high = np.percentile(rows[:, 0], [2.5, 97.5])
    show("bootstrap of three sources", {"low": low, "high": high, "redrawn": redrawn})

    print("Clopper-Pearson")
    for k, n in [(0, 1), (0, 30), (1, 30), (15, 30), (30, 30), (3, 875), (12345, 100000)]:
        low = betaincinv(k, n - k + 1, 0.025) if k else 0.0
        high = betaincinv(k + 1, n - k, 0.975) if k < n else 1.0
        r = stats.binomtest(k, n).proportion_ci(0.95, "exact")
        assert np.allclose([low, high], [r.low, r.high], rtol=1e-6)
        print(f"    ({k}, {n}, {float(low)!r}, {float(high)!r}),")
    print("Poisson upper bound")
    for n in [0, 1, 2, 10, 100, 10000]:
        assert np.isclose(stats.chi2.ppf(0.95, 2 * n + 2) / 2, gammaincinv(n + 1, 0.95))
        print(f"    ({n}, {float(stats.chi2.ppf(0.95, 2 * n + 2) / 2)!r}),")
    print("normal quantile")
    for p in [1e-300, 1e-9, 0.001, 0.0749, 0.2, 0.5, 0.925, 0.99]:
        print(f"    ({p!r}, {float(stats.norm.ppf(p))!r}),")


if __name__ == "__main__":
    main()
