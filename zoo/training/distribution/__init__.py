"""Training on one device, several or several machines: strategies, replicas as one."""
