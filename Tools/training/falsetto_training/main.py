"""The command: from a corpus folder to a model file, by steps that are kept and not done twice."""
import argparse
import json
import os
import sys

STEPS = ("prepare", "bank", "encode", "fit", "score", "calibrate", "export", "probes", "handled")


def prepare(a):
    from . import corpus, nonspeech, targets, weights
    weights.fetch(a.work, a.weights)             # says now, not in an hour, what is missing
    corpus.build(a.corpus, a.work)
    nonspeech.build(a.corpus, a.work)
    targets.build(a.work)


def recipe(a):
    from .heads import Recipe
    with open(a.recipe) as f:
        values = json.load(f)
    for change in a.set:
        key, _, value = change.partition("=")
        *path, last = key.split(".")
        place = values
        for part in path:
            place = place.setdefault(part, {})
        try:
            place[last] = json.loads(value)
        except ValueError:
            sys.exit(f"--set {change}: what stands behind = is no JSON (a word needs quotes within quotes: 'name=\"x\"')")
    try:
        return Recipe(**values)
    except TypeError as e:
        sys.exit(f"the recipe is at fault: {str(e).replace('Recipe.__init__() ', '')}")


def variants(a):
    """Those that are scored: what the recipe trains on, and the headline's."""
    return list(dict.fromkeys([*recipe(a).variants, "nb", "wb"]))


def bank(a):
    from . import bank as b
    r = recipe(a)
    for v in a.variants or variants(a):
        b.build(a.corpus, a.work, v, r.cap, r.seed, a.processes)


def encode(a):
    from . import hops
    r = recipe(a)
    hops.position_means(a.work)
    for v in a.variants or variants(a):
        hops.build(a.work, v, r.cap, r.seed, a.processes)


def data(a):
    from . import hops
    r = recipe(a)
    return hops.Data(a.work, variants(a), r.cap, r.seed)


def held(word):
    return None if word == "all" else int(word)


def fit_one(a, word):
    import torch
    from . import corpus, ear, heads
    torch.set_num_threads(a.threads)
    r, out = recipe(a), ear.path(a.work, recipe(a).name, held(word))
    tensors, seen = heads.train(data(a), r, held(word), os.path.basename(out))
    corpus.save({"tensors": tensors, "about": heads.about(r, seen, held(word))}, out)


def fit(a):
    """A process for each head, as many at a time as asked for."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from dataclasses import asdict
    import torch
    from . import ear
    r, todo = recipe(a), []
    for word in a.heads.split(","):
        path = ear.path(a.work, r.name, held(word))
        if not os.path.exists(path):
            todo.append(word)
        elif {k: torch.load(path, weights_only=True)["about"].get(k) for k in asdict(r)} != asdict(r):
            sys.exit(f"fit: {path} was made by another recipe of this name: remove it, or --set 'name=\"other\"'")
    data(a)                                      # what is missing is said once
    with ProcessPoolExecutor(a.processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(fit_one, [a] * len(todo), todo))


def ears(a):
    """fold -> the ear that left it out"""
    import torch
    from . import ear, folds
    torch.set_num_threads(a.threads)
    return {k: ear.load(a.work, recipe(a).name, k) for k in range(folds.FOLDS)}


def scores(work, name):
    import pandas as pd
    path = os.path.join(work, f"{name}.scores.csv")
    if not os.path.exists(path):
        sys.exit(f"{path} is missing: run the step score for {name}")
    return pd.read_csv(path, keep_default_na=False, na_values={"score": [""]})


def score(a):
    """Scores of sources that a head did not hear, against those of another recipe if one is named."""
    import pandas as pd
    from . import metrics, validation
    r, clips, heads = recipe(a), data(a), ears(a)
    d = pd.concat([validation.trials(clips, e, v, k) for v in variants(a) for k, e in heads.items()], ignore_index=True)
    d.to_csv(os.path.join(a.work, f"{r.name}.scores.csv"), index=False)
    print(f"{r.name}: sources of five folds by owner, each scored by the head that left it out")
    print("\n".join(validation.report(d) + validation.groups(d)))
    print("share of hops heard as speech, in training:", json.dumps({k: e.about["seen"]["speech"] for k, e in heads.items()}))
    print("and in clips without voice, by source:", json.dumps(validation.speech_check(clips, heads[0], validation.BANDS)))
    if a.against:
        other = scores(a.work, a.against)
        for v in variants(a):
            x, y = d[d.band == v].set_index("path"), other[other.band == v].set_index("path")
            both = x.index.intersection(y.index)
            if len(both):
                x, y = x.loc[both], y.loc[both]
                print(f"{v}: less {a.against} on {len(both)} trials: %+.1f points [%+.1f, %+.1f]"
                      % tuple(100 * k for k in metrics.paired_difference(x.score, y.score, x.label, x.source)))


def calibrate(a):
    from . import calibration
    fitted, about = calibration.fit(data(a), ears(a))
    with open(os.path.join(a.work, f"{recipe(a).name}.calibration.json"), "w") as f:
        json.dump({"calibration": fitted, "about": about}, f, indent=1)
    for band, trials in about.items():
        for k, t in enumerate(trials):
            print(band, t, "scale", fitted[band]["scale"][k], "offset", fitted[band]["offset"][k])


def export(a):
    from . import export as e
    if a.fold_models:
        return e.export_folds(a.work, recipe(a), a.fold_models)
    e.export(a.work, recipe(a), a.fold, a.out, a.golden)


def probes(a):
    from . import probes as p
    print("\n".join(p.labels(a.corpus)))
    if a.split == "dev":                         # what the labels hang on needs no score
        return
    print("\n".join([""] + p.moves(a.corpus, a.work, ears(a), scores(a.work, recipe(a).name))))


def handled(a):
    """Needs the bank's and the encoder's variant nbh: --step bank --variants nbh, --step encode --variants nbh."""
    from . import hops, validation
    r = recipe(a)
    print("\n".join(validation.handled(hops.Data(a.work, ["nb", "nbh"], r.cap, r.seed), ears(a))))


def main():
    p = argparse.ArgumentParser(prog="train", description=__doc__)
    p.add_argument("--corpus", default=os.environ.get("FALSETTO_CORPUS"))
    p.add_argument("--work", required=True, help="folder for caches and heads")
    p.add_argument("--weights", metavar="FILE", help="Whisper base's model.bin (CTranslate2), where pip cannot fetch it")
    p.add_argument("--recipe", default=os.path.join(os.path.dirname(__file__), "recipe.json"))
    p.add_argument("--step", choices=STEPS)
    p.add_argument("--set", action="append", default=[], metavar="KEY=JSON", help="a change to the recipe, such as variants.nb1=0.5")
    p.add_argument("--against", help="score: another recipe to compare with, by name")
    p.add_argument("--heads", default="0,1,2,3,4,all", help="fit: the folds left out, a head each, and all for the head of all sources")
    p.add_argument("--variants", nargs="*", help="bank, encode: these instead of those of the recipe and nb and wb")
    p.add_argument("--split", choices=("train", "dev"), default="train",
                   help="probes: dev tells what each nuisance alone says of the label, on train and dev, and scores nothing")
    p.add_argument("--processes", type=int, default=2)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--fold", type=int, help="export: the model that left this fold out, instead of the one of all sources")
    p.add_argument("--fold-models", metavar="DIR", help="export: a model for each fold, and models.csv, for Tools/evaluation/default_policy")
    p.add_argument("--out", default="falsetto-model.safetensors")
    p.add_argument("--golden")
    a = p.parse_args()
    if not a.corpus:
        sys.exit("no corpus folder: give --corpus or set FALSETTO_CORPUS")
    os.makedirs(a.work, exist_ok=True)
    for step in [a.step] if a.step else STEPS[:STEPS.index("probes")]:
        globals()[step](a)


if __name__ == "__main__":
    main()
