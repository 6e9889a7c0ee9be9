"""Trains a small LSTM on a week of arrivals and forecasts the week after, one bucket at a time.

Standard input: {"bucket": seconds, "counts": [arrivals in each bucket], "learn": buckets to train on, "seed": n}.
Standard output: {"forecasts": [[one bucket ahead, two buckets ahead], ...]}: for each bucket, the arrivals forecast at its
end. No forecast uses later counts: the network sees the counts in order and is trained on the first `learn` of them only.
"""

import json
import math
import sys

import torch
from torch import nn

AHEAD = 2
HIDDEN = 32
DAY, WEEK = 86_400, 604_800
HARMONICS = {DAY: (1, 2, 3, 4, 6, 8, 12, 24), WEEK: (1, 2, 3)}
# Windows of a day and a half (in buckets), so that each morning is seen with the evening before it.
WINDOW, STEP, EPOCHS = 432, 48, 150


class Lstm(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.cells = nn.LSTM(features, HIDDEN, batch_first=True)
        self.rates = nn.Linear(HIDDEN, AHEAD)

    def forward(self, inputs):
        """Logarithms of the arrivals in the next buckets."""
        return self.rates(self.cells(inputs)[0])


def features(counts, bucket):
    """The count of each bucket, and the position of its end in day and week."""
    ends = (torch.arange(len(counts)) + 1.0) * bucket
    columns = [torch.log1p(counts) / 3]
    for period, multiples in HARMONICS.items():
        for k in multiples:
            angle = 2 * math.pi * k * ends / period
            columns += [torch.sin(angle), torch.cos(angle)]
    return torch.stack(columns, dim=1)


def train(inputs, targets):
    """A network fitted by Poisson likelihood with AdamW and a learning rate that decays to zero."""
    starts = range(0, len(inputs) - WINDOW - AHEAD + 1, STEP)
    windows = torch.stack([inputs[k : k + WINDOW] for k in starts])
    wanted = torch.stack([targets[k : k + WINDOW] for k in starts])
    network = Lstm(inputs.shape[1])
    steps = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.01)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(steps, EPOCHS)
    loss = nn.PoissonNLLLoss(log_input=True)
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(windows)).split(8):
            steps.zero_grad()
            error = loss(network(windows[batch]), wanted[batch])
            error.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            steps.step()
            total += error.item()
        slower.step()
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1} of {EPOCHS}: loss {total:.2f}", file=sys.stderr, flush=True)
    return network


def main():
    given = json.load(sys.stdin)
    torch.manual_seed(given["seed"])
    torch.set_num_threads(1)
    counts = torch.tensor(given["counts"], dtype=torch.float32)
    inputs = features(counts, given["bucket"])
    learn = given["learn"]
    past = counts[:learn]
    targets = torch.stack([past[k : len(past) - AHEAD + k] for k in range(1, AHEAD + 1)], dim=1)
    network = train(inputs[: len(targets)], targets)
    with torch.no_grad():
        forecasts = torch.exp(network(inputs[None])[0].clamp(max=20))
    json.dump({"forecasts": [[round(value, 3) for value in row] for row in forecasts.tolist()]}, sys.stdout)


main()
