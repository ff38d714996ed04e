"""What is done to clips before a network hears them: dressing, suppressing, and which voices may meet."""
import os
import tempfile
import unittest

import numpy as np
import pandas as pd
import torch

from falsetto_training import bank, dressing, folds, ownacoustic, sampling, suppressors, twins
from falsetto_training.vocoders import RATE, stft


def decibels(x, bins):
    return 10 * np.log10((np.abs(stft(x, 512, 128)) ** 2)[:, bins].mean())


class Dressing(unittest.TestCase):
    def test_a_clip_gets_the_band_and_the_noise_of_its_host(self):
        rng = np.random.default_rng(3)
        on = (np.arange(3 * RATE) // 4000 % 2).astype(float)
        clip = (rng.standard_normal(len(on)) * on * 0.1).astype(np.float32)
        s = np.fft.rfft(rng.standard_normal(len(on)) * on)
        s[int(len(s) * 0.425):] *= 1e-3                                  # nothing above 3.4 kHz
        host = np.fft.irfft(s).astype(np.float32) * np.float32(0.2) + rng.standard_normal(len(on)).astype(np.float32) * np.float32(2e-3)
        made = dressing.dressed(clip, host, rng)
        low, high = slice(20, 90), slice(150, 250)
        self.assertLess(abs(decibels(clip, low) - decibels(clip, high)), 1)
        self.assertGreater(decibels(made, low) - decibels(made, high), 10)
        self.assertAlmostEqual(20 * np.log10(made[400:3600].std() / 2e-3), 0, delta=4)


class Hosts(unittest.TestCase):
    def test_a_group_wears_one_recording_and_it_is_of_its_own_fold(self):
        rows = [{"path": f"{s}/{k}", "label": k % 2, "kind": ("human", "spoof")[k % 2], "source": s, "group": f"{s}{k // 4}", "offset": 0, "samples": 40000}
                for s in "abcdefgh" for k in range(12)]
        rows.append({"path": "noise", "label": -1, "kind": "nonspeech", "source": "n", "group": "noise", "offset": 0, "samples": 40000})
        with tempfile.TemporaryDirectory() as work:
            pd.DataFrame(rows).to_csv(os.path.join(work, "originals.csv"), index=False)
            table, host = bank.items(work), bank.hosts(work)
            fold = folds.of_items(table)
            bank.items.cache_clear()
        for _, group in pd.DataFrame({"group": table.group[:-1], "host": host[:-1]}).groupby("group"):
            self.assertEqual(group.host.nunique(), 1)
        self.assertTrue((table.kind.values[host[:-1]] == "human").all())
        self.assertTrue((fold[host[:-1]] == fold[:-1]).all())
        self.assertEqual(host[-1], -1)
        self.assertGreater(len(set(host)), 8)


class Banks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(bank.items.cache_clear)
        self.work = folder.name
        for part in ("originals", "twins"):
            pd.DataFrame({"path": ["a"], "label": [0], "kind": ["human"], "source": ["s"], "group": ["a"], "offset": [0], "samples": [500]}).to_csv(
                self.path(part + ".csv"), index=False)
        self.write("bankdry.i16", bytes(2000))

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, what):
        with open(self.path(name), "wb") as f:
            f.write(what)

    def refused(self, variant, because):
        with self.assertRaisesRegex(SystemExit, because):
            bank.load(self.work, variant)

    def test_a_bank_that_was_broken_off_is_refused(self):
        self.assertEqual(len(bank.load(self.work, "dry")), 1000)         # made in one piece
        self.refused("dressed", "bankdressed.i16 is not finished")
        self.write("bank0.i16", bytes(2000))
        for text, fine in ((b"", False), (b"gsm/0\n", False), (b"gsm/0\nall\n", True)):
            self.write("bank0.i16.done", text)
            if fine:
                self.assertEqual(len(bank.load(self.work, 0)), 1000)
            else:
                self.refused(0, "bank0.i16 is not finished")

    def test_a_bank_of_other_clips_is_refused_be_it_shorter_or_older_than_they_are(self):
        self.write("bankdry.i16", bytes(1998))
        self.refused("dry", "made of other clips")
        self.write("bankdry.i16", bytes(2000))
        os.utime(self.path("twins.csv"), (2e9, 2e9))
        self.refused("dry", "made of other clips")
        # The banks for validation hold the originals alone.
        self.write("banknb.i16", bytes(1000))
        self.write("banknb.i16.done", b"all")
        self.assertEqual(len(bank.load(self.work, "nb")), 500)
        self.write("banknb.i16", bytes(998))
        self.refused("nb", "made of other clips")


class Suppressing(unittest.TestCase):
    def test_noise_goes_and_what_it_lay_on_stays_in_its_place(self):
        rng = np.random.default_rng(4)
        t = np.arange(3 * RATE) / RATE
        pitch = 2 * np.pi * np.cumsum(120 + 20 * np.sin(2 * np.pi * 1.5 * t)) / RATE
        voice = sum(np.sin(k * pitch) / k for k in range(1, 20)) * (np.sin(2 * np.pi * 2 * t) > -0.3) * np.minimum(1, t)
        clean = (0.03 * voice).astype(np.float32)
        noisy = clean + 0.012 * rng.standard_normal(len(t)).astype(np.float32)
        likeness = lambda y, lag: np.corrcoef(clean[RATE:-800], y[RATE + lag:len(clean) - 800 + lag])[0, 1]
        for name in ("rnn", "speex"):
            y = getattr(suppressors.Suppressor([noisy]), name)(noisy, rng)
            self.assertGreater(likeness(y, 0), likeness(noisy, 0), name)
            self.assertEqual(max(range(-480, 481, 160), key=lambda lag: likeness(np.pad(y, (0, 480)), lag)), 0, name)


    def test_it_has_settled_when_the_clip_begins_and_the_depth_asked_for_is_reached(self):
        class Depth:
            integers = staticmethod(lambda low, high: low)
        rng = np.random.default_rng(6)
        noise = (0.03 * rng.standard_normal(2 * RATE)).astype(np.float32)
        suppressor = suppressors.Suppressor([])
        left = lambda y: 20 * np.log10(y[:RATE // 2].std() / noise[:RATE // 2].std())
        self.assertLess(left(suppressor.rnn(noise, rng)), -25)
        self.assertAlmostEqual(left(suppressor.speex(noise, Depth)), -10, delta=1)
        Depth.integers = staticmethod(lambda low, high: high - 1)
        self.assertLess(left(suppressor.speex(noise, Depth)), -20)


class Units(unittest.TestCase):
    def test_what_goes_wrong_while_batches_are_made_ahead_is_raised(self):
        class Broken:
            def batch(self):
                raise OSError("disk")
        with self.assertRaisesRegex(OSError, "disk"):
            next(sampling.prefetch(Broken()))

    def test_of_a_person_and_a_machine_side_by_side_both_or_neither_is_behind_a_suppressor(self):
        rows = [("originals", "human", -1), ("originals", "spoof", -1), ("twins", "twin", 0), ("twins", "enhanced", 0), ("predicted", "twin", 0),
                ("suppressed", "enhanced", 0), ("suppressed", "twin", 0)]
        table = pd.DataFrame(rows, columns=["part", "kind", "origin"])
        pool = sampling.Pool.__new__(sampling.Pool)
        pool.twins, pool.enhanced, pool.suppressed = pool.beside(table, np.arange(2, 7))
        pool.pair_lists, one = [], lambda row: ([[np.array([row])]], [1.0])
        pool.human, pool.spoof = one(0), one(1)
        mix = sampling.Mix(twins=400, apart=0, nonspeech=0)
        units = sampling.Sampler(pool, mix, 1).units()
        self.assertEqual(len(units), 400)
        self.assertEqual({(h in (5,), m in (6,)) for h, m, _ in units}, {(True, True), (False, False)})
        self.assertEqual({(h, m) for h, m, _ in units}, {(0, 2), (3, 2), (0, 4), (3, 4), (5, 6)})


class Plans(unittest.TestCase):
    def test_a_suppressed_person_stays_one_and_always_has_a_suppressed_machine_beside(self):
        originals = pd.DataFrame({"kind": ["human"] * 300 + ["spoof"] * 50})
        p = twins.plan(originals, "suppressed")
        self.assertGreater(len(p), 100)
        people, machines = p.origin[p.method == "suppressed"], p.origin[p.method == "vocoded_suppressed"]
        self.assertEqual(sorted(people), sorted(machines))
        self.assertLess(max(p.origin), 300)
        self.assertIn("suppressed", twins.ENHANCED)
        self.assertNotIn("vocoded_suppressed", twins.ENHANCED)

    def test_a_person_whose_suppressor_fails_is_left_as_it_is_and_not_made_a_machine(self):
        def broken(x, rng):
            raise ValueError
        twins._nets["suppressed"] = broken
        x = (np.random.default_rng(5).standard_normal(8000) * 3000).astype(np.int16)
        y, about = twins.make((x, "suppressed", [1], 0))
        self.assertEqual(about, "as it is")
        self.assertTrue(np.array_equal(y, x.astype(np.float32) / 32767))


class Voices(unittest.TestCase):
    def test_another_voice_is_of_the_clips_own_fold(self):
        heard = []

        class Vocoder:
            def mel(self, x):
                return torch.zeros(1, 4, 16)

            def __call__(self, mel):
                return torch.zeros(1, 8000)
        name = next(iter(ownacoustic.DESIGNS))
        model = ownacoustic.Predicted.__new__(ownacoustic.Predicted)
        model.nets = [(name, lambda mel, voice, pace: heard.append(voice) or mel, Vocoder())]
        model.voices = {ownacoustic.DESIGNS[name]["vocoder"]: {k: [torch.full((1, 4), 10.0 + k)] for k in range(folds.FOLDS)}}
        twins._nets["predicted"] = model
        clip = (np.random.default_rng(7).standard_normal(8000) * 3000).astype(np.int16)
        for fold in (1, 3):
            heard.clear()
            for seed in range(40):
                twins.make((clip, "predicted", [seed], fold))
            others = [float(v[0, 0]) for v in heard if v is not None]
            self.assertGreater(len(others), 5)
            # A part of the other's mean, the rest the clip's own, which is 0.
            self.assertTrue(all(0.4 <= v / (10 + fold) <= 1 for v in others))
            self.assertGreater(max(others), 0.9 * (10 + fold))


if __name__ == "__main__":
    unittest.main()
