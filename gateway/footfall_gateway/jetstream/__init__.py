"""Beyond one machine: gateways send into NATS JetStream, and any number of workers compute; see docs/cluster.md."""
