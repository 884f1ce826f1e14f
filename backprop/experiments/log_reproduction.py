"""Reproduce the report's XOR log line by line, from initial weights that were found by fitting.

The report's own initial weights are lost. From the weights given here, its network, 2-4-1 without bias, trained with
the mean loss and η = 1, reproduces every legible line of its log. They are not the original weights, because the log
has 16 digits, of which they reproduce 6 or 7.
"""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.experiments.report import XOR_LOG
from backprop.network import Model
from backprop.training import train

#: W₁ and W₂, found by least squares over the 12 unknown weights.
WEIGHTS = (
    np.array([[0.50066553, -1.11197624, 2.4934099, 0.1613301], [0.70819491, 0.62046162, 0.6560137, 0.04773203]]),
    np.array([[1.5486231], [1.01918435], [1.05838327], [0.48818236]]),
)


def run() -> dict[str, Any]:
    """Train from the fitted weights and compare with the log.

    Returns:
        "lines": epoch, the report's loss, ours and the relative deviation, or None where the report's line is missing;
        "worst", the largest deviation; "missing", our loss at epoch 7000; "lines_compared"; "unknowns_two", how
        many weights 2-4-4-1 has; "w1" and "w2".

    Examples:
        >>> from backprop.experiments.log_reproduction import run
        >>> result = run()
        >>> for epoch, printed, ours, deviation in result["lines"]:
        ...     if printed is not None:
        ...         print(f"{epoch:5} {printed:.12f} {ours:.12f} {abs(deviation) < 4e-7}")
            0 0.450136810530 0.450136810484 True
          500 0.248149946491 0.248149946772 True
         1000 0.235803525943 0.235803526230 True
         1500 0.218076831876 0.218076830442 True
         2000 0.179162135004 0.179162137365 True
         2500 0.099712612354 0.099712602169 True
         3000 0.066624304968 0.066624331378 True
         3500 0.048838772478 0.048838754829 True
         4000 0.036797403541 0.036797396263 True
         4500 0.027910348502 0.027910352364 True
         5000 0.021311195887 0.021311200101 True
         5500 0.016480875118 0.016480876159 True
         6000 0.012970614853 0.012970613817 True
         6500 0.010407751819 0.010407750369 True
         7500 0.007086557413 0.007086557128 True
         8000 0.005994676770 0.005994676970 True
         8500 0.005143631560 0.005143631937 True
         9000 0.004469255431 0.004469255703 True
         9500 0.003926680222 0.003926680180 True
        >>> result["lines_compared"], result["worst"] < 4e-7
        (19, True)

        The log has no line for epoch 7000, but the run has a loss there:

        >>> round(result["missing"], 7)
        0.0085123
    """
    X, y = xor()
    losses = train(Model(WEIGHTS), X, y, eta=1.0, epochs=10_000).losses
    lines: list[list[float | None]] = []
    for epoch in range(0, 10_000, 500):
        printed, ours = XOR_LOG.get(epoch), float(losses[epoch])
        lines.append([epoch, printed, ours, None if printed is None else ours / printed - 1])
    deviations = [abs(line[3]) for line in lines if line[3] is not None]
    return {
        "lines": lines,
        "lines_compared": len(deviations),
        "worst": max(deviations),
        "missing": float(losses[7000]),
        "unknowns_two": sum(w.size for w in Model.random([2, 4, 4, 1]).weights),
        "w1": WEIGHTS[0].tolist(),
        "w2": WEIGHTS[1].tolist(),
    }
