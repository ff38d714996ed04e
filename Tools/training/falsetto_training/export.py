"""The model file and its golden file from a checkpoint and a calibration; prints size, cost and identity."""
import json
import os
from datetime import datetime, timezone

import numpy as np
import pandas as pd

from . import bank, golden, loop, metrics, modelfile, network, scoring, validation


def summary(a, recipe, about, calibration):
    table = bank.items(a.work)
    from . import folds
    fold = folds.of_items(table)
    used = table[~np.isin(fold, list(about["held_out"]))]
    o = used[used.part == "originals"]
    out = {"date": datetime.now(timezone.utc).strftime("%Y-%m-%d"), "seed": recipe.seed, "steps": about["steps"],
           "humanClips": int((o.kind == "human").sum()), "syntheticClips": int((o.kind == "spoof").sum()),
           "copySynthesisTwins": int((used.kind == "twin").sum()), "enhancedTwins": int((used.kind == "enhanced").sum()),
           "nonspeechClips": int((used.kind == "nonspeech").sum()), "sources": int(o.source.nunique()),
           "systems": int(o[o.kind == "spoof"].system.nunique()), "channelVariants": len(recipe.variants),
           "heldOutFolds": list(about["held_out"]), "calibratedOn": "scores of held-out folds of the train split",
           "calibratedWithout": calibration["folds"], "measured": {}}
    path = os.path.join(a.work, f"{recipe.name}.scores.csv")
    if os.path.exists(path):
        d = pd.read_csv(path)
        for band in validation.BANDS:
            t = d[d.band == band]
            e, lo, hi = metrics.eer_interval(t.score.values, t.label.values, t.source.values)
            out["measured"][band] = {"eer": round(e, 4), "interval95": [round(lo, 4), round(hi, 4)],
                                     "human": int((t.label == 0).sum()), "synthetic": int((t.label == 1).sum()),
                                     "trials": "train sources of held-out folds, reference telephone channels, 2.9 s"}
    return out


def export(a, recipe, checkpoint):
    net, about = loop.load(checkpoint, recipe.speech_bias)
    net = net.float()
    calibration = json.load(open(os.path.join(a.work, f"{recipe.name}.calibration.json")))
    identity = modelfile.write(a.out, net, f"falsetto-{recipe.name}", calibration["calibration"],
                               summary(a, recipe, about, calibration), scoring.OPTIONS)
    parameters, macs = network.cost(net.specs)
    print(f"{a.out}: {parameters} parameters, {2 * macs / 1e6:.1f} MFLOP per second of audio")
    assert parameters <= 1e6 and 2 * macs <= 50e6, "over the budget"
    print(f"model identity {identity}")
    if a.golden:
        f, y = golden.write(a.golden, a.out)
        print(f"{a.golden}: {len(f)} frames, {len(y)} outputs")
