"""A model of one's own -> a release folder that `zoo.load` takes."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import registry
from registry.files import replaced, user_path
from registry.migrations import SCHEMA
from registry.release import Head, Metric, Release, TrainingData, check_new
from zoo.data.genomes.genome import check_length
from zoo.errors import InputError
from zoo.inspection.heads import heads_of
from zoo.models import creation, outputs as outputs_of
from zoo.models.creation import check_model, require_backend
from zoo.models.interface import described_inputs, input_length
from zoo.models.lineage import origin_of
from zoo.models.outputs import ByHead, Described
from zoo.publishing.card import short_card
from zoo.publishing.claims import check_outputs, check_symmetry

if TYPE_CHECKING:
    import keras

    from zoo.data.examples import Examples
    from zoo.splits.sketches import Sketch

SKETCH_FILE = "training.sketch"
ATOL = 1e-4  # logits; float32 on other processors and backends differs by about 1e-5


def save(
    model: keras.Model,
    folder: str | Path,
    *,
    description: str,
    task: str,
    licence: str,
    outputs: Described | None = None,
    activation: ByHead = None,
    units: ByHead = None,
    min_length: int | None = None,
    training_length: int | None = None,
    symmetry: str = "none",
    tags: Sequence[str] = (),
    training_data: Sequence[TrainingData] = (),
    metrics: Sequence[Metric] = (),
    citation: str = "none",
    intended_use: str = "",
    limits: Sequence[str] = (),
    card: str | Callable[[Release], str] | None = None,
    seed: int = 0,
    architecture: str | None = None,
    config: dict[str, Any] | None = None,
    derived_from: str | Path | None = None,
    training_examples: Examples | None = None,
    sketch: Sketch | None = None,
) -> Release:
    """Writes a release folder: model.json, weights, golden predictions and card.

    The folder is written whole or not at all, and is verified before it gets its
    name: the model is built anew from its description, the weights are read back and
    must predict the same. The release that the model was loaded from is recorded with
    its sha256. Golden predictions are float32, whatever Keras's policy is and whichever
    the model was built under; weights of a pure half precision are kept as it rounded
    them.

    Args:
        model: One of its inputs is DNA, one-hot (batch, length, 4); its outputs are
            logits, (batch, num_outputs) or (batch, bins, num_outputs). Made by
            `zoo.create` or `zoo.load`, it knows its architecture.
        folder: A new folder; its name is the release's and ends in _v1, _v2 ...
        description: One line.
        task: What kind of prediction it is, e.g. "binary".
        licence: Of the weights.
        outputs: Their names; or for each a `zoo.Output` of its name, units, activation
            and reverse-complement partner. By default those of the release it was
            loaded from, if the head is still that one. Of a model with several
            outputs by the model's name of each: `{"profile": ["plus", "minus"],
            "counts": ["plus", "minus"]}`.
        activation: Where outputs have a name only: what turns logits into units, one
            of `keras.activations`, e.g. "sigmoid", "softmax" or "linear", or of a
            profile "softmax_over_bins"; for all, or by the model's name of the output.
        units: Likewise; by default "probability" behind a sigmoid or softmax, "share"
            behind one over bins.
        min_length: Shortest sequence it is meant for, in bp; by default the fixed
            length of the input, or that of the release it was loaded from or, of an
            ensemble, its members were.
        training_length: Of the sequences that it was trained and measured on, in bp;
            by default that of training_examples, the fixed length of the input, or
            that of the release it was loaded from, if the head is still that one, or
            of `zoo.training.fit` since. Without any of them the release does not say
            it, and sequences of every length are predicted as they are.
        symmetry: "equivariant" (both strands alike by construction, which is measured,
            with the partners of the outputs), "augmented" or "none".
        tags: Words to find it by.
        training_data: The data it was trained on.
        metrics: What was measured, and by which command.
        citation: How to cite it.
        intended_use: What it is for.
        limits: What it is not for, and where it fails, one sentence each.
        card: The model card, Markdown, or what writes it of the release; a short one
            is written without it.
        seed: Of its training.
        architecture: Where `zoo.create` did not make the model: a registered name.
        config: Likewise: the arguments that build it.
        derived_from: Where it is not known any more, as behind
            `keras.saving.load_model`: the release that the model started from. Its
            architecture and configuration are the model's, but for the number of
            outputs and the length. "none" if it started from no release.
        training_examples: What it was trained on. The release keeps a sketch of
            them, at most 64 kB of hashes, by which `zoo.splits.overlap` tells whether
            an evaluation set holds them; of sequences below 21 bp there is none.
        sketch: The sketch itself, in place of the examples (`zoo.splits.sketch`).

    Returns:
        The written release.

    Raises:
        InputError: Something that model.json has to say is not known or not so, or a
            model of half precision has layers that cannot be made again in float32.
        ReleaseError: The folder exists or is not named like a release, or what was
            written does not verify.
        WeightsError: Two variables have one address.
    """
    if training_examples is not None and sketch is not None:
        raise InputError("Give training_examples or their sketch, not both.")
    require_backend()
    check_model(model)
    _check_merged(model)
    sequence_length = input_length(model)
    target = user_path(folder)
    check_new(target)
    made = origin_of(model, architecture, config, derived_from)
    known = made.release
    heads = heads_of(model)  # which refuses outputs of other shapes
    described = outputs_of.described(
        outputs, model, activation=activation, units=units, symmetry=symmetry
    )
    check_outputs(described, heads)
    if min_length is None:
        min_length = sequence_length or creation.min_length(model)
    if min_length is None and known is not None:
        min_length = known.input.min_length
    if min_length is None:
        raise InputError(
            "Expected min_length, the shortest sequence in bp that the model is meant "
            "for, as its input takes any length."
        )
    if training_length is None and training_examples is not None:
        training_length = training_examples.sequence_length
    if training_length is None:
        training_length = sequence_length or made.training_length
    content = {
        "name": target.name,
        "version": int(target.name.rpartition("_v")[2]),
        "description": description,
        "architecture": made.architecture,
        "task": task,
        "tags": list(tags),
        "config": made.config,
        "input": {
            "sequence_length": sequence_length,
            "min_length": check_length(min_length, "min_length"),
            "training_length": training_length,
            "alphabet": "ACGT",
            "unknown": "zeros",
        },
        "outputs": [dataclasses.asdict(output) for output in described],
        "training_data": [dataclasses.asdict(data) for data in training_data],
        "metrics": [dataclasses.asdict(metric) for metric in metrics],
        "derived_from": {"name": known.name, "sha256": known.sha256} if known else None,
        "status": {"state": "active", "superseded_by": None, "reason": None},
        "licence": licence,
        "citation": citation,
        "intended_use": intended_use,
        "limits": list(limits),
        "created": date.today().isoformat(),
        "seed": seed,
        "versions": versions(),
    }
    if training_examples is not None:
        from zoo.splits.sketches import K, sketch as sketch_of

        if training_examples.sequence_length >= K:
            sketch = sketch_of(training_examples)
    release = write(
        model,
        target,
        content,
        heads=heads,
        symmetry=symmetry,
        card=short_card if card is None else card,
        sketch=sketch,
    )
    outputs_of.declare(model, described)
    return release


def write(
    model: keras.Model,
    target: Path,
    content: dict[str, Any],
    *,
    heads: Sequence[Head],
    symmetry: str,
    card: str | Callable[[Release], str],
    sketch: Sketch | None = None,
) -> Release:
    """Writes and verifies a folder whose model.json says `content` and its files.

    Args:
        model: See `save`.
        target: The folder; must not exist.
        content: model.json without schema, inputs, heads, weights, golden, sketch and
            symmetry.
        heads: Of the model, see `zoo.inspection.heads.heads_of`.
        symmetry: See `save`.
        card: The card, or what writes it of the release.
        sketch: Of the training data.

    Raises:
        ReleaseError: The folder exists, or what was written does not verify.
    """
    from zoo.models.precision import float32_products, in_float32
    from zoo.models.weights import save_weights
    from zoo.publishing.golden import golden_arrays, golden_codes
    from zoo.publishing.verification import verify

    check_new(target)
    length = content["input"]["sequence_length"] or max(
        content["input"]["min_length"], 100
    )
    inputs = described_inputs(model)
    model = in_float32(model)
    codes = golden_codes(length)
    target.parent.mkdir(parents=True, exist_ok=True)
    with replaced(target) as temporary:
        temporary.mkdir()
        save_weights(model, temporary / "weights.h5")
        with float32_products():
            golden = golden_arrays(model, codes)
            difference = check_symmetry(model, symmetry, content["outputs"], codes)
        np.savez(temporary / "golden.npz", allow_pickle=False, **golden)
        if sketch is not None:
            (temporary / SKETCH_FILE).write_bytes(sketch.to_bytes())
        content = {"intended_use": "", "limits": []} | content
        content |= {
            "schema": SCHEMA,
            "inputs": [dataclasses.asdict(each) for each in inputs],
            "heads": [dataclasses.asdict(head) for head in heads],
            "weights": file_entry(temporary / "weights.h5") | {"urls": []},
            "golden": file_entry(temporary / "golden.npz") | {"atol": ATOL},
            "sketch": None if sketch is None else file_entry(temporary / SKETCH_FILE),
            "symmetry": {
                "kind": symmetry,
                "measured_max_difference": difference,
            },
        }
        (temporary / "model.json").write_text(
            json.dumps(registry.plain(content), indent=2) + "\n", encoding="utf-8"
        )
        release = registry.read_release(temporary)
        text = card if isinstance(card, str) else card(release)
        (temporary / "README.md").write_text(text, encoding="utf-8")
        outcome = verify(temporary)
        if not outcome.passed:
            raise registry.ReleaseError(
                f"The model that {release.architecture} builds from this configuration "
                f"with these weights predicts otherwise: {outcome}. Nothing was kept."
            )
    return registry.read_release(target)


def _check_merged(model: keras.Model) -> None:
    from zoo.models.weights import layers

    adapted = [n for n, la in layers(model) if getattr(la, "lora_enabled", False)]
    if adapted:
        raise InputError(
            "Expected a model without adapters, which its architecture does not have. "
            f"Received adapters in {', '.join(adapted[:5])}. Call zoo.training"
            ".merge_adapters(model) first, or save them with save_adapters."
        )


def file_entry(path: Path) -> dict[str, Any]:
    """Name, size and hash of a file, as model.json declares them."""
    content = path.read_bytes()
    return {
        "file": path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def versions() -> dict[str, str]:
    """Of seqzoo, Keras and the backend in use."""
    import keras

    backend = keras.backend.backend()
    packages = {"tensorflow": ("tensorflow-cpu", "tensorflow")}.get(backend, (backend,))
    version = "unknown"
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            version = metadata.version(package)
            break
    return {
        "seqzoo": metadata.version("seqzoo"),
        "keras": keras.__version__,
        "backend": f"{backend} {version}",
    }
