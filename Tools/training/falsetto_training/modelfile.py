"""The model file: safetensors with one canonical JSON string, and its identity."""
import dataclasses
import hashlib
import json

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from .frontend import FrontEndOptions
from .network import Network

KNOTS = [0.6, 1, 2, 3, 6, 12, 30]


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def flat_calibration(scale=1.0):
    band = {"netSpeechSeconds": [float(k) for k in KNOTS], "scale": [scale] * len(KNOTS), "offset": [0.0] * len(KNOTS)}
    return {"narrowband": band, "wideband": dict(band)}


def write(path, network, name, calibration, training, options=FrontEndOptions()):
    tensors = {k: v.to(torch.float32).contiguous() for k, v in network.tensors().items()}
    for k, v in tensors.items():
        assert torch.isfinite(v).all(), f"{k} has values that are not finite"
    about = canonical({"format": "falsetto.model/1", "name": name, "frontEnd": {k: v for k, v in dataclasses.asdict(options).items() if v is not None},
                       "layers": network.specs, "calibration": calibration, "training": training})
    save_file(tensors, str(path), metadata={"falsetto": about})
    return identity(path)


def read(path):
    """(network with folded weights, the parsed JSON)."""
    with safe_open(str(path), framework="pt") as f:
        about = json.loads(f.metadata()["falsetto"])
        tensors = {k: f.get_tensor(k) for k in f.keys()}
    return Network.from_tensors(about["layers"], tensors), about


def identity(path):
    """SHA-256 over the tensors' bytes in ascending order of name, then the JSON string."""
    digest = hashlib.sha256()
    with safe_open(str(path), framework="np") as f:
        for k in sorted(f.keys(), key=lambda s: s.encode()):
            digest.update(f.get_tensor(k).astype("<f4").tobytes())
        digest.update(f.metadata()["falsetto"].encode())
    return digest.hexdigest()
