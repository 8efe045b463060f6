from .calling import VariantScores as VariantScores, score_variants as score_variants
from .scores import scores_of as scores_of
