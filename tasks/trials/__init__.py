"""Trainings beside the workspace's own: the same rows, other settings, no test side; for comparing and searching."""
