"""How each released model is trained: all that is not code, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """One release's architecture, data and training.

    Attributes:
        release: Its name, e.g. "rc_dilated_v1".
        architecture: A name of the registry.
        config: The builder's arguments, but num_outputs, which the data set gives.
        dataset: A name of `tools.datasets.NAMES`.
        description: One line.
        task: What is predicted: "binary", "multi-label" or "profile".
        tags: Words to find it by.
        loss: A class of `zoo.losses`.
        activation: From logits to units, a name of `keras.activations`.
        units: Of the outputs, one word for a column name.
        licence: Of the weights.
        citation: Of the release.
        batch_size: Sequences a step.
        epochs: The learning rate falls to zero over so many, after a cosine.
        learning_rate: At its highest, reached after the first half epoch.
        weight_decay: Of AdamW, on kernels and embeddings.
        reverse_complement: Whether training sequences are reverse complemented
            with probability 0.5.
        max_shift: They are shifted by up to so many bp.
        start_from_motifs: Whether the stem begins with motifs of JASPAR.
        limits: What the model is not fit for, on its card.
        min_length: The shortest input in bp: what one filter of the first layer sees,
            or the sequence_length where that is fixed.
    """

    release: str
    architecture: str
    dataset: str
    description: str
    task: str
    tags: tuple[str, ...]
    licence: str
    citation: str
    limits: str
    min_length: int
    config: dict[str, Any] = field(default_factory=dict)
    loss: str = "MaskedBinaryCrossentropy"
    activation: str = "sigmoid"
    units: str = "probability"
    batch_size: int = 256
    epochs: int = 15
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    reverse_complement: bool = False
    max_shift: int = 0
    start_from_motifs: bool = False

    @property
    def symmetry(self) -> str:
        """What the release says of the reverse complement strand."""
        if self.architecture == "rc_dilated":
            return "equivariant"
        return "augmented" if self.reverse_complement else "none"


RECIPES = {
    recipe.release: recipe
    for recipe in (
        Recipe(
            release="shallow_wide_v1",
            architecture="shallow_wide",
            dataset="ctcf_pu1",
            description="CTCF against PU.1 binding in human, 100 bp peaks",
            task="binary",
            tags=("human", "transcription factor", "ChIP-seq"),
            licence="Apache-2.0",
            citation="ENCODE Project Consortium, Nature 489, 57-74 (2012)",
            limits="It tells CTCF peaks from PU.1 peaks; it has seen no sequence that "
            "binds neither, so it is no detector of CTCF in a genome.",
            min_length=25,
            config={"filters": 256, "kernel_size": 25},
            epochs=12,
            reverse_complement=True,
            max_shift=3,
        ),
        Recipe(
            release="deep_narrow_v1",
            architecture="deep_narrow",
            dataset="gue_promoter",
            description="Human core promoters, 70 bp around the start of transcription",
            task="binary",
            tags=("human", "promoter", "GUE"),
            licence="Apache-2.0",
            citation="Zhou et al., DNABERT-2, arXiv:2306.15006 (GUE benchmark)",
            limits="Strand- and position-specific: the start of transcription must lie "
            "where it lies in the training windows.",
            min_length=70,
            config={
                "sequence_length": 70,
                "pooling": "flatten",
                "downsampling": "strided_convolution",
                "dropout": 0.3,
            },
            epochs=12,
        ),
        Recipe(
            release="kmer_v1",
            architecture="kmer",
            dataset="deepbind_encode",
            description="Binding of ten human transcription factors, 101 bp",
            task="multi-label",
            tags=("human", "transcription factor", "ChIP-seq", "ENCODE"),
            licence="Apache-2.0",
            citation="Alipanahi et al., Nature Biotechnology 33, 831-838 (2015)",
            limits="Negatives were dinucleotide shuffles of the peaks, not genomic "
            "sequence: probabilities in a genome will be too high.",
            min_length=14,
            epochs=7,
            reverse_complement=True,
            max_shift=3,
        ),
        Recipe(
            release="hierarchical_dilated_v1",
            architecture="hierarchical_dilated",
            dataset="yeast_dyads",
            description="Density of nucleosome dyads in budding yeast, 16 bp bins",
            task="profile",
            tags=("yeast", "nucleosome", "profile"),
            licence="Apache-2.0",
            citation="Brogaard et al., Nature 486, 496-501 (2012)",
            limits="One condition (asynchronous cells, rich medium) of one organism.",
            min_length=2048,
            config={
                "sequence_length": 2048,
                "filters": 32,
                "dilation_rates": [1, 2, 4, 8, 16, 32, 64],
                "bin_size": 16,
                "cropping": 512,
                "dropout": 0.05,
            },
            loss="MaskedLogPoisson",
            activation="exponential",
            units="fold_of_mean",
            batch_size=16,
            epochs=12,
            learning_rate=3e-3,
            reverse_complement=True,
        ),
        Recipe(
            release="rc_dilated_v1",
            architecture="rc_dilated",
            dataset="gue_tf",
            description="Binding of five human transcription factors, 101 bp, the same "
            "for both strands",
            task="multi-label",
            tags=("human", "transcription factor", "ChIP-seq", "GUE", "equivariant"),
            licence="Apache-2.0",
            citation="Zhou et al., DNABERT-2, arXiv:2306.15006 (GUE benchmark)",
            limits="Each output was trained against its own GC-matched negatives; "
            "outputs are not comparable with one another.",
            min_length=15,
            epochs=7,
            learning_rate=3e-3,
            start_from_motifs=True,
            max_shift=3,
        ),
    )
}
