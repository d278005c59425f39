"""Grafana's parts: skeletons from grafanalib, layout, queries, panels, boards, provisioning and checks."""
