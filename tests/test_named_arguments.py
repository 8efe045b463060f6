import sys

import pytest

import zoo.data
from tests.named_arguments import missing_arguments
from zoo.errors import InputError

MESSAGES = [
    ("beyond='pad' reads N there.", []),
    ("Received: 3 bp. resize=True crops.", ["resize"]),
    ("on_invalid='drop' and ambiguous=\"unknown\".", ["ambiguous"]),
    ('Use zoo.data.Genome(path, ambiguous="unknown").', []),
    ("Expected a rank of 1. Received: rank=0, and more=[1].", []),
    ("Name one of them with layer=.", ["layer"]),
    ("Expected #sha256= and a hash; file.x=3.", []),
]


class Asked:
    """Names of columns that do something within the call of a public function."""

    def __init__(self, does):
        self.does = does

    def __iter__(self):
        self.does()
        raise KeyError


def call(does):
    zoo.data.from_intervals(None, None, sequence_length=5, targets=Asked(does))


@pytest.mark.parametrize(("message", "missing"), MESSAGES)
def test_only_arguments_of_the_function_called_are_named(message, missing):
    found = []
    with pytest.raises(KeyError):
        call(lambda: found.append(missing_arguments(message, sys._getframe())))
    assert found == [missing]


def test_each_error_of_ours_is_checked():
    with pytest.raises(AssertionError, match="no such argument: \\['colour'\\]"):
        call(lambda: InputError("Give colour='red'."))
