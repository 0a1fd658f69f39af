"""The backend for an optimizer of a user's: its weights after every step on the gradients of a case."""

from __future__ import annotations

from typing import Any

from tinygnn import optim
from tinygnn.conformance.case import Case, Failed, Result, Unsupported
from tinygnn.conformance.own_module import OwnCode, accepted, defaults_of, is_class, parameters_of
from tinygnn.conformance.tinygnn_steps import CLIPS, OPTIMIZERS, in_groups
from tinygnn.conformance.torch_ops import import_torch, tensor
from tinygnn.value import Value


class OptimizerBackend(OwnCode):
    """A class made of parameters, which are Values; `step()` changes their `data`, given their `grad`."""

    def answer(self, case: Case) -> Result:
        options = case.options
        weights = self.weights(case)
        settings = accepted(
            self.made, self.known(options["settings"]), defaults_of(OPTIMIZERS[case.call]), {}
        )
        if "groups" in options and not is_class(self.made, self.base()):
            raise Unsupported("it is no Optimizer, which has parameter groups")
        optimizer = self.made(in_groups(weights, options.get("groups")), **settings)
        if not callable(getattr(optimizer, "step", None)):
            raise Failed(f"{self.name} has no method step()")
        history = []
        for gradients in options["gradients"]:
            self.put(weights, gradients)
            if "clip" in options:
                name, clip = options["clip"]
                self.clip(name, weights, clip)
            optimizer.step()
            history.append([self.number(w) for w in weights])
        return Result({"w": history})

    def base(self) -> Any:
        """The class of the library's optimizers."""
        return optim.Optimizer

    def known(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings; of a class that takes beta1 and beta2 in place of betas these two."""
        taken = parameters_of(self.made) or set()
        if "betas" in settings and "betas" not in taken and {"beta1", "beta2"} <= taken:
            rest = {name: value for name, value in settings.items() if name != "betas"}
            return {**rest, "beta1": settings["betas"][0], "beta2": settings["betas"][1]}
        return dict(settings)

    def weights(self, case: Case) -> list[Any]:
        """The parameters."""
        return [Value(w) for w in case.inputs["w"]]

    def put(self, weights: list[Any], gradients: list[float]) -> None:
        """Set every parameter's gradient."""
        for w, gradient in zip(weights, gradients):
            w.grad = gradient

    def clip(self, name: str, weights: list[Any], settings: dict[str, Any]) -> None:
        """Clip the gradients."""
        CLIPS[name](weights, **settings)

    def number(self, weight: Any) -> float:
        """A parameter's number."""
        number = weight.data
        if not isinstance(number, (int, float)):
            raise Failed(
                f"after {self.name}.step() the data of a parameter is a {type(number).__name__}, not a number"
            )
        return float(number)


class TensorOptimizerBackend(OptimizerBackend):
    """A class of torch's optimizers."""

    library = "torch"

    def base(self) -> Any:
        return import_torch().optim.Optimizer

    def weights(self, case: Case) -> list[Any]:
        return [tensor(w, True) for w in case.inputs["w"]]

    def put(self, weights: list[Any], gradients: list[float]) -> None:
        for w, gradient in zip(weights, gradients):
            w.grad = tensor(gradient)

    def clip(self, name: str, weights: list[Any], settings: dict[str, Any]) -> None:
        getattr(import_torch().nn.utils, name)(weights, **settings)

    def number(self, weight: Any) -> float:
        return float(weight.item())
