"""The telephone channels of a call, by ffmpeg and sox: G.711, GSM, AMR-NB, Opus, G.722 at the bit rates that lines use.

Band limits as on a line: 200 to 3500 Hz for narrow-band channels, from 60 Hz for wide-band ones. A coder's delay (at most
some milliseconds) is not taken out again.
"""
import subprocess
import tempfile
from pathlib import Path

NARROW = ["g711u", "g711a", "gsm", "amrnb122", "amrnb67", "opus8nb"]
WIDE = ["opus16wb", "opus24wb", "g722"]
RATE = 16000
FFMPEG = ["ffmpeg", "-v", "error", "-y", "-nostdin"]
TO_NARROW = ["-af", "highpass=f=200,highpass=f=200,lowpass=f=3500", "-ar", "8000"]
TO_WIDE = ["-af", "highpass=f=60", "-ar", "16000"]
SOX_AMR_MODE = {"amrnb122": "7", "amrnb67": "3"}
# ffmpeg writes its version into a file's tags otherwise, and the same call would differ from machine to machine.
BARE = ["-fflags", "+bitexact", "-flags", "+bitexact", "-map_metadata", "-1"]


class Failure(Exception):
    """An outside program failed; its own words."""


def run(command, stdin=None):
    done = subprocess.run([str(c) for c in command], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise Failure(f"{command[0]} failed: {done.stderr.decode(errors='replace').strip() or done.returncode}")
    return done.stdout


def through(samples, channel, out, noise_rms, seed):
    """Adds white noise to 16-bit samples at 16 kHz, sends them through a channel and writes a WAV file of the line's own rate."""
    narrow = channel in NARROW
    with tempfile.TemporaryDirectory() as folder:
        clean, coded = Path(folder, "clean.wav"), Path(folder, "coded")
        seconds = len(samples) // 2 / RATE
        # Uniform noise of amplitude a has an RMS of a / sqrt(3).
        graph = f"anoisesrc=d={seconds:.6f}:c=white:r={RATE}:a={min(1, noise_rms * 3 ** 0.5):.8f}:seed={seed}[n];[0:a][n]amix=inputs=2:normalize=0:duration=first"
        run(FFMPEG + ["-f", "s16le", "-ar", RATE, "-ac", "1", "-i", "-", "-filter_complex", graph, "-c:a", "pcm_s16le"] + BARE + [clean], stdin=samples)
        decode = []
        if channel.startswith("g711"):
            coded = coded.with_suffix(".wav")
            run(FFMPEG + ["-i", clean] + TO_NARROW + ["-c:a", "pcm_mulaw" if channel.endswith("u") else "pcm_alaw"] + BARE + [coded])
        elif channel == "gsm":
            coded = coded.with_suffix(".gsm")
            run(FFMPEG + ["-i", clean] + TO_NARROW + ["-c:a", "libgsm", "-f", "gsm", coded])
        elif channel.startswith("amrnb"):
            limited, coded, line = Path(folder, "limited.wav"), Path(folder, "coded.amr"), Path(folder, "line.wav")
            run(FFMPEG + ["-i", clean] + TO_NARROW + [limited])
            run(["sox", "-D", limited, "-C", SOX_AMR_MODE[channel], "-t", "amr-nb", coded])
            run(["sox", "-D", "-t", "amr-nb", coded, line])
            coded = line
        elif channel.startswith("opus"):
            coded = coded.with_suffix(".ogg")
            run(FFMPEG + ["-i", clean] + (TO_NARROW if narrow else TO_WIDE)
                + ["-c:a", "libopus", "-application", "voip", "-b:a", channel[4:-2] + "k"] + BARE + [coded])
        elif channel == "g722":
            decode = ["-f", "g722"]
            run(FFMPEG + ["-i", clean] + TO_WIDE + ["-c:a", "g722", "-f", "g722", coded])
        else:
            raise Failure(f"unknown channel {channel}")
        out.parent.mkdir(parents=True, exist_ok=True)
        run(FFMPEG + decode + ["-i", coded, "-ac", "1", "-ar", 8000 if narrow else RATE, "-c:a", "pcm_s16le"] + BARE + [out])


def opus_once(samples):
    """The coding that the other clips have been through already, so that having none is no evidence: Opus at 37 kbit/s."""
    with tempfile.TemporaryDirectory() as folder:
        coded = Path(folder, "coded.ogg")
        run(FFMPEG + ["-f", "s16le", "-ar", RATE, "-ac", "1", "-i", "-", "-c:a", "libopus", "-b:a", "37k"] + BARE + [coded], stdin=samples)
        decoded = run(FFMPEG + ["-i", coded, "-f", "s16le", "-ac", "1", "-ar", RATE, "-"])
    return (decoded + bytes(len(samples)))[:len(samples)]


def decode(paths):
    """Each file as 16-bit samples at 16 kHz, one channel; all in one run of ffmpeg."""
    with tempfile.TemporaryDirectory() as folder:
        command, outputs = FFMPEG[:], [Path(folder, f"{k}.raw") for k in range(len(paths))]
        for path in paths:
            command += ["-i", path]
        for index, output in enumerate(outputs):
            command += ["-map", f"{index}:a:0", "-f", "s16le", "-ac", "1", "-ar", RATE, output]
        run(command)
        return [output.read_bytes() for output in outputs]
