"""What a training run is: the tables and keys of its TOML file, typed.

Importing this imports neither NumPy nor Keras.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from registry.errors import SeqzooError
from registry.files import user_path
from zoo.data.head_targets import HeadTargets
from zoo.training.configuration.auto import Auto
from zoo.training.configuration.background import Background
from zoo.training.configuration.bias import Bias
from zoo.training.configuration.publication import Publication
from zoo.training.configuration.search import Search


class ConfigError(SeqzooError, ValueError):
    """A training configuration that cannot be used; names file, table and key."""


@dataclass(frozen=True)
class Split:
    """Which examples are for training, validation and test.

    Attributes:
        by: "column" (official), "chromosome", "homology" (clusters of similar
            sequences) or "random".
        keywords: The table's other keys: the keywords of `zoo.splits.split_by_column`,
            `split_by_chromosome`, `split_by_homology` or `split_at_random`. The seed
            is that of the run.
    """

    by: Literal["column", "chromosome", "homology", "random"]
    keywords: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Data:
    """Where the examples come from.

    Attributes:
        format: "table", "fasta" or "intervals".
        path: TSV, CSV or Parquet; FASTA; BED or narrowPeak. Paths are relative to
            the configuration file.
        split: How it is split.
        task: "binary" or "multi-label" (one logit per output), "classes" (`targets`
            is one column of class names), "regression" or "profile" (bins).
        keywords: The table's other keys: the keywords of `zoo.data.from_table`,
            `from_fasta` or `from_intervals`, for intervals also those of
            `zoo.data.Genome`, such as `ambiguous`.
        background: Of intervals with signals, regions without peaks.
    """

    format: Literal["table", "fasta", "intervals"]
    path: str
    split: Split
    task: Literal["binary", "multi-label", "classes", "regression", "profile"]
    keywords: dict[str, Any] = field(default_factory=dict)
    background: Background | None = None


@dataclass(frozen=True)
class Model:
    """What is trained: an architecture from scratch, or a release.

    Attributes:
        architecture: A registered name.
        arguments: Its builder's; `num_outputs` comes from the data, and so does
            `sequence_length` where the architecture needs one. Of a release,
            `sequence_length` only.
        release: A name, folder or address to start from, always with a new head, as
            in `zoo.load(..., num_outputs=)`.
        bias: Of `chrombpnet`, what the enzyme does by itself.
        stem_motifs: Known motifs that the first filters begin as: those of JASPAR of
            "vertebrates" or "fungi" (`zoo.samples.jaspar`), or a MEME file. Of more
            than the stem has filters, those that tell most of the training targets.
        stem_motif_names: Which of them, by names or identifiers, in any case; by
            default all.
    """

    architecture: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    release: str | None = None
    bias: Bias | None = None
    stem_motifs: str | None = None
    stem_motif_names: tuple[str, ...] | None = None


@dataclass(frozen=True)
class FineTuning:
    """How a release is adapted; see docs/fine_tune.md.

    Attributes:
        head_epochs: Epochs in which the new head alone is trained, first.
        layer_decay: Each layer group nearer the input learns so many times slower.
        adapters: Rank of low-rank adapters; 0 trains the kernels themselves.
        towards_start: Strength of the pull towards the released weights (L2-SP).
        batch_statistics: Whether batch normalization of the trunk is "frozen", as
            released, or "adapting".
    """

    head_epochs: int = 0
    layer_decay: float = 1.0
    adapters: int = 0
    towards_start: float = 0.0
    batch_statistics: Literal["frozen", "adapting"] = "frozen"


@dataclass(frozen=True)
class Optimizer:
    """A Keras optimizer and its schedule.

    Attributes:
        name: "adamw", "adam" or "sgd".
        learning_rate: Its highest value.
        schedule: "cosine" to zero at the last step, or "constant".
        warmup_epochs: Epochs of linear rise before either, half of the steps at most.
        weight_decay: For kernels and embeddings; AdamW's, for all three.
        momentum: Of "sgd" only.
        clip_norm: Largest norm of all gradients together; 0 does not clip.
        average_weights: Momentum of an exponential moving average of the weights,
            which is then evaluated and released; 0 is none.
    """

    name: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: float = 1e-3
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup_epochs: float = 0.5
    weight_decay: float = 1e-3
    momentum: float = 0.9
    clip_norm: float = 1.0
    average_weights: float = 0.0


@dataclass(frozen=True)
class Training:
    """The loop.

    Attributes:
        epochs: The most that are trained; "auto" by the size of the data.
        batch_size: Sequences per step, over all devices together; "auto" by the size
            of the data.
        loss: "auto" by the task, or a class of `zoo.losses` for it.
        metrics: "auto" by the task, or classes of `zoo.metrics`.
        monitor: What chooses the best epoch and stops early: "val_loss", or "val_"
            and the name of a metric.
        patience: Epochs without improvement before it stops; 0 never stops early.
        reverse_complement: Whether training sequences are reverse complemented with
            probability 0.5.
        pairing: With it, the number of each output's partner on the other strand, such
            as [1, 0] for the reads of two strands; or a table, of inputs as well:
            { targets = [1, 0], control = [1, 0] }. "strands" pairs bigWig files by
            their names, see `zoo.data.strand_pairing`, those of inputs as well.
        normalization_momentum: Of the moving statistics of batch normalization, at
            most: these are to follow the weights in few steps. "auto" by the size of
            the data; 1 is that of the architecture.
        max_shift: bp that training sequences are shifted by, at most.
        class_weights: Whether the classes count alike.
        precision: Keras's policy; "auto" is float32, but mixed_bfloat16 on a GPU.
        jit_compile: Whether the step is compiled by XLA; "auto" where it helps.
        checkpoint_steps: Steps between checkpoints; 0 is at the end of epochs only.
        synchronize_batch_normalization: Over devices.
    """

    epochs: int | Auto = "auto"
    batch_size: int | Auto = "auto"
    loss: str = "auto"
    metrics: tuple[str, ...] = ("auto",)
    monitor: str = "val_loss"
    patience: int = 0
    reverse_complement: bool = False
    pairing: (
        Literal["strands"] | tuple[int, ...] | dict[str, tuple[int, ...]] | None
    ) = None
    normalization_momentum: float | Auto = "auto"
    max_shift: int = 0
    class_weights: bool = False
    precision: Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"] = "auto"
    jit_compile: Literal["auto", "yes", "no"] = "auto"
    checkpoint_steps: int = 0
    synchronize_batch_normalization: bool = True

    @property
    def partners(self) -> dict[str, tuple[int, ...]]:
        """The pairing by name, "targets" and inputs; empty for none."""
        if self.pairing == "strands":
            raise ConfigError(
                "training.pairing: 'strands' becomes numbers where a configuration is "
                "read (parse_config). Received a Config made in another way."
            )
        named = isinstance(self.pairing, dict)
        found: Any = self.pairing if named else {"targets": self.pairing}
        return found if self.pairing is not None else {}


@dataclass(frozen=True, kw_only=True)
class HeadTraining(HeadTargets):
    """What one output of a model with several learns, and how: a table [heads.NAME].

    Attributes:
        targets: "values", as the data have them; of a profile also "total", its sum
            over the bins, or "log_total", ln(1 + total).
        outputs: Which of the data's outputs, by name; empty for all.
        joined_bins: How many bins of the data are summed to one of this output.
        joined_outputs: How many of its outputs in a row, likewise: 2 for the reads of
            both strands together.
        task: "auto" is that of the data, but "regression" for totals.
        loss: "auto" by the task, or a class of `zoo.losses` for it.
        loss_weight: Of this loss in the sum of all. "auto", for "log_total", is a tenth
            of the median total of a signal in the training examples, at least 1, as
            ChromBPNet weights the counts; see `zoo.losses.counts_loss_weight`.
        metrics: "auto" by the task, or classes of `zoo.metrics`.
    """

    task: Literal[
        "auto", "binary", "multi-label", "classes", "regression", "profile"
    ] = "auto"
    loss: str = "auto"
    loss_weight: float | Literal["auto"] = 1.0
    metrics: tuple[str, ...] = ("auto",)


@dataclass(frozen=True)
class Devices:
    """On what it runs; see docs/distribute.md.

    Attributes:
        kind: "auto", "single", "mirrored" or "multi_worker".
        devices: How many devices of this machine; None is all. On CPUs, so many
            logical devices are made.
    """

    kind: Literal["auto", "single", "mirrored", "multi_worker"] = "auto"
    devices: int | None = None


@dataclass(frozen=True)
class Ensemble:
    """Several members, released as one model: of seeds, of folds or of designs.

    Attributes:
        seeds: One member each, in place of the run's seed; empty for a single model.
        folds: One member for each fold of training and validation data, relatives kept
            together; 0 for none. Validation is then of held-out predictions.
        members: One member each, of other designs: what a member changes of `seed` and
            of the keys of [model], [optimizer] and [training]; with another
            architecture or release, none of [model] is kept.
        average: What is averaged over the members: "probabilities" only where the
            task has some.
    """

    seeds: tuple[int, ...] = ()
    folds: int = 0
    members: tuple[dict[str, Any], ...] = ()
    average: Literal["logits", "probabilities"] = "logits"

    @property
    def count(self) -> int:
        """How many members are configured; 0 for a single model."""
        return self.folds or len(self.seeds or self.members)


@dataclass(frozen=True)
class Logging:
    """Where a run is followed, besides the terminal, history.csv and the report.

    Attributes:
        tensorboard: Whether event files are written.
        trackers: "wandb", "mlflow": only if installed.
    """

    tensorboard: bool = False
    trackers: tuple[Literal["wandb", "mlflow"], ...] = ()


@dataclass(frozen=True)
class Config:
    """A training run.

    Attributes:
        name: The name of the release it makes, `NAME_vN`.
        data: Where the examples come from.
        model: What is trained.
        folder: Where OUTPUT/NAME/ is made, relative to the configuration file.
        seed: For weights, order, augmentation and dropout.
        training: The loop.
        heads: Of a model with several outputs, what each learns, by its name.
        optimizer: How the weights move.
        fine_tuning: How a release is adapted.
        strategy: On what it runs.
        ensemble: Several members.
        logging: Where it is followed.
        release: What the release says; without it none is written.
        search: What `seqzoo tune` tries; `seqzoo train` does not read it.
        base: The folder that paths are relative to; not a key.
        file: Name of the configuration file; not a key.
    """

    name: str
    data: Data
    model: Model
    folder: str = "runs"
    seed: int = 0
    training: Training = field(default_factory=Training)
    heads: dict[str, HeadTraining] = field(default_factory=dict)
    optimizer: Optimizer = field(default_factory=Optimizer)
    fine_tuning: FineTuning = field(default_factory=FineTuning)
    strategy: Devices = field(default_factory=Devices)
    ensemble: Ensemble = field(default_factory=Ensemble)
    logging: Logging = field(default_factory=Logging)
    release: Publication | None = None
    search: Search | None = None
    base: Path = field(default_factory=Path)
    file: str = "config.toml"

    def path(self, name: str) -> Path:
        """A path of the configuration, from where we are."""
        return self.base / user_path(name)

    @property
    def run_folder(self) -> Path:
        """Where checkpoints, logs, the report and the release go."""
        return self.path(self.folder) / self.name

    @property
    def release_folder(self) -> Path:
        """Where the release of a run is, or will be."""
        return self.run_folder / "release" / self.name

    def head(self, name: str) -> HeadTargets:
        """What an output of the model learns: without [heads], all that the data have.

        Args:
            name: The output's.
        """
        return self.heads[name] if self.heads else HeadTargets()

    @property
    def start(self) -> str | None:
        """The release to start from; a folder's path is one from where we are."""
        name = self.model.release
        return None if name is None else self.place(name)

    def place(self, release: str) -> str:
        """A release of the configuration; a folder's path is one from where we are."""
        named = "/" not in release or "://" in release
        return release if named else str(self.path(release))
