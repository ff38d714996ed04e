"""Momentum made orthogonal (Jordan et al. 2024, Muon), for convolution kernels taken as matrices [out, everything else].

The size of the step is matched to AdamW's (Liu et al. 2025, "Muon is scalable for LLM training": 0.2 sqrt(larger side)).
"""
import torch


def orthogonal(g, rounds=5):
    """Newton-Schulz iteration towards the nearest matrix with orthonormal rows or columns."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g / (g.norm() + 1e-7)
    turned = x.shape[0] > x.shape[1]
    x = x.T if turned else x
    for _ in range(rounds):
        s = x @ x.T
        x = a * x + (b * s + c * s @ s) @ x
    return x.T if turned else x


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, weight_decay=0.02):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("momentum", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - group["momentum"])
                g = p.grad.lerp(m, group["momentum"]).flatten(1)
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_((orthogonal(g) * 0.2 * max(g.shape) ** 0.5).view_as(p), alpha=-group["lr"])
