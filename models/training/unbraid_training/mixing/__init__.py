"""Mixtures made while training, and the statistics that the loss needs."""
