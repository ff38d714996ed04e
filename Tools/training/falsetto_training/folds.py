"""Five folds by owner: all pages of one maker lie in one fold. Each holds human and synthetic clips. Fixed, from the table alone."""
import numpy as np

FOLDS = 5


def owners(table):
    """Who a clip comes from: the owner of the repository its source was taken from, or the source itself."""
    repository = table.source_repo if "source_repo" in table else table.source
    owner = repository.astype(str).str.split("/").str[0]
    return owner.where(owner != "", table.source)


def assign(table):
    """source -> fold, over human and spoof clips; other sources train in every fold (-1)."""
    t = table[table.kind.isin(["human", "spoof"])]
    owner = t.owner if "owner" in t else owners(t)
    counts = t.groupby([owner, t.kind]).size().unstack(fill_value=0).reindex(columns=["human", "spoof"], fill_value=0)
    share = counts / counts.sum().clip(lower=1)
    order = share.max(axis=1).sort_values(ascending=False, kind="mergesort").index
    load, of_owner = np.zeros((FOLDS, 2)), {}
    for o in order:
        v = share.loc[o].values
        cost = [(((load + (np.arange(FOLDS) == k)[:, None] * v) - 1 / FOLDS).clip(min=0) ** 2).sum()
                + ((load[k] + v) ** 2).sum() * 0.5 for k in range(FOLDS)]
        k = int(np.argmin(cost))
        of_owner[o] = k
        load[k] += v
    out = {}
    for source, o in sorted(set(zip(t.source, owner))):
        if out.setdefault(source, of_owner[o]) != of_owner[o]:
            raise SystemExit(f"folds: the source {source} has repositories of several owners, which lie in different folds: name it apart")
    return out


def of_items(table):
    f = assign(table)
    return np.array([f.get(s, -1) for s in table.source])


def voice(table, row):
    """Whose voice a clip of a class is: of a source its speaker, and of machines their system. People of a page that names no speakers may
    be many: each of their clips is a voice by itself."""
    machine = table.label[row]
    return table.source[row], table.speaker[row] or ("" if machine else table.path[row]), table.system[row] if machine else "human"
