from tests.zoo.architectures.contract import Case

MEMBER = [
    "rc_dilated",
    ["stem_filters", 32],
    ["filters", 16],
    ["dilation_rates", [1, 2]],
    ["units", 16],
    ["dropout", 0.0],
]
DICT = ["bpnet", ["filters", 4], ["dilation_rates", [1, 2]]]
CASE = Case(
    small={"members": [MEMBER, ["shallow_wide", ["filters", 24], ["dropout", 0.0]]]},
    variants=(
        {"average": "probabilities"},
        {"average": "probabilities", "activation": "softmax", "num_outputs": 3},
        {"members": [DICT, DICT]},
    ),
    errors=(
        ({"members": [MEMBER]}, "2 to 100 members"),
        ({"members": [["rc_dilated"]] * 101}, "2 to 100 members"),
        ({"members": [["ensemble"], MEMBER]}, "cannot be an ensemble"),
        ({"members": [["seqzoo:ensemble"], MEMBER]}, "cannot be an ensemble"),
        ({"members": ["rc_dilated", "rc_dilated"]}, "A member is an architecture"),
        ({"members": [[], MEMBER]}, "A member is an architecture"),
        ({"members": [["rc_dilated", "filters"], MEMBER]}, "A member is an archit"),
        ({"members": [["rc_dilated", ["num_outputs", 3]], MEMBER]}, "those of the"),
        ({"members": [["kmer", ["k", 3], ["k", 4]], MEMBER]}, "argument once"),
        ({"members": [["bpnet"], MEMBER]}, "same inputs and outputs"),
        ({"average": "median"}, "Expected average to be one of"),
        ({"average": "probabilities", "members": [DICT, DICT]}, "of one output"),
    ),
)
