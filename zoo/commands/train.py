"""seqzoo train: train, measure and release a model from a configuration."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

from zoo.commands.options import add_command, add_quiet, add_ray
from zoo.commands.printing import counted, tell
from zoo.errors import InputError

if TYPE_CHECKING:
    from zoo.training.runs.run import Plan, Run


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "train",
        "Train what a TOML file says, measure it on validation and test data, write a "
        "report and, if the file has a [release], a release folder. Started again "
        "after a crash or Ctrl-C, it goes on from its newest checkpoint. Start it once "
        "per worker, with TF_CONFIG or under SLURM, to use several machines.",
        "seqzoo train config.toml --dry-run\nseqzoo train config.toml",
    )
    parser.add_argument("config", metavar="CONFIG.toml", help="see docs/train.md")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="read the data, build everything, print shapes, parameters, memory and "
        "steps; train and write nothing",
    )
    add_quiet(parser)
    add_ray(parser, workers=1)
    parser.add_argument(
        "--use-gpu", action="store_true", help="one GPU for each worker of --ray"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Trains, or prints what would be done."""
    if arguments.ray is None and (arguments.workers or arguments.use_gpu):
        option = "--workers" if arguments.workers else "--use-gpu"
        raise InputError(f"{option} goes with --ray.")
    from zoo.training.configuration.config_file import read_config

    config = read_config(arguments.config)  # a wrong key should not wait for Keras
    from zoo.commands.quiet import quiet_import

    quiet_import()
    if arguments.ray is not None and not arguments.dry_run:
        from zoo.training.runs.ray_launcher import train_with_ray

        folder = train_with_ray(
            config,
            workers=arguments.workers or 1,
            use_gpu=arguments.use_gpu,
            address=None if arguments.ray == "local" else arguments.ray,
        )
        print(f"report      {folder / 'report.html'}")
        return 0
    from zoo.training.runs.running import plan, train

    if arguments.dry_run:
        print_plan(plan(config))
        return 0
    done = train(config, verbose=0 if arguments.quiet else "auto")
    print_run(done)
    return 0


def print_plan(plan: Plan) -> None:
    """Prints what a run would do."""
    from zoo.models.interface import inputs_of
    from zoo.training.reports.report_data import without_peaks, without_reads
    from zoo.training.shapes import output_shapes, shape_text, shapes_text

    examples, sizes = plan.splits.train, plan.estimate
    assert examples.targets is not None  # read_splits refuses examples without
    length = examples.sequence_length
    inputs = {
        name: [length if size is None else size for size in tensor.shape[1:]]
        for name, tensor in inputs_of(plan.model).items()
    }
    targets = shape_text(examples.targets.shape[1:])
    training = plan.config.training
    train = {"train": examples}
    notes = {
        "background": without_peaks(plan.config, train),
        "reads": without_reads(plan.config, train),
    }
    rows = [
        ("data", f"{examples.source}: {plan.splits}"),
        ("dropped", ", ".join(f"{n} {w}" for w, n in examples.dropped.items()) or "0"),
        ("targets", f"{targets}: {', '.join(examples.outputs)}"),
        *((name, text) for name, text in notes.items() if text),
        ("input", shapes_text(inputs)),
        ("output", shapes_text(output_shapes(plan.model, length))),
        *([("losses", _losses(plan))] if plan.config.heads else []),
        *([("stem", _stem(plan))] if plan.stem else []),
        (
            "strategy",
            f"{plan.strategy.kind}, {counted(plan.strategy.replicas, 'replica')}",
        ),
        ("precision", plan.model.dtype_policy.name),
        (
            "parameters",
            f"{sizes.parameters:,} ({sizes.trainable_parameters:,} trained)",
        ),
        ("arithmetic", f"{sizes.multiply_adds:,} multiply-adds per sequence, forward"),
        (
            "memory",
            f"about {_size(sizes.bytes)} per device: {_size(sizes.state_bytes)} "
            f"weights and optimizer, {_size(sizes.activation_bytes)} activations of a "
            "batch",
        ),
        (
            "steps",
            f"{training.epochs} epochs of {sizes.steps_per_epoch:,} steps, batch "
            f"{training.batch_size}",
        ),
        *([("by size", _sized(plan))] if plan.sized else []),
        ("folder", str(plan.config.run_folder)),
    ]
    for name, text in rows:
        print(f"{name:11s}" + text.replace("\n", "\n" + " " * 11))


def _losses(plan: Plan) -> str:
    """Of a model with several outputs, with their weights, which may be the data's."""
    from zoo.training.configuration.tasks import tasks_of

    return "\n".join(
        f"{name}: {task.loss_weight:g} x {task.loss}"
        for name, task in tasks_of(plan.config).items()
    )


def _sized(plan: Plan) -> str:
    """What the number of examples has chosen, and nobody else."""
    values = ", ".join(f"{place} = {value}" for place, value in plan.sized.items())
    return textwrap.fill(values, 76, break_on_hyphens=False)


def _stem(plan: Plan) -> str:
    """Which motifs the first filters begin as."""
    names = [each.motif.name for each in plan.stem]
    some = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"{counted(len(names), 'filter')} from motifs: {some}"


def _size(size: int) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1_000:
            return f"{size:.3g} {unit}"
        size /= 1_000  # type: ignore[assignment]
    return f"{size:.3g} GB"


def print_run(done: Run) -> None:
    """Prints what was measured and where it is."""
    metrics = done.measured.metrics
    width = max([24, *(len(entry["name"]) for entry in metrics)])
    for entry in metrics:
        low, high = entry["ci95"]
        print(
            f"{entry['split']:11s}{entry['name']:{width}s}{entry['value']:8.4f}  "
            f"95% interval {low:.4f} to {high:.4f}"
        )
    for note in done.measured.notes:
        tell(f"not measured: {note}")
    for sentence in done.enzyme.sentences() if done.enzyme is not None else ():
        print(f"enzyme      {sentence}")
    print(f"report      {done.folder / 'report.html'}")
    for release in filter(None, (done.release, done.bias_free)):
        print(f"release     {done.config.release_folder.with_name(release.name)}")
