from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"filters": 16, "dilation_rates": [1, 2, 4]},
    variants=({"bin_size": 8, "cropping": 8, "sequence_length": 40, "num_outputs": 2},),
    errors=(
        ({"dilation_rates": [2, 4]}, "skip the bases"),
        ({"bin_size": 16}, "needs a sequence_length"),
        ({"bin_size": 16, "sequence_length": 100}, "multiple of bin_size"),
        ({"bin_size": 16, "sequence_length": 32, "cropping": 16}, "positive"),
    ),
)
