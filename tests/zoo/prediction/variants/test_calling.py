"""`zoo.score_variants` against predictions of edited text, and what it refuses."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import zoo
from tests.made import write_fasta
from tests.zoo.prediction.variants.conftest import TEXT, Row, substitution, write_vcf
from tests.zoo.prediction.variants.test_placement import TURNED, turned
from zoo.errors import InputError
from zoo.prediction.genome.parts import PartsFolder

pysam = pytest.importorskip("pysam")

RELEASE, WINDOW = "rc_dilated_v1", 101
WINDOWS = {RELEASE: WINDOW, "shallow_wide_v1": 100}
INSERTION: Row = ("chr1", 404, TEXT["chr1"][403], TEXT["chr1"][403] + "AA")
DELETION: Row = ("chr2", 351, TEXT["chr2"][350:357], TEXT["chr2"][350])
ROWS: list[Row] = [
    substitution("chr2", 200),
    substitution("chr1", 250),  # unsorted, and overlapping with the next
    ("chr1", 249, TEXT["chr1"][248:251], "T"),
    INSERTION,
    DELETION,
]


def scores(
    tmp_path: Path, genome: Path, rows: Sequence[Row], name: str = RELEASE, **more: Any
) -> pd.DataFrame:
    vcf = write_vcf(tmp_path / "v.vcf", rows)
    zoo.score_variants(name, genome, vcf, tmp_path / "o.tsv", **more)
    return pd.read_csv(tmp_path / "o.tsv", sep="\t")


def effects(name: str, rows: Sequence[Row], *, shift: int = 0) -> np.ndarray:
    """Differences of logits of substitutions, from the text."""
    model, window = zoo.load(name), WINDOWS[name]
    pairs = []
    for chrom, position, _, alternate in rows:
        text = TEXT[chrom]
        changed = text[: position - 1] + alternate + text[position:]
        first = position - 1 - window // 2 + shift
        pairs += [text[first : first + window], changed[first : first + window]]
    found = zoo.predict(model, pairs)
    if name != RELEASE:
        other = [turned(pair) for pair in pairs]
        found = (found + zoo.predict(model, other)) / 2
    return found[1::2] - found[::2]


SUBSTITUTIONS = [substitution("chr1", p) for p in range(100, 500, 7)]


@pytest.mark.parametrize("name", WINDOWS)
def test_substitutions_on_both_strands(name: str, genome: Path, tmp_path: Path) -> None:
    found = scores(tmp_path, genome, SUBSTITUTIONS, name, batch_size=32)
    assert found["position"].tolist() == [row[1] for row in SUBSTITUTIONS]
    logits = found.filter(like="log_odds_difference").to_numpy()
    np.testing.assert_allclose(logits, effects(name, SUBSTITUTIONS), atol=1e-4)


def test_the_mean_over_shifts(genome: Path, tmp_path: Path) -> None:
    found = scores(tmp_path, genome, SUBSTITUTIONS[:9], shifts=(-3, 5))
    expected = [effects(RELEASE, SUBSTITUTIONS[:9], shift=shift) for shift in (-3, 5)]
    logits = found.filter(like="log_odds_difference").to_numpy()
    np.testing.assert_allclose(logits, np.mean(expected, axis=0), atol=1e-4)


def mirrored(row: Row) -> Row:
    """The record of the other strand, with the base in front that VCF wants."""
    chrom, position, reference, alternate = row
    place = len(TEXT[chrom]) - (position - 1) - len(reference)
    before = TURNED[chrom][place - 1]
    return chrom, place, before + turned(reference), before + turned(alternate)


def test_an_equivariant_model_scores_the_other_strands_record_alike(
    genome: Path, tmp_path: Path
) -> None:
    other = write_fasta(tmp_path / "turned.fa", TURNED)
    rows = [INSERTION, DELETION, ROWS[2]]
    found = scores(tmp_path, genome, rows, shifts=(-4, 0, 2))
    again = scores(tmp_path, other, [mirrored(r) for r in rows], shifts=(-4, 0, 2))
    numbers = found.columns[5:]
    np.testing.assert_allclose(found[numbers], again[numbers], atol=1e-5)
    assert np.abs(found[numbers].to_numpy()).max() > 1e-2


def test_an_annotated_vcf_is_the_file_with_fields(genome: Path, tmp_path: Path) -> None:
    chrom, position, base, alternate = ROWS[0]
    third = next(b for b in "ACGT" if b not in (base, alternate))
    rows = [
        (chrom, position, base, f"*,{third},{alternate}"),
        *ROWS,
        (*ROWS[1][:3], "."),
    ]
    vcf = write_vcf(tmp_path / "v.vcf", rows, info="DP=7")
    out = tmp_path / "o.vcf.gz"
    made = zoo.score_variants(RELEASE, genome, vcf, out, outputs="tf_2")
    assert made.variants == 7
    assert made.left_out == {"allele without a sequence of its own": 2}
    zoo.score_variants(RELEASE, genome, vcf, tmp_path / "o.tsv", outputs="tf_2")
    table = pd.read_csv(tmp_path / "o.tsv", sep="\t")
    with pysam.VariantFile(str(vcf)) as old, pysam.VariantFile(str(out)) as new:
        field = new.header.info["rc_dilated_v1_tf_2_difference"]
        assert (field.number, field.type) == ("A", "Float")
        before, after = list(old), list(new)
    assert [(r.chrom, r.pos, r.ref, r.alts) for r in after] == [
        (r.chrom, r.pos, r.ref, r.alts) for r in before
    ]
    assert all(record.info["DP"] == 7 for record in after)
    key = "rc_dilated_v1_tf_2_difference"
    values = [value for r in after if key in r.info for value in r.info[key]]
    assert values.pop(0) is None  # of the allele that has no sequence
    np.testing.assert_allclose(values, table["tf_2_difference"], rtol=1e-5)
    assert key not in after[-1].info
    both = f"bcftools annotate -x INFO/{key},INFO/rc_dilated_v1_tf_2_log_odds_diff"
    with pytest.raises(InputError, match=f"has the field .*{both}"):
        zoo.score_variants(RELEASE, genome, out, tmp_path / "2.vcf", outputs="tf_2")
    if program := shutil.which("bcftools"):
        words = [program, "query", "-f", f"%INFO/{key}\n", str(out)]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        assert len(said.splitlines()) == len(rows)


def test_formats_agree(genome: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    plain = write_vcf(tmp_path / "v.vcf", ROWS)
    with pysam.VariantFile(str(plain)) as old:
        binary = tmp_path / "v.bcf"
        with pysam.VariantFile(str(binary), "wb", header=old.header) as new:
            for record in old:
                new.write(record)
    found = scores(tmp_path, genome, ROWS)
    zoo.score_variants(RELEASE, genome, plain, tmp_path / "o.parquet")
    parquet = pd.read_parquet(tmp_path / "o.parquet")
    assert parquet.columns.tolist() == found.columns.tolist()
    np.testing.assert_allclose(parquet.iloc[:, 5:], found.iloc[:, 5:], rtol=1e-4)
    for source, out in ((plain, "a.vcf"), (binary, "b.vcf")):
        zoo.score_variants(RELEASE, genome, source, tmp_path / out)
    with pysam.VariantFile(str(tmp_path / "b.vcf")) as annotated:
        fields = [dict(record.info) for record in annotated]
    with pysam.VariantFile(str(tmp_path / "a.vcf")) as annotated:
        assert [dict(record.info) for record in annotated] == fields


def test_a_table_of_elements(tmp_path: Path) -> None:
    text = TEXT["chr1"]
    elements = {"as_long": text[:WINDOW], "longer": text[:300]}
    fasta = write_fasta(tmp_path / "e.fa", elements)
    table = tmp_path / "t.tsv"
    other = "ACGT"[("ACGT".index(text[4]) + 1) % 4]
    table.write_text(
        "element\tposition\tref\talt\n"
        f"as_long\t5\t{text[4]}\t{other}\nlonger\t5\t{text[4].lower()}\t{other}\n"
        f"longer\t101\t-\tACG\nlonger\t101\t{text[100]}\tACG{text[100]}\n"
    )
    zoo.score_variants(RELEASE, fasta, table, tmp_path / "o.tsv", outputs=["tf_1"])
    found = pd.read_csv(tmp_path / "o.tsv", sep="\t")
    assert found.columns[:5].tolist() == ["element", "position", "id", "ref", "alt"]
    pair = [text[:WINDOW], text[:4] + other + text[5:WINDOW]]
    before, after = zoo.predict(zoo.load(RELEASE), pair)[:, 1]
    values = found["tf_1_log_odds_difference"]
    np.testing.assert_allclose(values[:2], after - before, atol=1e-4)
    np.testing.assert_allclose(values[2], values[3], atol=1e-6)
    lines = table.read_text().splitlines()
    last = ["sequence", *(elements[line.split("\t")[0]] for line in lines[1:])]
    own = tmp_path / "own.tsv"
    own.write_text("".join(f"{a}\t{b}\n" for a, b in zip(lines, last, strict=True)))
    zoo.score_variants(RELEASE, None, own, tmp_path / "own_o.tsv", outputs=["tf_1"])
    assert (tmp_path / "own_o.tsv").read_text() == (tmp_path / "o.tsv").read_text()
    own.write_text(own.read_text() + "longer\t5\tA\tC\tACGT\n")
    with pytest.raises(InputError, match="line 6: expected the sequence that 'longer'"):
        zoo.score_variants(RELEASE, None, own, tmp_path / "own_o.tsv")
    own.write_text(own.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match=r"own\.tsv: expected at least one row"):
        zoo.score_variants(RELEASE, None, own, tmp_path / "own_o.tsv")
    with pytest.raises(InputError, match="no VCF but a table"):
        zoo.score_variants(RELEASE, fasta, table, tmp_path / "o.vcf")


def test_percentiles_are_of_the_background(
    genome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "background.npz"
    more = {"outputs": "ctcf", "background": kept, "name": "shallow_wide_v1"}
    with monkeypatch.context() as patch:
        patch.setattr("zoo.prediction.variants.background.SIZE", 200)
        found = scores(tmp_path, genome, ROWS, window=60, **more)
    known = np.load(kept)["scores"]
    assert known.shape == (2, 200)
    values = found["ctcf_difference"].abs().to_numpy()
    expected = [(known[0] <= value).mean() for value in values]
    np.testing.assert_allclose(found["ctcf_difference_percentile"], expected, atol=1e-5)
    again = scores(tmp_path, genome, ROWS, window=60, **more)  # which reads it
    pd.testing.assert_frame_equal(found, again)
    with pytest.raises(InputError, match="of another run: window was 60, is 61"):
        scores(tmp_path, genome, ROWS, window=61, **more)
    kept.write_bytes(kept.read_bytes()[:-50])
    with pytest.raises(InputError, match="not a background of seqzoo"):
        scores(tmp_path, genome, ROWS, window=60, **more)


def test_an_interrupted_run_continues(
    genome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*SUBSTITUTIONS, *ROWS]
    vcf, out = write_vcf(tmp_path / "v.vcf", rows), tmp_path / "x.tsv"
    expected = scores(tmp_path, genome, rows)
    save, saved = PartsFolder.save, []

    def limited(self: PartsFolder, part: int, values: Any) -> None:
        if len(saved) == 2:
            raise KeyboardInterrupt
        saved.append(part)
        save(self, part, values)

    few: dict[str, Any] = {"part_bases": 2 * 20 * WINDOW}
    with monkeypatch.context() as patch:
        patch.setattr(PartsFolder, "save", limited)
        with pytest.raises(KeyboardInterrupt) as caught:
            zoo.score_variants(RELEASE, genome, vcf, out, **few)
    assert "zoo.score_variants(resume=True)" in caught.value.__notes__[0]
    with pytest.raises(InputError, match="holds the parts"):
        zoo.score_variants(RELEASE, genome, vcf, out, **few)
    with pytest.raises(InputError, match="shifts was"):
        zoo.score_variants(RELEASE, genome, vcf, out, resume=True, shifts=1, **few)
    saved.clear()
    zoo.score_variants(RELEASE, genome, vcf, out, resume=True, **few)
    pd.testing.assert_frame_equal(pd.read_csv(out, sep="\t"), expected, atol=1e-5)
    assert not PartsFolder(out).path.exists()


LONG = "ACGTTGCA" * 20
BASE = TEXT["chr1"][299]
BAD = [
    (("chr1", 300, "ACGT"[("ACGT".index(BASE) + 1) % 4], "N"), "expected alleles of A"),
    (("chr1", 300, BASE, BASE.lower()), "expected two alleles that differ"),
    (("chr1", 300, BASE, "R"), "expected alleles of A, C, G and T"),
    (("chr1", 300, BASE, "<DEL>"), "expected alleles of A"),
    (("chr1", 300, BASE, f"{BASE}[chr2:50["), "expected alleles of A"),
    (("chr1", 300, BASE, BASE + LONG), "at most 51 bp.*Received: one of 161 bp"),
    (("chr1", 300, "ACGT".replace(BASE, "")[0], "A"), "reference allele .*assembly"),
    (("chr1", 710, "A", "C"), "where chr1 has 709 bp. Received: A at position 710"),
    (("1", 300, BASE, "C"), "no sequence '1'.*Did you mean 'chr1'.*rename-chrs"),
    (("chr1", 20, TEXT["chr1"][19], "N"), "expected alleles of"),
]


@pytest.mark.parametrize(("row", "message"), BAD)
def test_what_cannot_be_scored_is_an_error_or_counted(
    row: Row, message: str, genome: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        scores(tmp_path, genome, [*ROWS[:1], row])
    assert str(caught.value).endswith("leaves such rows out.")
    told: list[Exception] = []
    found = scores(tmp_path, genome, [*ROWS[:1], row], on_invalid=told.append)
    assert len(found) == 1 and len(told) == 1
    assert "on_invalid" not in str(told[0])  # it is left out already
    made = zoo.score_variants(
        RELEASE, genome, tmp_path / "v.vcf", tmp_path / "o.tsv", on_invalid="drop"
    )
    assert sum(made.left_out.values()) == 1
    with pytest.raises(InputError):  # none is left
        scores(tmp_path, genome, [row], on_invalid="drop")


@pytest.mark.parametrize(
    ("beyond", "count"), [("error", None), ("drop", 1), ("pad", 2), ("shift", 2)]
)
def test_windows_beyond_a_contig(
    beyond: str, count: int | None, genome: Path, tmp_path: Path
) -> None:
    rows = [substitution("chr1", 20), *ROWS[:1]]
    if count is None:
        with pytest.raises(InputError, match=r"window of 101 bp reaches .* 709 bp"):
            scores(tmp_path, genome, rows, beyond=beyond)
        return
    assert len(scores(tmp_path, genome, rows, beyond=beyond)) == count


def test_a_repeat_that_goes_on_to_the_end_of_a_contig(tmp_path: Path) -> None:
    """Its change can be written there, too, however far away the record has it."""
    text = TEXT["chr1"] + "TTAGGG" * 200
    genome = write_fasta(tmp_path / "telomere.fa", {"chr1": text})
    rows = [SUBSTITUTIONS[0], ("chr1", len(TEXT["chr1"]) + 300, "G", "GTTAGGG")]
    with pytest.raises(InputError, match=r"record 2 .* reaches beyond the contig"):
        scores(tmp_path, genome, rows)
    assert len(scores(tmp_path, genome, rows, beyond="drop")) == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"outputs": "tf_9"}, "names of outputs of rc_dilated_v1"),
        ({"shifts": [60]}, "less than half a window"),
        ({"shifts": [0.5]}, "whole numbers of bp"),
        ({"shifts": []}, "at least one"),
        ({"strand": "."}, "strand to be one of"),
        ({"beyond": "cut"}, "beyond to be one of"),
        ({"window": 5}, "at least 15 bp"),
        ({"inputs": {"x": 1}}, "'x'"),
        ({"name": "deep_narrow_v1"}, "no partner on the other strand"),
    ],
)
def test_arguments_that_do_not_fit(
    more: dict[str, Any], message: str, genome: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        scores(tmp_path, genome, ROWS[:1], **more)
    assert not (tmp_path / "o.tsv").exists()
    assert not (tmp_path / "o.tsv.parts").exists()


def test_files_that_cannot_be(genome: Path, tmp_path: Path) -> None:
    vcf = write_vcf(tmp_path / "v.vcf", ROWS)
    for variants, out, message in (
        (vcf, "o.txt", "name that ends in .vcf.gz"),
        (vcf, "v.vcf", "would replace the input"),
        ("-", "o.tsv", "read twice"),
        (tmp_path / "none.vcf", "o.tsv", "no such file"),
    ):
        with pytest.raises(InputError, match=message):
            zoo.score_variants(RELEASE, genome, variants, tmp_path / out)
    bare = tmp_path / "bare.vcf"
    rows = "".join(f"{c}\t{p}\t.\t{r}\t{a}\t.\t.\t.\n" for c, p, r, a in ROWS)
    for path, header in ((bare, ""), (tmp_path / "bare.txt", "#CHROM\tPOS\tID\n")):
        path.write_text(header + rows)
        with pytest.raises(InputError, match="expected VCF or BCF, with its header"):
            zoo.score_variants(RELEASE, genome, path, tmp_path / "o.tsv")
    with pytest.raises(InputError, match="Expected the genome that it is of"):
        zoo.score_variants(RELEASE, None, vcf, tmp_path / "o.tsv")
    packed = tmp_path / "v.vcf.gz"
    with pysam.BGZFile(str(packed), "wb") as file:
        file.write(vcf.read_bytes())
    packed.write_bytes(packed.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"cut short|damaged"):
        zoo.score_variants(RELEASE, genome, packed, tmp_path / "o.tsv")


def test_bytes_of_the_source_that_are_no_utf8_stay(
    genome: Path, tmp_path: Path
) -> None:
    vcf = write_vcf(tmp_path / "v.vcf", ROWS[:1], info="DP=7;BY=Ren\u00e9;")
    vcf.write_bytes(vcf.read_text().encode("latin-1"))
    zoo.score_variants(RELEASE, genome, vcf, tmp_path / "o.vcf")
    assert b"DP=7;BY=Ren\xe9;rc_dil" in (tmp_path / "o.vcf").read_bytes()


def test_alleles_without_a_sequence_are_left_out(genome: Path, tmp_path: Path) -> None:
    chrom, position, base, alternate = ROWS[0]
    rows = [
        (chrom, position, base, f"{alternate},<NON_REF>"),
        (chrom, position + 1, TEXT[chrom][position], "<NON_REF>"),  # a block of gVCF
        (chrom, position + 2, TEXT[chrom][position + 1], "<*>,*"),
    ]
    vcf = write_vcf(tmp_path / "v.vcf", rows)
    made = zoo.score_variants(RELEASE, genome, vcf, tmp_path / "o.vcf")
    assert made.variants == 1
    assert made.left_out == {"allele without a sequence of its own": 4}


def test_the_background_in_the_cache(
    genome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("zoo.prediction.variants.background.SIZE", 50)
    more: dict[str, Any] = {"background": "shuffled", "outputs": "tf_0"}
    found = scores(tmp_path, genome, ROWS, **more)
    (kept,) = (tmp_path / "cache" / "backgrounds").iterdir()
    time = kept.stat().st_mtime_ns
    pd.testing.assert_frame_equal(scores(tmp_path, genome, ROWS, **more), found)
    assert kept.stat().st_mtime_ns == time
    kept.write_bytes(b"damaged")
    pd.testing.assert_frame_equal(scores(tmp_path, genome, ROWS, **more), found)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning")
def test_a_cluster_writes_the_same(
    genome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    few: dict[str, Any] = {"part_bases": 2 * 20 * WINDOW}
    expected = scores(tmp_path, genome, SUBSTITUTIONS, **few)
    cluster = zoo.prediction.genome.RayCluster(workers=1)
    found = scores(tmp_path, genome, SUBSTITUTIONS, cluster=cluster, **few)
    pd.testing.assert_frame_equal(found, expected)
