"""`PYTHONPATH=Tools/training python -m unittest discover Tools/training/tests`, in the training's Python environment."""
import unittest

import numpy as np

from falsetto_training import metrics, probes


def nearest(scores, y):
    """The formula of the ASVspoof packages: over all thresholds, the mean of the two rates where they are nearest."""
    order = np.argsort(scores)
    miss = np.r_[0, np.cumsum(y[order] == 1)] / (y == 1).sum()
    alarm = 1 - np.r_[0, np.cumsum(y[order] == 0)] / (y == 0).sum()
    i = np.argmin(np.abs(miss - alarm))
    return (miss[i] + alarm[i]) / 2


class EqualErrorRates(unittest.TestCase):
    def test_without_equal_values_it_is_the_rate_of_the_packages_within_one_trial(self):
        rng = np.random.default_rng(1)
        y = rng.integers(0, 2, 2000)
        v = rng.standard_normal(2000) + 0.8 * y
        self.assertAlmostEqual(metrics.eer(v, y), nearest(v, y), delta=1e-3)

    def test_equal_values_say_nothing_whatever_the_order_of_the_rows(self):
        y = np.repeat([0, 1], [30, 70])
        for order in (y, 1 - y):
            self.assertAlmostEqual(metrics.eer(np.full(100, 3.0), order), 0.5)

    def test_two_groups_give_the_line_between_their_points(self):
        # 20 % of people and 90 % of machines have the mark: P_fa = P_miss on the line from (0.2, 0.1) to (0, 1).
        y = np.repeat([0, 1], 100)
        mark = np.r_[np.repeat([1, 0], [20, 80]), np.repeat([1, 0], [90, 10])]
        self.assertAlmostEqual(metrics.eer(mark, y), 0.2 * (1 - 0.1 / 1.1))


class Categories(unittest.TestCase):
    def test_odds_come_from_the_fitted_rows_alone(self):
        category = np.array(["a"] * 10 + ["b"] * 10 + ["c"] * 4)
        y = np.array([1] * 9 + [0] + [0] * 9 + [1] + [1, 1, 0, 0])
        fitted = np.arange(24) < 20
        v = probes.odds(category, y, fitted)
        self.assertAlmostEqual(v[0], np.log(10 / 2))
        self.assertAlmostEqual(v[10], np.log(2 / 10))
        self.assertTrue((v[20:] == 0).all(), "a category never met says nothing")
        y[20:] = 1 - y[20:]
        np.testing.assert_array_equal(v, probes.odds(category, y, fitted))

    def test_the_share_of_variance_is_none_for_noise_and_all_for_a_score_that_is_the_category(self):
        rng = np.random.default_rng(2)
        c = rng.integers(0, 20, 4000)
        self.assertLess(probes.explained(rng.standard_normal(4000), c), 0.01)
        self.assertGreater(probes.explained(c + 0.01 * rng.standard_normal(4000), c), 0.99)
        self.assertAlmostEqual(probes.explained(rng.standard_normal(4000) + (c - c.mean()) / c.std(), c), 0.5, delta=0.05)


if __name__ == "__main__":
    unittest.main()
