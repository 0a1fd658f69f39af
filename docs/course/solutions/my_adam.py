"""Chapter 6: Adam (Kingma & Ba 2015, algorithm 1)."""

from math import sqrt


class Adam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.m = [0.0] * len(self.params)
        self.v = [0.0] * len(self.params)
        self.steps = 0

    def step(self):
        self.steps += 1
        beta1, beta2 = self.betas
        for k, p in enumerate(self.params):
            self.m[k] = beta1 * self.m[k] + (1 - beta1) * p.grad
            self.v[k] = beta2 * self.v[k] + (1 - beta2) * p.grad**2
            m = self.m[k] / (1 - beta1**self.steps)
            v = self.v[k] / (1 - beta2**self.steps)
            p.data -= self.lr * m / (sqrt(v) + self.eps)
