"""A training run as one page of HTML: settings, results, curves, and what the model gets wrong."""

from tinygnn.report.page import report as report
