"""The windows that heads are trained on."""
import tempfile
import unittest
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import torch

from falsetto_training import encoder, heads, hops, logmel, pooling, targets


def data():
    """Two voices of three clips, and a person without a name, four hops a clip, of which the last is a pause."""
    rows = [("a", "x", "", 0)] * 3 + [("a", "x", "tts", 1)] * 3 + [("a", "", "", 0)] * 2
    table = pd.DataFrame(rows, columns=["source", "speaker", "system", "label"]).assign(path=[f"{k}.wav" for k in range(len(rows))])
    share = np.tile(np.array([targets.HEARD] * 3 + [0], np.uint8), len(rows))
    return SimpleNamespace(table=table, share={"nb": share}, has={"nb": np.ones(len(rows), bool)}, hops=lambda r: np.arange(4 * r, 4 * r + 4))


class Windows(unittest.TestCase):
    def test_windows_go_on_in_the_same_voice_only_and_hold_speech(self):
        d, rows = data(), np.arange(8)
        recipe = heads.Recipe("t", window=8, shorter=200, joined=1.0)
        out = heads.drawn_windows(d, "nb", rows, recipe, np.random.default_rng(1))
        voice = np.array([0, 0, 0, 1, 1, 1, 2, 3])
        for part in out:
            for row, window in zip(rows, part):
                self.assertTrue(0 < len(window) <= recipe.window and (d.share["nb"][window] >= targets.HEARD).all())
                self.assertEqual(set(voice[window // 4]), {voice[row]})
        lengths = lambda row: {len(part[row]) for part in out}
        self.assertEqual(max(lengths(0)), 8)         # goes on in two further clips
        self.assertEqual(max(lengths(6)), 3)         # nobody to go on with

    def test_without_joining_a_window_stays_in_its_clip(self):
        d, rows = data(), np.arange(8)
        for part in heads.drawn_windows(d, "nb", rows, heads.Recipe("t", window=8, shorter=20), np.random.default_rng(1)):
            self.assertTrue(all((w // 4 == r).all() for r, w in zip(rows, part)))

    def test_further_draws_begin_within_the_clip_and_leave_enough_of_it(self):
        rows, samples = np.arange(40), np.r_[np.full(20, 64000), np.full(10, hops.LEFT + 100), np.full(10, 9000)]
        for variant in ("nb", "wb", "nbh", "0"):
            self.assertEqual(hops.begins(variant, rows, samples).max(), 0, variant)
        begin = hops.begins("nb1", rows, samples)
        self.assertTrue(0.5 * hops.LATEST < begin[:20].max() < hops.LATEST and begin.min() >= 0)
        self.assertTrue((begin[20:30] < 100).all() and begin[20:30].any() and (begin[30:] == 0).all())
        np.testing.assert_array_equal(hops.begins("nb1", rows[7:9], samples[7:9]), begin[7:9])

    def test_blocks_of_a_clip_heard_from_within_are_told_by_the_samples_of_the_clip(self):
        rng, samples = np.random.default_rng(2), np.array([40000, 52000])
        audio = np.round(3000 * rng.standard_normal(samples.sum())).astype(np.int16)
        table = pd.DataFrame({"samples": samples, "offset": np.r_[0, samples[:1]], "label": [0, 1]})
        with tempfile.TemporaryDirectory() as work, mock.patch.object(hops.bank, "items", lambda _: table), \
                mock.patch.object(hops.bank, "load", lambda *_: audio), mock.patch.dict(hops._state, {"encoder": Listening()}):
            count, _ = hops.layout(work)
            kept, began = hops.paths(work, "nb1")
            self.assertNotEqual(kept, hops.paths(work, "nb")[0].replace("nb", "nb1"))
            np.memmap(kept, np.float16, "w+", shape=(count.sum(), pooling.STORED)).flush()
            np.memmap(began, np.int32, "w+", shape=(count.sum(),)).flush()
            hops.encode((work, "nb1", np.array([0, 1])))
            found = np.fromfile(began, np.int32)
        for row, begin in enumerate(hops.begins("nb1", np.array([0, 1]), samples)):
            clip = audio[table.offset[row] + begin:table.offset[row] + samples[row]].astype(np.float32) / 32768
            at = slice(count[:row].sum(), count[:row + 1].sum())
            self.assertGreater(begin, 0)
            self.assertEqual([b for b in found[at] if b >= 0], [start + begin for start, _ in logmel.starts(clip)])


class Listening:
    """In the encoder's place: where blocks lie, and nothing of what is in them."""
    device = "cpu"

    def __call__(self, x, samples):
        _, grid = logmel.features(x, samples)
        return [torch.zeros(len(x), grid.began.shape[1] * encoder.ROWS, encoder.WIDTH)] * pooling.OUTPUTS, grid


if __name__ == "__main__":
    unittest.main()
