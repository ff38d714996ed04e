"""Training of the head."""
import unittest
from unittest import mock

import numpy as np
import torch

from falsetto_training import heads


class Averaging(unittest.TestCase):
    def trained(self, **words):
        rng = np.random.default_rng(1)
        x = torch.from_numpy(rng.normal(size=(40, 12))).half()
        label = torch.arange(40).float() % 2
        place = torch.arange(40).view(1, 1, 40)
        taken = []

        class Recording(torch.optim.AdamW):
            def step(self, *a, **k):
                super().step(*a, **k)
                taken.append([p.detach().clone() for g in self.param_groups for p in g["params"]])
                rates.append(self.param_groups[0]["lr"])
        rates = []
        recipe = heads.Recipe("t", hidden=4, steps=20, batch=8, rate=0.01, **words)
        with mock.patch.object(torch.optim, "AdamW", Recording):
            alike = torch.ones(40, 1, dtype=torch.float64)
            net = heads.head(x, label, alike[:, 0], alike, place, recipe, 0, lambda step: None)
        return list(net.parameters()), taken, rates

    def test_the_weights_of_the_last_steps_are_averaged_at_half_the_rate(self):
        net, taken, rates = self.trained(averaged=0.5)
        for k, p in enumerate(net):
            mean = (taken[10][k] + taken[15][k]) / 2
            self.assertTrue(torch.allclose(p, mean, atol=1e-6))
            self.assertFalse(torch.allclose(p, taken[19][k], atol=1e-6))
        self.assertEqual(rates, [0.01] * 10 + [0.005] * 10)

    def test_without_averaging_the_last_weights_stay_and_the_rate_falls_to_nothing(self):
        net, taken, rates = self.trained()
        self.assertTrue(all(torch.equal(p, q) for p, q in zip(net, taken[19])))
        self.assertTrue(np.allclose(rates, 0.01 * (1 - np.arange(20) / 20)))


if __name__ == "__main__":
    unittest.main()
