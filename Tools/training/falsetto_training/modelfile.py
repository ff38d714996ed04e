"""The model file, format 2: safetensors with one canonical JSON string, its identity and its cost."""
import hashlib
import json

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from . import encoder, logmel

FORMAT = "falsetto.model/2"
# Seconds of net speech at which the calibration is fitted; whole hops.
KNOTS = [0.4, 0.8, 1.6, 3.2, 6.4, 12, 30]
# These ship in bfloat16; the rest, small, in float32.
HALVED = ("conv1.weight", "conv2.weight", ".projections.weight", ".attentionOutput.weight", ".inner.weight", ".outer.weight", "head.hidden.weight")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def flat_calibration(scale=1.0):
    band = {"netSpeechSeconds": [float(k) for k in KNOTS], "scale": [scale] * len(KNOTS), "offset": [0.0] * len(KNOTS)}
    return {"narrowband": band, "wideband": dict(band)}


def description(tensors, ear_about, name, calibration, training):
    blocks = sum(k.endswith(".inner.bias") for k in tensors)
    return {"format": FORMAT, "name": name, "frontEnd": logmel.SETTINGS,
            "encoder": {"width": encoder.WIDTH, "heads": encoder.HEADS, "inner": encoder.INNER, "blocks": blocks, "contextFrames": encoder.CONTEXT,
                        "pooled": list(ear_about["pooled"]), "windowHops": ear_about["window"], "limit": float(ear_about["limit"]),
                        "hidden": len(tensors["head.hidden.bias"])},
            "calibration": calibration, "training": training}


def write(path, encoder_tensors, ear, name, calibration, training):
    """encoder_tensors: with positionMeans. -> (identity, description)"""
    tensors = {"positions": encoder.sinusoids(), **encoder_tensors, **ear.t}
    tensors = {k: v.to(torch.bfloat16 if k.endswith(HALVED) else torch.float32).contiguous() for k, v in tensors.items()}
    about = description(tensors, ear.about, name, calibration, training)
    save(path, tensors, about)
    return identity(path), about


def save(path, tensors, about):
    for k, v in tensors.items():
        if not torch.isfinite(v.float()).all():
            raise SystemExit(f"export: {k} has values that are not finite: the training is at fault")
    save_file(tensors, str(path), metadata={"falsetto": canonical(about)})


def read(path):
    """(name -> float32 tensor, the parsed JSON). Ends the program where it is not of format 2."""
    with safe_open(str(path), framework="pt") as f:
        about = json.loads(f.metadata()["falsetto"])
        if about.get("format") != FORMAT:
            raise SystemExit(f"{path} is of format {about.get('format')}, not {FORMAT}")
        return {k: f.get_tensor(k).float() for k in f.keys()}, about


def identity(path):
    """SHA-256 over the tensors' bytes in ascending order of name, then the JSON string."""
    digest = hashlib.sha256()
    with safe_open(str(path), framework="pt") as f:
        for k in sorted(f.keys(), key=lambda s: s.encode()):
            digest.update(f.get_tensor(k).contiguous().view(torch.uint8).numpy().tobytes())
        digest.update(f.metadata()["falsetto"].encode())
    return digest.hexdigest()


def cost(tensors, about):
    """(parameters, multiply-accumulates of one second of audio), counted as Sources/Classifier/Encoder.swift does."""
    rows, e = encoder.ROWS, about["encoder"]
    size = lambda n: tensors[n + ".weight"].numel()
    per_frame = sum(sum(size(f"block{i + 1}.{l}") for l in ("projections", "attentionOutput", "inner", "outer")) + 2 * encoder.CYCLE * e["width"]
                    for i in range(e["blocks"]))
    hop = (2 * rows + 1) * size("conv1") + rows * (size("conv2") + per_frame) + size("head.hidden") + size("head.output") + size("speech")
    return sum(v.numel() for v in tensors.values()), hop * logmel.RATE / logmel.HOP
