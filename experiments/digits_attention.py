"""A small transformer over the patches of 8 x 8 digits, with its own backward pass in plain numpy.

A class token is read out, as in Dosovitskiy et al. 2021; layer norms come before each block (Xiong et al.
2020); GELU in its tanh form (Hendrycks & Gimpel 2016).

    python experiments/digits_attention.py with seed=1
"""

# Sacred reads the local variables of a config function.
# ruff: noqa: F841

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from figproof import record
from figproof.errors import FigproofError
from figproof.record import Declared, Experiment, Progress, Recorder
from figproof.record.datasets import Part, load
from figproof.record.numbers import check_number

ex = Experiment("digits_attention", save_git_info=record.has_git(__file__))

SIDE = 8
PATCH = 2
CLASSES = 10
EPSILON = 1e-5
GELU = np.sqrt(2.0 / np.pi)

Arrays = dict[str, np.ndarray]


def METRICS(config: Mapping[str, Any]) -> dict[str, Declared]:
    """Every epoch from 0 (before training)."""
    points = config["epochs"] + 1
    losses = {f"{part}.loss": Declared("nat", points) for part in ("train", "validation")}
    accuracies = {f"{part}.accuracy": Declared("", points) for part in ("train", "validation")}
    return losses | accuracies | {"learning_rate": Declared("", points)}


@ex.config
def config() -> None:
    seed = 0
    layers = 2
    heads = 4
    width = 32  # of a token; a multiple of heads
    inner = 64  # width inside the feed-forward blocks
    epochs = 30
    batch_size = 32
    learning_rate = 0.003  # at the start; falls to 0 along half a cosine
    weight_decay = 0.01  # decoupled, on matrices (Loshchilov & Hutter 2019)
    pixel_noise = 0.2  # standard deviation of what is added to training images, anew each time
    per_class = 1  # test images of each class whose attention is stored


@ex.named_config
def smoke() -> None:
    epochs = 2
    width = 8
    inner = 8


def patches(images: np.ndarray) -> np.ndarray:
    """(n, 64) grey values -> (n, 16, 4): patches of 2 x 2 pixels, row by row."""
    count = SIDE // PATCH
    grid = images.reshape(-1, count, PATCH, count, PATCH).transpose(0, 1, 3, 2, 4)
    return grid.reshape(len(images), count * count, PATCH * PATCH)


def token_names() -> np.ndarray:
    """What the 17 tokens are: CLS, then each patch as its row and column, ``"1,1"`` at the upper left."""
    count = SIDE // PATCH
    return np.array(["CLS", *(f"{at // count + 1},{at % count + 1}" for at in range(count * count))])


def new_parameters(layers: int, width: int, inner: int, rng: np.random.Generator) -> Arrays:
    """All weights by name; keys and queries have no bias (softmax does not see the keys')."""

    def matrix(fan_in: int, fan_out: int) -> np.ndarray:
        return rng.standard_normal((fan_in, fan_out)) * np.sqrt(2.0 / (fan_in + fan_out))

    tokens = (SIDE // PATCH) ** 2 + 1
    p = {"patch.W": matrix(PATCH**2, width), "patch.b": np.zeros(width)}
    p["class"] = rng.standard_normal(width) * 0.02
    p["position"] = rng.standard_normal((tokens, width)) * 0.02
    for k in range(1, layers + 1):
        p |= {f"{k}.{name}": matrix(width, width) for name in ("Q", "K", "V", "O")}
        p |= {
            f"{k}.norm1.gain": np.ones(width),
            f"{k}.norm1.bias": np.zeros(width),
            f"{k}.O.b": np.zeros(width),
        }
        p |= {f"{k}.norm2.gain": np.ones(width), f"{k}.norm2.bias": np.zeros(width)}
        p |= {f"{k}.in.W": matrix(width, inner), f"{k}.in.b": np.zeros(inner)}
        p |= {f"{k}.out.W": matrix(inner, width), f"{k}.out.b": np.zeros(width)}
    p |= {"norm.gain": np.ones(width), "norm.bias": np.zeros(width)}
    return p | {"head.W": matrix(width, CLASSES), "head.b": np.zeros(CLASSES)}


def norm(x: np.ndarray, p: Arrays, name: str) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Layer norm over the last axis, and what its backward pass needs."""
    centred = x - x.mean(axis=-1, keepdims=True)
    inverse = 1.0 / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + EPSILON)
    unit = centred * inverse
    return unit * p[f"{name}.gain"] + p[f"{name}.bias"], (unit, inverse)


def norm_back(
    d: np.ndarray, kept: tuple[np.ndarray, np.ndarray], p: Arrays, name: str, g: Arrays
) -> np.ndarray:
    unit, inverse = kept
    axes = tuple(range(d.ndim - 1))
    g[f"{name}.gain"], g[f"{name}.bias"] = (d * unit).sum(axis=axes), d.sum(axis=axes)
    d = d * p[f"{name}.gain"]
    return inverse * (d - d.mean(axis=-1, keepdims=True) - unit * (d * unit).mean(axis=-1, keepdims=True))


def softmax(x: np.ndarray) -> np.ndarray:
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def split_heads(x: np.ndarray, heads: int) -> np.ndarray:
    """(n, tokens, width) -> (n, heads, tokens, width / heads)."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def join_heads(x: np.ndarray) -> np.ndarray:
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def attend(x: np.ndarray, p: Arrays, k: int, heads: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Multi-head self-attention of layer ``k``; what is kept ends with maps (n, heads, tokens, tokens)."""
    q, key, v = (split_heads(x @ p[f"{k}.{name}"], heads) for name in ("Q", "K", "V"))
    maps = softmax(q @ key.swapaxes(-1, -2) / np.sqrt(q.shape[-1]))
    joined = join_heads(maps @ v)
    return joined @ p[f"{k}.O"] + p[f"{k}.O.b"], (x, q, key, v, joined, maps)


def attend_back(
    d: np.ndarray, kept: tuple[np.ndarray, ...], p: Arrays, k: int, heads: int, g: Arrays
) -> np.ndarray:
    x, q, key, v, joined, maps = kept
    g[f"{k}.O"], g[f"{k}.O.b"] = over_tokens(joined, d), d.sum(axis=(0, 1))
    d_heads = split_heads(d @ p[f"{k}.O"].T, heads)
    d_maps = d_heads @ v.swapaxes(-1, -2)
    d_scores = maps * (d_maps - (d_maps * maps).sum(axis=-1, keepdims=True)) / np.sqrt(q.shape[-1])
    inside = {"Q": d_scores @ key, "K": d_scores.swapaxes(-1, -2) @ q, "V": maps.swapaxes(-1, -2) @ d_heads}
    d_x = np.zeros_like(x)
    for name, d_inside in inside.items():
        flat = join_heads(d_inside)
        g[f"{k}.{name}"] = over_tokens(x, flat)
        d_x += flat @ p[f"{k}.{name}"].T
    return d_x


def over_tokens(x: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Gradient of a matrix that is applied to each token."""
    return x.reshape(-1, x.shape[-1]).T @ d.reshape(-1, d.shape[-1])


def feed_forward(x: np.ndarray, p: Arrays, k: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    z = x @ p[f"{k}.in.W"] + p[f"{k}.in.b"]
    tanh = np.tanh(GELU * (z + 0.044715 * z * z * z))
    hidden = 0.5 * z * (1.0 + tanh)
    return hidden @ p[f"{k}.out.W"] + p[f"{k}.out.b"], (x, z, tanh, hidden)


def feed_forward_back(
    d: np.ndarray, kept: tuple[np.ndarray, ...], p: Arrays, k: int, g: Arrays
) -> np.ndarray:
    x, z, tanh, hidden = kept
    g[f"{k}.out.W"], g[f"{k}.out.b"] = over_tokens(hidden, d), d.sum(axis=(0, 1))
    slope = 0.5 * (1.0 + tanh) + 0.5 * z * (1.0 - tanh * tanh) * GELU * (1.0 + 3 * 0.044715 * z * z)
    d = (d @ p[f"{k}.out.W"].T) * slope
    g[f"{k}.in.W"], g[f"{k}.in.b"] = over_tokens(x, d), d.sum(axis=(0, 1))
    return d @ p[f"{k}.in.W"].T


def forward(p: Arrays, images: np.ndarray, layers: int, heads: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Logits (n, 10), and what the backward pass needs (attention maps at ``"k.attend"``, last entry)."""
    kept: dict[str, Any] = {"patches": patches(images)}
    embedded = kept["patches"] @ p["patch.W"] + p["patch.b"]
    first = np.broadcast_to(p["class"], (len(images), 1, p["class"].size))
    x = np.concatenate([first, embedded], axis=1) + p["position"]
    for k in range(1, layers + 1):
        normed, kept[f"{k}.norm1"] = norm(x, p, f"{k}.norm1")
        added, kept[f"{k}.attend"] = attend(normed, p, k, heads)
        x = x + added
        normed, kept[f"{k}.norm2"] = norm(x, p, f"{k}.norm2")
        added, kept[f"{k}.feed"] = feed_forward(normed, p, k)
        x = x + added
    kept["read"], kept["norm"] = norm(x[:, 0], p, "norm")
    return kept["read"] @ p["head.W"] + p["head.b"], kept


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the examples, in nat."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    chosen = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=-1)) - chosen).mean())


def gradients(p: Arrays, images: np.ndarray, labels: np.ndarray, layers: int, heads: int) -> Arrays:
    """Of the mean cross-entropy, for each parameter."""
    logits, kept = forward(p, images, layers, heads)
    g: Arrays = {}
    d_logits = softmax(logits)
    d_logits[np.arange(len(labels)), labels] -= 1.0
    d_logits /= len(labels)
    g["head.W"], g["head.b"] = kept["read"].T @ d_logits, d_logits.sum(axis=0)
    d = np.zeros((len(labels), *p["position"].shape))
    d[:, 0] = norm_back(d_logits @ p["head.W"].T, kept["norm"], p, "norm", g)
    for k in range(layers, 0, -1):
        inside = feed_forward_back(d, kept[f"{k}.feed"], p, k, g)
        d = d + norm_back(inside, kept[f"{k}.norm2"], p, f"{k}.norm2", g)
        inside = attend_back(d, kept[f"{k}.attend"], p, k, heads, g)
        d = d + norm_back(inside, kept[f"{k}.norm1"], p, f"{k}.norm1", g)
    g["position"], g["class"] = d.sum(axis=0), d[:, 0].sum(axis=0)
    g["patch.W"], g["patch.b"] = over_tokens(kept["patches"], d[:, 1:]), d[:, 1:].sum(axis=(0, 1))
    return g


class AdamW:
    """Adam with decoupled weight decay on matrices (Loshchilov & Hutter 2019), Adam's default constants."""

    def __init__(self, parameters: Arrays, decay: float) -> None:
        self.parameters, self.decay, self.steps = parameters, decay, 0
        self.moments = {name: (np.zeros_like(p), np.zeros_like(p)) for name, p in parameters.items()}

    def step(self, gradients: Arrays, rate: float) -> None:
        """Change the parameters in place."""
        self.steps += 1
        for name, p in self.parameters.items():
            first, second = self.moments[name]
            first += 0.1 * (gradients[name] - first)
            second += 0.001 * (gradients[name] ** 2 - second)
            if p.ndim == 2:
                p -= rate * self.decay * p
            p -= rate * (first / (1 - 0.9**self.steps)) / (np.sqrt(second / (1 - 0.999**self.steps)) + 1e-8)


def measure(p: Arrays, part: Part, config: Mapping[str, Any]) -> tuple[float, float]:
    """Loss in nat, and accuracy."""
    logits, _ = forward(p, part.images, config["layers"], config["heads"])
    return cross_entropy(logits, part.labels), float((logits.argmax(axis=1) == part.labels).mean())


def rate_at(epoch: int, config: Mapping[str, Any]) -> float:
    """Learning rate in epoch 1, 2, ...; epoch 0 shows the rate at the start."""
    done = max(epoch - 1, 0) / config["epochs"]
    return float(config["learning_rate"] * 0.5 * (1.0 + np.cos(np.pi * done)))


def store_attention(recorder: Recorder, p: Arrays, test: Part, config: Mapping[str, Any]) -> None:
    """Tokens' names, and maps of each class's first test images: (inputs, layers, heads, tokens, tokens)."""
    rows = np.concatenate([np.flatnonzero(test.labels == c)[: config["per_class"]] for c in range(CLASSES)])
    logits, kept = forward(p, test.images[rows], config["layers"], config["heads"])
    maps = np.stack([kept[f"{k}.attend"][-1] for k in range(1, config["layers"] + 1)], axis=1)
    recorder.arrays(
        "attention",
        maps=maps.astype(np.float32),
        tokens=token_names(),
        images=test.images[rows].reshape(-1, SIDE, SIDE).astype(np.float32),
        labels=test.labels[rows],
        predictions=logits.argmax(axis=1).astype(np.int64),
    )


def check(config: Mapping[str, Any]) -> None:
    """Refuse a config that Sacred lets pass: it knows names, not values."""
    for key in ("layers", "heads", "width", "inner", "epochs", "batch_size", "per_class"):
        value = config[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise FigproofError(f"is {value!r}; allowed are whole numbers from 1", where=f"config: {key}")
    if config["width"] % config["heads"]:
        raise FigproofError(
            f"is {config['width']}, no multiple of heads ({config['heads']})", where="config: width"
        )
    check_number(config, "learning_rate")
    check_number(config, "weight_decay", zero=True)
    check_number(config, "pixel_noise", zero=True)


@ex.main
def main(_run: Any, _config: Mapping[str, Any], seed: int) -> float:
    """Train; the result is the validation accuracy after the last epoch."""
    check(_config)
    data, rng, recorder = load("digits"), np.random.default_rng(seed), Recorder(_run, METRICS)
    p = new_parameters(_config["layers"], _config["width"], _config["inner"], rng)
    optimizer = AdamW(p, _config["weight_decay"])
    progress = Progress(f"digits_attention seed {seed}: epoch", _config["epochs"])
    for epoch in range(_config["epochs"] + 1):
        rate = rate_at(epoch, _config)
        order = rng.permutation(len(data.train.labels)) if epoch else np.array([], dtype=np.int64)
        for start in range(0, len(order), _config["batch_size"]):
            rows = order[start : start + _config["batch_size"]]
            clean = data.train.images[rows]
            images = clean + _config["pixel_noise"] * rng.standard_normal(clean.shape)
            optimizer.step(
                gradients(p, images, data.train.labels[rows], _config["layers"], _config["heads"]), rate
            )
        (loss, accuracy), (val_loss, val_accuracy) = (
            measure(p, part, _config) for part in (data.train, data.validation)
        )
        values = {"train.loss": loss, "train.accuracy": accuracy, "learning_rate": rate}
        recorder.scalars(epoch, values | {"validation.loss": val_loss, "validation.accuracy": val_accuracy})
        if epoch:
            progress.step(f"train {loss:.4f} validation {val_loss:.4f} accuracy {val_accuracy:.3f}")
    store_attention(recorder, p, data.test, _config)
    recorder.arrays("data", **data.class_counts(CLASSES))
    return val_accuracy


if __name__ == "__main__":
    record.main(ex)
