from . import operations as operations
from .arrays import read as read, shapes as shapes
from .conversion import Conversion as Conversion, Recipe as Recipe
from .network import Network as Network, open_network as open_network
