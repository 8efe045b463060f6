from .calling import contributions as contributions
from .results import Contributions as Contributions
