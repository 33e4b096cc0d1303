"""Neural networks as reactions: activations that chemistry computes, compilation, training through the chemistry."""

from crnwidgets.neural.activations import PolynomialDecay, ReLU, SmoothReLU
from crnwidgets.neural.certify import ActivationSystem, Certificate, certify
from crnwidgets.neural.data import digits, mnist
from crnwidgets.neural.dynamics import settle, simulate
from crnwidgets.neural.feed_forward import FeedForward, cross_entropy, gradient, one_norm, quadratic
from crnwidgets.neural.training import Progress, fit, train

__all__ = [
    "ActivationSystem",
    "Certificate",
    "FeedForward",
    "PolynomialDecay",
    "Progress",
    "ReLU",
    "SmoothReLU",
    "certify",
    "cross_entropy",
    "digits",
    "fit",
    "gradient",
    "mnist",
    "one_norm",
    "quadratic",
    "settle",
    "simulate",
    "train",
]
