# Two small transformer encoders with random weights, written with ONNX's own Python package in the way in which PyTorch
# exports them; the tests splice into the files, so that they need no Python:
#
#   /usr/bin/python3 encoders.test.py FOLDER      # Debian: apt-get install python3-onnx
#
#   bert.test.onnx    BERT4Rec-like: post-norm, padding mask added to the scores, norms and GELU decomposed, opset 14
#   sasrec.test.onnx  SASRec-like: pre-norm, packed projections [length, batch, width] as nn.MultiheadAttention has them,
#                     causal mask by Where with minus infinity, LayerNormalization, opset 17
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

VOCABULARY, LONGEST, WIDTH, HEADS, LAYERS = 24, 12, 16, 2, 2
SIZE = WIDTH // HEADS


class Writer:
    """Nodes of a graph; a value is named after the module that makes it, as torch.onnx.export does."""

    def __init__(self, seed):
        self.nodes, self.weights, self.used = [], {}, {}
        self.random = np.random.default_rng(seed)

    def op(self, path, kind, inputs, **attributes):
        count = self.used.get((path, kind), 0)
        self.used[path, kind] = count + 1
        name = f"{path}/{kind}" + (f"_{count}" if count else "")
        self.nodes.append(helper.make_node(kind, inputs, [f"{name}_output_0"], name=name, **attributes))
        return f"{name}_output_0"

    def constant(self, path, value, dtype=np.int64):
        tensor = numpy_helper.from_array(np.array(value, dtype=dtype))
        return self.op(path, "Constant", [], value=tensor)

    def weight(self, name, *shape, around=0.0):
        self.weights[name] = (around + 0.4 * self.random.standard_normal(shape)).astype(np.float32)
        return name

    def linear(self, path, x, inputs, outputs):
        module = path.strip("/").replace("/", ".")
        # The matrix is anonymous and transposed, the bias keeps its name and comes first: so PyTorch writes it.
        product = self.op(path, "MatMul", [x, self.weight(f"onnx::MatMul_{len(self.weights) + 300}", inputs, outputs)])
        return self.op(path, "Add", [self.weight(f"{module}.bias", outputs), product])

    def size(self, path, x, axis):
        return self.op(path, "Gather", [self.op(path, "Shape", [x]), self.constant(path, axis)], axis=0)

    def reshape(self, path, x, *sizes):
        parts = [
            self.op(path, "Unsqueeze", [size, self.constant(path, [0])]) if isinstance(size, str) else self.constant(path, [size])
            for size in sizes
        ]
        return self.op(path, "Reshape", [x, self.op(path, "Concat", parts, axis=0)])

    def save(self, path, opset, inputs, outputs, name):
        graph = helper.make_graph(
            self.nodes,
            name,
            inputs,
            outputs,
            [numpy_helper.from_array(value, key) for key, value in self.weights.items()],
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="encoders.test.py", ir_version=8 if opset > 14 else 7
        )
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


def embeddings(w, ids):
    path = "/embeddings"
    length = w.size(path, ids, 1)
    positions = w.op(path, "Range", [w.constant(path, 0), length, w.constant(path, 1)])
    item = w.op(path, "Gather", [w.weight("embeddings.item.weight", VOCABULARY, WIDTH), ids])
    place = w.op(path, "Gather", [w.weight("embeddings.position.weight", LONGEST, WIDTH), positions])
    place = w.op(path, "Unsqueeze", [place, w.constant(path, [0])])
    return w.op(path, "Add", [item, place]), length


def plain_norm(w, path, x):
    module = path.strip("/").replace("/", ".")
    mean = w.op(path, "ReduceMean", [x], axes=[-1])
    centred = w.op(path, "Sub", [x, mean])
    variance = w.op(path, "ReduceMean", [w.op(path, "Pow", [centred, w.constant(path, 2, np.float32)])], axes=[-1])
    deviation = w.op(path, "Sqrt", [w.op(path, "Add", [variance, w.constant(path, 1e-12, np.float32)])])
    scaled = w.op(path, "Mul", [w.op(path, "Div", [centred, deviation]), w.weight(f"{module}.weight", WIDTH, around=1.0)])
    return w.op(path, "Add", [scaled, w.weight(f"{module}.bias", WIDTH)])


def gelu(w, path, x):
    erf = w.op(path, "Erf", [w.op(path, "Div", [x, w.constant(path, 2**0.5, np.float32)])])
    half = w.op(path, "Mul", [x, w.op(path, "Add", [erf, w.constant(path, 1, np.float32)])])
    return w.op(path, "Mul", [half, w.constant(path, 0.5, np.float32)])


def feed_forward(w, path, x):
    return w.linear(f"{path}/output", gelu(w, path, w.linear(f"{path}/input", x, WIDTH, 2 * WIDTH)), 2 * WIDTH, WIDTH)


def bert(folder):
    w = Writer(1)
    x, _ = embeddings(w, "input_ids")
    x = plain_norm(w, "/embeddings/norm", x)
    mask = w.op("", "Cast", [w.op("", "Unsqueeze", ["attention_mask", w.constant("", [1, 2])])], to=TensorProto.FLOAT)
    mask = w.op("", "Mul", [w.op("", "Sub", [w.constant("", 1, np.float32), mask]), w.constant("", -10000, np.float32)])
    for layer in range(LAYERS):
        path = f"/layer.{layer}/attention"
        batch, length = w.size(path, x, 0), w.size(path, x, 1)
        heads = {
            name: w.reshape(f"{path}/{name}", w.linear(f"{path}/{name}", x, WIDTH, WIDTH), batch, length, HEADS, SIZE)
            for name in ("query", "key", "value")
        }
        query = w.op(path, "Transpose", [heads["query"]], perm=[0, 2, 1, 3])
        key = w.op(path, "Transpose", [heads["key"]], perm=[0, 2, 3, 1])
        value = w.op(path, "Transpose", [heads["value"]], perm=[0, 2, 1, 3])
        scores = w.op(path, "Div", [w.op(path, "MatMul", [query, key]), w.constant(path, SIZE**0.5, np.float32)])
        probabilities = w.op(path, "Softmax", [w.op(path, "Add", [scores, mask])], axis=-1)
        context = w.op(path, "Transpose", [w.op(path, "MatMul", [probabilities, value])], perm=[0, 2, 1, 3])
        own = w.linear(f"{path}/output", w.reshape(path, context, batch, length, WIDTH), WIDTH, WIDTH)
        x = plain_norm(w, f"{path}/norm", w.op(path, "Add", [own, x]))
        x = plain_norm(w, f"/layer.{layer}/norm", w.op(f"/layer.{layer}", "Add", [feed_forward(w, f"/layer.{layer}/mlp", x), x]))
    table = w.op("", "Transpose", ["embeddings.item.weight"], perm=[1, 0])
    w.nodes.append(helper.make_node("MatMul", [x, table], ["logits"], name="/MatMul"))
    value = helper.make_tensor_value_info
    w.save(
        f"{folder}/bert.test.onnx",
        14,
        [value(name, TensorProto.INT64, ["batch_size", "sequence"]) for name in ("input_ids", "attention_mask")],
        [value("logits", TensorProto.FLOAT, ["batch_size", "sequence", VOCABULARY])],
        "main_graph",
    )


def norm(w, path, x):
    module = path.strip("/").replace("/", ".")
    weights = [w.weight(f"{module}.weight", WIDTH, around=1.0), w.weight(f"{module}.bias", WIDTH)]
    return w.op(path, "LayerNormalization", [x, *weights], epsilon=1e-5)


def sasrec(folder):
    w = Writer(2)
    x, length = embeddings(w, "items")
    row = w.op("", "Range", [w.constant("", 0), length, w.constant("", 1)])
    column = w.op("", "Unsqueeze", [row, w.constant("", [1])])
    later = w.op("", "Greater", [row, column])
    for layer in range(LAYERS):
        path = f"/layer.{layer}/attention"
        first = w.op(path, "Transpose", [norm(w, f"{path}/norm", x)], perm=[1, 0, 2])
        packed = w.linear(f"{path}/in_proj", first, WIDTH, 3 * WIDTH)
        count, batch = w.size(path, first, 0), w.size(path, first, 1)
        parts = []
        for i in range(3):
            bounds = [w.constant(path, [bound]) for bound in (i * WIDTH, (i + 1) * WIDTH, 2)]
            part = w.reshape(path, w.op(path, "Slice", [packed, *bounds]), count, batch, HEADS, SIZE)
            parts.append(w.op(path, "Transpose", [part], perm=[1, 2, 3, 0] if i == 1 else [1, 2, 0, 3]))
        query, key, value = parts
        scores = w.op(path, "MatMul", [w.op(path, "Mul", [query, w.constant(path, SIZE**-0.5, np.float32)]), key])
        masked = w.op(path, "Where", [later, w.constant(path, -np.inf, np.float32), scores])
        context = w.op(path, "MatMul", [w.op(path, "Softmax", [masked], axis=-1), value])
        context = w.reshape(path, w.op(path, "Transpose", [context], perm=[2, 0, 1, 3]), count, batch, WIDTH)
        own = w.linear(f"{path}/out_proj", context, WIDTH, WIDTH)
        x = w.op(path, "Add", [x, w.op(path, "Transpose", [own], perm=[1, 0, 2])])
        x = w.op(f"/layer.{layer}", "Add", [x, feed_forward(w, f"/layer.{layer}/mlp", norm(w, f"/layer.{layer}/norm", x))])
    w.nodes.append(helper.make_node("Identity", [norm(w, "/norm", x)], ["hidden"], name="/Identity"))
    value = helper.make_tensor_value_info
    w.save(
        f"{folder}/sasrec.test.onnx",
        17,
        [value("items", TensorProto.INT64, ["batch", "length"])],
        [value("hidden", TensorProto.FLOAT, ["batch", "length", WIDTH])],
        "main_graph",
    )


if __name__ == "__main__":
    bert(sys.argv[1])
    sasrec(sys.argv[1])
