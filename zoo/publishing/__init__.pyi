from .conversion import convert as convert
from .exporting import export as export
from .saving import save as save
from .verification import verify as verify
