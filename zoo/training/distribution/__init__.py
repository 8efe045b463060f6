"""The parts of `zoo.training.distribute`: clusters, feeding, replicas as one."""
