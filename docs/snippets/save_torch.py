import numpy as np
import torch


def save_run(path, model, X, y):
    """Save the data, and the weights and gradients of the Linear layers, after loss.backward()."""
    arrays = {"X": X.numpy(), "y": y.numpy()}
    layers = [module for module in model.modules() if isinstance(module, torch.nn.Linear)]
    for number, layer in enumerate(layers, start=1):
        arrays[f"W{number}"] = layer.weight.detach().numpy()
        arrays[f"g{number}"] = layer.weight.grad.numpy()
        if layer.bias is not None:
            arrays[f"b{number}"] = layer.bias.detach().numpy()
            arrays[f"gb{number}"] = layer.bias.grad.numpy()
    np.savez(path, **arrays)
