#!/usr/bin/env python3
"""Send the development clips of the corpus through the reference telephone bank, for `falsetto evaluate --headline`.

usage: headline.py CORPUS narrow|wide OUT

Writes OUT/<path>.flac and OUT/manifest.csv: the development rows with their channel, and all train rows as they are (they say
which generators and speakers are unseen; they are not scored). The bank is the corpus' own phone_channel.py, which
chooses a channel by the hash of a clip's path; this program only narrows its choice to one band:
narrow: G.711 u/A, GSM-FR, AMR-NB, Opus 8 kbit/s at 8 kHz; wide: Opus 16 and 24 kbit/s at 16 kHz, G.722.
Needs numpy, soundfile, soxr (requirements.txt), ffmpeg, and sox with AMR-NB.
Then: falsetto evaluate --manifest OUT/manifest.csv --headline narrow
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
    with open(manifest, "w", newline="") as f:
        w = csv.DictWriter(f, sent[0].keys(), restval="", extrasaction="ignore")
        w.writeheader()
        w.writerows(sent)
        w.writerows(r for r in rows if r["split"] == "train")


if __name__ == "__main__":
    main()
