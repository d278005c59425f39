"""CloudWatch dashboards: panels as widgets, bodies as JSON text, and what CloudWatch would refuse of a finished body."""
