"""BPNet's weights, as bpnet 2.0 writes them (the models of the ENCODE portal)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from registry.release import Output
from zoo.errors import WeightsError
from zoo.foreign.arrays import Array
from zoo.foreign.conversion import Conversion
from zoo.foreign.network import Network
from zoo.foreign.operations import Values, log_sum_exp

_STRANDS = {"plus": "minus", "minus": "plus"}


def bpnet(network: Network) -> Conversion:
    """BPNet: the `.h5` of bpnet 2.0, of one task with or without control tracks.

    The convolution behind the profile and the dense layer behind the counts, which
    join the controls, are one with the heads in front of them: a product of kernels.
    The controls are reads as they are; those that the task smooths are tracks, too.

    Source:
        Avsec et al. 2021, doi:10.1038/s41588-021-00782-6; the layers of its software,
        bpnet 2.0.0.
    """
    stem = network.layers("Conv1D")[0]
    prefix = stem.name.removesuffix("conv_0")
    if f"{prefix}conv_1" in network.graph.layers:
        raise WeightsError(f"{network.label} has several convolutions as its stem")
    dilated = [la for la in network.layers("Conv1D") if "_dil_conv_" in la.name]
    for name, _, _ in network.layer(f"{prefix}add_1").calls[0]:
        if "_relu" in name:
            raise WeightsError(
                f"{network.label} was made with pre_activation_residual_unit = false, "
                "which no network of ours computes"
            )
    profile, head = network.layer(f"{prefix}profile_head"), "logcounts_predictions"
    weights: dict[str, Array] = network.renamed(stem, "stem_conv")
    for number, layer in enumerate(dilated, start=1):
        weights |= network.renamed(layer, f"tower_{number}_conv")
    control: dict[str, Any] = {}
    lambdas = [layer.name for layer in network.layers("Lambda")]
    if f"{prefix}profile_head_cropped" in network.graph.layers:
        head = f"{prefix}counts_head"
        heads = {"profile": (profile.name, "profile_predictions")}
        heads["counts"] = (head, "logcounts_predictions")
        for name, (inside, joined) in heads.items():
            weights |= _joined(network, inside, joined, f"head_{name}")
        tracks = network.layer("profile_bias_input_0").shape[-1]
        control = {"num_control_tracks": tracks, "control_pool_size": 1}
        control["control_pseudocount"] = float(tracks or 0) if lambdas else 1.0
    else:
        weights |= network.renamed(profile, "head_profile")
        weights |= network.renamed(head, "head_counts")
    outputs = weights["head_profile/bias"].size
    totals = weights["head_counts/bias"].size
    first = network.layer(network.graph.inputs[0][0])
    length = int(first.shape[0] or 0)
    out = _profile_length(network, prefix, length)

    def predict(given: Mapping[str, Values]) -> Mapping[str, Values]:
        found = {first.name: given["sequence"]}
        if control:
            beyond = (length - out) // 2
            middle = given["control"][:, beyond : length - beyond]
            found["profile_bias_input_0"] = middle
            found["counts_bias_input_0"] = np.log(1 + middle.sum(1))
        functions = dict.fromkeys(lambdas, log_sum_exp)
        values = network.predict(found, functions)
        return {
            "profile": values["profile_predictions"],
            "counts": values["logcounts_predictions"],
        }

    return Conversion(
        architecture="bpnet",
        config={
            "sequence_length": length,
            "num_outputs": outputs,
            "filters": len(weights["stem_conv/bias"]),
            "stem_kernel_size": len(weights["stem_conv/kernel"]),
            "kernel_size": len(weights["tower_1_conv/kernel"]),
            "dilation_rates": [1, *(la.config["dilation_rate"][0] for la in dilated)],
            "profile_kernel_size": len(weights["head_profile/kernel"]),
            "profile_length": out,
            "padding": stem.config["padding"],
            "pre_activation": True,
            "num_counts": None if totals == outputs and not lambdas else totals,
            **control,
        },
        weights=weights,
        predict=predict,
        outputs=described(outputs, totals),
        description="BPNet: profiles and counts of reads",
        task="profile",
        citation="Avsec et al. 2021, doi:10.1038/s41588-021-00782-6",
    )


def described(tracks: int, totals: int, unit: str = "reads") -> dict[str, list[Output]]:
    """The outputs of a release: the profile of each track, and the counts.

    Args:
        tracks: Profiles; two are those of the strands.
        totals: Counts, of each track or of several.
        unit: Of the counts.
    """
    names = list(_STRANDS) if tracks == 2 else [f"track_{n}" for n in range(tracks)]
    totalled = names if totals == tracks else [f"total_{n}" for n in range(totals)]
    if tracks == 1:
        names = totalled = [unit]
    elif totals == 1:
        totalled = ["total"]
    shares, counts = ("share", "softmax_over_bins"), (f"ln(1 + {unit})", "linear")
    return {
        "profile": [Output(name, *shares, _STRANDS.get(name)) for name in names],
        "counts": [Output(name, *counts, _STRANDS.get(name)) for name in totalled],
    }


def _joined(network: Network, inside: str, joined: str, name: str) -> dict[str, Array]:
    """A head, and a layer behind it that takes controls, too, as one.

    W' (W x + b) + V c + b' = (W' W) x + V c + (W' b + b')
    """
    head, behind = network.weights(inside), network.weights(joined)
    kernel, outputs = behind["kernel"], head["bias"].size
    if len(kernel) > 1 and kernel.ndim == 3:
        raise WeightsError(
            f"{network.label}: expected 1 bp wide kernels of {joined}, which join the "
            f"control. Received: {len(kernel)}"
        )
    own, control = kernel[..., :outputs, :], kernel[..., outputs:, :]
    square = own.reshape(outputs, -1)
    return {
        f"{name}/kernel": head["kernel"] @ square,
        f"{name}/bias": head["bias"] @ square + behind["bias"],
        f"{name}_control/kernel": control,
    }


def _profile_length(network: Network, prefix: str, length: int) -> int:
    """Of the profile, from what is cut off the sequence."""
    for layer in network.layers("Conv1D"):
        if layer.config["padding"] == "valid":
            width = len(network.weights(layer)["kernel"])
            length -= (width - 1) * layer.config["dilation_rate"][0]
    crops = ("profile_predictions", f"{prefix}profile_head_cropped")
    for layer in network.layers("Cropping1D"):
        if layer.name in crops:
            length -= sum(layer.config["cropping"])
    return length
