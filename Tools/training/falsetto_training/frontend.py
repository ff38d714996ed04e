"""Front end v1: log spectrum, levelled by a peak tracker and a running mean.

The same arithmetic runs in the Swift program; the golden file holds the two together.
Streaming log-spectral mean subtraction goes back to cepstral mean normalisation (Atal 1974, JASA 55(6)) with the
recursive mean of streaming recognisers (Kaldi's online CMVN); here only frames near the running peak move the mean, so that
pauses and noise do not. The floor is set from the peak, so digital silence, bit depth and a codec's floor cannot speak.
"""
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class FrontEndOptions:
    sampleRate: int = 16000
    frameSamples: int = 512
    hopSamples: int = 200
    framesPerHop: int = 16
    binCount: int = 256
    levelLowBin: int = 10
    levelHighBin: int = 109
    absoluteFloor: float = 1e-7
    peakDecayPerFrame: float = 0.0086
    floorBelowPeak: float = 3e-6
    gateBelowPeak: float = 5.0
    meanFrames: int = 240
    clampLow: float = -5.0
    clampHigh: float = 4.0
    scale: float = 0.5
    # Not in front end v1: when a frame's level rises this many nats above the tracked peak, the mean starts anew.
    restartAbovePeak: float | None = None

    def frame_count(self, samples):
        return 0 if samples < self.frameSamples else (samples - self.frameSamples) // self.hopSamples + 1


def power_spectra(x, o=FrontEndOptions()):
    """[B, N] samples -> ([B, T, 256] power of bins 1...256, [B, T] in-band level)."""
    frames = x.unfold(-1, o.frameSamples, o.hopSamples)
    n = torch.arange(o.frameSamples, dtype=torch.float64)
    window = (0.5 - 0.5 * torch.cos(2 * torch.pi * n / o.frameSamples)).to(x.dtype)
    spectrum = torch.fft.rfft(frames * window)
    power = (spectrum.real.square() + spectrum.imag.square())[..., 1:]
    # Column 0 of `power` is bin 1.
    level = torch.log(power[..., o.levelLowBin - 1:o.levelHighBin].mean(-1) + o.absoluteFloor)
    return power, level


def features(x, o=FrontEndOptions()):
    """[B, N] samples -> [B, T, 256] features. Exact; vectorised while no clip has more gated frames than `meanFrames`."""
    power, level = power_spectra(x, o)
    T = level.shape[-1]
    ramp = torch.arange(T, dtype=level.dtype) * o.peakDecayPerFrame
    peak = torch.cummax(level + ramp, -1).values - ramp
    logs = torch.log(power + o.floorBelowPeak * torch.exp(peak)[..., None])
    if o.restartAbovePeak is not None:
        return restarted(level, peak, logs, o)
    gate = (level > peak - o.gateBelowPeak).to(logs.dtype)
    count = gate.cumsum(-1)
    if T <= o.meanFrames or count.max() <= o.meanFrames:
        mean = (logs * gate[..., None]).cumsum(-2) / count[..., None].clamp_min(1)
    else:
        mean = torch.empty_like(logs)
        mu = torch.zeros_like(logs[:, 0])
        for i in range(T):
            step = torch.maximum(1 / count[:, i].clamp_min(1), torch.tensor(1 / o.meanFrames)) * gate[:, i]
            mu = mu + step[:, None] * (logs[:, i] - mu)
            mean[:, i] = mu
    return (logs - mean).clamp(o.clampLow, o.clampHigh) * o.scale


def restarted(level, peak, logs, o):
    """Features with `restartAbovePeak`, frame by frame."""
    count, mu, out = torch.zeros(len(level)), torch.zeros_like(logs[:, 0]), torch.empty_like(logs)
    for i in range(level.shape[-1]):
        if i:
            count = torch.where(level[:, i] > peak[:, i - 1] + o.restartAbovePeak, 0.0, count)
        gate = (level[:, i] > peak[:, i] - o.gateBelowPeak).to(logs.dtype)
        count = count + gate
        step = torch.maximum(1 / count.clamp_min(1), torch.tensor(1 / o.meanFrames)) * gate
        mu = mu + step[:, None] * (logs[:, i] - mu)
        out[:, i] = (logs[:, i] - mu).clamp(o.clampLow, o.clampHigh) * o.scale
    return out
