"""Recordings in, clips out: everything here is done by ffmpeg, so that Python's standard library is enough."""
import array
import os
import subprocess
import sys

# What no header tells. Suffixes are Asterisk's and those of the demonstration pages.
RAW = {"sln16": ["-f", "s16le", "-ar", "16000", "-ac", "1"], "sln": ["-f", "s16le", "-ar", "8000", "-ac", "1"],
       "ulaw": ["-f", "mulaw", "-ar", "8000", "-ac", "1"], "alaw": ["-f", "alaw", "-ar", "8000", "-ac", "1"],
       "gsm": ["-f", "gsm"], "g729": ["-f", "g729"], "raw": ["-f", "s16le", "-ar", "16000", "-ac", "1"]}
OPUS = ["-c:a", "libopus", "-b:a", "37k"]


class Unreadable(Exception):
    """ffmpeg's own words about a recording that it does not decode."""


def ffmpeg(arguments, given=None):
    done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y"] + arguments, input=given,
                          stdin=None if given is not None else subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unreadable(words[-1] if words else f"ffmpeg ended with {done.returncode}")
    return done.stdout


def source(path):
    """ffmpeg's input arguments for a recording, by its suffix where a header is lacking."""
    return RAW.get(path.rsplit(".", 1)[-1].lower(), []) + ["-i", path]


def samples(path, rate=None, channel_filter="", start=0.0, seconds=None):
    """int16 samples (little endian bytes) of all channels mixed, at `rate` or the recording's own."""
    cut = (["-ss", f"{start:.6f}"] if start else []) + (["-t", f"{seconds:.6f}"] if seconds else [])
    return ffmpeg(source(path) + cut + ["-map", "0:a:0", "-ac", "1"] + (["-ar", str(rate)] if rate else [])
                  + (["-af", channel_filter] if channel_filter else []) + ["-f", "s16le", "-"])


def numbers(raw):
    out = array.array("h")
    out.frombytes(raw[:len(raw) // 2 * 2])
    if sys.byteorder == "big":
        out.byteswap()
    return out


def write(raw, rate, path):
    """int16 mono samples to a clip: FLAC as it is, Ogg Opus at the corpus' bit rate. Whole or not at all.

    `bitexact` keeps ffmpeg from drawing the Ogg stream's serial number by lot: the same ffmpeg writes the same file again.
    """
    part = path + ".part"
    coder = OPUS + ["-f", "ogg"] if path.endswith(".ogg") else ["-c:a", "flac", "-f", "flac"]
    ffmpeg(["-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "-", "-map_metadata", "-1", "-fflags", "+bitexact"] + coder + [part], given=raw)
    os.replace(part, path)
