"""A clip in another recording's clothes: its long-term spectrum, its band and its noise floor.

Machines speak in studios and people in kitchens, on the pages that there are. Dressed copies of all clips, both members of a pair or of
twins as the same stranger, take room, band and noise away as evidence before any line does.
"""
import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import firwin2, oaconvolve

from .vocoders import stft

SIZE, TAPS = 512, 513
CUT, LIFT = 7.0, 5.0                             # natural log of power: at most so much taken from a band, and added


def dressed(x, host, rng):
    """x [N] and a host [M], float32 at 16 kHz -> [N], at the host's level."""
    a, b = (np.abs(stft(v, SIZE, SIZE // 4)) ** 2 for v in (x, host))
    loud = lambda p: np.log(p[p.sum(1) >= np.quantile(p.sum(1), 0.6)].mean(0) + 1e-10)
    shape = gaussian_filter1d(loud(b), 6) - gaussian_filter1d(loud(a), 6)
    shape = np.clip(shape - np.median(shape[10:110]), -CUT, LIFT) / 2
    half = TAPS // 2
    y = oaconvolve(x, firwin2(TAPS, np.linspace(0, 1, len(shape)), np.exp(shape)))[half:half + len(x)]
    y = y * np.sqrt(np.mean(host ** 2) / (np.mean(y ** 2) + 1e-12))
    quiet = b[b.sum(1) <= np.quantile(b.sum(1), 0.12)].mean(0)
    # A Hann window's power is 3/8 of its length.
    floor = firwin2(TAPS, np.linspace(0, 1, len(quiet)), np.sqrt(gaussian_filter1d(quiet, 2) / (0.375 * SIZE)))
    return (y + oaconvolve(rng.standard_normal(len(x) + TAPS), floor)[half:half + len(x)]).astype(np.float32)
