#!/usr/bin/env python3
"""Send the development clips of the corpus through the reference telephone bank, for `falsetto evaluate --headline`.

usage: headline.py CORPUS narrow|wide OUT [JOBS]

Writes OUT/<path>.flac and OUT/manifest.csv: the development rows with their channel, and all train rows as they are (they say
which generators and speakers are unseen; they are not scored). The bank is the corpus' own phone_channel.py, which
chooses a channel by the hash of a clip's path; this program only narrows its choice to one band:
narrow: G.711 u/A, GSM-FR, AMR-NB, Opus 8 kbit/s at 8 kHz; wide: Opus 16 and 24 kbit/s at 16 kHz, G.722.
JOBS channels at a time, by default one a core. Needs numpy, soundfile, soxr, ffmpeg, and sox with AMR-NB.
Both headline sets come out of one run: `dev`, the older sources, and `dev2`, those in Corpora/dev2.txt. Each set passes the
bank by itself, since clips of one channel are coded one behind another: what is added to dev2 changes no clip of dev.
Then: falsetto evaluate --manifest OUT/manifest.csv --headline narrow
      falsetto evaluate --manifest OUT/manifest.csv --headline narrow --headline-set dev2

Also writes OUT/calls.csv and OUT/calls2.csv, and their recordings in OUT/calls/ and OUT/calls2/: the headline clips of dev and of dev2
(cut to 2.9 s) of one speaker of a source, or of one speaker and system, one behind the other up to 10 clips, in the order of
their paths; a clip whose speaker is not known is a call of its own.
Then: falsetto evaluate --manifest OUT/calls.csv
      falsetto evaluate --manifest OUT/calls2.csv
"""
import csv
import hashlib
import importlib.util
import multiprocessing
import os
import random
import shutil
import sys
import tempfile

import numpy as np
import soundfile as sf

BANDS = {
    "narrow": ["g711u", "g711a", "gsm", "amrnb122", "amrnb67", "opus8nb"],
    "wide": ["opus16wb", "opus24wb", "g722"],
}
# As HeadlineTrials.swift chooses: the calls are joined from the trials of the single clips.
CLIP_SECONDS, CALL_CLIPS = 2.9, 10
LEAST_SECONDS = {"dev": CLIP_SECONDS, "dev2": 1.5}
CALLS = {"dev": "calls", "dev2": "calls2"}
LATER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Corpora", "dev2.txt")


def bank(corpus):
    spec = importlib.util.spec_from_file_location("phone_channel", os.path.join(corpus, "phone_channel.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def channel_of(path, channels):
    """The bank's own choice: the same draws from the same seed. It draws level, noise and noise seed first."""
    rng = random.Random(int(hashlib.sha256(path.encode()).hexdigest()[:12], 16))
    rng.uniform(-32, -20), rng.uniform(15, 35), rng.randrange(2 ** 31)
    return rng.choice(channels)


def read(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def write(path, columns, *parts):
    with open(path, "w", newline="") as f:
        w = csv.DictWriter(f, columns, restval="", extrasaction="ignore")
        w.writeheader()
        for rows in parts:
            w.writerows(rows)


def through(job):
    """One set's clips of one channel through the bank, in a process of their own; its rows come back, the clips lie in `out`."""
    corpus, out, channel, rows = job
    # The bank writes a manifest where it writes clips: each job has a folder, and only clips leave it.
    with tempfile.TemporaryDirectory(dir=out) as own:
        chosen = os.path.join(own, "chosen.csv")
        write(chosen, list(rows[0]), rows)
        sys.argv = ["phone_channel.py", corpus, chosen, own, channel]
        bank(corpus).main()
        sent = read(os.path.join(own, "manifest.csv"))
        for row in sent:
            place = os.path.join(out, row["path"])
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.replace(os.path.join(own, row["path"]), place)
    return sent


def join_calls(out, name, rows):
    """Joins one set's headline clips, as they came out of their channels, into calls."""
    groups = {}
    for r in sorted(rows, key=lambda r: r["path"]):
        if (r["label"] not in ("bonafide", "spoof") or r["system_family"] == "neural_codec" or r["source"] == "google_dfconformer"
                or float(r["duration_s"]) < LEAST_SECONDS[name]):
            continue
        voice = r["speaker"] or r["path"]
        groups.setdefault((r["source"], r["label"], voice, r["system"]), []).append(r)
    folder = CALLS[name]
    # Calls of an earlier run must not stand among these.
    shutil.rmtree(os.path.join(out, folder), ignore_errors=True)
    os.makedirs(os.path.join(out, folder))
    calls = []
    for members in groups.values():
        for at in range(0, len(members), CALL_CLIPS):
            part = members[at:at + CALL_CLIPS]
            clips = [sf.read(os.path.join(out, r["path"]), dtype="int16")[0][:int(CLIP_SECONDS * 16000)] for r in part]
            sound = np.concatenate(clips)
            path = f"{folder}/{len(calls):05d}.wav"
            sf.write(os.path.join(out, path), sound, 16000)
            rates = {r["native_rate"] for r in part}
            calls.append({**part[0], "path": path, "clips": len(part), "duration_s": f"{len(sound) / 16000:.3f}",
                          "native_rate": rates.pop() if len(rates) == 1 else ""})
    columns = ["path", "label", "source", "speaker", "system", "system_family", "sex", "language", "native_rate", "duration_s", "clips"]
    write(os.path.join(out, folder + ".csv"), columns, calls)


def main():
    if len(sys.argv) not in (4, 5) or sys.argv[2] not in BANDS:
        sys.exit(__doc__)
    corpus, band, out = sys.argv[1:4]
    jobs = int(sys.argv[4]) if len(sys.argv) == 5 else len(os.sched_getaffinity(0))
    with open(LATER) as f:
        later = set(f.read().split())
    rows = read(os.path.join(corpus, "manifest.csv"))
    parts = {}
    for r in rows:
        if r["split"] == "dev" and (band == "narrow" or int(r["native_rate"]) >= 16000):
            parts.setdefault(("dev2" if r["source"] in later else "dev", channel_of(r["path"], BANDS[band])), []).append(r)
    os.makedirs(out, exist_ok=True)
    # The longest first, so that no core waits for it at the end.
    order = sorted(parts, key=lambda k: -len(parts[k]))
    with multiprocessing.Pool(jobs) as pool:
        sent = pool.map(through, [(corpus, out, channel, parts[name, channel]) for name, channel in order], chunksize=1)
    for name in CALLS:
        join_calls(out, name, [r for (set_name, _), done in zip(order, sent) for r in done if set_name == name])
    everything = sorted((r for done in sent for r in done), key=lambda r: r["path"])
    write(os.path.join(out, "manifest.csv"), list(everything[0]), everything, (r for r in rows if r["split"] == "train"))


if __name__ == "__main__":
    main()
