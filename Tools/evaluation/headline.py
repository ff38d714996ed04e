#!/usr/bin/env python3
"""Send the development clips of the corpus through the reference telephone bank, for `falsetto evaluate --headline`.

usage: headline.py CORPUS narrow|wide OUT

Writes OUT/<path>.flac and OUT/manifest.csv: the development rows with their channel, and all train rows as they are (they say
which generators and speakers are unseen; they are not scored). The bank is the corpus' own phone_channel.py, which
chooses a channel by the hash of a clip's path; this program only narrows its choice to one band:
narrow: G.711 u/A, GSM-FR, AMR-NB, Opus 8 kbit/s at 8 kHz; wide: Opus 16 and 24 kbit/s at 16 kHz, G.722.
Needs numpy, soundfile, soxr (requirements.txt), ffmpeg, and sox with AMR-NB.
Then: falsetto evaluate --manifest OUT/manifest.csv --headline narrow

Also writes OUT/calls/ and OUT/calls.csv: the headline clips (cut to 2.9 s) of one speaker of a source, or of one speaker and system, one behind
the other up to 30 s, in the order of their paths; a clip whose speaker is not known is a call of its own.
Then: falsetto evaluate --manifest OUT/calls.csv
"""
import csv
import importlib.util
import os
import sys
import tempfile

BANDS = {
    "narrow": ["g711u", "g711a", "gsm", "amrnb122", "amrnb67", "opus8nb"],
    "wide": ["opus16wb", "opus24wb", "g722"],
}


CLIP_SECONDS, CALL_CLIPS = 2.9, 10


def calls(out, rows):
    """Joins headline clips, as they came out of their channels, into calls."""
    import numpy as np
    import soundfile as sf
    groups = {}
    for r in sorted(rows, key=lambda r: r["path"]):
        if (r["label"] not in ("bonafide", "spoof") or r["system_family"] == "neural_codec" or r["source"] == "google_dfconformer"
                or float(r["duration_s"]) < CLIP_SECONDS):
            continue
        voice = r["speaker"] or r["path"]
        groups.setdefault((r["source"], r["label"], voice, r["system"]), []).append(r)
    os.makedirs(os.path.join(out, "calls"), exist_ok=True)
    with open(os.path.join(out, "calls.csv"), "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(["path", "label", "source", "speaker", "system", "language", "clips"])
        for (source, label, _, system), members in groups.items():
            for at in range(0, len(members), CALL_CLIPS):
                part = members[at:at + CALL_CLIPS]
                clips = [sf.read(os.path.join(out, r["path"]), dtype="int16")[0][:int(CLIP_SECONDS * 16000)] for r in part]
                path = f"calls/{len(os.listdir(os.path.join(out, 'calls'))):05d}.wav"
                sf.write(os.path.join(out, path), np.concatenate(clips), 16000)
                w.writerow([path, label, source, part[0]["speaker"], system, part[0]["language"], len(part)])


def main():
    if len(sys.argv) != 4 or sys.argv[2] not in BANDS:
        sys.exit(__doc__)
    corpus, band, out = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("phone_channel", os.path.join(corpus, "phone_channel.py"))
    bank = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bank)
    bank.CHANNELS = BANDS[band]
    with open(os.path.join(corpus, "manifest.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    dev = [r for r in rows if r["split"] == "dev"]
    if band == "wide":
        dev = [r for r in dev if int(r["native_rate"]) >= 16000]
    with tempfile.TemporaryDirectory() as tmp:
        chosen = os.path.join(tmp, "dev.csv")
        with open(chosen, "w", newline="") as f:
            w = csv.DictWriter(f, rows[0].keys())
            w.writeheader()
            w.writerows(dev)
        sys.argv = ["phone_channel.py", corpus, chosen, out]
        bank.main()
    manifest = os.path.join(out, "manifest.csv")
    with open(manifest, newline="") as f:
        sent = list(csv.DictReader(f))
    calls(out, sent)
    with open(manifest, "w", newline="") as f:
        w = csv.DictWriter(f, sent[0].keys(), restval="", extrasaction="ignore")
        w.writeheader()
        w.writerows(sent)
        w.writerows(r for r in rows if r["split"] == "train")


if __name__ == "__main__":
    main()
