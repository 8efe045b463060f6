"""Weights of bpnet-lite's networks, its state as safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo.architectures.recipes.bpnet import described
from zoo.errors import WeightsError
from zoo.foreign.arrays import Array
from zoo.foreign.conversion import Conversion
from zoo.foreign.network import Network
from zoo.foreign.operations import Values, conv1d, log_sum_exp

_LENGTH = 2114  # the state does not say it
_WIDTHS = {"stem_conv": 21, "head_profile": 75}
_BIAS, _REST = "bias.", "accessibility."


def bpnet_lite(network: Network) -> Conversion:
    """bpnet-lite: `safetensors.torch.save_file(model.state_dict(), FILE)`.

    Of its `BPNet`, which becomes a `bpnet`, or its `ChromBPNet`, which becomes a
    `chrombpnet`; for sequences of 2,114 bp and with the default `trimming`, of which
    the state says nothing. Then no padding reaches what the heads read, and
    convolutions are "valid" here. With another `trimming` (`bpnet fit` of bpnet-lite
    takes half of what its windows differ by) the counts would be others: the release's
    description says which was assumed.

    Source:
        bpnet-lite 1.1, Schreiber; Avsec et al. 2021, doi:10.1038/s41588-021-00782-6,
        and Pampari et al. 2024, doi:10.1101/2024.12.25.630221.
    """
    whole = f"{_REST}iconv.weight" in network.arrays
    _check_read(network, [_REST, _BIAS] if whole else [""])
    if not whole:
        config, weights = _part(network, "")
        return Conversion(
            architecture="bpnet",
            config=config | {"padding": "valid", "num_counts": 1},
            weights=weights,
            predict=lambda inputs: _predict(network, "", inputs),
            outputs=described(config["num_outputs"], 1),
            description=f"BPNet of bpnet-lite, {_assumed(network, '')}: profiles and "
            "counts of reads",
            task="profile",
            citation="Avsec et al. 2021, doi:10.1038/s41588-021-00782-6",
        )
    config, weights = _part(network, _REST)
    bias, bias_weights = _part(network, _BIAS)
    weights |= {f"bias_{name}": array for name, array in bias_weights.items()}
    config |= {f"bias_{n}": bias[n] for n in ("filters", "dilation_rates")}

    def predict(inputs: Mapping[str, Values]) -> dict[str, Values]:
        rest, of_bias = (_predict(network, p, inputs) for p in (_REST, _BIAS))
        length = rest["profile"].shape[1]
        start = (of_bias["profile"].shape[1] - length) // 2
        profile = rest["profile"] + of_bias["profile"][:, start : start + length]
        both = np.concatenate([rest["counts"], of_bias["counts"]], -1)
        return {"profile": profile, "counts": log_sum_exp(both)}

    return Conversion(
        architecture="chrombpnet",
        config=config,
        weights=weights,
        predict=predict,
        outputs=described(1, 1, "cuts"),
        description=f"ChromBPNet of bpnet-lite, {_assumed(network, _REST)}, that of "
        f"its bias {_assumed(network, _BIAS)}: profile and counts of an enzyme's cuts",
        task="profile",
        citation="Pampari et al. 2024, doi:10.1101/2024.12.25.630221",
    )


def _kernel(network: Network, name: str) -> Array:
    """(filters, channels, width) -> (width, channels, filters); a matrix likewise."""
    return network.array(f"{name}.weight").T


def _bias(network: Network, name: str) -> Array:
    found = network.arrays.get(f"{name}.bias")
    return np.zeros(_kernel(network, name).shape[-1], "f4") if found is None else found


def _layers(network: Network, prefix: str) -> list[str]:
    """The dilated convolutions, in order."""
    found: list[str] = []
    while (name := f"{prefix}rconvs.{len(found)}") + ".weight" in network.arrays:
        found.append(name)
    return found


def _check_read(network: Network, prefixes: list[str]) -> None:
    """Refuses arrays of which nothing is known, as behind a layer that is missing."""
    known = {
        f"{name}.{variable}"
        for prefix in prefixes
        for name in (
            *(f"{prefix}{end}" for end in ("iconv", "fconv", "linear")),
            *_layers(network, prefix),
        )
        for variable in ("weight", "bias")
    }
    if unknown := sorted(network.arrays.keys() - known):
        raise WeightsError(
            f"{network.label} has arrays of no BPNet, or not all in front of them: "
            f"{', '.join(unknown)}"
        )


def _part(network: Network, prefix: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Arguments and weights of a `BPNet`."""
    names = {f"{prefix}iconv": "stem_conv"}
    dilated = _layers(network, prefix)
    names |= {n: f"tower_{place}_conv" for place, n in enumerate(dilated, start=1)}
    names |= {f"{prefix}fconv": "head_profile", f"{prefix}linear": "head_counts"}
    weights: dict[str, Array] = {}
    for theirs, ours in names.items():
        weights[f"{ours}/kernel"] = _kernel(network, theirs)
        weights[f"{ours}/bias"] = _bias(network, theirs)
    filters = weights["stem_conv/bias"].size
    widths = {n: len(weights[f"{n}/kernel"]) for n in ("stem_conv", "head_profile")}
    if widths != _WIDTHS or 2 * _trimming(len(dilated)) >= _LENGTH:
        raise WeightsError(
            f"{network.label}: expected kernels of 21 and 75 bp, and dilated layers "
            f"that leave something of {_LENGTH:,} bp, for the state does not say what "
            f"is trimmed. Received: {widths['stem_conv']} and {widths['head_profile']} "
            f"bp, {len(dilated)} dilated layers"
        )
    rates = [2**place for place in range(len(dilated) + 1)]
    config = {
        "sequence_length": _LENGTH,
        "num_outputs": weights["head_profile/bias"].size,
        "filters": filters,
        "stem_kernel_size": widths["stem_conv"],
        "kernel_size": len(weights["tower_1_conv/kernel"]),
        "dilation_rates": rates,
        "profile_kernel_size": widths["head_profile"],
        "profile_length": _LENGTH - 2 * _trimming(len(dilated)),
    }
    kernel = weights["head_profile/kernel"]
    if controls := kernel.shape[1] - filters:
        totals = weights["head_counts/kernel"]
        weights["head_profile/kernel"] = kernel[:, :filters]
        weights["head_profile_control/kernel"] = kernel[:, filters:]
        weights["head_counts/kernel"] = totals[:filters]
        weights["head_counts_control/kernel"] = totals[filters:]
        config |= {"num_control_tracks": controls, "control_pool_size": 1}
        config |= {"control_kernel_size": widths["head_profile"]}
    return config, weights


def _trimming(layers: int) -> int:
    """The default: what 21 and 75 bp wide kernels and the tower do not leave."""
    return 47 + sum(2**layer for layer in range(1, layers + 1))


def _assumed(network: Network, prefix: str) -> str:
    return f"trimming={_trimming(len(_layers(network, prefix)))} assumed"


def _predict(
    network: Network, prefix: str, inputs: Mapping[str, Values]
) -> dict[str, Values]:
    """The forward pass of `BPNet`, its "same" convolutions and its trimming."""

    def convolved(x: Values, name: str, rate: int = 1) -> Values:
        kernel, bias = _kernel(network, name), _bias(network, name)
        return conv1d(x, kernel, bias, padding="same", dilation_rate=rate)

    x = inputs["sequence"]
    dilated = _layers(network, prefix)
    start = _trimming(len(dilated))
    end = x.shape[1] - start
    x = np.maximum(convolved(x, f"{prefix}iconv"), 0)
    for layer, name in enumerate(dilated, start=1):
        x = x + np.maximum(convolved(x, name, 2**layer), 0)
    reads = inputs.get("control")
    joined = x if reads is None else np.concatenate([x, reads], -1)
    profile = convolved(joined, f"{prefix}fconv")[:, start:end]
    read = slice(max(start - 37, 0), end + 37)
    mean = x[:, read].mean(1)
    if reads is not None:
        total = reads[:, read].sum((1, 2))[:, None]
        mean = np.concatenate([mean, np.log(total + 1)], -1)
    counts = mean @ _kernel(network, f"{prefix}linear").astype("f8")
    return {"profile": profile, "counts": counts + _bias(network, f"{prefix}linear")}
