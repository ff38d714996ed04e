"""The command: from a corpus folder to a model file, by steps that are kept and not done twice."""
import argparse
import dataclasses
import json
import os
import sys

STEPS = ("prepare", "bank", "fit", "score", "calibrate", "export", "probes")
# Folds left out together: two networks score all sources without having seen them.
GROUPS = "01,234"


def groups(text):
    """"01,23" -> [(0, 1), (2, 3)]; "none" -> [()]: nothing left out."""
    return [() if g == "none" else tuple(int(f) for f in g) for g in dict.fromkeys(text.split(","))]


def prepare(a):
    from . import corpus, nonspeech, ownacoustic, ownvocoders, suppressors, targets, twins
    suppressors.Suppressor([])                   # says now, not in an hour, what is missing
    corpus.build(a.corpus, a.work)
    twins.build(a.corpus, a.work, "twins", a.processes)
    nonspeech.build(a.corpus, a.work)
    for name in ownvocoders.DESIGNS:
        ownvocoders.train(a.work, name, a.processes)
    twins.build(a.corpus, a.work, "vocoded", a.processes)
    for name in ownacoustic.DESIGNS:
        ownacoustic.train(a.corpus, a.work, name, a.processes)
    twins.build(a.corpus, a.work, "predicted", a.processes)
    twins.build(a.corpus, a.work, "suppressed", a.processes)
    targets.build(a.work)


def bank(a):
    from . import bank as b
    for v in a.variants:
        b.build(a.corpus, a.work, int(v) if v.isdigit() else v, a.processes)


def recipes(a):
    """The stages of a run in their order. `first` in the recipe holds what is different in a first stage, from which the rest goes on."""
    from .loop import Recipe
    values = json.load(open(a.recipe))
    for change in a.set:
        key, value = change.split("=", 1)
        value = json.loads(value)
        *path, last = key.split(".")
        place = values
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    first = values.pop("first", None)
    stages = [values]
    if first:
        name = values["name"] + ".first"
        stages = [{**values, **first, "name": name, "mix": {**values.get("mix", {}), **first.get("mix", {})}}, {**values, "start": name}]
    return [Recipe(**{**v, "variants": tuple(v.get("variants", Recipe.variants))}) for v in stages]


def recipe(a):
    return recipes(a)[-1]


def model_path(work, name, group):
    return os.path.join(work, f"{name}.{'without' + ''.join(map(str, group)) if group else 'all'}.pt")


def front_end(a):
    if a.restart:
        from . import scoring
        scoring.OPTIONS = scoring.FrontEndOptions(restartAbovePeak=a.restart)


def fit_one(a, group):
    from . import loop
    front_end(a)
    for r in recipes(a):
        loop.train(a.corpus, a.work, r, group, model_path(a.work, r.name, group), a.threads)


def fit(a):
    """A process for each network, as many at a time as asked for."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(a.processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(fit_one, *zip(*((a, g) for g in groups(a.without)))))


def networks(a, r):
    """group -> (network, what was saved with it)"""
    import torch
    from . import loop
    torch.set_num_threads(a.threads)
    return {g: loop.load(model_path(a.work, r.name, g), r.speech_bias) for g in groups(a.without)}


def scores(work, name):
    import pandas as pd
    return pd.read_csv(os.path.join(work, f"{name}.scores.csv"), keep_default_na=False, na_values={"score": [""]})


def score(a):
    """Scores of sources that a network did not see, against those of another recipe if one is named."""
    import pandas as pd
    from . import metrics, validation
    r = recipe(a)
    models = networks(a, r)
    d = pd.concat([validation.trials(a.work, net, group) for group, (net, _) in models.items()], ignore_index=True)
    d.to_csv(os.path.join(a.work, f"{r.name}.scores.csv"), index=False)
    print(f"{r.name}, folds left out {a.without}, {sum(about['seconds'] for _, about in models.values()) / 60:.1f} min of training")
    print("\n".join(validation.report(d) + validation.groups(d)))
    for group, (net, _) in models.items():
        print("share heard as speech in clips without voice, which were in training:", json.dumps(validation.speech_check(a.work, net)))
        break
    if a.against:
        other = scores(a.work, a.against)
        for band in validation.BANDS:
            x, y = d[d.band == band].set_index("item"), other[other.band == band].set_index("item")
            both = x.index.intersection(y.index)
            x, y = x.loc[both], y.loc[both]
            v = metrics.paired_difference(x.score, y.score, x.label, x.source)
            print(f"{band}: less {a.against} on {len(both)} trials: %+.1f points [%+.1f, %+.1f]" % tuple(100 * k for k in v))


def calibrate(a):
    from . import calibration
    r = recipe(a)
    fitted, about = calibration.fit(a.work, {g: net for g, (net, _) in networks(a, r).items()})
    path = os.path.join(a.work, f"{r.name}.calibration.json")
    json.dump({"calibration": fitted, "about": about, "folds": a.without}, open(path, "w"), indent=1)
    for band, trials in about.items():
        for k, t in enumerate(trials):
            print(band, t, "scale", fitted[band]["scale"][k], "offset", fitted[band]["offset"][k])


def export(a):
    from . import export as e
    group, = groups(a.model)
    r = recipe(a)
    e.export(a, r, model_path(a.work, r.name, group))


def probes(a):
    from . import probes as p
    print("\n".join(p.labels(a.corpus)))
    if a.split == "dev":                         # what the labels hang on needs no score
        return
    r = recipe(a)
    models = {f: net for group, (net, _) in networks(a, r).items() for f in group}
    print("\n".join([""] + p.moves(a.corpus, a.work, models, scores(a.work, r.name))))


def main():
    p = argparse.ArgumentParser(prog="train", description=__doc__)
    p.add_argument("--corpus", default=os.environ.get("FALSETTO_CORPUS"))
    p.add_argument("--work", required=True, help="folder for caches and checkpoints")
    p.add_argument("--recipe", default=os.path.join(os.path.dirname(__file__), "recipe.json"))
    p.add_argument("--step", choices=STEPS)
    p.add_argument("--set", action="append", default=[], metavar="KEY=JSON", help="a change to the recipe, such as mix.twins=4")
    p.add_argument("--against", help="with --step score: another recipe to compare with, by name")
    p.add_argument("--without", default=GROUPS, metavar="FOLDS", help="fit, score, calibrate, probes: folds left out, a network each "
                   f"(default {GROUPS}); none leaves nothing out")
    p.add_argument("--variants", nargs="*", default=["0", "quiet", "dry", "dressed", "nb", "wb"])
    p.add_argument("--split", choices=("train", "dev"), default="train", help="with --step probes: dev tells what each nuisance alone says of the label, on train and dev, and scores nothing")
    p.add_argument("--processes", type=int, default=2)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--model", default="none", metavar="FOLDS", help="export: which network, by the folds it was trained without (default none)")
    p.add_argument("--out", default="falsetto-model.safetensors")
    p.add_argument("--golden")
    p.add_argument("--restart", type=float, default=4.0, help="restartAbovePeak of the front end, in nats, when the model is used (0: none)")
    a = p.parse_args()
    if not a.corpus:
        sys.exit("no corpus folder: give --corpus or set FALSETTO_CORPUS")
    os.makedirs(a.work, exist_ok=True)
    front_end(a)
    if a.step:
        return globals()[a.step](a)
    if "none" in a.without.split(","):
        sys.exit("--without none is for --step fit: a whole run needs networks that left sources out, and makes the one of all sources beside them")
    asked = {str(v) for r in recipes(a) for v in r.variants}
    a.variants = sorted(asked | ({"0"} if "quiet" in asked else set())) + ["nb", "wb"]
    prepare(a)
    bank(a)
    held_out, a.without = a.without, a.without + ",none"
    fit(a)
    a.without = held_out
    score(a)
    calibrate(a)
    export(a)


if __name__ == "__main__":
    main()
