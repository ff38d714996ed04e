"""EER, detection and false alarms of one condition, with bootstrap intervals by source."""
import numpy as np

from falsetto_training import metrics

ALARMS = 0.05
DRAWS = 300


def threshold(human, alarms=ALARMS):
    """The score that a share `alarms` of clean human trials lies above (reference trials without a score count as above)."""
    s = np.sort(metrics.wrong_extreme(human, np.zeros(len(human), int)))[::-1]
    return s[min(len(s) - 1, int(np.floor(alarms * len(s))))]


def of(human, synthetic, clean, sources):
    """Figures of one condition.

    human, synthetic: scores of the trials as this condition has them, aligned with sources[0], sources[1]; `clean`: the same human
    trials undisturbed, which set the threshold. Each value is (figure, low, high); the threshold is set anew in each draw.
    """
    human, synthetic, clean = (np.asarray(v, float) for v in (human, synthetic, clean))
    hs, ss = np.asarray(sources[0]), np.asarray(sources[1])

    def measure(h, s):
        labels = np.r_[np.zeros(len(h), int), np.ones(len(s), int)]
        at = threshold(clean[h])
        flagged = lambda v, missing: (np.where(np.isfinite(v), v, missing) > at).mean()
        return metrics.eer(np.r_[human[h], synthetic[s]], labels), flagged(synthetic[s], -np.inf), flagged(human[h], np.inf)

    point = measure(np.arange(len(human)), np.arange(len(synthetic)))
    names = np.unique(np.r_[hs, ss])
    mh, ms = ({n: np.flatnonzero(v == n) for n in names} for v in (hs, ss))
    rng, draws = np.random.default_rng(5), []
    while len(draws) < DRAWS:
        drawn = rng.choice(names, len(names))
        h, s = (np.concatenate([m[n] for n in drawn]) for m in (mh, ms))
        if len(h) and len(s):
            draws.append(measure(h, s))
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    keys = ("eer", "detection", "falseAlarms")
    return {k: [round(float(v), 4) for v in (p, a, b)] for k, p, a, b in zip(keys, point, low, high)} | {
        "human": len(human), "synthetic": len(synthetic),
        "unscored": [int(np.isnan(human).sum()), int(np.isnan(synthetic).sum())]}
