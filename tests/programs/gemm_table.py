# SPDX-License-Identifier: Apache-2.0
# Tables of matrix products with a known truth, for the tests of what learns from them.
import math
import random

PEAK, BANDWIDTH = 989.4e12, 4.917e12


def seconds(m, n, k, chance, noise=0.02):
    """A knee at 80 and 70 %, and noise."""
    compute, memory = 2 * m * n * k / (0.8 * PEAK), 2 * (m * n + n * k + m * k) / (0.7 * BANDWIDTH)
    return (3e-6 + math.hypot(compute, memory)) * math.exp(chance.gauss(0, noise))


def lines(count=500, seed=1):
    chance = random.Random(seed)
    made = ["m,n,k,seconds"]
    for _ in range(count):
        m, n, k = (int(2 ** chance.uniform(4, 14)) for _ in range(3))
        made.append(f"{m},{n},{k},{seconds(m, n, k, chance):.6e}")
    return made
