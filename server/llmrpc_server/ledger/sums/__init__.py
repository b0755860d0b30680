"""Hourly sums, so that long questions are answered quickly; histogram: durations that can be added up."""
