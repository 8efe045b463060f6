from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"filters": 64},
    variants=({"pooling": "average", "units": 0},),
    errors=(({"pooling": "min"}, "Expected pooling to be one of"),),
)
