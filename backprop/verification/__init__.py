"""Is it right? Measured gradients, and what a loss that stays put says."""

from backprop.verification.fingerprints import Fingerprint, Reading, fingerprint
from backprop.verification.numerical import GradientCheck, gradient_check, measured_gradients

__all__ = [
    "Fingerprint",
    "GradientCheck",
    "Reading",
    "fingerprint",
    "gradient_check",
    "measured_gradients",
]
