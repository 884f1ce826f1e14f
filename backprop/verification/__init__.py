"""Is it right? Measured gradients, the catalogue of mistakes, diagnosis, and what a loss that stays put says."""

from backprop.verification.catalogue import MISTAKES, Mistake
from backprop.verification.diagnosis import Diagnosis, check, diagnose, diagnose_step
from backprop.verification.loss_diagnosis import LossDiagnosis, KnownLoss, diagnose_loss
from backprop.verification.numerical import GradientCheck, gradient_check, numerical_gradients

__all__ = [
    "MISTAKES",
    "Diagnosis",
    "LossDiagnosis",
    "GradientCheck",
    "Mistake",
    "KnownLoss",
    "check",
    "diagnose",
    "diagnose_step",
    "diagnose_loss",
    "gradient_check",
    "numerical_gradients",
]
