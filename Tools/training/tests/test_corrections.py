"""Labels that the clips' own pages contradict."""
import csv
import os
import tempfile
import unittest

import numpy as np
import pandas as pd

from falsetto_training import corpus, folds

VOICES = os.path.join(os.path.dirname(corpus.CORRECTIONS), "voices.csv")


class Corrections(unittest.TestCase):
    def test_each_is_of_a_training_clip_says_something_new_and_who_says_it(self):
        with open(VOICES, encoding="utf-8") as f:
            known = {row["path"]: row for row in csv.DictReader(f)}
        with open(corpus.CORRECTIONS, encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        self.assertEqual(len(rows), len({r["path"] for r in rows}))
        for r in rows:
            clip = known[r["path"]]
            self.assertEqual(clip["split"], "train", r)
            self.assertNotEqual((clip["label"], clip["system_family"]), (r["label"], r["system_family"]), r)
            self.assertIn(r["label"], ("bonafide", "spoof", "enhanced", "partly", "doubtful"), r)
            self.assertEqual(r["label"] in ("spoof", "partly", "doubtful"), r["system_family"] != "", r)
            self.assertTrue(r["page"] and r["quote"], r)

    def test_a_table_has_the_corrected_labels_and_its_folds_stay(self):
        table = pd.DataFrame({
            "path": list("abcdef"), "label": [0, 0, 1, 1, 0, -1], "kind": ["human", "human", "spoof", "spoof", "human", "nonspeech"],
            "source": list("uvwxyz"), "owner": list("uvwxyz"), "system": ["", "", "s", "t", "", ""], "family": ["", "", "tts", "vc", "", ""]})
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as f:
            f.write("path,label,system_family,page,quote\na,spoof,classical,p,q\nc,bonafide,,p,q\nd,partly,tts,p,q\ne,spoof,neural_codec,p,q\n")
            f.flush()
            t = corpus.corrected(table, f.name)
        self.assertEqual(t.label.tolist(), [1, 0, 0, -2, -2, -1])
        self.assertEqual(t.family.tolist(), ["classical", "", "", "tts", "neural_codec", ""])
        self.assertEqual(t.system.tolist(), ["classical", "", "", "t", "neural_codec", ""])
        self.assertEqual(folds.assign(t), folds.assign(table))
        self.assertTrue((t.kind == table.kind).all() and np.array_equal(table.label, [0, 0, 1, 1, 0, -1]))


if __name__ == "__main__":
    unittest.main()
