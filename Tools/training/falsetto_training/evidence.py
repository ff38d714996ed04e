"""The evidence of a leg from the head's scores, by the rule of EncoderEar.evidence in Swift.

The k-th hop with speech adds k s(k) - (k - 1) s(k - 1) while the window grows, so that the mean is the newest window's score, and its window's
score s(k) from then on.
"""
import numpy as np


def increments(scores, window):
    """Scores of the windows that end with each hop [n] -> what each hop adds [n]."""
    s, k = np.asarray(scores, float), np.arange(1, len(scores) + 1)
    return np.where(k > window, s, k * s - (k - 1) * np.r_[0.0, s[:-1]])


def means(score, sequences, window):
    """Mean evidence of each sequence of hops with speech: mean(increments), without the scores that cancel out in it.

    score: list of windows (row numbers of hops) -> their scores. sequences: row numbers of hops in the order heard, none empty.
    """
    ends = [np.arange(min(len(q), window), len(q) + 1) for q in sequences]
    s = score([q[max(0, k - window):k] for q, e in zip(sequences, ends) for k in e])
    out, at = np.empty(len(sequences)), 0
    for i, (q, e) in enumerate(zip(sequences, ends)):
        part = s[at:at + len(e)]
        out[i] = (part[0] * e[0] + part[1:].sum()) / len(q)
        at += len(e)
    return out
