from . import receptive_fields as receptive_fields, symmetry as symmetry
from .receptive_fields import receptive_field as receptive_field
from .summaries import summary as summary
