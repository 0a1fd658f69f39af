"""Metrics: how good predictions are. Each takes predictions, targets and a mask, as the losses do.

What they say is what scikit-learn's functions say of the same data, whose names stand in the docstrings.
"""

from tinygnn.metrics.classification import accuracy as accuracy
from tinygnn.metrics.classification import confusion_matrix as confusion_matrix
from tinygnn.metrics.classification import f1 as f1
from tinygnn.metrics.classification import predicted_classes as predicted_classes
from tinygnn.metrics.ranking import average_precision as average_precision
from tinygnn.metrics.ranking import roc_auc as roc_auc
from tinygnn.metrics.regression import mae as mae
from tinygnn.metrics.regression import rmse as rmse
