from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"stem_filters": 32, "filters": 16, "dilation_rates": [1, 2], "units": 16},
    variants=(
        {"pooling": "average"},
        {"batch_normalization": True, "spatial_dropout": 0.1},
    ),
    errors=(
        ({"dilation_rates": [2]}, "skip the bases"),
        ({"dilation_rates": []}, "must begin with 1"),
        ({"filters": 7}, "even number of filters"),
        ({"kernel_size": 4}, "odd kernel_size"),
        ({"pooling": "flatten"}, "invariant"),
    ),
)
