"""The frozen encoder in blocks of 0.4 s, many clips at once: what Sources/Classifier/EncoderEar.swift computes one after the other.

Layers: Radford et al. 2022, section 2.2 (Whisper). Attention sees the hop and at most 1.6 s before it, and positions begin anew with the
cycle: both ours. Where speech sets in, and after a block without sound, everything begins anew. What a layer gives on average at each
position is taken off, since the cycle is otherwise heard in what is pooled.
"""
import numpy as np
import torch
import torch.nn.functional as F

from . import logmel

WIDTH, HEADS, INNER = 512, 8, 2048
ROWS, CONTEXT = logmel.FRAMES // 2, 80           # encoder frames of 20 ms in a hop; frames before a hop that attention sees
CYCLE = CONTEXT + ROWS


def sinusoids():
    """[CYCLE, WIDTH]: Whisper's positions, sines then cosines (openai/whisper, model.py)."""
    half = WIDTH // 2
    t = np.arange(CYCLE)[:, None] * np.exp(-np.log(10000) / (half - 1) * np.arange(half))[None]
    return torch.tensor(np.concatenate([np.sin(t), np.cos(t)], 1), dtype=torch.float32)


class Encoder:
    def __init__(self, tensors, device="cpu", dtype=torch.float32):
        """tensors: under the names of the model file; `positionMeans` [blocks, CYCLE, WIDTH] may be missing."""
        self.t = {k: v.to(device, dtype) for k, v in tensors.items()}
        self.device, self.dtype = device, dtype
        self.positions = (self.t["positions"] if "positions" in self.t else sinusoids().to(device, dtype))
        self.means = self.t.get("positionMeans")
        self.blocks = sum(k.endswith(".inner.bias") for k in tensors)

    def halved(self):
        """Linear layers in bfloat16, which holds them exactly: under autocast nothing is converted any more. For encoding alone."""
        for k in self.t:
            if k.startswith("block") and k.endswith((".weight", ".bias")):
                self.t[k] = self.t[k].bfloat16()
        return self

    def linear(self, name, x):
        return F.linear(x, self.t[name + ".weight"], self.t[name + ".bias"])

    def norm(self, name, x):
        return F.layer_norm(x, (WIDTH,), self.t[name + ".gamma"], self.t[name + ".beta"])

    def convolved(self, f):
        """[B, H, BEFORE + FRAMES, BANDS] -> [B, H * ROWS, WIDTH]."""
        B, H = f.shape[:2]
        taps = lambda n, inputs: self.t[n + ".weight"].view(WIDTH, 3, inputs).transpose(1, 2)
        z = F.gelu(F.conv1d(f.flatten(0, 1).transpose(1, 2), taps("conv1", logmel.BANDS), self.t["conv1.bias"]))
        z = F.gelu(F.conv1d(z, taps("conv2", WIDTH), self.t["conv2.bias"], stride=2))
        return z.transpose(1, 2).reshape(B, H * ROWS, WIDTH)

    def attended(self, y, known):
        """[B, n, 3 WIDTH] queries, keys, values -> [B, n, WIDTH]; known: [B, H, CYCLE], which keys a hop may see."""
        B, n, _ = y.shape
        H, D = n // ROWS, WIDTH // HEADS
        q, k, v = y.view(B, n, 3, HEADS, D).unbind(2)

        def seen(t):
            """Of each hop the rows that lie in its context and in itself. In four dimensions, since only then the fast kernel is taken."""
            t = F.pad(t, (0, 0, 0, 0, CONTEXT, 0)).view(B, -1, ROWS, HEADS, D)
            return torch.stack([t[:, i:i + H] for i in range(CYCLE // ROWS)], 2).view(B * H, CYCLE, HEADS, D).transpose(1, 2)
        q = q.reshape(B * H, ROWS, HEADS, D).transpose(1, 2)
        mask = known.reshape(B * H, 1, 1, CYCLE).expand(B * H, 1, ROWS, CYCLE)
        return F.scaled_dot_product_attention(q, seen(k), seen(v), attn_mask=mask).transpose(1, 2).reshape(B, n, WIDTH)

    def __call__(self, x, samples=None):
        """[B, N] samples at 16 kHz, of each clip so many (all) -> ([outputs] each [B, H * ROWS, WIDTH], logmel.Grid)."""
        f, grid = logmel.features(x, samples)
        age = grid.age
        z = self.convolved(f).to(self.dtype)
        at = ((age[:, :, None] * ROWS + torch.arange(ROWS, device=age.device)) % CYCLE).flatten(1)            # [B, n] positions
        # Key k of a hop lies (CONTEXT - k) frames before its first one.
        known = torch.arange(CYCLE, device=age.device) >= CONTEXT - ROWS * age[:, :, None]
        out = [z]
        z = z + self.positions[at]
        for i in range(self.blocks):
            n = f"block{i + 1}."
            z = z + self.linear(n + "attentionOutput", self.attended(self.linear(n + "projections", self.norm(n + "attentionNorm", z)), known))
            z = z + self.linear(n + "outer", F.gelu(self.linear(n + "inner", self.norm(n + "innerNorm", z))))
            z = z.to(self.dtype)
            out.append(z if self.means is None else z - self.means[i][at])
        return out, grid
