"""Group normalization that commutes with the reverse complement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import LayerOptions
from zoo.layers.strands import PairedLayer, Strands


@keras.saving.register_keras_serializable(package="seqzoo")
class RCGroupNormalization(PairedLayer):
    """Group normalization whose partners share scale and offset.

    The channels are cut into `groups` blocks of equal size; each block of one sequence
    is normalized over its positions and channels. The partners of a block must be a
    block as well: the two then swap their mean and variance on the other strand. With
    the reversal, any number of groups that divides the channels will do.

    Args:
        groups: Number of blocks; 1 for all channels together, -1 for each channel by
            itself (instance normalization).
        epsilon: Added to the variance.
        center: Whether to add beta.
        scale: Whether to multiply by gamma.
        pairing: The partner of each channel, see `zoo.layers.pairings`; None for the
            reversal.

    Input shape:
        (batch, length, channels), with that pairing.

    Output shape:
        As the input.

    Weights:
        gamma and beta, each with one value per pair (in the order of its smaller
        channel), then one per channel that has no partner.

    Raises:
        ValueError: groups does not divide the channels, the partners of a group are
            in several groups, or the channels do not fit the pairing.

    Source:
        Wu and He, "Group normalization", arXiv:1803.08494; tied as Brown and Lunter
        tie batch normalization, doi:10.1093/bioinformatics/bty964. Statistics are
        those of `keras.layers.GroupNormalization`, float32 under mixed precision.
    """

    def __init__(
        self,
        groups: int = 32,
        *,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        pairing: Sequence[int] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(pairing=pairing, **options)
        if groups < 1 and groups != -1:
            raise ValueError(
                "groups must be at least 1, or -1 for one group per channel. "
                f"Received: groups={groups}"
            )
        self.groups = groups
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.input_spec = keras.layers.InputSpec(ndim=3)
        self._normalize = keras.layers.GroupNormalization(
            groups,
            epsilon=epsilon,
            center=False,
            scale=False,
            dtype=self.variable_dtype,  # float32 under mixed precision
            name="normalize",
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates scale and offset, one value for two partners."""
        super().build(input_shape)
        _check_groups(self._strands, self.groups)
        self._normalize.build(input_shape)
        self.gamma, self.beta = (
            self.add_weight(
                name=name,
                shape=(self._strands.orbits,),
                initializer=initializer,
                autocast=False,
            )
            if wanted
            else None
            for name, wanted, initializer in (
                ("gamma", self.scale, "ones"),
                ("beta", self.center, "zeros"),
            )
        )

    def call(self, inputs: Any) -> Any:
        """Normalizes each group over its positions and channels."""
        outputs = self._normalize(inputs)
        if self.gamma is not None:
            outputs = outputs * self._strands.expand(self.gamma)
        if self.beta is not None:
            outputs = outputs + self._strands.expand(self.beta)
        return ops.cast(outputs, self.compute_dtype)

    def multiply_adds(self, input_shape: tuple[int | None, ...]) -> int:
        """None: as all normalization."""
        return 0


def _check_groups(strands: Strands, groups: int) -> None:
    channels = strands.channels
    groups = channels if groups == -1 else groups
    divisors = [n for n in range(1, channels + 1) if channels % n == 0]
    possible = [n for n in divisors if not _split(strands, n)]
    if groups in possible:
        return
    if groups not in divisors:
        reason = f"groups must divide the {channels} channels."
    else:
        group, others = next(iter(_split(strands, groups).items()))
        reason = (
            "the partners of one group must be one group, so that the two swap on the "
            f"other strand. Group {group} has its partners in the groups {others}."
        )
    raise ValueError(
        f"RCGroupNormalization: {reason} With this pairing groups can be {possible}. "
        f"Received: groups={groups}"
    )


def _split(strands: Strands, groups: int) -> dict[int, list[int]]:
    """The groups whose partners are in several groups, with these."""
    size = strands.channels // groups
    others = {
        group: sorted({partner // size for partner in strands.partners[start:stop]})
        for group in range(groups)
        for start, stop in [(group * size, (group + 1) * size)]
    }
    return {group: found for group, found in others.items() if len(found) > 1}
