from .checking import Verdict as Verdict, check as check
from .reading import (
    Exercise as Exercise,
    exercise as exercise,
    exercises as exercises,
)
