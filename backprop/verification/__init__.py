"""Is a gradient correct? Numerical gradients, the catalogue of mistakes, and the diagnosis of gradients and losses."""

from backprop.verification.catalogue import MISTAKES, Mistake
from backprop.verification.diagnosis import assert_gradient, diagnose
from backprop.verification.findings import Diagnosis
from backprop.verification.loss_diagnosis import KnownLoss, LossDiagnosis, diagnose_loss
from backprop.verification.numerical import GradientCheck, gradient_check, numerical_gradients
from backprop.verification.steps import diagnose_step

__all__ = [
    "MISTAKES",
    "Diagnosis",
    "GradientCheck",
    "KnownLoss",
    "LossDiagnosis",
    "Mistake",
    "assert_gradient",
    "diagnose",
    "diagnose_loss",
    "diagnose_step",
    "gradient_check",
    "numerical_gradients",
]
