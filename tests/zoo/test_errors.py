import numpy as np
import pytest

import zoo
from zoo.data.intervals.reading import read_intervals
from zoo.errors import (
    InputError,
    check_at_least,
    check_choice,
    check_whole,
    optional,
)


def test_a_word_that_there_is() -> None:
    check_choice("centre", None, (None, "midpoint"))
    check_choice("scale", "a", {"a": 1})


def test_another_word_is_told_which_there_are() -> None:
    with pytest.raises(InputError) as error:
        check_choice("edges", "typo", ("pad", "drop"), "They are the field's.")
    assert str(error.value) == (
        "Expected edges to be one of 'pad', 'drop'. They are the field's. "
        "Received: edges='typo'"
    )


def test_a_list_is_no_word() -> None:
    with pytest.raises(InputError, match=r"Received: edges=\['a'\]"):
        check_choice("edges", ["a"], {"a": 1, "b": 2})


def test_what_intervals_may_do_at_the_ends_is_checked() -> None:
    with pytest.raises(InputError, match=r"Expected beyond .* 'pad', 'drop'.*'typo'"):
        next(read_intervals("any.fa", "any.bed", beyond="typo"))  # type: ignore[arg-type]


def test_the_first_number_below_the_least_is_told() -> None:
    check_at_least(1, keep=1, every_steps=None)
    message = r"^Expected copies of at least 1\. Received: copies=0$"
    with pytest.raises(InputError, match=message):
        check_at_least(1, keep=2, copies=0, epochs=-1)
    with pytest.raises(InputError, match="rate=nan"):
        check_at_least(0, rate=float("nan"))


def test_the_first_that_is_no_whole_number_is_told() -> None:
    check_whole(1, keep=np.int64(1), every_steps=None)
    with pytest.raises(InputError, match=r"copies to be a whole .*: copies=2\.0$"):
        check_whole(1, keep=1, copies=2.0)
    with pytest.raises(InputError, match=r"Expected copies of at least 1\."):
        check_whole(1, copies=0)
    with pytest.raises(InputError, match="Received: copies='2'"):
        check_whole(1, copies="2")  # type: ignore[arg-type]


def test_a_package_that_is_missing_is_told_with_how_to_get_it() -> None:
    assert optional("json.decoder", "genome", "VCF").JSONDecoder
    with pytest.raises(InputError) as error:
        optional("no_such.thing", "genome", "a.vcf: VCF", ", or write TSV")
    assert str(error.value) == (
        "a.vcf: VCF needs no_such, which is not installed. Install it (pip install "
        "'seqzoo[genome]'), or write TSV."
    )


def test_no_list_of_models_for_a_status_that_there_is_not() -> None:
    with pytest.raises(InputError, match=r"status to be one of None, 'active', "):
        zoo.list_models(status="actve")
