"""One training step in PyTorch on one thread: forward, loss, backward, SGD with momentum, on images of noise.

Reads lines of JSON from standard input and answers each with one line:
    {"definition": ..., "images": 32, "channelsLast": true, "start": ..., "steps": 3}
        prepares a model, trains it for so many steps, answers its number and their losses
    {"train": number, "milliseconds": 400}
        trains for about so long, answers images per second
The model is the same data that the engine builds its own from; the start holds weights in order, images and labels, as base64 of f32 and i32.
"""

import base64
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(1)


class Residual(nn.Module):
    def __init__(self, body, shortcut, relu):
        super().__init__()
        self.body, self.shortcut, self.relu = body, shortcut, relu

    def forward(self, x):
        y = self.body(x) + self.shortcut(x)
        return F.relu(y) if self.relu else y


class Concat(nn.Module):
    def __init__(self, branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def zero_pad_shortcut(channels, stride):
    def apply(x):
        missing = channels - x.shape[1]
        return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, missing // 2, missing - missing // 2))

    return Function(apply)


ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "gelu": nn.GELU}


def build(layer):
    kind = layer["type"]
    if kind == "named":
        return build(layer["layer"])
    if kind == "sequential":
        return nn.Sequential(*[build(child) for child in layer["layers"]])
    if kind == "residual":
        return Residual(build(layer["body"]), build(layer["shortcut"]), layer["relu"])
    if kind == "concat":
        return Concat([build(branch) for branch in layer["branches"]])
    if kind == "conv2d":
        return Convolution(layer)
    if kind == "linear":
        return nn.LazyLinear(layer["outFeatures"], bias=layer["bias"])
    if kind == "batchNorm2d":
        return nn.LazyBatchNorm2d(eps=layer["epsilon"])
    if kind == "activation":
        return ACTIVATIONS[layer["kind"]]()
    if kind == "maxPool2d":
        return nn.MaxPool2d(tuple(layer["kernel"]), layer["stride"], layer["padding"])
    if kind == "meanPool2d":
        return nn.AvgPool2d(tuple(layer["kernel"]), layer["stride"], layer["padding"], count_include_pad=layer["countPadding"])
    if kind == "globalMeanPool2d":
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    if kind == "zeroPadShortcut":
        return zero_pad_shortcut(layer["outChannels"], layer["stride"])
    if kind == "scale":
        return Function(lambda x: x * layer["factor"])
    if kind == "flatten":
        return nn.Flatten()
    if kind == "identity":
        return nn.Identity()
    raise ValueError(f"expected a layer that this bench knows, got {kind}")


class Convolution(nn.Module):
    """Its input channels are those of the first batch."""

    def __init__(self, layer):
        super().__init__()
        self.layer, self.convolution = layer, None

    def forward(self, x):
        if self.convolution is None:
            layer = self.layer
            numbers = {name: layer[name] for name in ("stride", "padding", "dilation", "groups", "bias")}
            self.convolution = nn.Conv2d(x.shape[1], layer["outChannels"], tuple(layer["kernel"]), **numbers)
            if layer.get("initial") == "whitening":
                self.convolution.weight.requires_grad_(False)
        return self.convolution(x)


def tensor(text, kind):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=kind)


class Step:
    def __init__(self, definition, images, channels_last, start):
        shape = definition["input"]
        layout = torch.channels_last if channels_last else torch.contiguous_format
        pixels = tensor(start["pixels"], torch.float32).reshape(images, shape["height"], shape["width"], shape["channels"])
        self.x, self.labels = pixels.permute(0, 3, 1, 2).contiguous(memory_format=layout), tensor(start["labels"], torch.int32).long()
        self.model = build(definition["layers"])
        self.model(self.x)  # lazy layers get their shapes
        for parameter, values in zip(self.model.parameters(), start["parameters"], strict=True):
            parameter.data.copy_(tensor(values, torch.float32).reshape(parameter.shape))
        self.model.to(memory_format=layout)
        self.optimizer = torch.optim.SGD([p for p in self.model.parameters() if p.requires_grad], lr=1e-3, momentum=0.9)

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.model(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss


steps = []
for line in sys.stdin:
    request = json.loads(line)
    if "definition" in request:
        steps.append(Step(request["definition"], request["images"], request["channelsLast"], request["start"]))
        answer = {"id": len(steps) - 1, "losses": [steps[-1].run().item() for _ in range(request["steps"])]}
    else:
        step, count, start = steps[request["train"]], 0, time.perf_counter()
        while count == 0 or time.perf_counter() - start < request["milliseconds"] / 1000:
            step.run()
            count += 1
        answer = count * len(step.x) / (time.perf_counter() - start)
    print(json.dumps(answer), flush=True)
