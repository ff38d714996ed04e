"""The drill's own checks: `Tools/evaluation/evasion --check`. They need torch, so swift test does not run them."""
import os
import unittest

import numpy as np
import torch

from falsetto_evasion import figures, main, perturbation, splice
from falsetto_training import modelfile, scoring
from falsetto_training.frontend import FrontEndOptions, features
from falsetto_training.network import ARCHITECTURES, Network


def voice(seconds, seed, pitch=120.0):
    """Pulses through wandering resonances with the rhythm of syllables: heard as speech by a trained network."""
    rng, n = np.random.default_rng(seed), int(seconds * 16000)
    t = np.arange(n) / 16000
    phase = np.cumsum(pitch + 25 * np.sin(2 * np.pi * 0.7 * t + seed)) / 16000
    x = (np.diff(np.floor(phase), prepend=0) > 0) + 0.02 * rng.standard_normal(n)
    out = np.zeros(n)
    for f, width in ((600, 90), (1500, 120), (2600, 160)):
        spectrum = np.fft.rfft(x) / (1 + ((np.fft.rfftfreq(n, 1 / 16000) - f) / width) ** 2)
        out += np.fft.irfft(spectrum, n)
    out *= 0.1 + np.maximum(0, np.sin(2 * np.pi * 2.2 * t))
    return (0.05 * out / np.sqrt(np.mean(out ** 2))).astype(np.float32)


def shipped():
    network, about = modelfile.read(main.SHIPPED)
    return network, FrontEndOptions(**about["frontEnd"]), about


class Gradients(unittest.TestCase):
    def along(self, f, x, direction, step):
        with torch.no_grad():
            numeric = (f(x + step * direction) - f(x - step * direction)).item() / (2 * step)
        x = x.clone().requires_grad_(True)
        exact = (torch.autograd.grad(f(x), x)[0] * direction).sum().item()
        return numeric, exact

    def test_the_front_end_has_the_gradient_that_finite_differences_find(self):
        # In double precision, with noise under the voice: gates and clamps have edges, and a step of 1e-8 crosses none of them.
        generator = torch.Generator().manual_seed(3)
        x = torch.from_numpy(voice(1.2, 1)).double()[None] + 1e-3 * torch.randn(1, 19200, generator=generator, dtype=torch.double)
        for restart in (None, 4.0):
            options = FrontEndOptions(restartAbovePeak=restart)
            weights = torch.randn(features(x, options).shape, generator=generator, dtype=torch.double)
            f = lambda v: (features(v, options) * weights).sum()
            for _ in range(3):
                direction = torch.randn(x.shape, generator=generator, dtype=torch.double)
                numeric, exact = self.along(f, x, direction, 1e-8)
                self.assertGreater(abs(exact), 1)
                self.assertAlmostEqual(numeric / exact, 1, delta=1e-4)

    def test_the_evidence_has_the_gradient_that_finite_differences_find(self):
        torch.manual_seed(4)
        network = Network(ARCHITECTURES["base"], norm=False).double().eval()
        with torch.no_grad():
            network.layers[-1].conv.bias[1] += 2.0  # all speech, so that the mask of hops stays as it is
        x, options = torch.from_numpy(voice(1.2, 2)).double()[None], FrontEndOptions()
        direction = torch.randn(x.shape, dtype=torch.double)
        numeric, exact = self.along(lambda v: perturbation.evidence(network, v, options).sum(), x, direction, 1e-8)
        self.assertGreater(abs(exact), 0.01)
        self.assertAlmostEqual(numeric / exact, 1, delta=1e-4)

    def test_the_differentiable_evidence_is_the_score(self):
        network, options, _ = shipped()
        scoring.OPTIONS, scoring.FAST = options, False
        clips = [voice(2.9, s) for s in range(3)]
        scores = [scoring.score(t)[0] for t in scoring.tracks(network, clips)]
        self.assertTrue(np.isfinite(scores).all(), "the test's voice is heard as speech")
        mine = perturbation.evidence(network, torch.from_numpy(np.stack(clips)), options)
        np.testing.assert_allclose(mine.detach().numpy(), scores, atol=1e-4)


class Perturbations(unittest.TestCase):
    def test_the_ratio_and_the_band_are_kept_and_the_score_moves(self):
        network, options, _ = shipped()
        scoring.OPTIONS, scoring.FAST = options, False
        clips = [perturbation.sixteen(voice(n, s)) for n, s in ((2.9, 5), (2.9, 6), (2.0, 7))]
        before = [scoring.score(t)[0] for t in scoring.tracks(network, clips)]
        for decibels in (30, 40):
            for direction in (-1, 1):
                after = perturbation.attack(network, options, clips, direction, decibels, 3800, steps=4)
                scores = [scoring.score(t)[0] for t in scoring.tracks(network, after)]
                for x, y, a, b in zip(clips, after, before, scores):
                    self.assertEqual(len(x), len(y))
                    self.assertGreaterEqual(perturbation.ratio(x, y), decibels)
                    self.assertLess(perturbation.ratio(x, y), decibels + 3, "the room that the ratio leaves is used")
                    np.testing.assert_array_equal(y, perturbation.sixteen(y))
                    power = np.abs(np.fft.rfft(y.astype(float) - x)) ** 2
                    hz = np.fft.rfftfreq(len(x), 1 / 16000)
                    self.assertLess(power[hz > 4000].sum(), 0.01 * power.sum())
                    self.assertGreater(direction * (b - a), 0)

    def test_ratio_is_the_definition(self):
        x = np.ones(1000, np.float32)
        self.assertAlmostEqual(perturbation.ratio(x, x * 1.1), 20, places=4)
        self.assertAlmostEqual(perturbation.ratio(x, x * (1 + 10 ** -1.5)), 30, places=4)


class Windows(unittest.TestCase):
    def test_calibration_is_the_programs_formula(self):
        curve = {"netSpeechSeconds": [1.0, 4.0], "scale": [1.0, 3.0], "offset": [0.0, -1.0]}
        self.assertAlmostEqual(splice.llr(curve, 2.0, 0.5), 2.0)
        self.assertAlmostEqual(splice.llr(curve, 2.0, 2.0), 2 * 2 - 0.5)      # half way in ln n
        self.assertAlmostEqual(splice.llr({**curve, "bound": 3.0}, 2.0, 9.0), 3 * np.tanh(5 / 3))

    def test_a_window_holds_six_seconds_of_speech_and_at_least_three(self):
        curve = {"netSpeechSeconds": [1.0], "scale": [1.0], "offset": [0.0]}
        evidence, speech = np.full(100, -1.0), np.ones(100, bool)
        evidence[50:65] = 3.0                    # 3 s of machine in 20 s
        self.assertAlmostEqual(splice.strongest((evidence, speech), curve), 1.0)
        pauses = speech.copy()
        pauses[40:50] = False
        self.assertAlmostEqual(splice.strongest((evidence, pauses), curve), 1.0)
        self.assertTrue(np.isnan(splice.strongest((evidence[:14], speech[:14]), curve)))
        self.assertAlmostEqual(splice.strongest((evidence[50:65], speech[:15]), curve), 3.0)

    @unittest.skipUnless(os.environ.get("FALSETTO_PROGRAM"), "FALSETTO_PROGRAM names no built program")
    def test_the_program_says_the_same(self):
        network, options, about = shipped()
        scoring.OPTIONS, scoring.FAST = options, False
        calls = [perturbation.sixteen(np.concatenate([voice(9, 11), np.zeros(16000, np.float32), voice(5, 12, 200)])) for _ in range(1)]
        theirs = splice.from_program(os.environ["FALSETTO_PROGRAM"], main.SHIPPED, calls)
        for (strong, llr), t in zip(theirs, scoring.tracks(network, calls)):
            # The band is the program's own finding, so both curves are allowed.
            mine = [(splice.strongest(t, c), splice.whole(t, c)) for c in (about["calibration"][k] for k in ("narrowband", "wideband"))]
            self.assertLess(min(abs(strong - a) + abs(llr - b) for a, b in mine), 0.02, (strong, llr, mine))


class Figures(unittest.TestCase):
    def test_threshold_detection_and_false_alarms(self):
        human, synthetic = np.arange(100.0), np.arange(50.0, 150.0)
        sources = (np.array(["h"] * 100), np.array(["s"] * 100))
        f = figures.of(human, synthetic, human, sources)
        self.assertEqual(figures.threshold(human), 94)
        self.assertEqual((f["falseAlarms"][0], f["detection"][0], f["eer"][0]), (0.05, 0.55, 0.25))
        self.assertEqual(figures.of(human + 10, synthetic, human, sources)["falseAlarms"][0], 0.15)
        synthetic[99] = np.nan                   # no score is no detection
        self.assertEqual(figures.of(human, synthetic, human, sources)["detection"][0], 0.54)


if __name__ == "__main__":
    unittest.main()
