"""ChromBPNet's weights, as its software writes them (those of the ENCODE portal)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo.architectures.recipes.bpnet import described
from zoo.errors import WeightsError
from zoo.foreign.arrays import Array
from zoo.foreign.conversion import Conversion
from zoo.foreign.network import Network
from zoo.foreign.operations import Values, log_sum_exp

_REST = "wo_bias_"


def chrombpnet(network: Network) -> Conversion:
    """ChromBPNet: the `.h5` of the whole, of the network without bias, or of the bias.

    The whole becomes a `chrombpnet`, its two parts a `bpnet` each. A `Lambda` sums the
    counts, whose code is not read: it is the log-sum-exp of the software.

    Source:
        Pampari et al. 2024, doi:10.1101/2024.12.25.630221; the layers of its software,
        chrombpnet 1.0.1.
    """
    length = network.layers("InputLayer")[0].shape[0]
    if network.inner:
        parts = {_is_rest(part): part for part in network.inner.values()}
        if parts.keys() != {True, False}:
            raise WeightsError(
                f"{network.label}: expected a network and that of its bias inside. "
                f"Received: {', '.join(network.inner)}"
            )
        config, weights = _part(parts[True], length)
        bias, bias_weights = _part(parts[False], length)
        weights |= {f"bias_{name}": array for name, array in bias_weights.items()}
        config |= {f"bias_{n}": bias[n] for n in ("filters", "dilation_rates")}
        architecture, what = "chrombpnet", "with the enzyme's bias"
    else:
        architecture = "bpnet"
        config, weights = _part(network, length)
        what = "without the enzyme's bias" if _is_rest(network) else "the enzyme's bias"
        config |= {"padding": "valid"}

    def predict(inputs: Mapping[str, Values]) -> Mapping[str, Values]:
        (name,) = (name for name, _, _ in network.graph.inputs)
        functions = {"logcount_predictions": log_sum_exp} if network.inner else {}
        found = network.predict({name: inputs["sequence"]}, functions)
        profile, counts = found.values()
        return {"profile": profile[..., None], "counts": counts}

    return Conversion(
        architecture=architecture,
        config=config,
        weights=weights,
        predict=predict,
        outputs=described(1, 1, "cuts"),
        description=f"ChromBPNet, {what}: profile and counts of an enzyme's cuts",
        task="profile",
        citation="Pampari et al. 2024, doi:10.1101/2024.12.25.630221",
    )


def _is_rest(network: Network) -> bool:
    return f"{_REST}bpnet_1st_conv" in network.graph.layers


def _part(
    network: Network, length: int | None
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Arguments and weights of one of the two networks."""
    first, head, cropped = "bpnet_", "", "logits_profile_predictions_preflatten"
    if _is_rest(network):
        first = head = f"{_REST}bpnet_"
        cropped = f"{head}logitt_before_flatten"
    weights = network.renamed(f"{first}1st_conv", "stem_conv")
    rates = [1]
    while (name := f"{first}{len(rates)}conv") in network.graph.layers:
        weights |= network.renamed(name, f"tower_{len(rates)}_conv")
        rates.append(network.layer(name).config["dilation_rate"][0])
    weights |= network.renamed(f"{head}prof_out_precrop", "head_profile")
    weights |= network.renamed(f"{head}logcount_predictions", "head_counts")
    widths = [len(weights[f"{n}/kernel"]) for n in ("stem_conv", "head_profile")]
    width = len(weights["tower_1_conv/kernel"])
    cut = sum(widths) - 2 + (width - 1) * sum(rates[1:])
    cut += sum(network.layer(cropped).config["cropping"])
    return {
        "sequence_length": length,
        "num_outputs": 1,
        "filters": len(weights["stem_conv/bias"]),
        "stem_kernel_size": widths[0],
        "kernel_size": width,
        "dilation_rates": rates,
        "profile_kernel_size": widths[1],
        "profile_length": (length or 0) - cut,
    }, weights
