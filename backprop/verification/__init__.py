"""Is it right? Diagnosis of anybody's gradient, and the catalogue of mistakes."""

from backprop.verification.catalogue import MISTAKES, Mistake
from backprop.verification.diagnosis import Diagnosis, check, diagnose, diagnose_step

__all__ = ["MISTAKES", "Diagnosis", "Mistake", "check", "diagnose", "diagnose_step"]
