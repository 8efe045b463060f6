"""Small public data sets, for examples and tests; README.md has their source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from registry.errors import UnknownNameError

if TYPE_CHECKING:
    from zoo.interpretation.motifs import Motif

SPLICE_JUNCTIONS = "uci_splice_junctions_60bp.fa.gz"
ECOLI_PROMOTERS = "uci_ecoli_promoters_57bp.fa.gz"
BINDING_SITES = "jaspar2024_sites_100bp.fa"
MOTIFS = "jaspar2024_vertebrate_motifs.meme"
#: A piece of chromosome XVI of yeast, and where 48 transcription factors bind in it.
YEAST = "yeast_chrXVI_30kb.fa"
YEAST_PEAKS = "yeast_chrXVI_30kb_peaks.bed"
#: By the group of species, all motifs of JASPAR 2026 CORE, non-redundant.
JASPAR = {
    "vertebrates": "jaspar2026_core_vertebrates.meme.gz",
    "fungi": "jaspar2026_core_fungi.meme.gz",
}


def path(name: str) -> Path:
    """The path of a bundled file.

    Args:
        name: "uci_splice_junctions_60bp.fa.gz", "uci_ecoli_promoters_57bp.fa.gz",
            "jaspar2024_sites_100bp.fa", "jaspar2024_vertebrate_motifs.meme",
            "yeast_chrXVI_30kb.fa", "yeast_chrXVI_30kb_peaks.bed" or one of `JASPAR`.

    Raises:
        UnknownNameError: There is no file of that name.
    """
    ours = SPLICE_JUNCTIONS, ECOLI_PROMOTERS, BINDING_SITES, MOTIFS, YEAST, YEAST_PEAKS
    known = (*ours, *JASPAR.values())
    if name not in known:
        raise UnknownNameError("sample", name, known)
    return Path(__file__).resolve().parent / name


def splice_junctions() -> tuple[list[str], list[str]]:
    """3,186 primate sequences of 60 bp around a possible splice junction.

    The junction lies between the 30th and the 31st base.

    Returns:
        The sequences, and a label each: "ei" (exon to intron, a donor), "ie" (intron
        to exon, an acceptor) or "n" (neither).
    """
    return _read(SPLICE_JUNCTIONS)


def ecoli_promoters() -> tuple[list[str], list[str]]:
    """106 sequences of E. coli, 57 bp, half of them promoters.

    Promoters are aligned from base -50 to +7 of the start of transcription.

    Returns:
        The sequences, and a label each: "promoter" or "non-promoter".
    """
    return _read(ECOLI_PROMOTERS)


def binding_sites() -> tuple[list[str], list[str]]:
    """16 simulated sequences of 100 bp, each with one site of CTCF or of PU.1.

    Sites are drawn from the matrices of `motifs` ("CTCF", "Spi1"), on either strand.

    Returns:
        The sequences, and a label each: "CTCF" or "PU.1".
    """
    return _read(BINDING_SITES)


def motifs() -> dict[str, Motif]:
    """Twelve well-known binding motifs of vertebrates, from JASPAR 2024 CORE.

    Returns:
        Motifs by name: "GATA1", "MAX::MYC", "SP1", "Spi1", "TAL1::TCF3", "FOS::JUN",
        "CEBPA", "HNF4A", "REST", "CTCF", "Pou5f1::Sox2" and "SOX2".
    """
    from zoo.interpretation.motifs import read_meme

    return {motif.name: motif for motif in read_meme(path(MOTIFS))}


def jaspar(group: str = "vertebrates") -> list[Motif]:
    """All motifs of JASPAR 2026 CORE of a group of species, non-redundant.

    Args:
        group: "vertebrates" (1,019 motifs) or "fungi" (193).

    Raises:
        UnknownNameError: Another group.

    Source:
        Rauluseviciute et al. 2024, doi:10.1093/nar/gkad1059, of whose database this is
        the next release; CC BY 4.0.
    """
    from zoo.interpretation.motifs import read_meme

    if group not in JASPAR:
        raise UnknownNameError("group of motifs", group, tuple(JASPAR))
    return read_meme(path(JASPAR[group]))


def _read(name: str) -> tuple[list[str], list[str]]:
    # NumPy is imported late, so that the paths come without it.
    from zoo.data.fasta import read_fasta
    from zoo.dna import decode

    records = list(read_fasta(path(name)))
    labels = [record.name.rpartition("_")[0] for record in records]
    return [decode(record.codes) for record in records], labels
