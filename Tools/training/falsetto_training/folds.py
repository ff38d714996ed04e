"""Five folds by source; each holds human and synthetic clips. Fixed, from the table alone."""
import numpy as np

FOLDS = 5


def assign(table):
    """source -> fold, over human and spoof originals; other sources train in every fold (-1)."""
    t = table[table.kind.isin(["human", "spoof"])]
    counts = t.groupby(["source", "kind"]).size().unstack(fill_value=0)
    share = counts / counts.sum()
    order = share.max(axis=1).sort_values(ascending=False, kind="mergesort").index
    load, out = np.zeros((FOLDS, 2)), {}
    for s in order:
        v = share.loc[s, ["human", "spoof"]].values
        cost = [(((load + (np.arange(FOLDS) == k)[:, None] * v) - 1 / FOLDS).clip(min=0) ** 2).sum()
                + ((load[k] + v) ** 2).sum() * 0.5 for k in range(FOLDS)]
        k = int(np.argmin(cost))
        out[s] = k
        load[k] += v
    return out


def of_items(table):
    f = assign(table)
    return np.array([f.get(s, -1) for s in table.source])
