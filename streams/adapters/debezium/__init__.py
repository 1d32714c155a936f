"""Kafka Connect's REST interface and the connector's configuration."""
