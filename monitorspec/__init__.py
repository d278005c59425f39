"""monitorspec: one YAML spec of services, SLOs, thresholds and routes, compiled and proven."""

__version__ = "0.1.0"
