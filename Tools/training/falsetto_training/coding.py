"""Many clips through one run of an outside coder: laid end to end half a second apart, coded, cut apart again."""
import os
import subprocess
import tempfile

import numpy as np
import soundfile as sf

RATE = 16000
GAP = 8000
FFMPEG = ["ffmpeg", "-v", "error", "-y"]


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()}")


def together(clips, code):
    """`code(x)` maps one float32 signal to another of about the same length; returns clips of unchanged lengths."""
    gap = np.zeros(GAP, np.float32)
    y = code(np.concatenate([p for c in clips for p in (c, gap)]))
    out, at = [], 0
    for c in clips:
        z = y[at:at + len(c)]
        out.append(np.pad(z, (0, len(c) - len(z))) if len(z) < len(c) else z)
        at += len(c) + GAP
    return out


def opus37(x):
    """The coding that every clip of the corpus has seen: Ogg Opus at about 37 kbit/s."""
    with tempfile.TemporaryDirectory() as t:
        a, b, c = (os.path.join(t, n) for n in ("a.wav", "b.ogg", "c.wav"))
        sf.write(a, np.clip(x, -1, 1), RATE, subtype="PCM_16")
        run(FFMPEG + ["-i", a, "-c:a", "libopus", "-b:a", "37k", b])
        run(FFMPEG + ["-i", b, "-ac", "1", "-ar", str(RATE), c])
        return sf.read(c, dtype="float32")[0]
