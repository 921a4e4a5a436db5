"""Thresholds that people set themselves, and the notices that come of them."""
