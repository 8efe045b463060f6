from .calling import predict_genome as predict_genome
from .job import GenomePrediction as GenomePrediction
from .ray_cluster import RayCluster as RayCluster
