from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"filters": 16, "dilation_rates": [1, 2, 4], "num_outputs": 1},
    variants=({"kernel_size": 4, "stem_kernel_size": 8},),
    errors=(
        ({"dilation_rates": [2, 4]}, "skip the bases"),
        ({"sequence_length": 12}, "12 bp off.*13 bp or more.*length=12"),
        ({"dilation_rates": [1, 3], "kernel_size": 2}, "must be even.*odd kernel_size"),
    ),
)
