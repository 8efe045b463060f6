from tests.zoo.architectures.contract import Case

CASE = Case(
    small={"patterns": ["1111", "110011"]},
    learning_rate=3e-2,  # times the scale of 0.1
    variants=({"rank": 3},),
    errors=(({"patterns": ["0110"]}, "2 to 10 letters"),),
)
