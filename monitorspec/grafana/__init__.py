"""Grafana's parts: skeletons from grafanalib, queries, panels, boards, provisioning and checks."""
