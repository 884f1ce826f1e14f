"""Is it right? Measured gradients, the catalogue of mistakes, diagnosis, and what a loss that stays put says."""

from backprop.verification.catalogue import MISTAKES, Mistake
from backprop.verification.diagnosis import Diagnosis, check, diagnose, diagnose_step
from backprop.verification.fingerprints import Fingerprint, Reading, fingerprint
from backprop.verification.numerical import GradientCheck, gradient_check, measured_gradients

__all__ = [
    "MISTAKES",
    "Diagnosis",
    "Fingerprint",
    "GradientCheck",
    "Mistake",
    "Reading",
    "check",
    "diagnose",
    "diagnose_step",
    "fingerprint",
    "gradient_check",
    "measured_gradients",
]
