"""The drill's own checks: `Tools/evaluation/evasion --check`. They need torch, so swift test does not run them."""
import os
import unittest

import numpy as np
import torch

from falsetto_evasion import figures, main, perturbation, splice
from falsetto_training import golden, hearing


def voice(seconds, seed):
    """Syllables of the golden signal behind its silences: heard as speech by a trained network."""
    return golden.signal(seconds=seconds + 2, seed=seed)[32000:32000 + int(seconds * 16000)]


def shipped():
    return hearing.load(main.SHIPPED)


class Gradients(unittest.TestCase):
    def test_the_evidence_has_the_gradient_that_finite_differences_find(self):
        # In double precision, with noise under the voice: limits have edges, and a step of 1e-7 crosses none of them.
        generator = torch.Generator().manual_seed(3)
        listener, _ = hearing.load(main.SHIPPED, torch.float64)
        x = torch.from_numpy(voice(1.3, 2)).double()[None]
        x = x + 1e-3 * torch.randn(x.shape, generator=generator, dtype=torch.double)
        direction = torch.randn(x.shape, generator=generator, dtype=torch.double)
        with torch.no_grad():
            self.assertTrue(listener.hops(x)[1].any(), "the test's voice is heard as speech")
            numeric = (listener.mean(x + 1e-7 * direction) - listener.mean(x - 1e-7 * direction)).item() / 2e-7
        x.requires_grad_(True)
        exact = (torch.autograd.grad(listener.mean(x).sum(), x)[0] * direction).sum().item()
        self.assertGreater(abs(exact), 0.01)
        self.assertAlmostEqual(numeric / exact, 1, delta=1e-3)

    def test_the_differentiable_evidence_is_the_score(self):
        listener, _ = shipped()
        clips = [voice(2.9, s) for s in range(3)]
        scores = [hearing.summary(t)[0] for t in listener.tracks(clips)]
        self.assertTrue(np.isfinite(scores).all(), "the test's voice is heard as speech")
        np.testing.assert_allclose(listener.mean(torch.from_numpy(np.stack(clips))).detach().numpy(), scores, atol=1e-4)


class Perturbations(unittest.TestCase):
    def test_the_ratio_and_the_band_are_kept_and_the_score_moves(self):
        listener, _ = shipped()
        clips = [perturbation.sixteen(voice(n, s)) for n, s in ((2.9, 5), (2.9, 6), (2.0, 7))]
        before = [hearing.summary(t)[0] for t in listener.tracks(clips)]
        for decibels in (30, 40):
            for direction in (-1, 1):
                after = perturbation.attack(listener, clips, direction, decibels, 3800, steps=4)
                scores = [hearing.summary(t)[0] for t in listener.tracks(after)]
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
        evidence[50:58] = 3.0                    # 3.2 s of machine in 40 s
        self.assertAlmostEqual(splice.strongest((evidence, speech), curve), (8 * 3 - 7) / 15)
        pauses = speech.copy()
        pauses[40:50] = False
        self.assertAlmostEqual(splice.strongest((evidence, pauses), curve), (8 * 3 - 7) / 15)
        self.assertTrue(np.isnan(splice.strongest((evidence[:7], speech[:7]), curve)))
        self.assertAlmostEqual(splice.strongest((evidence[50:58], speech[:8]), curve), 3.0)

    @unittest.skipUnless(os.environ.get("FALSETTO_PROGRAM"), "FALSETTO_PROGRAM names no built program")
    def test_the_program_says_the_same(self):
        listener, about = shipped()
        calls = [perturbation.sixteen(np.concatenate([voice(9, 11), np.zeros(16000, np.float32), voice(5, 12)])) for _ in range(1)]
        theirs = splice.from_program(os.environ["FALSETTO_PROGRAM"], main.SHIPPED, calls)
        for (strong, llr), t in zip(theirs, listener.tracks(calls)):
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
