from tests.zoo.architectures.contract import Case

CASE = Case(
    small={
        "sequence_length": 41,
        "num_outputs": 1,
        "filters": [16, 8, 8, 8],
        "kernel_size": [7, 5, 3, 2],
        "pool_size": 3,
        "units": 16,
    },
    errors=(
        ({"kernel_size": [7, 5, 3]}, "one kernel_size for each convolution"),
        ({"filters": [16, 16, 8, 8]}, "same filters for the last three"),
    ),
)
