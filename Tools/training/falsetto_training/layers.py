"""A small random network of every kind of layer and every option, as a model file of format 2, and what PyTorch makes of it: the golden files
of the program's layers.

`PYTHONPATH=Tools/training python -m falsetto_training.layers Tests/ClassifierTests/Resources`, in the training's Python environment.
"""
import os
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from . import modelfile

MODEL, GOLDEN = "layers.safetensors", "golden-layers.safetensors"
# A hop of 0.1 s in 16 frames of 56 bins.
FRONT_END = {"sampleRate": 16000, "frameSamples": 128, "hopSamples": 100, "framesPerHop": 16, "binCount": 56, "levelLowBin": 3, "levelHighBin": 27,
             "absoluteFloor": 1e-7, "peakDecayPerFrame": 0.0043, "floorBelowPeak": 3e-6, "gateBelowPeak": 5.0, "meanFrames": 480,
             "clampLow": -5.0, "clampHigh": 4.0, "scale": 0.5}
HOPS = 5
LAYERS = [
    {"name": "plane", "kind": "convolution", "out": 4, "kernel": [4, 3], "stride": [2, 2], "padFrequency": 1, "activation": "relu"},
    {"name": "groups", "kind": "convolution", "out": 6, "kernel": [3, 3], "stride": [1, 2], "padFrequency": 1, "groups": 2},
    {"name": "each", "kind": "convolution", "out": 6, "kernel": [3, 3], "stride": [1, 2], "dilation": 2, "padFrequency": 1, "groups": 6,
     "activation": "relu"},
    {"name": "normPlane", "kind": "norm"},
    {"name": "silu", "kind": "activation", "function": "silu"},
    {"name": "mix", "kind": "dense", "out": 8},
    {"name": "line", "kind": "convolution", "flatten": True, "out": 32, "kernel": [3, 1], "dilation": 3},
    {"name": "gelu", "kind": "activation", "function": "gelu"},
    {"name": "norm", "kind": "norm"},
    {"name": "attention", "kind": "attention", "heads": 1, "contextFrames": 16},
    {"name": "added", "kind": "sum", "inputs": ["gelu", "attention", "norm"]},
    {"name": "gru", "kind": "gru", "out": 8, "inputs": ["added"]},
    {"name": "narrow", "kind": "dense", "out": 8, "activation": "gelu", "inputs": ["added"]},
    {"name": "other", "kind": "dense", "out": 8, "activation": "relu", "flatten": True, "inputs": ["silu"]},
    {"name": "relu", "kind": "activation", "function": "relu", "inputs": ["gru"]},
    {"name": "gate", "kind": "gate", "inputs": ["narrow", "other"]},
    {"name": "running", "kind": "statistics", "memory": "running", "decay": 0.9, "gate": True, "inputs": ["gate"]},
    {"name": "runningPlain", "kind": "statistics", "memory": "running", "decay": 0.8, "inputs": ["relu"]},
    {"name": "window", "kind": "statistics", "memory": "window", "frames": 13, "inputs": ["gate"]},
    {"name": "windowGated", "kind": "statistics", "memory": "window", "frames": 5, "gate": True, "inputs": ["gru"]},
    {"name": "leg", "kind": "statistics", "memory": "leg", "inputs": ["narrow"]},
    {"name": "legGated", "kind": "statistics", "memory": "leg", "gate": True, "inputs": ["gate"]},
    {"name": "beside", "kind": "concatenate",
     "inputs": ["running", "runningPlain", "window", "windowGated", "leg", "legGated", "gru"]},
    {"name": "head", "kind": "dense", "out": 2},
]


class Reference:
    """Runs a list of layers over a leg: [T][F][C] in, [T][F][C] out; draws the tensors on the way, twice as large as would keep
    activations in size, so that the features are still heard at the end."""

    def __init__(self, seed, tensors=None):
        self.random, self.drawn, self.tensors = torch.Generator().manual_seed(seed), tensors is None, tensors or {}

    def tensor(self, name, *shape, inputs=1, about=0.0):
        if self.drawn:
            self.tensors[name] = about + torch.randn(*shape, generator=self.random) / inputs ** 0.5
        return self.tensors[name]

    def matrix(self, name, outputs, inputs):
        """The weights in bfloat16, as large ones ship."""
        weight = self.tensor(name + ".weight", outputs, inputs, inputs=inputs / 4)
        if self.drawn:
            weight = self.tensors[name + ".weight"] = weight.to(torch.bfloat16)
        return weight.float(), self.tensor(name + ".bias", outputs)

    def convolution(self, layer, x):
        (kt, kf), (st, sf), dt = layer["kernel"], layer.get("stride", [1, 1]), layer.get("dilation", 1)
        groups, pad = layer.get("groups", 1), layer.get("padFrequency", 0)
        inputs = x.shape[2] // groups
        weight = self.tensor(layer["name"] + ".weight", kt, kf, inputs, layer["out"], inputs=kt * kf * inputs / 4)
        bias = self.tensor(layer["name"] + ".bias", layer["out"])
        x = F.pad(x.permute(2, 0, 1)[None], (pad, pad, (kt - 1) * dt - (st - 1), 0))
        y = F.conv2d(x, weight.permute(3, 2, 0, 1), bias, (st, sf), 0, (dt, 1), groups)[0].permute(1, 2, 0)
        return F.relu(y) if layer.get("activation") == "relu" else y

    def dense(self, layer, x):
        y = F.linear(x, *self.matrix(layer["name"], layer["out"], x.shape[2]))
        return {"none": lambda y: y, "relu": F.relu, "gelu": F.gelu}[layer.get("activation", "none")](y)

    def norm(self, layer, x):
        width, name = x.shape[2], layer["name"]
        return F.layer_norm(x, (width,), self.tensor(name + ".gamma", width, inputs=16, about=1.0), self.tensor(name + ".beta", width))

    def activation(self, layer, x):
        return getattr(F, layer["function"])(x)

    def gru(self, layer, x):
        out, width = layer["out"], x.shape[2]
        unit = torch.nn.GRU(width, out)
        (wi, bi), (wh, bh) = (self.matrix(f"{layer['name']}.{n}", 3 * out, k) for n, k in (("input", width), ("recurrent", out)))
        unit.load_state_dict({"weight_ih_l0": wi, "bias_ih_l0": bi, "weight_hh_l0": wh, "bias_hh_l0": bh})
        return unit(x)[0]

    def attention(self, layer, x):
        frames, width, name = x.shape[0], x.shape[2], layer["name"]
        hop = frames // HOPS
        q, k, v = (m.view(frames, layer["heads"], -1).transpose(0, 1)
                   for m in F.linear(x[:, 0], *self.matrix(name + ".projections", 3 * width, width)).chunk(3, 1))
        # A frame sees the whole of its hop, and the frames before the hop that the ring holds.
        first = torch.arange(frames)[:, None] // hop * hop
        at = torch.arange(frames)[None]
        mask = (at < first + hop) & (at >= first - layer["contextFrames"])
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(0, 1).reshape(frames, width)
        return F.linear(y, *self.matrix(name + ".attentionOutput", width, width))[:, None]

    def statistics(self, layer, x):
        frames, channels = x.shape[0], x.shape[2]
        h, w = x[:, 0].double(), torch.ones(frames, dtype=torch.float64)
        if layer.get("gate"):
            weight = self.tensor(layer["name"] + ".weight", 1, 1, channels, 1, inputs=channels / 4)
            w = torch.sigmoid(h @ weight.flatten().double() + self.tensor(layer["name"] + ".bias", 1).double())
        age = torch.arange(frames)[:, None] - torch.arange(frames)[None]
        share = {"running": lambda: layer["decay"] ** age.double(), "window": lambda: age < layer["frames"], "leg": lambda: age >= 0}
        share = share[layer["memory"]]() * (age >= 0) * w
        total = share.sum(1, keepdim=True) + 1e-3
        mean, square = share @ h / total, share @ (h * h) / total
        return torch.cat([h, mean, ((square - mean * mean).clamp(min=0) + 1e-4).sqrt()], 1).float()[:, None]

    def sum(self, layer, *x):
        return torch.stack(x).sum(0)

    def gate(self, layer, a, b):
        return a * torch.sigmoid(b)

    def concatenate(self, layer, *x):
        return torch.cat(x, 2)

    @torch.no_grad()
    def run(self, layers, features):
        """-> name -> [T][F][C], the features among them."""
        given, before = {"features": features}, "features"
        for layer in layers:
            inputs = [given[n] for n in layer.get("inputs", [before])]
            if layer.get("flatten"):
                inputs = [x.flatten(1)[:, None] for x in inputs]
            before = layer["name"]
            given[before] = getattr(self, layer["kind"])(layer, *inputs)
        return given


def features(seed=20261201):
    """What a front end could give, of one leg."""
    x = torch.randn(HOPS * FRONT_END["framesPerHop"], FRONT_END["binCount"], 1, generator=torch.Generator().manual_seed(seed))
    return (x + x.roll(1, 0) + x.roll(1, 1)).clamp(-2.5, 2)


def make(seed=14):
    """-> (tensors, description, name -> golden activations)"""
    reference = Reference(seed)
    given = reference.run(LAYERS, features())
    about = {"format": modelfile.FORMAT, "name": "layers", "frontEnd": FRONT_END, "layers": LAYERS, "calibration": modelfile.flat_calibration()}
    return reference.tensors, about, {k: v.contiguous() for k, v in given.items()}


def write(folder):
    tensors, about, given = make()
    modelfile.save(os.path.join(folder, MODEL), tensors, about)
    save_file(given, os.path.join(folder, GOLDEN))


if __name__ == "__main__":
    write(sys.argv[1])
