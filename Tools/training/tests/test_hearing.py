"""The frozen encoder, what is pooled of it, the head's evidence, folds and the model file, all with weights drawn here.

`PYTHONPATH=Tools/training python -m unittest discover -s Tools/training/tests`, in the training's Python environment.
"""
import os
import tempfile
import unittest

import numpy as np
import pandas as pd
import torch

from falsetto_training import ear, encoder, evidence, folds, golden, hearing, logmel, modelfile, pooling, reference

WIDTH, INNER = encoder.WIDTH, encoder.INNER
ABOUT = {"pooled": [1, 2], "window": 8, "limit": 6.0}


def drawn_encoder(seed=1):
    """Encoder tensors of the right shapes; large enough that a wrong position or a forgotten key is seen."""
    g = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.randn(*shape, generator=g) / shape[-1] ** 0.5
    t = {"conv1.weight": 2 * draw(WIDTH, 3 * logmel.BANDS), "conv1.bias": draw(WIDTH),
         "conv2.weight": 2 * draw(WIDTH, 3 * WIDTH), "conv2.bias": draw(WIDTH)}
    for b in ("block1.", "block2."):
        for n in ("attentionNorm", "innerNorm"):
            t[b + n + ".gamma"], t[b + n + ".beta"] = 1 + draw(WIDTH), draw(WIDTH)
        for n, out, inputs in (("projections", 3 * WIDTH, WIDTH), ("attentionOutput", WIDTH, WIDTH),
                               ("inner", INNER, WIDTH), ("outer", WIDTH, INNER)):
            t[b + n + ".weight"], t[b + n + ".bias"] = 2 * draw(out, inputs), draw(out)
    t["positionMeans"] = draw(2, encoder.CYCLE, WIDTH)
    return {k: v.to(torch.bfloat16).float() for k, v in t.items()}


def drawn_ear(seed=2, hidden=16):
    g, n = torch.Generator().manual_seed(seed), 3 * WIDTH * len(ABOUT["pooled"])
    draw = lambda *shape: torch.randn(*shape, generator=g) / shape[-1] ** 0.5
    return ear.Ear({"statistics.mean": draw(n), "statistics.scale": 1 + draw(n).abs(),
                    "head.hidden.weight": draw(hidden, n).to(torch.bfloat16).float(),
                    "head.hidden.bias": draw(hidden), "head.output.weight": draw(1, hidden), "head.output.bias": draw(1),
                    "speech.weight": 0.1 * draw(1, n), "speech.bias": torch.tensor([2.0])}, ABOUT)


class Pooling(unittest.TestCase):
    def test_hops_pooled_one_by_one_equal_all_frames_pooled_at_once(self):
        z = torch.randn(1, 5 * encoder.ROWS, 7, generator=torch.Generator().manual_seed(3)) + 2
        v = pooling.statistics(pooling.sums(z)[0].mean(0))
        self.assertTrue(torch.allclose(v[:7], z[0].mean(0), atol=1e-5))
        self.assertTrue(torch.allclose(v[7:14], z[0].std(0, unbiased=False), atol=1e-5))
        # Steps within hops: the one from a hop to the next belongs to neither.
        steps = z.view(5, encoder.ROWS, 7).diff(dim=1).square().mean((0, 1)).sqrt()
        self.assertTrue(torch.allclose(v[14:], steps, atol=1e-5))

    def test_windows_of_what_is_kept_equal_windows_of_the_outputs(self):
        g = torch.Generator().manual_seed(4)
        outputs = [torch.randn(1, 6 * encoder.ROWS, WIDTH, generator=g) + k for k in range(3)]
        kept = pooling.stored(outputs)[0].half().numpy()
        hops = [np.array([0, 1, 2]), np.array([5]), np.array([4, 1])]
        mine = pooling.windows(kept, hops, [1, 2], chunk=2)
        for v, h in zip(mine, hops):
            s = pooling.sums(torch.cat(outputs[1:], -1))[0, h].mean(0)
            np.testing.assert_allclose(v, pooling.statistics(s).numpy(), atol=5e-3)   # float16 has three digits


class Streams(unittest.TestCase):
    def compare(self, x):
        t, listener = drawn_encoder(), drawn_ear()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.safetensors")
            modelfile.write(path, t, listener, "drawn", modelfile.flat_calibration(), {})
            heard = reference.hear(path, x)
            track, = hearing.load(path)[0].tracks([x.numpy()])
            mean = float(hearing.load(path)[0].mean(x[None])[0].detach())
        self.assertEqual([h["isSpeech"] for h in heard], list(track[1]))
        np.testing.assert_allclose([h["evidence"] for h in heard], track[0], atol=2e-3)
        self.assertAlmostEqual(mean, hearing.summary(track)[0], delta=1e-4)
        return heard

    def test_hop_by_hop_equals_the_batch_without_pauses(self):
        x = torch.from_numpy(golden.signal(seconds=6.0))[16000:]
        x = x + 0.003 * torch.randn(len(x), generator=torch.Generator().manual_seed(5))
        heard = self.compare(x)
        self.assertGreater(sum(h["isSpeech"] for h in heard), 9, "longer than the window and the context")

    def test_hop_by_hop_equals_the_batch_with_a_pause(self):
        x = torch.from_numpy(golden.signal(seconds=6.0))
        x = torch.cat([x[16000:48000], torch.zeros(18000), x[48000:60000], 0.01 * x[20000:27000], x[60000:]])
        heard = self.compare(x)
        speech = [h["isSpeech"] for h in heard]
        self.assertIn(False, speech[5:8])
        self.assertIn(True, speech[8:])

    def test_the_filters_are_of_unit_area_and_the_loudest_band_stands_near_the_top(self):
        w = logmel.filters()
        self.assertEqual(tuple(w.shape), (201, 80))
        np.testing.assert_allclose(w.sum(0).numpy()[20:] * 40, 1, atol=0.2)
        f, grid = logmel.features(torch.from_numpy(golden.signal(seconds=2.0))[None])
        self.assertEqual(tuple(f.shape), (1, 5, 43, 80))
        self.assertAlmostEqual(float(f[0, 2].max()), 1.25, delta=0.05)

    def test_blocks_begin_with_the_speech_wherever_the_leg_begins(self):
        rng = np.random.default_rng(8)
        noise = lambda n, level: level * rng.standard_normal(n)
        soft, voice = 0.003, 0.1
        whole = np.r_[noise(9000, voice), noise(8000, soft), noise(20000, voice), noise(3000, soft), noise(20000, voice)]
        first = [s for s, _ in logmel.starts(whole)]
        onset = [s for s, new in logmel.starts(whole) if new][-1]
        # Behind a pause of a block's length they begin with the first loud sample; behind a shorter one they go on.
        self.assertTrue(17000 <= onset < 17100, onset)
        self.assertEqual([s - onset for s in first if s >= onset], [0, 6400, 12800, 19200, 25600, 32000][:len([s for s in first if s >= onset])])
        for cut in (1, 77, 160, 3001):
            self.assertEqual([s + cut for s, _ in logmel.starts(whole[cut:]) if s + cut >= onset], [s for s in first if s >= onset])
        for silence in (1, 77, 5000):
            self.assertEqual([s - silence for s, _ in logmel.starts(np.r_[np.zeros(silence), whole]) if s >= silence], first)
        # Out of noise that was all there was, speech begins one by its rise.
        risen = [s for s, new in logmel.starts(np.r_[noise(3000, soft), noise(9000, 0.5)]) if new]
        self.assertTrue(3000 <= risen[-1] < 3060, risen)

    def test_a_gradient_asks_for_no_more_memory_than_the_hops_hold(self):
        # By a view of every sample's window it would be 74 GB here.
        x = torch.randn(16, 10 * logmel.RATE, generator=torch.Generator().manual_seed(5), requires_grad=True)
        features, _ = logmel.features(x)
        features.sum().backward()
        self.assertTrue(torch.isfinite(x.grad).all() and (x.grad != 0).any(1).all())


class Evidence(unittest.TestCase):
    def test_increments_add_up_to_the_window_while_it_grows_and_are_the_window_afterwards(self):
        s = np.random.default_rng(6).standard_normal(14)
        e = evidence.increments(s, 8)
        for n in range(1, 9):
            self.assertAlmostEqual(e[:n].mean(), s[n - 1])
        np.testing.assert_allclose(e[8:], s[8:])

    def test_the_mean_of_a_sequence_is_the_mean_of_its_increments(self):
        score = lambda windows: np.array([np.sin(w).sum() + len(w) for w in windows])
        for n in (1, 5, 8, 9, 20):
            q = np.arange(n) * 3 + 1
            s = score([q[max(0, k - 8):k] for k in range(1, n + 1)])
            self.assertAlmostEqual(evidence.means(score, [q[:2], q], 8)[1], evidence.increments(s, 8).mean())


class Folds(unittest.TestCase):
    def table(self):
        rng = np.random.default_rng(7)
        rows = [(f"s{k}", f"maker{k % 17}/r{k}", ("human", "spoof")[int(rng.integers(2))])
                for k in range(60) for _ in range(int(rng.integers(2, 30)))]
        return pd.DataFrame(rows + [("hum", "", "nonspeech")], columns=["source", "source_repo", "kind"])

    def test_an_owner_lies_in_one_fold_and_each_fold_has_both_classes(self):
        t = self.table()
        f = folds.of_items(t)
        owner = folds.owners(t)
        for o in owner.unique():
            self.assertEqual(len(set(f[owner == o])), 1, o)
        for k in range(folds.FOLDS):
            self.assertEqual(set(t.kind[f == k]), {"human", "spoof"})
        self.assertEqual(f[-1], -1)

    def test_a_source_of_several_owners_in_different_folds_is_refused(self):
        t = self.table()
        t.loc[t.source == "s1", "source_repo"] = np.where(np.arange((t.source == "s1").sum()) % 2, "maker0/r", "maker1/r")
        apart = folds.assign(t[t.source != "s1"])
        self.assertNotEqual(apart["s0"], apart["s18"], "the test's makers lie in different folds")
        with self.assertRaises(SystemExit):
            folds.assign(t)


class Files(unittest.TestCase):
    def test_a_model_comes_back_as_it_was_written_and_its_identity_is_of_its_bytes(self):
        t, listener = drawn_encoder(), drawn_ear()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.safetensors")
            first, about = modelfile.write(path, t, listener, "drawn", modelfile.flat_calibration(), {})
            back, _ = modelfile.read(path)
            for k, v in {**t, **listener.t}.items():
                self.assertTrue(torch.equal(back[k], v), k)
            parameters, macs = modelfile.cost(back, about)
            t["conv1.bias"][3] += 1
            second, _ = modelfile.write(path, t, listener, "drawn", modelfile.flat_calibration(), {})
        self.assertNotEqual(first, second)
        self.assertEqual(parameters, sum(v.numel() for v in back.values()))
        self.assertLess(2 * macs, 2e9)


if __name__ == "__main__":
    unittest.main()
