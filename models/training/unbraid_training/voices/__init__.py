"""Spoken and sung recordings become singers."""
