from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"filters": [16, 16], "units": 16},
    variants=(
        {"downsampling": "strided_convolution"},
        {"pooling": "flatten", "sequence_length": 40},
    ),
    errors=(
        ({"depth": 1}, "at least four"),
        ({"pooling": "flatten"}, "fixed sequence_length"),
        ({"downsampling": "none"}, "max_pooling"),
    ),
)
