from tests.zoo.architectures.contract import Case

CASE = Case(
    small={
        "sequence_length": 40,
        "num_outputs": 1,
        "filters": 16,
        "kernel_size": 7,
        "pool_size": 4,
        "recurrent_units": 8,
        "units": 32,
    },
    errors=(({"sequence_length": 9}, "10 bp or more"),),
)
