from tests.zoo.architectures.cases import rc_dilated
from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"patterns": ["1111", "110011"], **rc_dilated.CASE.small},
    variants=(
        {"rank": 3, "batch_normalization": False, "spatial_dropout": 0.0},
        {"sequence_length": 40, "windows": [20, 40], "l2": 1e-4, "pool_windows": [30]},
    ),
    errors=(({"patterns": ["0110"]}, "2 to 10 letters"), *rc_dilated.CASE.errors),
)
