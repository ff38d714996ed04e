"""The command: from a corpus folder to a model file, by steps that are kept and not done twice."""
import argparse
import dataclasses
import json
import os
import sys

STEPS = ("prepare", "bank", "try", "fit", "score", "calibrate", "export", "probes")
# For choosing: each network learns from three folds and is scored on the two that it did not see.
HALVES = ((0, 1), (2, 3))


def prepare(a):
    from . import corpus, nonspeech, ownvocoders, targets, twins
    corpus.build(a.corpus, a.work)
    twins.build(a.corpus, a.work, "twins", a.processes)
    nonspeech.build(a.corpus, a.work)
    for name in ownvocoders.DESIGNS:
        ownvocoders.train(a.work, name, a.processes)
    twins.build(a.corpus, a.work, "vocoded", a.processes)
    targets.build(a.work)


def bank(a):
    from . import bank as b
    for v in a.variants:
        b.build(a.corpus, a.work, int(v) if v.isdigit() else v, a.processes)


def recipe(a):
    from .loop import Recipe
    values = json.load(open(a.recipe))
    for change in a.set:
        key, value = change.split("=", 1)
        value = json.loads(value)
        if "." in key:
            values[key.split(".")[0]][key.split(".")[1]] = value
        else:
            values[key] = value
    r = Recipe(**values)
    r.variants = tuple(r.variants)
    return r


def attempt(a):
    """One experiment: both halves trained and scored on sources they did not see, against another experiment's scores."""
    import pandas as pd
    import torch
    from . import loop, metrics, validation
    r = recipe(a)
    r = dataclasses.replace(r, steps=a.steps or r.steps)
    out = os.path.join(a.work, f"try.{r.name}.csv")
    if not os.path.exists(out):
        frames = []
        for half in HALVES:
            path = os.path.join(a.work, f"{r.name}.without{''.join(map(str, half))}.pt")
            loop.train(a.corpus, a.work, r, half, path, a.threads)
            torch.set_num_threads(a.threads)
            frames.append(validation.trials(a.work, loop.load(path, r.speech_bias)[0], half))
        pd.concat(frames).to_csv(out, index=False)
    d = pd.read_csv(out, keep_default_na=False, na_values={"score": [""]})
    print(f"{r.name}:")
    print("\n".join(validation.report(d)))
    if a.against:
        other = pd.read_csv(os.path.join(a.work, f"try.{a.against}.csv"), keep_default_na=False, na_values={"score": [""]})
        for band in validation.BANDS:
            x, y = d[d.band == band].set_index("item"), other[other.band == band].set_index("item")
            v = metrics.paired_difference(x.score, y.score.reindex(x.index), x.label, x.source)
            print(f"{band}: less {a.against}: %+.1f points [%+.1f, %+.1f]" % tuple(100 * k for k in v))


def fit(a):
    from . import loop
    r = recipe(a)
    r = dataclasses.replace(r, steps=a.steps or r.steps)
    for held in ([None] if a.fold == "none" else [int(f) for f in a.fold.split(",")]):
        loop.train(a.corpus, a.work, r, () if held is None else (held,), model_path(a.work, r.name, held), a.threads)


def model_path(work, name, fold):
    return os.path.join(work, f"{name}.fold{'none' if fold is None else fold}.pt")


def score(a):
    import torch
    from . import loop, validation
    torch.set_num_threads(a.threads)
    r = recipe(a)
    for f in a.fold.split(","):
        net, about = loop.load(model_path(a.work, r.name, int(f)), r.speech_bias)
        d = validation.trials(a.work, net, int(f))
        d.to_csv(os.path.join(a.work, f"{r.name}.fold{f}.csv"), index=False)
        print(f"{r.name} fold {f}, {about['seconds'] / 60:.1f} min of training")
        print("\n".join(validation.report(d)))
        print("share heard as speech in clips without voice:", json.dumps(validation.speech_check(a.work, net)))


def calibrate(a):
    import torch
    from . import calibration, loop
    torch.set_num_threads(a.threads)
    r = recipe(a)
    models = {int(f): loop.load(model_path(a.work, r.name, int(f)), r.speech_bias)[0] for f in a.fold.split(",")}
    fitted, about = calibration.fit(a.work, models)
    path = os.path.join(a.work, f"{r.name}.calibration.json")
    json.dump({"calibration": fitted, "about": about, "folds": sorted(models)}, open(path, "w"), indent=1)
    for band, trials in about.items():
        for k, t in enumerate(trials):
            print(band, t, "scale", fitted[band]["scale"][k], "offset", fitted[band]["offset"][k])


def export(a):
    from . import export as e
    e.export(a, recipe(a), model_path)


def probes(a):
    import pandas as pd
    import torch
    from . import loop
    from . import probes as p
    torch.set_num_threads(a.threads)
    r = recipe(a)
    folds = [int(f) for f in a.fold.split(",")]
    models = {f: loop.load(model_path(a.work, r.name, f), r.speech_bias)[0] for f in folds}
    trials = pd.concat([pd.read_csv(os.path.join(a.work, f"{r.name}.fold{f}.csv"), keep_default_na=False, na_values={"score": [""]})
                        for f in folds], ignore_index=True)
    print("\n".join(p.table(a.work, models, trials)))


def main():
    p = argparse.ArgumentParser(prog="train", description=__doc__)
    p.add_argument("--corpus", default=os.environ.get("FALSETTO_CORPUS"))
    p.add_argument("--work", required=True, help="folder for caches and checkpoints")
    p.add_argument("--recipe", default=os.path.join(os.path.dirname(__file__), "recipe.json"))
    p.add_argument("--step", choices=STEPS)
    p.add_argument("--set", action="append", default=[], metavar="KEY=JSON", help="a change to the recipe, such as mix.twins=4")
    p.add_argument("--against", help="with --step try: the experiment to compare with, by name")
    p.add_argument("--fold", default="0")
    p.add_argument("--variants", nargs="*", default=["0", "1", "2", "nb", "wb"])
    p.add_argument("--processes", type=int, default=2)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--steps", type=int)
    p.add_argument("--model-fold", default="none", help="which checkpoint to export: a held-out fold, or none for all sources")
    p.add_argument("--out", default="falsetto-model.safetensors")
    p.add_argument("--golden")
    p.add_argument("--restart", type=float, default=4.0, help="restartAbovePeak of the front end, in nats, when the model is used (0: none)")
    a = p.parse_args()
    if not a.corpus:
        sys.exit("no corpus folder: give --corpus or set FALSETTO_CORPUS")
    os.makedirs(a.work, exist_ok=True)
    if a.restart:
        from . import scoring
        scoring.OPTIONS = scoring.FrontEndOptions(restartAbovePeak=a.restart)
    if a.step:
        return (attempt if a.step == "try" else globals()[a.step])(a)
    r, folds = recipe(a), a.fold
    a.variants = sorted({str(v) for v in r.variants}) + ["nb", "wb"]
    prepare(a)
    bank(a)
    fit(a)
    score(a)
    calibrate(a)
    a.fold = "none"
    fit(a)
    a.fold = folds
    export(a)


if __name__ == "__main__":
    main()
