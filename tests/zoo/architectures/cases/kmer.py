from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"k": 3, "filters": 32, "units": 16},
    variants=({"encoding": "one_hot"},),
    errors=(
        ({"encoding": "bytes"}, "Expected encoding to be one of"),
        ({"encoding": "one_hot", "k": 7}, "k=7"),
    ),
)
