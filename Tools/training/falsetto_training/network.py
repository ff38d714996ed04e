"""The network as a list of causal convolutions; the list itself is what the model file carries.

Causal dilated temporal convolutions over a small 2-D convolutional front: the x-vector TDNN (Snyder et al. 2018, ICASSP)
behind strided 2-D layers, as light spoofing countermeasures use (Light CNN, Lavrentyeva et al. 2019, Interspeech).
"""
import copy
import math

import torch
from torch import nn
import torch.nn.functional as F


def layer(name, cin, cout, kernel, stride=(1, 1), dilation=1, pad=0, activation="relu", residual=False, flatten=False,
          depthwise=False):
    return {"name": name, "in": cin, "out": cout, "kernel": list(kernel), "stride": list(stride), "dilation": dilation,
            "padFrequency": pad, "activation": activation, "residual": residual, "flatten": flatten, "depthwise": depthwise}


def statistics(name, channels, seconds, frames_per_second=20):
    """A layer of running statistics: the frame itself, and weighted mean and deviation over about `seconds` before it."""
    return {**layer(name, channels, 3 * channels, (1, 1), activation="none"), "decay": round(math.exp(-1 / (seconds * frames_per_second)), 6)}


def base(c=(16, 16, 32, 48, 64), width=128, dilations=(1, 2, 4), k1=(4, 5)):
    out = [layer("conv1", 1, c[0], k1, (2, 2), pad=2),
           layer("conv2", c[0], c[1], (3, 3), (1, 2), pad=1),
           layer("conv3", c[1], c[2], (3, 3), (2, 2), pad=1),
           layer("conv4", c[2], c[3], (3, 3), (1, 2), pad=1),
           layer("conv5", c[3], c[4], (3, 3), (1, 2), pad=1),
           layer("bottleneck", 8 * c[4], width, (1, 1), flatten=True)]
    out += [layer(f"tdnn{i + 1}", width, width, (3, 1), dilation=d, residual=True) for i, d in enumerate(dilations)]
    return out + [layer("head", width, 2, (1, 1), activation="none")]


def early(c=(16, 24, 32, 48, 64), width=144, dilations=(1, 2, 4)):
    """The whole time stride in the first two layers; the cost saved goes to channels."""
    out = base(c, width, dilations)
    out[1]["stride"], out[2]["stride"] = [2, 2], [1, 2]
    return out


def pooled(c=(16, 24, 32, 48, 64), width=136, dilations=(1, 2, 4), seconds=2.5, hidden=64):
    """`early` with running statistics before the head: how even the voice is shows over seconds, not over 50 ms."""
    out = early(c, width, dilations)[:-1]
    return out + [statistics("pool", width, seconds), layer("mix", 3 * width, hidden, (1, 1)),
                  layer("head", hidden, 2, (1, 1), activation="none")]


ARCHITECTURES = {"base": base(), "early": early(), "early4": early((16, 20, 32, 48, 64), 136, (1, 2, 4, 8)),
                 "pooled": pooled(), "quick": pooled((8, 12, 16, 24, 32), 80)}


def output_bins(l, bins):
    bins = 1 if l["flatten"] else bins
    return (bins + 2 * l["padFrequency"] - l["kernel"][1]) // l["stride"][1] + 1


def cost(layers, bins=256, frames_per_second=80):
    """(parameters, multiply-adds per second of audio)."""
    parameters, macs, rate = 0, 0.0, float(frames_per_second)
    for l in layers:
        bins = output_bins(l, bins)
        rate /= l["stride"][0]
        if "decay" in l:                         # gate, three sums, mean and deviation
            parameters += l["in"] + 1
            macs += 5 * l["in"] * rate
            continue
        weight = l["kernel"][0] * l["kernel"][1] * (1 if l["depthwise"] else l["in"]) * l["out"]
        parameters += weight + l["out"]
        macs += weight * bins * rate
    return parameters, macs


class CausalConv(nn.Module):
    """One entry of the list. Batch norm stands between convolution and activation until it is folded."""

    def __init__(self, spec, norm=True):
        super().__init__()
        self.spec = spec
        kt, kf = spec["kernel"]
        self.past = (kt - 1) * spec["dilation"] - (spec["stride"][0] - 1)
        assert self.past >= 0, spec["name"]
        norm = norm and spec["activation"] != "none"
        self.conv = nn.Conv2d(spec["in"], spec["out"], (kt, kf), tuple(spec["stride"]), (0, spec["padFrequency"]),
                              (spec["dilation"], 1), spec["in"] if spec["depthwise"] else 1, bias=True)
        self.norm = nn.BatchNorm2d(spec["out"], momentum=0.02) if norm else None

    def forward(self, x):
        if self.spec["flatten"]:
            b, c, t, f = x.shape
            x = x.permute(0, 2, 3, 1).reshape(b, t, f * c).permute(0, 2, 1).unsqueeze(-1)
        y = self.conv(F.pad(x, (0, 0, self.past, 0)) if self.past else x)
        if self.norm is not None:
            y = self.norm(y)
        if self.spec["activation"] == "relu":
            y = F.relu(y, inplace=True)
        return x + y if self.spec["residual"] else y

    def folded(self):
        """(weight [kt, kf, cin, cout], bias [cout]) with the batch norm in them."""
        w, b = self.conv.weight.detach().float(), self.conv.bias.detach().float()
        if self.norm is not None:
            g = self.norm.weight.detach() / torch.sqrt(self.norm.running_var + self.norm.eps)
            w, b = w * g[:, None, None, None], (b - self.norm.running_mean) * g + self.norm.bias.detach()
        return w.permute(2, 3, 1, 0).contiguous(), b.contiguous()


class RunningStatistics(nn.Module):
    """Attentive statistics pooling (Okabe et al. 2018, Interspeech) made causal: the sums forget with `decay` a frame.

    With w_t = sigmoid(v h_t + b): S0, S1, S2 <- decay (S0, S1, S2) + w_t (1, h_t, h_t^2); the output is
    [h_t, S1 / S0, sqrt(max(S2 / S0 - (S1 / S0)^2, 0) + 1e-4)], with 1e-3 added to S0 in both quotients.
    """

    def __init__(self, spec):
        super().__init__()
        self.spec = spec
        self.gate = nn.Conv2d(spec["in"], 1, 1)
        nn.init.zeros_(self.gate.weight)

    def forward(self, x):
        with torch.autocast("cpu", enabled=False):
            x = x.float()                        # [B, C, T, 1]
            w = torch.sigmoid(self.gate(x))
            t = torch.arange(x.shape[2], dtype=torch.float32)
            age = t[:, None] - t[None, :]
            forget = torch.where(age >= 0, self.spec["decay"] ** age.clamp_min(0), 0.0)
            total = lambda v: torch.einsum("ts,bcs->bct", forget, v.squeeze(-1)).unsqueeze(-1)
            s0 = total(w) + 1e-3
            mean = total(w * x) / s0
            deviation = ((total(w * x * x) / s0 - mean * mean).clamp_min(0) + 1e-4).sqrt()
            return torch.cat([x, mean, deviation], 1)

    def folded(self):
        return self.gate.weight.detach().float().permute(2, 3, 1, 0).contiguous(), self.gate.bias.detach().float()


class Network(nn.Module):
    def __init__(self, layers, norm=True):
        super().__init__()
        self.specs = copy.deepcopy(layers)
        self.layers = nn.ModuleList(RunningStatistics(l) if "decay" in l else CausalConv(l, norm) for l in self.specs)
        self.dropout = 0.0                       # after the bottleneck and each later layer but the head; in training only

    def forward(self, x):
        """[B, T, F] features -> [B, T/4, 2] (spoof logit, speech logit)."""
        x = x.unsqueeze(1)
        late = False
        for l in self.layers:
            if late and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            x = l(x)
            late = late or l.spec["flatten"]
        return x.squeeze(-1).transpose(1, 2)

    def tensors(self):
        out = {}
        for l in self.layers:
            out[l.spec["name"] + ".weight"], out[l.spec["name"] + ".bias"] = l.folded()
        return out

    @classmethod
    def from_tensors(cls, layers, tensors):
        net = cls(layers, norm=False)
        for l in net.layers:
            if "decay" in l.spec:
                l.gate.weight.data = tensors[l.spec["name"] + ".weight"].permute(3, 2, 0, 1).contiguous()
                l.gate.bias.data = tensors[l.spec["name"] + ".bias"].contiguous()
                continue
            l.conv.weight.data = tensors[l.spec["name"] + ".weight"].permute(3, 2, 0, 1).contiguous()
            l.conv.bias.data = tensors[l.spec["name"] + ".bias"].contiguous()
        return net.eval()
