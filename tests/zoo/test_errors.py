import pytest

from zoo.data.intervals.reading import read_intervals
from zoo.errors import InputError, check_choice


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
