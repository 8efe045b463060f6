import numpy as np
import pytest

from tools.datasets import ctcf_pu1
from tools.datasets.tables import DatasetError
from zoo.dna import decode, reverse_complement

FILE = "chipseq_ctcf_pu1/ctcf_pu1_peaks_101bp.tsv.gz"
HEADER = ["tf", "locus", "sequence", "chrom"]


def test_split_by_chromosome_without_what_both_bind(write_table, sequences, tmp_path):
    chromosomes = ["chr1", "chr8", "chr9", "chr18", "chrX", "chr2"]
    rows = [
        [factor, "-", sequence, chromosome]
        for factor in ("CTCF", "PU1")
        for chromosome in chromosomes
        for sequence in sequences(3, 20)
    ]
    both = rows[0][2]
    rows[18][2] = reverse_complement(both)  # PU.1, chr1
    rows[21][2] = rows[3][2]  # PU.1, chr8, as CTCF on chr8
    rows[12][2] = rows[6][2]  # CTCF on chrX, as on chr9: stays in the test
    write_table(FILE, HEADER, rows)
    dataset = ctcf_pu1.load(tmp_path, 0, {"CTCF": 18, "PU1": 18})
    assert dataset.dropped == {
        "sequences that are peaks of both factors": 2,
        "rows merged into an equal sequence": 3,
    }
    gone = {0, 18, 3, 21, 12}
    for split, wanted in (
        (dataset.train, ("chr1", "chrX", "chr2")),
        (dataset.validation, ("chr8",)),
        (dataset.test, ("chr9", "chr18")),
    ):
        expected = {
            (sequence, float(factor == "CTCF"))
            for i, (factor, _, sequence, chromosome) in enumerate(rows)
            if chromosome in wanted and i not in gone
        }
        found = [decode(codes) for codes in split.codes]
        assert set(zip(found, split.targets[:, 0].tolist(), strict=True)) == expected
        assert len(found) == len(expected)
        assert split.targets.dtype == np.float32


def test_refuses_another_number_of_peaks(write_table, sequences, tmp_path):
    write_table(FILE, HEADER, [["CTCF", "-", sequences(1, 20)[0], "chr1"]])
    with pytest.raises(DatasetError, match="CTCF 1 instead of 39184"):
        ctcf_pu1.load(tmp_path, 0)
