"""Simulator with known truth, and the evidence that the estimators recover it."""
