from . import weights as weights
from .codes_input import takes_codes as takes_codes
from .creation import create as create
from .ensembles import ensemble as ensemble, members as members
from .enzyme_bias import only_bias as only_bias, without_bias as without_bias
from .listing import (
    info as info,
    list_architectures as list_architectures,
    list_models as list_models,
    register as register,
)
from .loading import (
    freeze as freeze,
    load as load,
    load_with_report as load_with_report,
)
from .outputs import Output as Output, output_names as output_names
