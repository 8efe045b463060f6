from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"filters": [16, 16, 16], "num_outputs": 1},
    variants=({"expand_ratio": 2, "se_ratio": 0.5},),
    errors=(({"num_covariates": 2}, "repeats covariates"),),
)
