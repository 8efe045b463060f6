"""A sound network and one that breaks its promises."""

import keras
from keras import layers

import registry
from zoo.architectures import blocks
from zoo.layers import RCConv1D, StrandPooling


@registry.declare(reverse_complement="invariant")
def plugin_net(*, sequence_length=None, num_outputs=1, filters=8):
    """Scans both strands and takes the best match."""
    inputs = blocks.sequence_input(sequence_length)
    x = RCConv1D(filters, 7, padding="same", name="stem_conv")(inputs)
    x = StrandPooling("max", name="strands")(blocks.pool(x, "max"))
    return keras.Model(inputs, blocks.head(x, num_outputs), name="plugin_net")


@registry.declare(reverse_complement="invariant")
def plugin_liar(sequence_length=None, num_outputs=1, activation=keras.activations.relu):
    """Neither invariant, nor named, nor described by JSON, nor in logits."""
    inputs = layers.Input((100, 4))
    x = layers.Conv1D(8, 7, activation=activation)(inputs)
    x = layers.GlobalMaxPooling1D()(x)
    return keras.Model(inputs, layers.Dense(num_outputs, activation="sigmoid")(x))
