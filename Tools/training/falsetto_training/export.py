"""The model file and its golden file from a fitted ear and a calibration; prints size, cost and identity."""
import csv
import json
import os
from datetime import datetime, timezone

import pandas as pd

from . import bank, ear, folds, golden, hops, metrics, modelfile, validation, weights

MOST_PARAMETERS, MOST_FLOP, MOST_BYTES = 12e6, 2e9, 24e6


def measured(work, name):
    """Cross-validated figures by band, of the scores that the step score left."""
    path, out = os.path.join(work, f"{name}.scores.csv"), {}
    if not os.path.exists(path):
        return out
    d = pd.read_csv(path)
    for band, t in d.groupby("band"):
        if min((t.label == 0).sum(), (t.label == 1).sum()) < 2:
            continue
        e, lo, hi = metrics.eer_interval(t.score.values, t.label.values, t.source.values)
        out[band] = {"eer": round(e, 4), "interval95": [round(lo, 4), round(hi, 4)],
                     "human": int((t.label == 0).sum()), "synthetic": int((t.label == 1).sum()),
                     "trials": "train sources of the folds left out, the bank's variant, 2.9 s"}
    return out


def summary(work, recipe, listener):
    seen = listener.about["seen"]
    return {"date": datetime.now(timezone.utc).strftime("%Y-%m-%d"), "seed": recipe.seed, "steps": recipe.steps * recipe.seeds,
            **seen, "heldOutFolds": [] if listener.about["held"] is None else [listener.about["held"]],
            "channelVariants": len(recipe.variants), "variants": recipe.variants, "capPerSourceAndClass": recipe.cap,
            "encoder": {"from": "Whisper base (MIT), convolutions and first two blocks, frozen", "sha256": weights.SHA256},
            "calibratedOn": "scores of sources left out, five folds of the train split by owner", "measured": measured(work, recipe.name)}


def export(work, recipe, held, out, golden_path=None):
    """One model file: of the ear that heard all sources (held None), or of one that left a fold out."""
    listener = ear.load(work, recipe.name, held)
    path = os.path.join(work, f"{recipe.name}.calibration.json")
    if not os.path.exists(path):
        raise SystemExit(f"{path} is missing: run the step calibrate")
    with open(path) as f:
        calibration = json.load(f)
    name = f"falsetto-{recipe.name}" + ("" if held is None else f"-without-{held}")
    identity, about = modelfile.write(out, hops.tensors(work), listener, name, calibration["calibration"], summary(work, recipe, listener))
    parameters, macs = modelfile.cost(modelfile.read(out)[0], about)
    size = os.path.getsize(out)
    print(f"{out}: {parameters} parameters, {2 * macs / 1e6:.1f} MFLOP per second of audio, {size / 1e6:.1f} MB")
    if parameters > MOST_PARAMETERS or 2 * macs > MOST_FLOP or size > MOST_BYTES:
        raise SystemExit(f"export: {out} is over the budget of {MOST_FLOP / 1e9:.0f} GFLOP a second, {MOST_PARAMETERS / 1e6:.0f} million parameters "
                         f"and {MOST_BYTES / 1e6:.0f} MB")
    print(f"model identity {identity}")
    if golden_path:
        heard, speech = golden.write(golden_path, out)
        print(f"{golden_path}: {heard} hops, {speech} of them speech")


def export_folds(work, recipe, folder):
    """A model file for each fold left out, and models.csv, which of them never heard a source."""
    os.makedirs(folder, exist_ok=True)
    for k in range(folds.FOLDS):
        export(work, recipe, k, os.path.join(folder, f"without{k}.safetensors"))
    with open(os.path.join(folder, "models.csv"), "w", newline="") as f:
        rows = csv.writer(f, lineterminator="\n")
        rows.writerow(["source", "model"])
        rows.writerows([s, f"without{k}.safetensors"] for s, k in sorted(folds.assign(bank.items(work)).items()))
    print(f"{os.path.join(folder, 'models.csv')}: {len(folds.assign(bank.items(work)))} sources, for Tools/evaluation/default_policy")
