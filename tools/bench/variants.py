"""How fast variants are scored, against Keras's own `model.predict`.

    python -m tools.bench.variants [NAME ...] [--seconds 20] [--indels 0]

The whole way of `zoo.score_variants`, from a VCF file and a genome to an annotated
VCF, and `model.predict` (batch 256) of as many one-hot sequences that are there
already: two alleles, on both strands for models that are not equivariant. Of each
release so many variants as `model.predict` takes so many seconds for. Loading the model
is not counted on either side. One thread, CPU seconds, medians of interleaved repeats.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np

import registry
import zoo
import zoo.models.loading
from tools.bench.timing import medians, print_table, timed
from zoo import dna
from zoo.prediction.genome import bins

_GENOME_BASES = 4_000_000
_BATCH = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--indels", type=float, default=0, help="share of deletions")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        text = "".join(np.random.default_rng(0).choice(list("ACGT"), _GENOME_BASES))
        genome = Path(folder, "genome.fa")
        genome.write_text(f">chr1\n{text}\n")
        for name in arguments.names or [r.name for r in registry.list_releases()]:
            rows.append(_row(name, text, genome, Path(folder), arguments))
            print(*rows[-1], flush=True)
    print_table(["CPU s", "variants", "predict", "score_variants", "throughput"], rows)


def _row(
    name: str, text: str, genome: Path, folder: Path, arguments: argparse.Namespace
) -> list[object]:
    release, model = registry.find(name), zoo.load(name)
    window = bins.window(model, release, None)
    both = all(output.reverse_complement_partner for output in release.outputs)
    strands = 2 if both and release.symmetry.kind != "equivariant" else 1
    rng = np.random.default_rng(1)

    def one_hot(count: int) -> np.ndarray:
        codes = rng.integers(0, 4, (count, window)).astype(np.uint8)
        return dna.one_hot(codes)

    few = one_hot(_BATCH)
    model.predict(few, batch_size=_BATCH, verbose=0)
    each = min(
        timed(lambda: model.predict(few, batch_size=_BATCH, verbose=0)).cpu / _BATCH
        for _ in range(5)
    )
    count = int(np.clip(arguments.seconds / each / (2 * strands), 128, 200_000))
    places = np.sort(rng.choice(_GENOME_BASES - 3 * window, count, replace=False))
    removed = np.where(rng.random(count) < arguments.indels, 3, 0)
    vcf = folder / f"{name}.vcf"
    with vcf.open("w") as file:
        file.write("##fileformat=VCFv4.2\n##contig=<ID=chr1>\n")
        file.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for place, more in zip((places + window).tolist(), removed, strict=True):
            base = text[place]
            other = base if more else "ACGT"[("ACGT".index(base) + 1) % 4]
            reference = text[place : place + 1 + more]
            file.write(f"chr1\t{place + 1}\t.\t{reference}\t{other}\t.\t.\t.\n")
    sequences = one_hot(2 * strands * (count + int((removed > 0).sum())))
    zoo.models.loading.load = lambda *_, **__: model  # loaded once
    times = medians(
        {
            "predict": lambda: model.predict(sequences, batch_size=_BATCH, verbose=0),
            "variants": lambda: zoo.score_variants(
                name,
                genome,
                vcf,
                folder / "out.vcf.gz",
                strand="both" if both else "+",
                batch_size=_BATCH,
            ),
        },
        arguments.repeats,
    )
    predict, variants = (seconds.cpu for seconds in times.values())
    return [name, count, predict, variants, predict / variants]


if __name__ == "__main__":
    main()
