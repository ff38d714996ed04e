"""The golden files of the program's layers are what falsetto_training.layers makes."""
import os
import unittest

import torch
from safetensors.torch import load_file

from falsetto_training import layers, modelfile

RESOURCES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "Tests", "ClassifierTests", "Resources")


class GoldenLayers(unittest.TestCase):
    def test_the_committed_files_are_made_again(self):
        tensors, about, given = layers.make()
        kept, description = modelfile.read(os.path.join(RESOURCES, layers.MODEL))
        self.assertEqual(description, about)
        self.assertEqual(set(kept), set(tensors))
        for name, tensor in tensors.items():
            self.assertTrue(torch.equal(kept[name], tensor.float()), name)
        golden = load_file(os.path.join(RESOURCES, layers.GOLDEN))
        self.assertEqual(set(golden), set(given))
        for name, values in given.items():
            self.assertTrue(torch.allclose(golden[name], values, atol=1e-5, rtol=1e-4), name)

    def test_a_layer_hears_nothing_of_later_hops(self):
        """What the golden values rest on: with later frames changed, those before stay."""
        tensors, _, given = layers.make()
        changed = given["features"].clone()
        frames = layers.FRONT_END["framesPerHop"]
        changed[3 * frames:] *= -1
        other = layers.Reference(0, tensors).run(layers.LAYERS, changed)
        for name, values in given.items():
            before = 3 * len(values) // layers.HOPS
            self.assertTrue(torch.allclose(other[name][:before], values[:before], atol=1e-5), name)
            self.assertFalse(torch.allclose(other[name][before:], values[before:], atol=1e-2), name)

    def test_every_kind_is_there(self):
        kinds = {"convolution", "dense", "norm", "activation", "gru", "attention", "statistics", "sum", "gate", "concatenate"}
        self.assertEqual({layer["kind"] for layer in layers.LAYERS}, kinds)


if __name__ == "__main__":
    unittest.main()
