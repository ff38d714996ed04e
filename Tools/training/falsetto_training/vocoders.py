"""Copy synthesis: a person's clip taken to parameters and back, by many vocoders with parameters drawn at random.

A vocoder driven by a spectrogram is what a voice cloner ends in (WaveFake, Frank & Schoenherr 2021; Wang & Yamagishi 2023,
"Spoofed training data for speech spoofing countermeasure can be efficiently created using neural vocoders"). One vocoder
teaches its own fingerprint, so each draw differs: pitch of the clip shifted before and back after (the artefacts of the
upsampling layers move in frequency), the generator's weights shaken, and the spectrogram made to look like an acoustic
model's (smoothed, of low rank, quantised, coarse).
Every function: float32 mono 16 kHz in, the same length out.
"""
import os

import numpy as np
import pyworld
import soxr
from scipy.ndimage import gaussian_filter, gaussian_filter1d, zoom
from scipy.signal import get_window, lfilter

RATE = 16000


def fit(y, n):
    y = np.asarray(y, np.float32)
    return y[:n] if len(y) >= n else np.pad(y, (0, n - len(y)))


def match_level(y, x):
    y = np.nan_to_num(y)
    gain = np.sqrt(np.mean(x ** 2) + 1e-12) / np.sqrt(np.mean(y ** 2) + 1e-12)
    return np.clip(y * min(gain, 30.0), -1, 1).astype(np.float32)


def slaney_mel(rate, size, bands, high):
    """Triangular filters on Slaney's mel scale, unit area (Auditory Toolbox, 1998)."""
    to_mel = lambda f: np.where(f < 1000, f * 3 / 200, 15 + np.log(np.maximum(f, 1) / 1000) * 27 / np.log(6.4))
    to_hz = lambda m: np.where(m < 15, m * 200 / 3, 1000 * np.exp((m - 15) * np.log(6.4) / 27))
    edges = to_hz(np.linspace(0, to_mel(np.float64(high)), bands + 2))
    f = np.arange(size // 2 + 1) * rate / size
    up = (f - edges[:-2, None]) / np.diff(edges)[:-1, None]
    down = (edges[2:, None] - f) / np.diff(edges)[1:, None]
    return (np.maximum(0, np.minimum(up, down)) * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


def frames(x, size, hop):
    n = 1 + max(0, (len(x) - size) // hop)
    return np.lib.stride_tricks.as_strided(x, (n, size), (x.strides[0] * hop, x.strides[0]))


def stft(x, size, hop):
    w = get_window("hann", size).astype(np.float32)
    return np.fft.rfft(frames(np.pad(x, size // 2, mode="reflect"), size, hop) * w)


def istft(s, size, hop, n):
    w = get_window("hann", size).astype(np.float32)
    f = np.fft.irfft(s, size).astype(np.float32) * w
    y, norm = np.zeros(hop * (len(f) - 1) + size, np.float32), np.zeros(hop * (len(f) - 1) + size, np.float32)
    step = size // hop
    for k in range(step):                       # every `step`-th frame does not overlap: add whole rows at once
        part = f[k::step]
        if len(part):
            y[k * hop:k * hop + part.size] += part.reshape(-1)
            norm[k * hop:k * hop + part.size] += np.tile(w * w, len(part))
    return fit(y[size // 2:] / np.maximum(norm[size // 2:], 1e-3), n)


def blur_mel(mel, rng):
    """Make a true log mel [frames, bands] look predicted. Each defect with its own chance and size."""
    m = mel.copy()
    if rng.random() < 0.5:
        m = gaussian_filter(m, (rng.uniform(0, 1.6), rng.uniform(0, 1.0)))
    if rng.random() < 0.3 and len(m) > 12:
        u, s, v = np.linalg.svd(m - m.mean(0), full_matrices=False)
        k = int(rng.integers(8, 36))
        m = m.mean(0) + (u[:, :k] * s[:k]) @ v[:k]
    if rng.random() < 0.2:
        k = int(rng.integers(2, 4))
        m = zoom(zoom(m, (1 / k, 1), order=1), (len(m) / max(1, round(len(m) / k)), 1), order=1)
        m = m[:len(mel)] if len(m) >= len(mel) else np.pad(m, ((0, len(mel) - len(m)), (0, 0)), mode="edge")
    if rng.random() < 0.2:
        q = rng.uniform(0.1, 0.6)
        m = np.round(m / q) * q
    if rng.random() < 0.3:
        m = m + rng.normal(0, rng.uniform(0.02, 0.25), m.shape)
    if rng.random() < 0.25:
        floor = np.percentile(m, rng.uniform(2, 30))
        m = np.maximum(m, floor)
    return m.astype(np.float32)


def hifigan_path(folder):
    return os.path.join(folder, "vocoders/hifigan_low/generator.onnx")


class HifiGAN:
    """The corpus' small HiFi-GAN (22.05 kHz, hop 256, 80 Slaney bands), with `shaken` copies of its weights."""

    def __init__(self, path, shakes=(0, 0, 0.02, 0.04, 0.06, 0.08), threads=1):
        import onnx
        import onnxruntime as ort
        from onnx import numpy_helper
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3
        self.sessions = []
        for i, amount in enumerate(shakes):
            model = onnx.load(path)
            rng = np.random.default_rng(1000 + i)
            for t in model.graph.initializer:
                a = numpy_helper.to_array(t)
                if amount and a.ndim == 3:
                    a = (a * (1 + amount * rng.standard_normal(a.shape))).astype(a.dtype)
                    t.CopyFrom(numpy_helper.from_array(a, t.name))
            self.sessions.append(ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]))
        self.filters = slaney_mel(22050, 1024, 80, 8000)

    def mel(self, x):
        w = get_window("hann", 1024).astype(np.float32)
        s = np.fft.rfft(frames(np.pad(x, 384, mode="reflect"), 1024, 256) * w)
        return np.log(np.maximum(np.sqrt(s.real ** 2 + s.imag ** 2 + 1e-9) @ self.filters.T, 1e-5)).astype(np.float32)

    def __call__(self, x, rng):
        pitch = float(np.exp(rng.uniform(np.log(0.8), np.log(1.25)))) if rng.random() < 0.5 else 1.0
        session = int(rng.integers(len(self.sessions)))
        level = 0.1 / (np.sqrt(np.mean(x ** 2)) + 1e-5)
        m = self.mel(soxr.resample(np.pad(x * level, (0, 512)), RATE, 22050 * pitch).astype(np.float32))
        blurred = rng.random() < 0.65
        if blurred:
            m = blur_mel(m, rng)
        y = self.sessions[session].run(None, {"mel": m.T[None]})[0].reshape(-1)
        y = soxr.resample(y, 22050 * pitch, RATE)
        return fit(y, len(x)), f"hifigan:{session}:{pitch:.2f}:{int(blurred)}"


def world(x, rng):
    """WORLD (Morise et al. 2016), with pitch smoothed, flattened or scaled and the envelope smoothed."""
    d = x.astype(np.float64)
    period = 5.0
    f0, t = pyworld.dio(d, RATE, frame_period=period)
    f0 = pyworld.stonemask(d, f0, t, RATE)
    sp, ap = pyworld.cheaptrick(d, f0, t, RATE), pyworld.d4c(d, f0, t, RATE)
    voiced = f0 > 0
    if voiced.any():
        log = np.log(f0[voiced])
        if rng.random() < 0.5:
            log = gaussian_filter1d(log, rng.uniform(1, 8))
        if rng.random() < 0.3:
            log = log.mean() + (log - log.mean()) * rng.uniform(0.3, 1.2)
        if rng.random() < 0.3:
            log = log + rng.uniform(-0.25, 0.25)
        f0[voiced] = np.exp(log)
    if rng.random() < 0.6:
        c = np.fft.irfft(np.log(sp + 1e-16))
        k = int(rng.integers(18, 70))
        c[:, k:-k] = 0
        sp = np.exp(np.fft.rfft(c).real)
    if rng.random() < 0.4:
        sp = np.exp(gaussian_filter1d(np.log(sp + 1e-16), rng.uniform(0.5, 4), axis=0))
    if rng.random() < 0.6:
        ap = pyworld.decode_aperiodicity(pyworld.code_aperiodicity(ap, RATE), RATE, (sp.shape[1] - 1) * 2)
    if rng.random() < 0.2:
        ap = np.clip(ap * rng.uniform(0.3, 1.5), 1e-6, 1)
    return fit(pyworld.synthesize(f0, np.ascontiguousarray(sp), np.ascontiguousarray(ap), RATE, period), len(x)), "world"


def griffin_lim(x, rng):
    """Fast Griffin-Lim (Perraudin et al. 2013) from a magnitude or from a mel spectrogram brought back."""
    size = int(rng.choice([512, 1024]))
    hop = size // 4
    s = stft(x, size, hop)
    magnitude = np.abs(s).astype(np.float32)
    mel = rng.random() < 0.6
    if mel:
        bands = int(rng.choice([40, 64, 80, 100]))
        filters = slaney_mel(RATE, size, bands, 8000)
        log = np.log(np.maximum(magnitude @ filters.T, 1e-5))
        if rng.random() < 0.6:
            log = blur_mel(log, rng)
        magnitude = np.maximum(np.exp(log) @ np.linalg.pinv(filters).T, 0).astype(np.float32)
    iterations = int(rng.choice([0, 2, 5, 10, 20, 40]))
    phase = rng.uniform(-np.pi, np.pi, magnitude.shape) if rng.random() < 0.7 or mel else np.zeros(magnitude.shape)
    estimate, previous = np.exp(1j * phase).astype(np.complex64), 0
    for _ in range(iterations):
        again = stft(istft(magnitude * estimate, size, hop, len(x)), size, hop)
        step = again - 0.5 * previous
        previous, estimate = again, step / (np.abs(step) + 1e-9)
    return istft(magnitude * estimate, size, hop, len(x)), f"griffinlim:{int(mel)}:{iterations}"


def scrambled_phase(x, rng):
    """Phases replaced in part: above a frequency, or by noise of a given size (as decoders that predict magnitude only)."""
    size = int(rng.choice([320, 512, 1024]))
    hop = size // 4
    s = stft(x, size, hop)
    amount = rng.uniform(0.8, np.pi)
    noise = rng.uniform(-amount, amount, s.shape)
    if rng.random() < 0.5:
        noise[:, :int(s.shape[1] * rng.uniform(0.05, 0.35))] = 0
    magnitude = np.exp(gaussian_filter(np.log(np.abs(s) + 1e-5), (rng.uniform(0, 0.8), rng.uniform(0, 0.6))))
    return istft(magnitude * np.exp(1j * (np.angle(s) + noise)), size, hop, len(x)), "scrambled"


def lpc(x, rng):
    """Linear prediction with a pulse and noise excitation (Atal & Hanauer 1971), order and mixture drawn."""
    order, hop = int(rng.integers(10, 25)), 80
    size = int(rng.choice([320, 400, 512]))
    f0, t = pyworld.dio(x.astype(np.float64), RATE, frame_period=5.0)
    if rng.random() < 0.5 and (f0 > 0).any():
        f0 = np.where(f0 > 0, np.exp(gaussian_filter1d(np.log(np.maximum(f0, 50)), 3)), 0)
    w = get_window("hann", size).astype(np.float32)
    fr = frames(np.pad(x, (size // 2, size // 2 + hop)), size, hop) * w
    r = np.fft.irfft(np.abs(np.fft.rfft(fr, 2 * size)) ** 2)[:, :order + 1]
    r[:, 0] = r[:, 0] * 1.0001 + 1e-8
    a, e = np.zeros((len(r), order + 1)), r[:, 0].copy()
    a[:, 0] = 1
    for i in range(1, order + 1):               # Levinson-Durbin, all frames at once
        k = -(a[:, :i] * r[:, i:0:-1]).sum(1) / e
        a[:, 1:i + 1] += k[:, None] * a[:, i - 1::-1][:, :i]
        e = np.maximum(e * (1 - k * k), 1e-12)
    if rng.random() < 0.4:                      # bandwidth expansion
        a *= rng.uniform(0.97, 0.998) ** np.arange(order + 1)
    pitch = np.repeat(f0, hop)[:len(x)]
    pitch = np.pad(pitch, (0, len(x) - len(pitch)))
    pulses = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0) > 0
    excitation = np.where(pulses, np.sqrt(RATE / np.maximum(pitch, 50)), 0)
    mixed = rng.uniform(0, 0.5)
    noise = rng.standard_normal(len(x))
    excitation = np.where(pitch > 0, (1 - mixed) * excitation + mixed * noise, noise)
    gain = np.sqrt(e / (w ** 2).sum())
    y, state = np.zeros(len(x)), np.zeros(order)
    for i in range(min(len(a), (len(x) + hop - 1) // hop)):
        part = excitation[i * hop:(i + 1) * hop] * gain[i]
        y[i * hop:i * hop + len(part)], state = lfilter([1.0], a[i], part, zi=state)
    return fit(np.nan_to_num(y), len(x)), "lpc"


def enhanced(x, rng):
    """A noise suppressor, not a vocoder: spectral subtraction or a decision-directed Wiener filter (Ephraim & Malah 1984)."""
    size, hop = 512, 128
    y = x + 10 ** (-rng.uniform(15, 35) / 20) * np.sqrt(np.mean(x ** 2)) * rng.standard_normal(len(x)).astype(np.float32) \
        if rng.random() < 0.5 else x
    s = stft(y, size, hop)
    power = np.abs(s) ** 2
    order = np.argsort(power.sum(1))[:max(3, len(s) // 8)]
    noise = power[order].mean(0) + 1e-10
    if rng.random() < 0.5:
        gain = np.sqrt(np.maximum(1 - rng.uniform(1, 2.5) * noise / (power + 1e-12), rng.uniform(0.001, 0.1)))
    else:
        gain, prior = np.ones_like(power), np.ones(power.shape[1])
        smooth, floor = rng.uniform(0.9, 0.98), rng.uniform(0.02, 0.2)
        for i in range(len(power)):
            post = power[i] / noise
            xi = smooth * prior + (1 - smooth) * np.maximum(post - 1, 0)
            gain[i] = np.maximum(xi / (1 + xi), floor)
            prior = gain[i] ** 2 * post
    return istft(s * gain, size, hop, len(x)), "enhanced"
