"""Losses: what training makes small. Each returns one Value, and with reduction="none" one for each term."""

from tinygnn.losses.classification import cross_entropy as cross_entropy
from tinygnn.losses.classification import nll_loss as nll_loss
from tinygnn.losses.elementwise import bce_with_logits as bce_with_logits
from tinygnn.losses.elementwise import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from tinygnn.losses.elementwise import huber_loss as huber_loss
from tinygnn.losses.elementwise import l1_loss as l1_loss
from tinygnn.losses.elementwise import mse_loss as mse_loss
from tinygnn.losses.elementwise import smooth_l1_loss as smooth_l1_loss
