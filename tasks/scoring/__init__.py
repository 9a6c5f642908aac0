"""How good answers are, and how sure that is: bootstrap, calibration, and the statistics of classification."""
