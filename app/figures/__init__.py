"""Figures of the past, added up beside the work as it changes, so that no page counts work orders."""
