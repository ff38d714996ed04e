"""A clip cut again from its recording, and what can be said for its being the same clip.

Which seconds of a recording a clip holds is in no manifest: the corpus drew them at random. The clip's print finds them, to 8 ms;
where the clip's samples are known by their hash (FLAC), or the clip itself is at hand, to the sample.
"""
import hashlib
import os
import re
from dataclasses import dataclass

import audio
import fingerprint

CHECKS = {
    "identical": "the file's SHA-256 is the manifest's",
    "samples": "its samples are the corpus' own, by their SHA-256 (another FLAC encoder wrote the file)",
    "compared": "laid over the clip of the corpus folder at hand: the same sound at the same sample",
    "print": "its print is the manifest's: the same sound, begun within about 10 ms; the samples differ, as after another encoder",
    "unverified": "too short for a print: from the right file of the right commit, but its sound is not checked",
}
ALIGNED = 0.7                                # share of equal signs; unrelated sound has 0.5, Opus' own noise leaves 0.8 and more


@dataclass
class Clip:
    check: str
    start: float                             # seconds into the recording
    agreement: float | None
    sha256: str


class Differs(Exception):
    """The recording is there, but the clip is not in it."""


def origin(row):
    """(path in the repository, seconds at which the corpus began its piece, or None) of a manifest's row."""
    found = re.fullmatch(r"(.*)#t=([0-9.]+)", row["source_path"])
    if found:
        return found[1], float(found[2])
    # Where a piece was cut or decoded before it came to the corpus, `source_path` names the piece and `notes` the recording.
    notes = row.get("notes", "")
    found = re.search(r"\bcut at ([0-9.]+) s of (.+)$", notes)
    if found:
        return found[2], float(found[1])
    found = re.search(r"\bfile (\S+) decoded$", notes)
    return (found[1], None) if found else (row["source_path"], None)


class Recording:
    """One fetched file, decoded once for all clips that come from it."""

    def __init__(self, path):
        self.path, self.signs, self.decoded = path, None, {}

    def samples(self, rate):
        if rate not in self.decoded:
            self.decoded[rate] = audio.samples(self.path, rate)
        return self.decoded[rate]

    def find(self, text, piece):
        if self.signs is None:
            self.signs = fingerprint.signs(fingerprint.energies(self.path))
        if piece is not None:
            # A piece of 12 s was cut first, the clip from it; where that does not hold, the whole recording is searched.
            first = max(0, int(piece * fingerprint.RATE / fingerprint.BLOCK) - 4)
            start, agreement = fingerprint.find(text, self.signs[first:first + 1750])
            if agreement >= fingerprint.SAME:
                return start + first * fingerprint.BLOCK / fingerprint.RATE, agreement
        return fingerprint.find(text, self.signs)


def signs(raw):
    """One bit a sample, the first the lowest, and their number."""
    x = audio.numbers(raw)
    return int("".join("1" if v < 0 else "0" for v in reversed(x)) or "0", 2), len(x)


def aligned(raw, rate, start, clip):
    """(first sample, share of equal signs) of the place within 20 ms of `start` where a clip's waveform fits best."""
    ours, n = signs(audio.samples(clip, rate))
    low = max(0, start - rate // 50)
    here, length = signs(raw[2 * low:2 * (low + n + rate // 25)])
    mask, best, at = (1 << n) - 1, -1.0, start
    for k in range(max(1, length - n + 1)):
        equal = 1 - ((here >> k ^ ours) & mask).bit_count() / n
        if equal > best:
            best, at = equal, low + k
    return at, best


def rebuild(row, recording, out, compare=None):
    """Writes the clip `out`; raises Differs, audio.Unreadable."""
    rate = 8000 if out.endswith(".flac") else 16000
    raw = recording.samples(rate)
    wanted, have = round(float(row["duration_s"]) * rate), len(raw) // 2
    _, piece = origin(row)
    text, whole, agreement = row.get("print", ""), abs(have - wanted) <= rate // 100, None
    if whole:
        start = 0
    elif text:
        seconds, agreement = recording.find(text, piece)
        if agreement < fingerprint.SAME:
            raise Differs(f"its print is nowhere in the recording (best agreement {agreement:.2f}, {fingerprint.SAME} is needed)")
        start = round(seconds * rate)
    else:
        start = round((piece or 0) * rate)
    start = max(0, min(start, have - wanted))
    check, exact = None, row.get("samples_sha256", "")
    if exact:
        for first in sorted(range(max(0, start - rate // 50), max(0, min(have - wanted, start + rate // 50)) + 1), key=lambda k: abs(k - start)):
            if hashlib.sha256(raw[2 * first:2 * (first + wanted)]).hexdigest() == exact:
                check, start = "samples", first
                break
    if not check and compare and os.path.exists(compare):
        first, equal = aligned(raw, rate, start, compare)
        if equal >= ALIGNED:
            check, start, agreement = "compared", first, equal
    os.makedirs(os.path.dirname(out), exist_ok=True)
    audio.write(raw[2 * start:2 * (start + wanted)], rate, out)
    with open(out, "rb") as f:
        sha = hashlib.sha256(f.read()).hexdigest()
    if sha == row.get("sha256"):
        check = "identical"
    if not check and not text:
        check = "unverified"
    if not check:
        # The file that was written is judged, not the place that was found.
        agreement = fingerprint.agreement(text, fingerprint.signs(fingerprint.energies(out)))
        if agreement < fingerprint.SAME:
            os.remove(out)
            raise Differs(f"the clip cut from it sounds different (agreement {agreement:.2f}, {fingerprint.SAME} is needed)")
        check = "print"
    return Clip(check, start / rate, agreement, sha)

