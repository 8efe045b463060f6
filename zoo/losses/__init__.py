"""Losses from logits with missing targets, one per file. Importing it imports Keras."""

from zoo.losses.counts_loss_weight import counts_loss_weight
from zoo.losses.masked_binary_crossentropy import MaskedBinaryCrossentropy
from zoo.losses.masked_categorical_crossentropy import MaskedCategoricalCrossentropy
from zoo.losses.masked_log_poisson import MaskedLogPoisson
from zoo.losses.masked_mean_squared_error import MaskedMeanSquaredError
from zoo.losses.multinomial_negative_log_likelihood import (
    MultinomialNegativeLogLikelihood,
)

__all__ = [
    "MaskedBinaryCrossentropy",
    "MaskedCategoricalCrossentropy",
    "MaskedLogPoisson",
    "MaskedMeanSquaredError",
    "MultinomialNegativeLogLikelihood",
    "counts_loss_weight",
]
