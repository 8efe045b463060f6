"""Keras's layers that ask keras.json where the channels are, told that they are last.

Sequences are (batch, length, channels) throughout. A test refuses these layers in our
networks where they are taken from Keras without `data_format`.
"""

from __future__ import annotations

from functools import partial

from keras import layers

_LAST = "channels_last"

AveragePooling1D = partial(layers.AveragePooling1D, data_format=_LAST)
Conv1D = partial(layers.Conv1D, data_format=_LAST)
DepthwiseConv1D = partial(layers.DepthwiseConv1D, data_format=_LAST)
Flatten = partial(layers.Flatten, data_format=_LAST)
GlobalAveragePooling1D = partial(layers.GlobalAveragePooling1D, data_format=_LAST)
GlobalMaxPooling1D = partial(layers.GlobalMaxPooling1D, data_format=_LAST)
MaxPooling1D = partial(layers.MaxPooling1D, data_format=_LAST)
ZeroPadding1D = partial(layers.ZeroPadding1D, data_format=_LAST)
