"""Groups of people that are named in the model card: they are pages that are there, and their shares are counted at one threshold."""
import csv
import os
import unittest

import numpy as np
import pandas as pd

from falsetto_training import validation

VOICES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "Corpora", "voices.csv")


def people(source, scores):
    return pd.DataFrame({"band": "nb", "source": source, "label": 0, "score": scores, "language": "en", "sex": "", "family": ""})


class Kinds(unittest.TestCase):
    def test_every_source_is_in_the_corpus_with_people_for_training(self):
        with open(VOICES, encoding="utf-8") as f:
            known = {row["source"] for row in csv.DictReader(f) if row["label"] == "bonafide" and row["split"] == "train"}
        for name, sources in validation.KINDS.items():
            self.assertEqual(sources - known, set(), name)

    def test_shares_are_at_the_threshold_of_all_people(self):
        # 95 people at 0, five above: one of two telephone calls among them, and none of four children.
        rows = [people("page", np.r_[np.zeros(89), 1, 1, 1, 1]), people("hyke_ivr", [0, 2]), people("speechocean762", [0, 0, 0, 0])]
        lines = validation.groups(pd.concat(rows, ignore_index=True), alarms=0.05)
        self.assertIn("on telephones 50.0 % of 2, learners, half of them children 0.0 % of 4", lines[0])


if __name__ == "__main__":
    unittest.main()
