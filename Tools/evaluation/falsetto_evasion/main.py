"""The evasion drill: detection of one model under everything that is done to a voice to pass for another.

Takes clips of sources that the model should not have been trained on (one fold of the train split's sources, unless told
otherwise), sends all through one plain telephone line, and scores them as they are and under each condition. The threshold is the score
that 5 % of the undisturbed human clips lie above. Intervals: bootstrap over sources, 95 %.

EXAMPLES
    Tools/evaluation/evasion --corpus ~/corpus --model models/without0.safetensors --fold 0
    Tools/evaluation/evasion --corpus ~/corpus --clips 30 --band wb --format json > evasion.json
    Tools/evaluation/evasion --check                # that ratios are kept and gradients are right

Exit codes: 0 done; 64 usage; 69 something is missing (python packages, ffmpeg, sox); 78 the model is at fault.
"""
import argparse
import json
import os
import shutil
import sys
import time

import numpy as np
import torch

from falsetto_training import hearing, modelfile
from falsetto_training.corpus import Progress, read16k

from . import figures, perturbation, splice, transforms, trials

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
SHIPPED = os.path.join(ROOT, "Sources", "Classifier", "Resources", "falsetto-model.safetensors")
RATIOS = (30, 40)


def load(a):
    """(what hears, calibration, what it is called)."""
    listener, about = hearing.load(a.model)
    held = about["training"].get("heldOutFolds")
    return listener, about["calibration"], f"{about['name']} {modelfile.identity(a.model)[:12]}, {seen(held, a)}"


def seen(held, a):
    """Whether the sources of the drill were in training, from what a model says was left out of it: folds, or none."""
    if a.split == "dev" or a.fold is not None and set(a.fold) <= set(held or ()):
        return "which never heard these sources"
    return "WHICH WAS TRAINED ON THESE SOURCES: not a measure of strange voices"


def conditions(a, d, index, clips, listener):
    """name -> (group, clips as the condition leaves them, which classes it was done to)."""
    synthetic = d.synthetic.values[index] == 1
    coder, human = trials.LINES[a.band], np.flatnonzero(~synthetic)
    rng = lambda i, salt: np.random.default_rng([a.seed, salt, i])
    each = lambda change, salt: [change(c, rng(i, salt)) for i, c in enumerate(clips)]
    rooms, noises = transforms.rooms(a.corpus), transforms.nonspeech.load_noises(a.corpus)
    m = music(a.corpus)
    base = trials.line(clips, coder)
    yield "none", "none", base, "both"
    for name, change in (
            ("re-recorded: loudspeaker, room, microphone", lambda: each(lambda c, g: transforms.rerecorded(c, g, rooms), 1)),
            ("pitch 2 semitones up", lambda: transforms.sox("pitch", "200")(clips)),
            ("pitch 2 semitones down", lambda: transforms.sox("pitch", "-200")(clips)),
            ("tempo 10 % faster", lambda: transforms.sox("tempo", "-s", "1.1")(clips)),
            ("tempo 10 % slower", lambda: transforms.sox("tempo", "-s", "0.9")(clips)),
            ("speed 5 % faster (pitch too)", lambda: transforms.sox("speed", "1.05")(clips)),
            ("speed 5 % slower (pitch too)", lambda: transforms.sox("speed", "0.95")(clips)),
            ("white noise 20 dB below speech", lambda: each(lambda c, g: transforms.noisy(c, g.standard_normal(len(c)), 20), 2)),
            ("white noise 10 dB below speech", lambda: each(lambda c, g: transforms.noisy(c, g.standard_normal(len(c)), 10), 2)),
            ("recorded noise 10 dB below speech", lambda: each(lambda c, g: transforms.noisy(c, transforms.piece(noises, len(c), g), 10), 3)),
            ("three talkers 15 dB below speech", lambda: each(lambda c, g: transforms.noisy(
                c, sum(trials.levelled(transforms.piece([clips[g.choice(human)]], len(c), g)) for _ in range(3)), 15), 4)),
            ("hold music 15 dB below speech", lambda: each(lambda c, g: transforms.noisy(c, transforms.piece(m, len(c), g), 15), 5)),
            ("hold music 5 dB below speech", lambda: each(lambda c, g: transforms.noisy(c, transforms.piece(m, len(c), g), 5), 5))):
        yield "everyday", name, trials.line(change(), coder), "both"
    for name, code in transforms.UNMET[a.band].items():
        yield "codec never met", name, code([trials.levelled(c) for c in clips]), "both"
    for decibels in a.ratios:
        for y, pushed, direction in ((1, "synthetic pushed to human", -1), (0, "human pushed to synthetic", 1)):
            part = np.flatnonzero(synthetic == (y == 1))
            before = [perturbation.sixteen(base[i]) for i in part]
            after = perturbation.attack(listener, before, direction, decibels, trials.EDGE[a.band], a.steps)
            worst = min(perturbation.ratio(x, z) for x, z in zip(before, after))
            assert worst >= decibels, f"the perturbation is {worst:.2f} dB below the signal, not {decibels}"
            x = list(base)
            for i, z in zip(part, after):
                x[i] = z
            who = "synthetic" if y else "human"
            yield "white box", f"{pushed}, {decibels} dB", x, who
            again = transforms.together(x, transforms.channels.coder(coder))
            yield "white box", f"{pushed}, {decibels} dB, then once more through the line", [again[i] if i in set(part) else base[i] for i in range(len(x))], who


def music(corpus):
    import csv
    with open(os.path.join(corpus, "manifest.csv"), newline="") as f:
        return [read16k(os.path.join(corpus, r["path"]))[0] for r in csv.DictReader(f) if r["source"] == "pbx_holdmusic"]


def spliced(a, d, listener, curve):
    """Human calls of about 13 s, and the same with one synthetic clip in the place of the third."""
    rng = np.random.default_rng([a.seed, 9])
    chosen = splice.calls(d, rng, max(8, a.clips // 2), a.band)
    voices = trials.pick(d, len(chosen), a.band, a.seed + 1)
    voices = [i for i in voices if d.synthetic[i] == 1]
    if len(chosen) < 8 or not voices:
        print("evasion: too few clips of one speaker for calls; no spliced call", file=sys.stderr)
        return []
    clean, forged = [], []
    for k, members in enumerate(chosen):
        parts = [trials.levelled(c) for c in trials.read(a.corpus, d, members)]
        other = trials.levelled(trials.read(a.corpus, d, [voices[k % len(voices)]])[0])
        seed = [a.seed, 10, k]
        clean.append(splice.joined(parts, np.random.default_rng(seed)))
        middle = len(parts) // 2
        forged.append(splice.joined(parts[:middle] + [other] + parts[middle + 1:], np.random.default_rng(seed)))
    coder = trials.LINES[a.band]
    audio = transforms.together(clean + forged, transforms.channels.coder(coder))
    if a.program:
        s = splice.from_program(a.program, a.model, audio)
    else:
        s = np.array([(splice.strongest(t, curve), splice.whole(t, curve)) for t in listener.tracks(audio)])
    n = len(clean)
    sources = [d.source[m[0]] for m in chosen]
    how = "the program's windows" if a.program else "windows"
    return [{"group": "splice", "condition": f"one synthetic sentence in a human call, {name}; calls of {len(set(sources))} sources", "done_to": "synthetic",
             **figures.of(s[:n, k], s[n:, k], s[:n, k], (sources, sources))}
            for k, name in ((0, f"strongest of {how} of 6 s"), (1, "whole call"))]


def drill(a):
    began = time.time()
    listener, calibration, name = a.loaded
    d = trials.table(a.corpus, a.split, a.fold)
    index = trials.pick(d, a.clips, a.band, a.seed)
    y, source = d.synthetic.values[index], d.source.values[index]
    if min((y == 0).sum(), (y == 1).sum()) < 8:
        sys.exit(f"evasion: fewer than 8 clips of a class in fold {a.fold} of {a.split} for {a.band}")
    clips = trials.read(a.corpus, d, index)
    # What `conditions` yields, and the calls.
    count = 14 + len(transforms.UNMET[a.band]) + 4 * len(a.ratios) + 1
    progress, rows, clean = Progress("evasion", count), [], None
    for group, condition, x, who in conditions(a, d, index, clips, listener):
        s = np.array([hearing.summary(t)[0] for t in listener.tracks(x)])
        if clean is None:
            clean = s
        f = figures.of(s[y == 0], s[y == 1], clean[y == 0], (source[y == 0], source[y == 1]))
        shift = s - clean
        rows.append({"group": group, "condition": condition, "done_to": who, **f,
                     "meanShift": [None if not np.isfinite(shift[y == k]).any() else round(float(np.nanmean(shift[y == k])), 3) for k in (0, 1)]})
        progress(len(rows))
    curve = calibration["narrowband" if a.band == "nb" else "wideband"]
    rows += spliced(a, d, listener, curve)
    progress(count)
    return {"model": name, "corpus": f"{a.split} split" + (f", fold {' and '.join(map(str, a.fold))}" if a.split == "train" and a.fold is not None else ""),
            "band": {"nb": "narrow", "wb": "wide"}[a.band], "line": trials.LINES[a.band], "sources": int(len(set(source))),
            "threshold": round(float(figures.threshold(clean[y == 0])), 4), "seconds": round(time.time() - began), "seed": a.seed,
            "attackSteps": a.steps, "polarity": "positive is synthetic; evidence, natural log, uncalibrated; calls: window LLR", "conditions": rows}


def told(r):
    """The table of the model card."""
    percent = lambda v: f"{100 * v[0]:.0f} % [{100 * v[1]:.0f}, {100 * v[2]:.0f}]"
    out = [f"Model {r['model']}; {r['corpus']}, {r['sources']} sources, {r['band']} band ({r['line']}); threshold: 5 % false alarms on undisturbed human clips.", "",
           "| condition | trials, human + synthetic | EER | detection | false alarms |", "| --- | --- | --- | --- | --- |"]
    for c in r["conditions"]:
        blank = {"human": ("detection",), "synthetic": ("falseAlarms",)}.get(c["done_to"], ())
        cells = [percent(c[k]) if k not in blank else "as above" for k in ("eer", "detection", "falseAlarms")]
        if c["group"] == "splice":
            cells[2] = percent(c["falseAlarms"])
        gone = sum(c["unscored"])
        out.append(f"| {c['condition']}{f' ({gone} unscored)' if gone else ''} | {c['human']} + {c['synthetic']} | " + " | ".join(cells) + " |")
    return "\n".join(out + ["", f"{r['seconds']} s; intervals: bootstrap over sources, 95 %; a trial without a score counts as an error."])


def main():
    p = argparse.ArgumentParser(prog="evasion", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.error = lambda words: p.exit(64, f"evasion: {words}; see evasion --help\n")
    p.add_argument("--corpus", default=os.environ.get("FALSETTO_CORPUS"), help="the corpus folder (FALSETTO_CORPUS)")
    p.add_argument("--model", default=SHIPPED, help="a model file of format 2 (the shipped one)")
    p.add_argument("--split", choices=("train", "dev"), default="train")
    p.add_argument("--fold", default="0", help="which folds' sources of the train split: 0, or 0,1, or none for all (0)")
    p.add_argument("--band", choices=("nb", "wb"), default="nb", help="a G.711 line or a G.722 line (nb)")
    p.add_argument("--clips", type=int, default=60, help="at most so many clips a class (60)")
    p.add_argument("--ratios", type=float, nargs="*", default=list(RATIOS), help="signal to perturbation, dB (30 40)")
    p.add_argument("--steps", type=int, default=20, help="gradient steps of the white-box attack (20)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--program", help="a built falsetto: its windows for the spliced calls instead of the Python twin's")
    p.add_argument("--format", choices=("text", "json"), default="text")
    p.add_argument("--check", action="store_true", help="run the drill's own checks and end")
    a = p.parse_args()
    if a.check:
        import unittest
        suite = unittest.defaultTestLoader.discover(os.path.join(os.path.dirname(__file__), "tests"))
        return 0 if unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() else 70
    if not a.corpus or not os.path.exists(os.path.join(a.corpus, "manifest.csv")):
        p.error(f"{a.corpus or 'no corpus folder'}: give --corpus or set FALSETTO_CORPUS to a folder with manifest.csv")
    if a.fold != "none" and not set(a.fold.split(",")) <= set("01234"):
        p.error("--fold is 0 to 4, several with commas between, or none for all train sources")
    a.fold = None if a.fold == "none" else tuple(int(f) for f in a.fold.split(","))
    a.ratios = [int(v) if v == int(v) else v for v in a.ratios]
    for program in ("ffmpeg", "sox"):
        if not shutil.which(program):
            p.exit(69, f"evasion: {program} is missing; on Debian: apt-get install ffmpeg sox\n")
    torch.set_num_threads(1)
    try:
        a.loaded = load(a)
    except Exception as e:                       # safetensors, torch and json each have errors of their own
        p.exit(78, f"evasion: {a.model}: {e}\n")
    r = drill(a)
    print(json.dumps(r, indent=1) if a.format == "json" else told(r))
    return 0


if __name__ == "__main__":
    sys.exit(main())
