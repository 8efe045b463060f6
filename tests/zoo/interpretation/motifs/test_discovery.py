from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from tests.zoo.interpretation.motifs.test_seqlets import SITES, planted
from zoo import dna, samples
from zoo.errors import InputError
from zoo.interpretation.motifs import discover


def contributions(count=450, length=200):
    values, codes, truth = planted(count, length)
    bases = dna.one_hot(codes)
    hypothetical = np.where(bases > 0, values[..., None], -values[..., None] / 3)
    both = np.stack([np.zeros_like(hypothetical), hypothetical], axis=-1)
    return SimpleNamespace(codes=codes, names=("none", "tf"), hypothetical=both), truth


@pytest.mark.slow
def test_planted_sites_are_discovered_and_reported(tmp_path):
    given, truth = contributions()
    database = samples.jaspar("fungi")
    found = discover(given, tmp_path / "out", target="tf", database=database)
    names = [each.motif.name for each in found]
    assert names == ["tf_positive_0", "tf_negative_0"]
    planted_at = {(sign, row): (start, strand) for sign, row, start, strand in truth}
    for each in found:
        site = SITES[each.sign]
        strand = "+" if site in each.motif.consensus else "-"
        read = site if strand == "+" else dna.reverse_complement(site)
        place = each.motif.consensus.index(read)
        from_end = each.motif.width - place - len(read)
        lies = np.where(each.strand == "+", place, from_end) + each.start
        where = [planted_at.get((each.sign, row)) for row in each.sequence]
        agree = [w and w[0] == n for w, n in zip(where, lies, strict=True)]
        # The others are noise, which it lets in; by chance 1 in 200 would agree.
        assert np.mean([bool(one) for one in agree]) > 0.7 and each.num_seqlets > 50
        assert np.sign(each.contributions.sum()) == each.sign
    with h5py.File(tmp_path / "out" / "modisco.h5") as file:
        assert set(file) == {"pos_patterns", "neg_patterns"}
    report = (tmp_path / "out" / "report" / "motifs.html").read_text()
    assert "pos_patterns.pattern_0" in report and "match0" in report


def test_what_cannot_be_discovered_is_refused(tmp_path, monkeypatch):
    given, _ = contributions(3, 30)
    with pytest.raises(InputError, match=r"one of 'none', 'tf'. Received: target=None"):
        discover(given, tmp_path / "out")
    with pytest.raises(InputError, match=r"exists. Expected a new folder"):
        discover(given, tmp_path, target="tf")
    given.hypothetical[0, 0] = np.nan
    with pytest.raises(InputError, match="finite"):
        discover(given, tmp_path / "out", target="tf")
    monkeypatch.setitem(__import__("sys").modules, "modiscolite", None)
    with pytest.raises(InputError, match=r"seqzoo\[discovery\]"):
        discover(given, tmp_path / "out", target="tf")
    assert not (tmp_path / "out").exists()
