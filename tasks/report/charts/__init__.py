"""Numbers → Vega-Lite specifications, one chart a file. They draw nothing; tasks.report.drawing does."""
