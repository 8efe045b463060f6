from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"kernel_size": 31},
    variants=({"pooling": "average", "units": 0},),
    errors=(({"pooling": "flatten"}, "fixed sequence_length"),),
)
