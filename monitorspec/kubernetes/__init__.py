"""Kubernetes: what its API server takes for names and settings, and the objects of an agent."""
