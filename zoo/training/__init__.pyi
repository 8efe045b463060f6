from .checkpointing.checkpoint_file import CheckpointError as CheckpointError
from .checkpointing.checkpoints import (
    Checkpoint as Checkpoint,
    TrainingInterrupted as TrainingInterrupted,
    TrainingStopped as TrainingStopped,
)
from .configuration.config import Config as Config, ConfigError as ConfigError
from .configuration.config_file import read_config as read_config
from .defaults import (
    check_precision as check_precision,
    cosine_with_warmup as cosine_with_warmup,
    default_optimizer as default_optimizer,
    default_precision as default_precision,
    ema_callback as ema_callback,
)
from .distribution.global_batch import GlobalBatchLoss as GlobalBatchLoss
from .distribution.strategy import Strategy as Strategy, strategy as strategy
from .fine_tuning.adapters import (
    add_adapters as add_adapters,
    load_adapters as load_adapters,
    merge_adapters as merge_adapters,
    save_adapters as save_adapters,
)
from .fine_tuning.groups import layer_groups as layer_groups
from .fine_tuning.penalties import towards_start as towards_start
from .fine_tuning.per_layer import (
    layer_rates as layer_rates,
    layerwise_decay as layerwise_decay,
)
from .fine_tuning.retracing import recompile as recompile
from .fine_tuning.suggestion import (
    Suggestion as Suggestion,
    suggest as suggest,
    trunk_features as trunk_features,
)
from .fine_tuning.unfreezing import (
    Unfreeze as Unfreeze,
    gradual_unfreezing as gradual_unfreezing,
    set_trainable as set_trainable,
    two_phase as two_phase,
)
from .fitting import fit as fit
from .progress import Progress as Progress
from .reports.report import write_report as write_report
from .runs.running import plan as plan, train as train
from .runs.search import tune as tune
from .stopping import BestWeights as BestWeights
