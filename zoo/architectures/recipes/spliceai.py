"""SpliceAI's weights, as published with the paper."""

from __future__ import annotations

from collections.abc import Mapping

from registry.release import Output
from zoo.foreign.arrays import Array
from zoo.foreign.conversion import Conversion
from zoo.foreign.graph import ForeignLayer
from zoo.foreign.network import Network
from zoo.foreign.operations import Values

_BASES = 200  # predicted in the proof, beside the context of thousands


def spliceai(network: Network) -> Conversion:
    """SpliceAI: each of `spliceai1.h5` to `spliceai5.h5`, whose mean it predicts.

    Layers are found by the numbers that Keras gave them as they were made.

    Source:
        Jaganathan et al. 2019, doi:10.1016/j.cell.2018.12.015, and the package that was
        published with it, spliceai 1.3.
    """
    stem, skip, *units, head = sorted(network.layers("Conv1D"), key=_number)
    norms = iter(sorted(network.layers("BatchNormalization"), key=_number))
    weights: dict[str, Array] = network.renamed(stem, "stem_conv")
    weights |= network.renamed(skip, "stem_skip")
    groups: list[list[ForeignLayer]] = [[]]
    for layer in units:
        group = groups[-1]
        if len(network.weights(layer)["kernel"]) == 1:  # behind each group
            weights |= network.renamed(layer, f"tower_{len(groups)}_skip")
            groups.append([])
            continue
        unit, each = divmod(len(group), 2)
        name = f"tower_{len(groups)}_{unit + 1}"
        weights |= network.renamed(layer, f"{name}_conv_{each + 1}")
        weights |= network.renamed(next(norms), f"{name}_norm_{each + 1}")
        group.append(layer)
    for variable, array in network.weights(head).items():
        weights[f"head_logits/{variable}"] = array.reshape(array.shape[-2:])
    cropping, _ = network.layers("Cropping1D")[0].config["cropping"]
    first = [group[0] for group in groups[:-1]]

    def predict(inputs: Mapping[str, Values]) -> Values:
        (name,) = (name for name, _, _ in network.graph.inputs)
        return network.predict({name: inputs["sequence"]})[head.name]

    return Conversion(
        architecture="splice_dilated",
        config={
            "sequence_length": network.layers("InputLayer")[0].shape[0],
            "num_outputs": weights["head_logits/bias"].size,
            "filters": weights["stem_conv/bias"].size,
            "kernel_size": [len(network.weights(layer)["kernel"]) for layer in first],
            "dilation_rates": [layer.config["dilation_rate"][0] for layer in first],
            "depth": len(groups[0]) // 2,
            "cropping": cropping,
        },
        weights=weights,
        predict=predict,
        outputs=tuple(
            Output(name, "probability", head.activation)
            for name in ("neither", "acceptor", "donor")
        ),
        description="SpliceAI: which bases of a transcript are splice sites",
        task="multi-class",
        citation="Jaganathan et al. 2019, doi:10.1016/j.cell.2018.12.015",
        length=2 * cropping + _BASES,
        min_length=2 * cropping + 1,
        epsilon=float(network.layers("BatchNormalization")[0].config["epsilon"]),
    )


def _number(layer: ForeignLayer) -> int:
    """conv1d_12 -> 12; the first is conv1d in later versions of Keras."""
    number = layer.name.rpartition("_")[2]
    return int(number) if number.isdecimal() else 0
