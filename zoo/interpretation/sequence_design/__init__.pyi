from .calling import METHODS as METHODS, design as design
from .goals import Reach as Reach
from .results import DesignEdit as DesignEdit, Designs as Designs
