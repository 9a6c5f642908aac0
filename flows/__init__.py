"""Orchestration: the only place that imports prefect."""
