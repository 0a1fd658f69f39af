"""Optimizers: how weights change. Each follows PyTorch's step for step.

All take the parameters as Values or nested lists of them, each once, or as groups with settings of their
own, and `step()` reads their `grad`. A parameter that no gradient reached has grad 0 here, where PyTorch
may hold None and skip it.
"""

from tinygnn.optim.adagrad import Adagrad as Adagrad
from tinygnn.optim.adam import Adam as Adam
from tinygnn.optim.adam import AdamW as AdamW
from tinygnn.optim.clip_grad import clip_grad_norm_ as clip_grad_norm_
from tinygnn.optim.clip_grad import clip_grad_value_ as clip_grad_value_
from tinygnn.optim.optimizer import Optimizer as Optimizer
from tinygnn.optim.rmsprop import RMSprop as RMSprop
from tinygnn.optim.sgd import SGD as SGD
