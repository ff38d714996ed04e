"""The teacher that hops are adapted to: the frames of teacher and pupil must be of the same sound."""
import unittest

import torch

from falsetto_training import adapt, encoder, logmel
from test_hearing import drawn_encoder


class Teaching(unittest.TestCase):
    def test_teacher_and_pupil_hear_the_same_frames(self):
        # Blocks that add nothing leave convolutions and positions, which are known for both. A loud beginning sets both tops alike.
        tensors = {k: v for k, v in drawn_encoder().items() if k != "positionMeans"}
        for k in tensors:
            if "attentionOutput" in k or "outer" in k:
                tensors[k] = torch.zeros_like(tensors[k])
        before = 2
        x = 0.05 * torch.randn(1, adapt.SAMPLES + before * logmel.HOP + adapt.LEAD, generator=torch.Generator().manual_seed(5))
        for at in range(before, before + 7):
            x[:, at * logmel.HOP + 3200:at * logmel.HOP + 3600] *= 10
        heard, _, age = encoder.Encoder(tensors)(x)
        teacher = adapt.Teacher(encoder.Encoder(tensors))
        wanted = teacher(x[:, -adapt.SAMPLES - adapt.LEAD:-adapt.LEAD])
        frames = (adapt.SAMPLES // logmel.HOP) * encoder.ROWS
        at = ((age[:, :, None] * encoder.ROWS + torch.arange(encoder.ROWS)) % encoder.CYCLE).flatten(1)
        mine = heard[2][0, -frames:] - encoder.sinusoids()[at[0, -frames:]]
        theirs = wanted[1][0, :frames] - teacher.positions[:frames]
        same = (mine - theirs).square().mean(1) / theirs.var()
        # Exact in a hop whose own top is the window's; a frame off is far.
        self.assertLess(float(same.view(-1, encoder.ROWS).amax(1).min()), 1e-6)
        self.assertGreater(float((mine[5:-1] - theirs[6:]).square().mean() / theirs.var()), 0.1)


if __name__ == "__main__":
    unittest.main()
