"""Weights of CREsted's two convolutional networks, as it writes them with Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.release import Output
from zoo.errors import WeightsError
from zoo.foreign.arrays import Array
from zoo.foreign.conversion import Conversion
from zoo.foreign.graph import ForeignLayer
from zoo.foreign.network import Network
from zoo.foreign.operations import Values

_CITATION = "Kempynck, De Winter et al. 2026, doi:10.1038/s41592-026-03057-2"


def crested_dilated_cnn(network: Network) -> Conversion:
    """CREsted: the `.keras` of its `dilated_cnn`.

    Layers are found by their order, as Keras names most of them.

    Source:
        Kempynck, De Winter et al. 2026, doi:10.1038/s41592-026-03057-2; the layers of
        its package, crested 1.11.
    """
    convs = network.layers("Conv1D")
    if not network.layers("Cropping1D") or network.layers("MaxPooling1D"):
        raise WeightsError(
            f"{network.label} has not the layers of a dilated_cnn with "
            "first_conv_pool_size=0"
        )
    names = ["stem", *(f"tower_{number}" for number in range(1, len(convs)))]
    norms = network.layers("BatchNormalization")
    weights = _blocks(network, names, convs, norms)
    config = {
        "stem_kernel_size": len(weights["stem_conv/kernel"]),
        "kernel_size": len(weights["tower_1_conv/kernel"]),
        "filters": weights["stem_norm/beta"].size,
        "dilation_rates": [layer.config["dilation_rate"][0] for layer in convs],
        **_activations(network),
        "dropout": float(network.layers("Dropout")[0].config["rate"]),
    }
    return _conversion(network, "dilated_cnn", config, weights, norms[0])


def crested_deeptopic_cnn(network: Network) -> Conversion:
    """CREsted: the `.keras` of its `deeptopic_cnn`, with normalization="batch".

    Layers are found by their order, as Keras names most of them.

    Source:
        Kempynck, De Winter et al. 2026, doi:10.1038/s41592-026-03057-2; the layers of
        its package, crested 1.11.
    """
    convs = network.layers("Conv1D")
    pools = network.layers("MaxPooling1D")
    norms = network.layers("BatchNormalization")
    hidden = network.layer("denseblock_dense")
    dropouts = [float(la.config["rate"]) for la in network.layers("Dropout")]
    names = ["stem", *(f"tower_{number}" for number in range(1, len(convs)))]
    weights = _blocks(network, names, convs, norms[:-1])
    weights |= network.renamed(hidden, "hidden")
    weights |= network.renamed(norms[-1], "hidden_norm")
    kernels = [weights[f"{name}_conv/kernel"].shape for name in names]
    config = {
        "filters": [filters for _, _, filters in kernels],
        "kernel_size": [width for width, _, _ in kernels],
        "pool_size": pools[0].config["pool_size"][0],
        "units": weights["hidden_norm/beta"].size,
        **_activations(network),
        "conv_dropout": dropouts[0],
        "dropout": dropouts[-1],
    }
    return _conversion(network, "deeptopic_cnn", config, weights, norms[0])


def _blocks(
    network: Network,
    names: list[str],
    convs: list[ForeignLayer],
    norms: list[ForeignLayer],
) -> dict[str, Array]:
    weights: dict[str, Array] = {}
    for name, conv, norm in zip(names, convs, norms, strict=True):
        weights |= network.renamed(conv, f"{name}_conv")
        weights |= network.renamed(norm, f"{name}_norm")
    return weights


def _activations(network: Network) -> dict[str, str]:
    stem, *tower = (layer.activation for layer in network.layers("Activation"))
    if not tower or "?" in (stem, *tower):
        raise WeightsError(
            f"{network.label} has activations that no network of ours computes: those "
            "of Keras by their names are read, in every layer"
        )
    return {"stem_activation": stem, "activation": tower[0]}


def _conversion(
    network: Network,
    architecture: str,
    config: dict[str, Any],
    weights: dict[str, Array],
    norm: ForeignLayer,
) -> Conversion:
    """What both have in common: an input, a dense layer of classes at the end."""
    head = network.layer(network.graph.outputs[0][0])
    weights |= network.renamed(head, "head_logits")
    classes = weights["head_logits/kernel"].shape[-1]
    if "head_logits/bias" not in weights:  # dense_bias=False
        weights["head_logits/bias"] = 0 * weights["head_logits/kernel"][0]

    def predict(inputs: Mapping[str, Values]) -> Values:
        (name,) = (name for name, _, _ in network.graph.inputs)
        return network.predict({name: inputs["sequence"]})[head.name]

    probability = head.activation in ("sigmoid", "softmax")
    unit = "probability" if probability else "accessibility"
    return Conversion(
        architecture=architecture,
        config={
            "sequence_length": network.layers("InputLayer")[0].shape[0],
            "num_outputs": classes,
            **config,
        },
        weights=weights,
        predict=predict,
        outputs=tuple(
            Output(f"class_{number}", unit, head.activation)
            for number in range(classes)
        ),
        description=f"CREsted's {architecture}: accessibility of regions by class",
        task="multi-label" if probability else "regression",
        citation=_CITATION,
        epsilon=float(norm.config["epsilon"]),
    )
