"""One synthetic sentence in the middle of a human call: does a window of the call give it away?

The window is the program's: the last 6 s of net speech, at least 3 s, its mean evidence calibrated for its net speech
(Sources/Screening/Screener.swift, Sources/Classifier/Calibration.swift). `program` runs the program itself instead.
"""
import json
import os
import subprocess
import tempfile

import numpy as np
import soundfile as sf

from falsetto_training import hearing

from . import trials

WINDOW, ENOUGH = 6.0, 3.0
RATE = 16000


def llr(curve, mean, seconds):
    knots = np.log(curve["netSpeechSeconds"])
    raw = np.interp(np.log(seconds), knots, curve["scale"]) * mean + np.interp(np.log(seconds), knots, curve["offset"])
    bound = curve.get("bound")
    return float(bound * np.tanh(raw / bound)) if bound else float(raw)


def strongest(track, curve):
    """Highest calibrated window of a call; NaN when there is less than 3 s of speech."""
    evidence, speech = track
    e, hop = evidence[speech].astype(np.float64), hearing.HOP_SECONDS
    total = np.concatenate([[0], np.cumsum(e)])
    best = -np.inf
    for n in range(1, len(e) + 1):
        k = min(n, round(WINDOW / hop))
        if k * hop >= ENOUGH - 1e-6:
            best = max(best, llr(curve, (total[n] - total[n - k]) / k, k * hop))
    return best if np.isfinite(best) else np.nan


def whole(track, curve):
    mean, seconds = hearing.summary(track)
    return llr(curve, mean, seconds) if seconds else np.nan


def calls(d, rng, most, band, clips=4):
    """[row numbers of one speaker's clips], speakers of different sources in turn; no clip twice. Few speakers have more than four."""
    human = d[(d.synthetic == 0) & (d.duration_s.astype(float) >= 2.0) & ((trials.rates(d) >= 16000) | (band == "nb"))]
    voices = {}
    for i, source, speaker in zip(human.index, human.source, human.speaker):
        voices.setdefault(source, {}).setdefault(speaker, []).append(i)
    queues = []
    for source in sorted(voices):
        queue = []
        for speaker in sorted(voices[source]):
            members = list(rng.permutation(voices[source][speaker]))
            queue += [members[k:k + clips] for k in range(0, len(members) - clips + 1, clips)]
        queues.append([queue[k] for k in rng.permutation(len(queue))])
    out = []
    while len(out) < most and any(queues):
        for q in queues:
            if q and len(out) < most:
                out.append(q.pop())
    return out


def joined(parts, rng):
    """Clips end to end with pauses of 0.2 to 0.6 s."""
    out = []
    for p in parts:
        out += [p, np.zeros(int(rng.uniform(0.2, 0.6) * RATE), np.float32)]
    return np.concatenate(out)


def from_program(path, model, audio):
    """(strongest window LLR, llr) of each call as `falsetto analyze` prints them."""
    out = []
    with tempfile.TemporaryDirectory() as t:
        for i, x in enumerate(audio):
            file = os.path.join(t, f"{i}.wav")
            sf.write(file, np.clip(x, -1, 1), RATE, subtype="PCM_16")
            done = subprocess.run([path, "analyze", "--format", "json", *(["--model", model] if model else []), file], capture_output=True, text=True)
            if done.returncode not in (0, 1, 2):
                raise RuntimeError(f"falsetto analyze: {done.stderr.strip()}")
            leg = json.loads(done.stdout)[0]
            strong = (leg.get("strongest") or {}).get("windowLLR")
            out.append((np.nan if strong is None else strong, np.nan if leg.get("llr") is None else leg["llr"]))
    return np.array(out)
