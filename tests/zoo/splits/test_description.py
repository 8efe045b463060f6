from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.zoo.splits.related import random_codes
from zoo.dna import encode, reverse_complement
from zoo.errors import InputError
from zoo.files import pages
from zoo.splits.description import describe
from zoo.splits.description_page import description_page
from zoo.splits.leaks import leakage

sequences = st.lists(st.text("ACGTN", min_size=1, max_size=12), min_size=1, max_size=20)


@given(sequences, st.data())
def test_counts_are_those_of_plain_python(
    texts: list[str], data: st.DataObject
) -> None:
    labels = [data.draw(st.sampled_from("ab")) for _ in texts]
    found = describe([encode(text) for text in texts], labels=labels)
    assert found.sequences == len(texts)
    assert found.bases == {base: "".join(texts).count(base) for base in "ACGTN"}
    assert found.lengths == Counter(map(len, texts))
    assert found.with_unknown == sum("N" in text for text in texts)
    assert found.all_unknown == sum(set(text) == {"N"} for text in texts)
    assert found.duplicates == len(texts) - len(set(texts))
    either = [min(text, reverse_complement(text)) for text in texts]
    assert found.reverse_complements == len(set(texts)) - len(set(either))
    assert found.labels == Counter(labels)
    kinds = {
        text: {b for a, b in zip(either, labels, strict=True) if a == text}
        for text in either
    }
    assert found.conflicts == sum(len(kinds[text]) > 1 for text in either)
    shares = []
    for text in texts:
        known = [base for base in text if base != "N"]
        if known:
            shares.append(sum(base in "GC" for base in known) / len(known))
    expected, _ = np.histogram(shares, 25, (0, 1))
    assert found.gc_histogram == tuple(expected)
    sizes = sorted(map(len, texts))
    quantiles = np.quantile(sizes, [0, 0.25, 0.5, 0.75, 1], method="lower")
    assert found.length_quantiles == tuple(quantiles)


@pytest.mark.parametrize(("labels", "say"), [("a", "fewer"), ("abc", "more")])
def test_labels_are_as_many_as_sequences(labels: str, say: str) -> None:
    with pytest.raises(InputError, match=f"one label for each.*Received {say}"):
        describe(["ACGT", "AAAA"], labels=labels)


def test_parts_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = list(random_codes(50, 40)) * 2
    whole = describe(codes)
    monkeypatch.setattr("zoo.splits.pool._ROWS", 7)
    assert describe(iter(codes)) == whole
    assert whole.duplicates == 50


def test_nothing_to_describe() -> None:
    with pytest.raises(InputError, match="at least one sequence"):
        describe([])


def test_the_page_is_whole_and_escaped() -> None:
    pytest.importorskip("matplotlib")
    codes = random_codes(60, 80)
    labels = ["<b>$x$", "b"] * 30
    found = describe(list(codes), source="<script>a.fa", labels=labels)
    page = description_page(found, leakage(codes[:30], codes))
    assert "<script" not in page.replace("&lt;script", "")
    assert "&lt;b&gt;$x$" in page
    assert "30 of 60" in page
    assert page.count("<img alt=") == 2  # all have one length
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert "http" not in page.replace("http-equiv", "")
    assert len(page) < 150_000
    plain = describe([encode("NNNN")])
    assert "nothing but N" in description_page(plain)


def test_lengths_are_drawn_at_whole_bp(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = []
    original = pages.new_figure

    def kept(*arguments, **keywords):
        figure, found = original(*arguments, **keywords)
        axes.append(found)
        return figure, found

    monkeypatch.setattr(pages, "new_figure", kept)
    one = description_page(describe([encode("ACGTA")] * 3))
    assert "All 3 sequences have 5 bp." in one
    assert one.count("<img") == 1
    axes.clear()
    lengths = [12, 13, 13, 14]
    description_page(describe([encode("A" * n) for n in lengths]))
    bars = {b.get_x() + b.get_width() / 2: b.get_height() for b in axes[0].patches}
    assert bars == {12: 1, 13: 2, 14: 1}
    figure = axes[0].figure
    figure.canvas.draw()
    for axis in (axes[0].xaxis, axes[0].yaxis):
        labels = [label.get_text() for label in axis.get_ticklabels()]
        assert labels and all(label.isdecimal() for label in labels)
    axes.clear()
    description_page(describe([encode("A" * n) for n in range(50, 250, 3)]))
    assert sum(b.get_height() for b in axes[0].patches) == len(range(50, 250, 3))
    assert len(axes[0].patches) <= 30
