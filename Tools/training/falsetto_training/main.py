"""The command: from a corpus folder to a model file, by steps that are kept and not done twice."""
import argparse
import dataclasses
import json
import os
import sys

STEPS = ("prepare", "bank", "fit", "score", "calibrate", "export", "probes")


def prepare(a):
    from . import corpus, nonspeech, targets, twins
    corpus.build(a.corpus, a.work)
    twins.build(a.corpus, a.work, a.processes)
    nonspeech.build(a.corpus, a.work)
    targets.build(a.work)


def bank(a):
    from . import bank as b
    for v in a.variants:
        b.build(a.corpus, a.work, int(v) if v.isdigit() else v, a.processes)


def recipe(a):
    from .loop import Recipe
    r = Recipe(**json.load(open(a.recipe)))
    r.variants = tuple(r.variants)
    return r


def fit(a):
    from . import loop
    r = recipe(a)
    r = dataclasses.replace(r, steps=a.steps or r.steps)
    for held in ([None] if a.fold == "none" else [int(f) for f in a.fold.split(",")]):
        loop.train(a.work, r, held, model_path(a.work, r.name, held), a.threads)


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
    print("\n".join(p.labels(a.corpus)))
    if a.split == "dev":                         # what the labels hang on needs no score
        return
    torch.set_num_threads(a.threads)
    r = recipe(a)
    folds = [int(f) for f in a.fold.split(",")]
    models = {f: loop.load(model_path(a.work, r.name, f), r.speech_bias)[0] for f in folds}
    trials = pd.concat([pd.read_csv(os.path.join(a.work, f"{r.name}.fold{f}.csv"), keep_default_na=False, na_values={"score": [""]})
                        for f in folds], ignore_index=True)
    print("\n".join([""] + p.moves(a.corpus, a.work, models, trials)))


def main():
    p = argparse.ArgumentParser(prog="train", description=__doc__)
    p.add_argument("--corpus", default=os.environ.get("FALSETTO_CORPUS"))
    p.add_argument("--work", required=True, help="folder for caches and checkpoints")
    p.add_argument("--recipe", default=os.path.join(os.path.dirname(__file__), "recipe.json"))
    p.add_argument("--step", choices=STEPS)
    p.add_argument("--fold", default="0")
    p.add_argument("--split", choices=("train", "dev"), default="train", help="with --step probes: dev tells what each nuisance alone says of the label, on train and dev, and scores nothing")
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
        return globals()[a.step](a)
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
