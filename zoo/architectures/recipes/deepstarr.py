"""DeepSTARR's weights, as published with the paper."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from registry.release import Output
from zoo.foreign.arrays import Array
from zoo.foreign.conversion import Conversion
from zoo.foreign.network import Network
from zoo.foreign.operations import Values

_HEAD = re.compile(r"Dense_(?!\d+$)(\w+)")  # Dense_Dev, Dense_Hk; not Dense_1


def deepstarr(network: Network) -> Conversion:
    """DeepSTARR: `DeepSTARR.model.h5`, with `DeepSTARR.model.json` beside it.

    Layers are found by their names and, where these are Keras's, by their order.

    Source:
        de Almeida et al. 2022, doi:10.1038/s41588-022-01048-5; the notebook published
        with it and the files at doi:10.5281/zenodo.5502060.
    """
    length, _ = network.layers("InputLayer")[0].shape
    conv = network.layers("Conv1D")
    norms = network.layers("BatchNormalization")
    dense = network.layers("Dense")
    heads = [layer for layer in dense if _HEAD.fullmatch(layer.name)]
    hidden = [layer for layer in dense if layer not in heads]
    names = [_HEAD.sub(r"\1", layer.name) for layer in heads]
    weights: dict[str, Array] = {}
    ours = ["stem", *(f"tower_{n}" for n in range(1, len(conv)))]
    ours += [f"hidden_{n}" for n, _ in enumerate(hidden, start=1)]
    for name, layer, norm in zip(ours, [*conv, *hidden], norms, strict=True):
        suffix = "" if layer in hidden else "_conv"
        weights |= network.renamed(layer, f"{name}{suffix}")
        weights |= network.renamed(norm, f"{name}_norm")
    found = [network.weights(layer) for layer in heads]
    for variable in ("kernel", "bias"):
        columns = [each[variable] for each in found]
        weights[f"head_logits/{variable}"] = np.concatenate(columns, -1)
    kernels = [network.weights(layer)["kernel"].shape for layer in conv]

    def predict(inputs: Mapping[str, Values]) -> Values:
        (name,) = (name for name, _, _ in network.graph.inputs)
        predictions = network.predict({name: inputs["sequence"]})
        return np.concatenate([predictions[layer.name] for layer in heads], -1)

    return Conversion(
        architecture="deepstarr",
        config={
            "sequence_length": length,
            "num_outputs": len(heads),
            "filters": [filters for _, _, filters in kernels],
            "kernel_size": [width for width, _, _ in kernels],
            "units": [len(network.weights(layer)["bias"]) for layer in hidden],
            "dropout": float(network.layers("Dropout")[0].config["rate"]),
        },
        weights=weights,
        predict=predict,
        outputs=tuple(
            Output(f"{name.lower()}_activity", "log2 enrichment", "linear")
            for name in names
        ),
        description="DeepSTARR: enhancer activities of Drosophila DNA (STARR-seq)",
        task="regression",
        citation="de Almeida et al. 2022, doi:10.1038/s41588-022-01048-5",
        epsilon=float(norms[0].config["epsilon"]),
    )
