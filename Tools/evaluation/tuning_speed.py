#!/usr/bin/env python3
"""How long `falsetto tune` takes on 100 hours of calls that are scored already, and how long scoring an hour takes.

usage: tuning_speed.py PROGRAM [HOURS]          e.g. tuning_speed.py .build/release/falsetto

Writes a cache of made-up score tracks (people about -1.5, synthetic voices about +1.5, each call with a level of its own and
hops that hang together), in the form of Sources/Scoring/TrackCache.swift, beside files that stand for the recordings; then
runs the program on one core, three times. The recordings hold no sound: were a track not found, the run would fail.
"""
import csv
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

CALL_SECONDS, HOP_SECONDS, HOP_SAMPLES = 240, 0.2, 3200


def one_core(command, environment):
    start = time.monotonic()
    done = subprocess.run(["taskset", "-c", "0", *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return time.monotonic() - start, done


def hour_of_noise(path):
    rng = random.Random(1)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        block = b"".join(struct.pack("<h", int(rng.gauss(0, 2000))) for _ in range(80000))
        for _ in range(360):
            file.writeframes(block)


def track(rng, synthetic):
    level, drift, words = rng.gauss(1.5 if synthetic else -1.5, 0.7), 0.0, []
    pack = struct.Struct("<5fI").pack
    for hop in range(int(CALL_SECONDS / HOP_SECONDS)):
        drift = 0.9 * drift + rng.gauss(0, 0.4)
        speech = hop % 20 < 10
        words.append(pack(level + drift, -25, -60, 1e-3, 0, 1 << 31 if speech else 0))
    return struct.pack("<III", HOP_SAMPLES, 1, 1) + struct.pack("<I", 4) + b"mono" + struct.pack("<I", len(words)) + b"".join(words)


def main():
    if len(sys.argv) < 2 or {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        sys.exit(0 if len(sys.argv) > 1 else 64)
    program, hours = Path(sys.argv[1]).resolve(), float(sys.argv[2]) if len(sys.argv) > 2 else 100
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))
        hour_of_noise(folder / "hour.wav")
        seconds, done = one_core([program, "analyze", "--jobs", "1", "--format", "json", folder / "hour.wav"], environment)
        record = json.loads(done.stdout)[0]
        print(f"scoring one hour of noise afresh: {seconds:.1f} s on one core ({3600 / seconds:.0f} times real time)")

        key = "\n".join(["falsetto.tracks/2", hashlib.sha256(program.read_bytes()).hexdigest(), record["modelIdentity"], record["kernel"]])
        cache = folder / "cache/falsetto/scores"
        cache.mkdir(parents=True)
        calls, rng = round(hours * 3600 / CALL_SECONDS), random.Random(2)
        with open(cache / (hashlib.sha256(key.encode()).hexdigest()[:24] + ".tracks"), "wb") as tracks, \
                open(folder / "calls.csv", "w", newline="") as manifest:
            rows = csv.writer(manifest)
            rows.writerow(["path", "label", "speaker", "source"])
            for call in range(calls):
                synthetic = call % 4 == 0
                content = f"call {call}".encode()
                (folder / f"{call}.wav").write_bytes(content)
                rows.writerow([f"{call}.wav", "synthetic" if synthetic else "human", f"speaker {call // 3}", f"source {call // 3 % 30}"])
                payload = track(rng, synthetic)
                name = hashlib.sha256((hashlib.sha256(content).hexdigest() + " all").encode()).digest()
                tracks.write(b"FTRK" + struct.pack("<I", len(payload)) + name + payload + b"end.")
        for extra in ([], ["--report", str(folder / "tune.html")], ["--by", "speaker"]):
            seconds, done = one_core(
                [program, "tune", "--jobs", "1", "--manifest", folder / "calls.csv", "--false-alarms-per-hour", "1", *extra], environment)
            if done.returncode not in (0, 2):
                sys.exit(f"falsetto tune ended with {done.returncode}: {done.stderr}")
            print(f"tune {' '.join(e.split('/')[-1] for e in extra)}: {calls} calls, {calls * CALL_SECONDS / 3600:.0f} h of line: {seconds:.1f} s on one core; it says: {done.stderr.strip()}")


if __name__ == "__main__":
    main()
