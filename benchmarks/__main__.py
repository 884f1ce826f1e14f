"""Measure in a process of its own: python -m benchmarks [--out FOLDER] [--short | --quick].

NumPy and the other programs read the number of threads from environment variables when they are imported. The variables
are therefore passed to the process that measures, and to no other process.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

#: The variables with which the measuring process starts: everything runs on one thread.
SETTINGS = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}

#: The variables without which it starts, because they can force a kernel for an older processor upon NumPy's OpenBLAS.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Choose the variables of the process that measures.

    Args:
        variables: those of this process.

    Returns:
        The same with `SETTINGS` and without `UNSET`.

    Examples:
        >>> from benchmarks.__main__ import environment
        >>> chosen = environment({"LANG": "C", "OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "8"})
        >>> chosen["LANG"], chosen["OMP_NUM_THREADS"], "OPENBLAS_CORETYPE" in chosen
        ('C', '1', False)
    """
    return {name: value for name, value in variables.items() if name not in UNSET} | SETTINGS


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the process that measures, and wait for it.

    Args:
        arguments: the words after the program's name; None for those of the process.

    Returns:
        Its exit status; 130 if interrupted.
    """
    words = sys.argv[1:] if arguments is None else arguments
    command = [sys.executable, "-m", "benchmarks.measure", *words]
    try:
        return subprocess.run(command, env=environment(os.environ), check=False).returncode
    except KeyboardInterrupt:
        return 130  # the measuring process has been interrupted as well and says so


if __name__ == "__main__":
    sys.exit(main())
